//! Every proxy with every way, and with every FTP server: whole, and cut and gone on with.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::OnceLock;

use outbound::dataset::Client;

use crate::kit::{self, BIG, fetch, shared};
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::peers::{self, squid};
use crate::support::relay::{Ending, Plan, Relay};

/// The four servers, each with the folder of `big.bin`.
fn servers() -> &'static [FtpServer] {
    static SHARED: OnceLock<Vec<FtpServer>> = OnceLock::new();
    SHARED.get_or_init(|| {
        let start = |product| FtpServer::start(product, &shared().root);
        Product::ALL.into_iter().map(start).collect()
    })
}

/// A proxy, and the settings that lead through it.
#[derive(Clone, Copy, Debug)]
struct Proxy {
    name: &'static str,
    address: SocketAddr,
    password: bool,
}

fn proxies() -> [Proxy; 4] {
    let of = |name, address, password| Proxy {
        name,
        address,
        password,
    };
    let guarded = peers::squid_with_password().address();
    [
        of("squid", peers::squid().address(), false),
        of("squid with password", guarded, true),
        of("apache", peers::apache().address(), false),
        of("tinyproxy", peers::tinyproxy().address(), false),
    ]
}

impl Proxy {
    /// A client through `address`, which is the proxy's or a relay's before it.
    fn client(&self, address: SocketAddr, tunnel: &str) -> Client {
        let mut toml = format!("[proxy]\nurl = \"http://{address}\"\ntunnel = \"{tunnel}\"\n");
        if self.password {
            let (user, password) = (squid::USER, squid::PASSWORD);
            toml += &format!("username = \"{user}\"\npassword = \"{password}\"\n");
        }
        toml += "[retry]\npause = \"1ms\"\npause_max = \"5ms\"\n";
        toml += &format!(
            "[connections.secure]\nurl = \"{}\"\nca_file = \"{}\"\n",
            shared().nginx.https("/"),
            shared().ca.display()
        );
        for server in servers() {
            toml += &server.connection();
        }
        Client::new(kit::policy(&toml))
    }

    /// Brings `url` whole, and once more over a connection that is cut in the middle.
    async fn moves(&self, url: &str, tunnel: &str) {
        let what = format!("{url} by {} ({tunnel})", self.name);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("big.bin");
        let whole = fetch(&self.client(self.address, tunnel), url, &file).await;
        let whole = whole.unwrap_or_else(|error| panic!("{what}: {error:?}"));
        assert_eq!((whole.length, whole.kept), (BIG as u64, 0), "{what}");
        assert!(is_big(&file), "{what}");

        let relay = Relay::start(self.address, Plan::cuts(1, 20 << 20, Ending::Reset));
        let file = folder.path().join("cut.bin");
        let cut = fetch(&self.client(relay.address(), tunnel), url, &file).await;
        cut.unwrap_or_else(|error| panic!("{what}, cut: {error:?}"));
        assert_eq!(relay.cuts(), 1, "{what}");
        assert!(is_big(&file), "{what}, cut");
        let twice = relay.down() - BIG as u64;
        assert!(twice < BIG as u64 / 50, "{what}: {twice} bytes came twice");
    }
}

/// Whether the file has the digest of `big.bin`.
fn is_big(file: &Path) -> bool {
    kit::sha256(&std::fs::read(file).unwrap()) == shared().big
}

async fn moves_in_every_way(proxy: Proxy) {
    let nginx = &shared().nginx;
    proxy.moves(&nginx.http("/big.bin"), "auto").await;
    proxy.moves(&nginx.http("/big.bin"), "always").await;
    proxy.moves(&nginx.https("/big.bin"), "auto").await;
    for server in servers() {
        proxy.moves(&server.url("/big.bin"), "auto").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_squid() {
    moves_in_every_way(proxies()[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_squid_with_password() {
    moves_in_every_way(proxies()[1]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_apache() {
    moves_in_every_way(proxies()[2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_tinyproxy() {
    moves_in_every_way(proxies()[3]).await;
}

/// It answers a request in absolute form, keeps the connection open, and never reads another one.
#[tokio::test]
async fn tinyproxy_serves_several_requests_in_a_row() {
    let proxy = proxies()[3];
    let client = proxy.client(proxy.address, "auto");
    let folder = tempfile::tempdir().unwrap();
    for number in 0..3 {
        let file = folder.path().join(number.to_string());
        let url = shared().nginx.http("/small.bin");
        fetch(&client, &url, &file).await.unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), shared().small);
    }
}

/// What each server does with a file that is not there, and that login and name are told.
#[tokio::test]
async fn every_server_says_that_there_is_no_such_file() {
    let proxy = proxies()[0];
    let client = proxy.client(proxy.address, "auto");
    for server in servers() {
        let dataset = client.dataset(&server.url("/no such file.bin")).unwrap();
        let error = dataset.open().await.unwrap_err();
        let what = format!("{:?}: {error}", server.product());
        assert_eq!(error.kind(), outbound::base::Kind::TargetRefused, "{what}");
        assert!(error.to_string().contains("550"), "{what}");
    }
}
