//! FTP under TLS: every server through every proxy.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use outbound::base::Error;
use outbound::dataset::{Client, FetchOptions, Fetched};

use crate::kit::{self, certificate, shared};
use crate::support::peers::ftp_servers::{FtpServer, PASSWORD, Product, USER};
use crate::support::peers::secure_ftp::Speaks;
use crate::support::peers::{self, Certificate};

/// The certificate of all servers here, and the file of the authority to believe.
fn trusted() -> &'static (Certificate, PathBuf) {
    static SHARED: OnceLock<(Certificate, PathBuf)> = OnceLock::new();
    SHARED.get_or_init(certificate)
}

struct Server {
    name: &'static str,
    ftp: FtpServer,
}

/// Every server, in every way that it speaks TLS.
fn servers() -> &'static [Server] {
    static SHARED: OnceLock<Vec<Server>> = OnceLock::new();
    SHARED.get_or_init(|| {
        let start = |(name, product, speaks)| Server {
            name,
            ftp: FtpServer::start_secure(product, &shared().root, &trusted().0, speaks),
        };
        [
            ("vsftpd", Product::Vsftpd, Speaks::Explicit),
            ("vsftpd, implicit", Product::Vsftpd, Speaks::Implicit),
            ("vsftpd, TLS 1.3", Product::Vsftpd, Speaks::Only13),
            ("proftpd", Product::Proftpd, Speaks::Explicit),
            ("proftpd, TLS 1.3", Product::Proftpd, Speaks::Only13),
            ("pure-ftpd", Product::PureFtpd, Speaks::Explicit),
            ("pyftpdlib", Product::Pyftpdlib, Speaks::Explicit),
            ("pyftpdlib, TLS 1.3", Product::Pyftpdlib, Speaks::Only13),
        ]
        .map(start)
        .into()
    })
}

impl Server {
    /// The settings of the connection `files:` to it.
    fn connection(&self) -> String {
        let mut toml = format!(
            "[connections.files]\nurl = \"{}\"\nca_file = \"{}\"\n",
            self.ftp.url("/"),
            trusted().1.display()
        );
        if self.ftp.url("").starts_with("ftp:") {
            toml += "tls = \"explicit\"\n";
        }
        if self.ftp.product() == Product::PureFtpd {
            toml += &format!("username = \"{USER}\"\npassword = \"{PASSWORD}\"\n");
        }
        toml
    }

    fn client(&self, proxy: Option<SocketAddr>) -> Client {
        Client::new(kit::policy(&settings(proxy, &self.connection())))
    }
}

fn settings(proxy: Option<SocketAddr>, connection: &str) -> String {
    let proxy = proxy.map(|address| format!("[proxy]\nurl = \"http://{address}\"\n"));
    let proxy = proxy.unwrap_or_default();
    format!("{proxy}[retry]\npause = \"1ms\"\npause_max = \"5ms\"\n{connection}")
}

/// The direct way, and the three proxies.
fn ways() -> [(&'static str, Option<SocketAddr>); 4] {
    [
        ("directly", None),
        ("through squid", Some(peers::squid().address())),
        ("through apache", Some(peers::apache().address())),
        ("through tinyproxy", Some(peers::tinyproxy().address())),
    ]
}

async fn fetch(client: &Client, file: &str, to: &Path) -> Result<Fetched, Error> {
    let dataset = client.dataset(&format!("files:{file}"))?;
    dataset.fetch(to, &FetchOptions::default()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_whole_from_every_server_by_every_way() {
    for server in servers() {
        for (way, proxy) in ways() {
            let what = format!("{} {way}", server.name);
            let folder = tempfile::tempdir().unwrap();
            let to = folder.path().join("small.bin");
            let fetched = fetch(&server.client(proxy), "small.bin", &to).await;
            fetched.unwrap_or_else(|error| panic!("{what}: {error:?}"));
            assert!(std::fs::read(&to).unwrap() == shared().small, "{what}");
        }
    }
}
