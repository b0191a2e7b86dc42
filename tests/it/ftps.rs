//! FTP under TLS: every server through every proxy.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use outbound::base::{Error, Secret, Stage};
use outbound::dataset::{Client, Fetched};
use outbound::ftp::{self, Login, Options, RemotePath, Retrieval, Want};
use outbound::settings::Retry;
use tokio::io::AsyncReadExt as _;

use crate::kit::{self, certificate, noise, sha256};
use crate::support::peers::ftp_servers::{FtpServer, PASSWORD, Product, USER};
use crate::support::peers::secure_ftp::{Speaks, Tls};
use crate::support::peers::{self, Certificate, Vsftpd, folder};
use crate::support::relay::{Ending, Plan, Relay};

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
            ftp: FtpServer::start_secure(product, &files().root, &trusted().0, speaks),
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

/// What the servers have: `some.bin` of some MiB, and `tiny.bin`.
struct Files {
    root: PathBuf,
    digest: String,
    tiny: Vec<u8>,
}

/// The length of `some.bin`.
const SOME: usize = 5 << 20;

fn files() -> &'static Files {
    static SHARED: OnceLock<Files> = OnceLock::new();
    SHARED.get_or_init(|| {
        let (root, some, tiny) = (folder(), noise(SOME), noise(3000));
        for (name, bytes) in [("some.bin", &some), ("tiny.bin", &tiny)] {
            let path = root.join(name);
            std::fs::write(&path, bytes).unwrap();
            // Older than a minute, so that the time is a proof too.
            let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
            let file = std::fs::File::options().write(true).open(path).unwrap();
            file.set_modified(then).unwrap();
        }
        Files {
            root,
            digest: sha256(&some),
            tiny,
        }
    })
}

fn settings(proxy: Option<SocketAddr>, connection: &str) -> String {
    let proxy = proxy.map(|address| format!("[proxy]\nurl = \"http://{address}\"\n"));
    let proxy = proxy.unwrap_or_default();
    format!("{proxy}[retry]\npause = \"1ms\"\npause_max = \"5ms\"\n{connection}")
}

async fn fetch(client: &Client, file: &str, to: &Path) -> Result<Fetched, Error> {
    kit::fetch(client, &format!("files:{file}"), to).await
}

/// Whole, and once more over a connection that is cut in the middle.
async fn moves(server: &Server, way: &str, proxy: SocketAddr) {
    let what = format!("{} {way}", server.name);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("some.bin");
    let fetched = fetch(&server.client(Some(proxy)), "some.bin", &to).await;
    fetched.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    assert_eq!(
        sha256(&std::fs::read(&to).unwrap()),
        files().digest,
        "{what}"
    );

    let relay = Relay::start(proxy, Plan::cuts(1, 3 << 20, Ending::Reset));
    let to = folder.path().join("cut.bin");
    let cut = fetch(&server.client(Some(relay.address())), "some.bin", &to).await;
    cut.unwrap_or_else(|error| panic!("{what}, cut: {error:?}"));
    assert_eq!(relay.cuts(), 1, "{what}");
    assert_eq!(
        sha256(&std::fs::read(&to).unwrap()),
        files().digest,
        "{what}, cut"
    );
    let twice = relay.down() - SOME as u64;
    assert!(twice < SOME as u64 / 10, "{what}: {twice} bytes came twice");
}

/// Every server moves its file at the same time: their logins share the name 127.0.0.1, and no
/// session of one may be shown to another.
async fn all_move(way: &str, proxy: SocketAddr) {
    futures_util::future::join_all(servers().iter().map(|server| moves(server, way, proxy))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_whole_and_goes_on_through_squid() {
    all_move("through squid", peers::squid().address()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_whole_and_goes_on_through_apache() {
    all_move("through apache", peers::apache().address()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_whole_and_goes_on_through_tinyproxy() {
    all_move("through tinyproxy", peers::tinyproxy().address()).await;
}

/// Each with a login of its own, four at a time, none with a second try.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_downloads_in_a_row() {
    for server in servers() {
        let proxies = [peers::squid().address(), peers::tinyproxy().address()];
        let clients = proxies.map(|proxy| server.client(Some(proxy)));
        let one = |number: usize| {
            let client = &clients[number % 2];
            async move {
                let mut bytes = Vec::new();
                let dataset = client.dataset("files:tiny.bin").unwrap();
                let mut retry = Retry::default();
                retry.attempts = 1;
                let opened = dataset.with_retry(retry).open().await;
                let opened = opened.map(|reader| (reader, &mut bytes));
                let read = match opened {
                    Ok((mut reader, bytes)) => reader.read_to_end(bytes).await.map_err(Error::from),
                    Err(error) => Err(error),
                };
                read.unwrap_or_else(|error| panic!("{}, {number}: {error:?}", server.name));
                assert!(bytes == files().tiny, "{}, {number}", server.name);
            }
        };
        for number in (0..100).step_by(4) {
            futures_util::future::join_all((number..number + 4).map(one)).await;
        }
    }
}

/// One login, a hundred data channels: with TLS 1.3 each of them brings the ticket for the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_downloads_on_one_login() {
    for server in servers() {
        let dataset = server
            .client(Some(peers::squid().address()))
            .dataset("files:")
            .unwrap();
        let login = match server.ftp.product() {
            Product::PureFtpd => Login::new(
                USER,
                Some(Secret::new(PASSWORD)),
                outbound::base::Origin::Default,
            ),
            _ => Login::default(),
        };
        let options = Options {
            tls: dataset.tls(),
            ..Options::default()
        };
        let (connector, target) = (dataset.connector(), dataset.target());
        let mut client = ftp::Client::connect_with(connector, target, login, options)
            .await
            .unwrap();
        let path = RemotePath::from_url_path("/tiny.bin").unwrap();
        for number in 0..100 {
            let retrieved = client.retrieve(&path, 0, Want::default()).await;
            let retrieved = retrieved.unwrap_or_else(|e| panic!("{} {number}: {e:?}", server.name));
            let Retrieval::Download(mut download) = retrieved else {
                panic!("no REST was sent");
            };
            let mut bytes = Vec::new();
            let read = download.read_to_end(&mut bytes).await;
            read.unwrap_or_else(|error| panic!("{} {number}: {error:?}", server.name));
            assert!(bytes == files().tiny, "{} {number}", server.name);
            client = download.finish().await.unwrap();
            let steps = client.steps();
            let tls = steps
                .last()
                .filter(|step| step.stage == Stage::TargetTls)
                .unwrap();
            assert!(
                tls.answer.ends_with("session used again"),
                "{}: {tls}",
                server.name
            );
        }
        client.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_server_lists_its_folder() {
    for server in servers() {
        let dataset = server
            .client(Some(peers::apache().address()))
            .dataset("files:")
            .unwrap();
        let listing = dataset.list().await;
        let listing = listing.unwrap_or_else(|error| panic!("{}: {error:?}", server.name));
        let mut names: Vec<_> = listing
            .entries
            .iter()
            .map(|entry| String::from_utf8_lossy(&entry.name).into_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["some.bin", "tiny.bin"], "{}", server.name);
        // Of a folder too, `check` knows whether the data channel is secured.
        let steps = dataset.probe().await.unwrap();
        let last = steps.last().unwrap();
        assert_eq!(last.stage, Stage::TargetTls, "{}: {last}", server.name);
    }
}

/// The address in the 227 leads nowhere, and the certificate is for the control channel's host.
#[tokio::test(flavor = "multi_thread")]
async fn a_private_address_in_the_answer_is_not_used() {
    let tls = Tls {
        certificate: &trusted().0,
        speaks: Speaks::Explicit,
    };
    let lines = ["pasv_address=10.9.8.7", "cmds_denied=EPSV"];
    let server = Vsftpd::start_with(&files().root, &lines, Some(&tls));
    let base = server.url("/");
    let ca = trusted().1.display();
    let connection =
        format!("[connections.files]\nurl = \"{base}\"\nca_file = \"{ca}\"\ntls = \"explicit\"\n");
    for proxy in [
        peers::squid().address(),
        peers::apache().address(),
        peers::tinyproxy().address(),
    ] {
        let client = Client::new(kit::policy(&settings(Some(proxy), &connection)));
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("tiny.bin");
        fetch(&client, "tiny.bin", &to).await.unwrap();
        assert!(std::fs::read(&to).unwrap() == files().tiny);
    }
    assert!(server.log().contains("PASV"), "{}", server.log());
}

/// That the strict servers are strict is what the other tests here stand on.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_in_clear_and_a_session_of_its_own_are_refused_by_the_strict_servers() {
    for server in servers() {
        if server.ftp.url("").starts_with("ftps:") {
            continue;
        }
        let url = server.ftp.url("/tiny.bin");
        let clear = Client::new(kit::policy(&settings(None, "")));
        let error = clear.open(&url).await.unwrap_err();
        assert!(
            error.hint().unwrap_or_default().contains("--tls explicit"),
            "{}: {error:?}",
            server.name
        );
    }
    // curl, told to use no session again.
    for server in servers() {
        let strict = matches!(server.ftp.product(), Product::Vsftpd | Product::Proftpd);
        if !strict || server.ftp.url("").starts_with("ftps:") {
            continue;
        }
        let mut curl = peers::tool("curl");
        let curl = curl
            .args([
                "--disable",
                "-sS",
                "--ssl-reqd",
                "--no-sessionid",
                "-o",
                "/dev/null",
            ])
            .arg("--cacert")
            .arg(&trusted().1)
            .arg(server.ftp.url("/tiny.bin"))
            .output()
            .unwrap();
        assert!(!curl.status.success(), "{}: {curl:?}", server.name);
    }
}
