//! Uploads to every server through every proxy, in clear and under TLS.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use outbound::dataset::{Client, StoreOptions};
use outbound::settings::Retry;

use crate::kit::{self, certificate, noise, sha256};
use crate::support::peers::ftp_servers::{FtpServer, PASSWORD, Product, USER};
use crate::support::peers::secure_ftp::{Speaks, Tls};
use crate::support::peers::{self, Certificate, folder};
use crate::support::relay::{Ending, Plan, Relay};

/// The certificate of all servers here, and the file of the authority to believe.
fn trusted() -> &'static (Certificate, PathBuf) {
    static SHARED: OnceLock<(Certificate, PathBuf)> = OnceLock::new();
    SHARED.get_or_init(certificate)
}

struct Server {
    name: &'static str,
    ftp: FtpServer,
    /// What it serves: anybody may write into `in`.
    root: PathBuf,
    secure: bool,
}

const MODE: u32 = 0o777;

fn start(name: &'static str, product: Product, speaks: Option<Speaks>) -> Server {
    let root = folder();
    fs::create_dir(root.join("in")).unwrap();
    fs::set_permissions(root.join("in"), fs::Permissions::from_mode(MODE)).unwrap();
    let tls = speaks.map(|speaks| Tls {
        certificate: &trusted().0,
        speaks,
    });
    Server {
        name,
        ftp: FtpServer::start_writable(product, &root, tls.as_ref()),
        root,
        secure: tls.is_some(),
    }
}

/// Every server, in every way that it speaks.
fn servers() -> &'static [Server] {
    static SHARED: OnceLock<Vec<Server>> = OnceLock::new();
    SHARED.get_or_init(|| {
        [
            ("vsftpd", Product::Vsftpd, None),
            ("proftpd", Product::Proftpd, None),
            ("pure-ftpd", Product::PureFtpd, None),
            ("pyftpdlib", Product::Pyftpdlib, None),
            ("vsftpd, explicit", Product::Vsftpd, Some(Speaks::Explicit)),
            ("vsftpd, implicit", Product::Vsftpd, Some(Speaks::Implicit)),
            ("vsftpd, TLS 1.3", Product::Vsftpd, Some(Speaks::Only13)),
            ("proftpd, TLS", Product::Proftpd, Some(Speaks::Explicit)),
            ("pure-ftpd, TLS", Product::PureFtpd, Some(Speaks::Explicit)),
            ("pyftpdlib, TLS", Product::Pyftpdlib, Some(Speaks::Explicit)),
            (
                "pyftpdlib, TLS 1.3",
                Product::Pyftpdlib,
                Some(Speaks::Only13),
            ),
        ]
        .map(|(name, product, speaks)| start(name, product, speaks))
        .into()
    })
}

impl Server {
    fn client(&self, proxy: SocketAddr, tries: u32) -> Client {
        let mut toml = format!(
            "[proxy]\nurl = \"http://{proxy}\"\n\
             [retry]\nattempts = {tries}\npause = \"1ms\"\npause_max = \"5ms\"\n\
             [connections.files]\nurl = \"{}\"\nca_file = \"{}\"\n",
            self.ftp.url("/in/"),
            trusted().1.display()
        );
        if self.secure && self.ftp.url("").starts_with("ftp:") {
            toml += "tls = \"explicit\"\n";
        }
        if self.ftp.product() == Product::PureFtpd {
            toml += &format!("username = \"{USER}\"\npassword = \"{PASSWORD}\"\n");
        }
        Client::new(kit::policy(&toml))
    }

    fn digest(&self, name: &str) -> String {
        let bytes = fs::read(self.root.join("in").join(name));
        sha256(&bytes.unwrap_or_else(|error| panic!("{}: {name}: {error}", self.name)))
    }

    /// The names in its folder that belong to `name`.
    fn names(&self, name: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join("in")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|other| other.starts_with(name)).collect()
    }
}

/// The length of the file that is sent.
const SOME: usize = 5 << 20;

fn some() -> &'static (PathBuf, String) {
    static SHARED: OnceLock<(PathBuf, String)> = OnceLock::new();
    SHARED.get_or_init(|| {
        let (path, bytes) = (folder().join("some.bin"), noise(SOME));
        fs::write(&path, &bytes).unwrap();
        (path, sha256(&bytes))
    })
}

async fn store(client: &Client, file: &Path, name: &str, what: &str) -> outbound::dataset::Stored {
    let dataset = client.dataset(&format!("files:{name}")).unwrap();
    let stored = dataset.store_file(file, &StoreOptions::default()).await;
    stored.unwrap_or_else(|error| panic!("{what}: {error:?}"))
}

/// Whole, and once more over a connection that is cut in the middle.
async fn moves(server: &Server, way: &str, proxy: SocketAddr) {
    let what = format!("{} through {way}", server.name);
    let (file, digest) = some();
    let name = format!("{way}.bin");
    let stored = store(&server.client(proxy, 3), file, &name, &what).await;
    assert_eq!((stored.length, stored.kept), (SOME as u64, 0), "{what}");
    assert_eq!(&server.digest(&name), digest, "{what}");

    let relay = Relay::start(proxy, Plan::cuts_up(1, 3 << 20, Ending::Reset));
    let name = format!("{way}-cut.bin");
    let what = format!("{what}, cut");
    let stored = store(&server.client(relay.address(), 8), file, &name, &what).await;
    assert_eq!(stored.length, SOME as u64, "{what}");
    assert_eq!(&server.digest(&name), digest, "{what}");
    assert_eq!(server.names(&name), [name], "{what}");
    assert_eq!(relay.cuts(), 1, "{what}");
    let twice = relay.up().saturating_sub(SOME as u64);
    assert!(
        twice < SOME as u64 * 2 / 3,
        "{what}: {twice} bytes went twice"
    );
}

async fn all_move(way: &str, proxy: SocketAddr) {
    futures_util::future::join_all(servers().iter().map(|server| moves(server, way, proxy))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_whole_and_goes_on_through_squid() {
    all_move("squid", peers::squid().address()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_whole_and_goes_on_through_apache() {
    all_move("apache", peers::apache().address()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_whole_and_goes_on_through_tinyproxy() {
    all_move("tinyproxy", peers::tinyproxy().address()).await;
}

/// None with a second try, half through Squid and half through tinyproxy, which tear down both
/// directions of a tunnel when one ends.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_uploads_in_a_row_under_tls() {
    let bytes = noise(300_000);
    let digest = sha256(&bytes);
    for server in servers().iter().filter(|server| server.secure) {
        let proxies = [peers::squid().address(), peers::tinyproxy().address()];
        let clients = proxies.map(|proxy| server.client(proxy, 1));
        for number in 0..20 {
            let name = format!("row-{number}.bin");
            let dataset = clients[number % 2].dataset(&format!("files:{name}"));
            let mut retry = Retry::default();
            retry.attempts = 1;
            let dataset = dataset.unwrap().with_retry(retry);
            let options = StoreOptions::default();
            let stored = dataset.store_bytes(bytes.clone(), &options).await;
            stored.unwrap_or_else(|error| panic!("{} {number}: {error:?}", server.name));
            assert_eq!(server.digest(&name), digest, "{} {number}", server.name);
            assert_eq!(server.names(&name), [name], "{} {number}", server.name);
        }
    }
}

/// ProFTPD that takes TLS 1.3 alone gives no ticket to an upload and wants the session used again.
/// Whatever comes of it is told, and nothing wrong has the name.
#[tokio::test(flavor = "multi_thread")]
async fn proftpd_with_tls_1_3_alone() {
    let server = start("proftpd, TLS 1.3", Product::Proftpd, Some(Speaks::Only13));
    let client = server.client(peers::squid().address(), 1);
    let bytes = noise(300_000);
    for number in 0..3 {
        let name = format!("row-{number}.bin");
        let dataset = client.dataset(&format!("files:{name}")).unwrap();
        let options = StoreOptions::default();
        match dataset.store_bytes(bytes.clone(), &options).await {
            Ok(_) => assert_eq!(server.digest(&name), sha256(&bytes), "{number}"),
            Err(error) => {
                let hint = error.hint().unwrap_or_default();
                assert!(
                    hint.contains("NoSessionReuseRequired"),
                    "{number}: {error:?}"
                );
                assert!(!server.names(&name).contains(&name), "{number}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_and_what_is_missing() {
    for server in servers().iter().filter(|server| !server.secure) {
        let client = server.client(peers::squid().address(), 2);
        let (file, digest) = some();
        let name = "there.bin";
        fs::write(server.root.join("in").join(name), "old").unwrap();
        fs::set_permissions(
            server.root.join("in").join(name),
            fs::Permissions::from_mode(0o666),
        )
        .unwrap();
        let dataset = client.dataset("files:there.bin").unwrap();
        let refused = dataset.store_file(file, &StoreOptions::default()).await;
        let error = refused.unwrap_err();
        assert!(
            error.hint().unwrap_or_default().contains("--force"),
            "{}: {error:?}",
            server.name
        );
        assert_eq!(server.digest(name), sha256(b"old"), "{}", server.name);
        let force = StoreOptions {
            force: true,
            ..StoreOptions::default()
        };
        let stored = dataset.store_file(file, &force).await;
        stored.unwrap_or_else(|error| panic!("{}: {error:?}", server.name));
        assert_eq!(&server.digest(name), digest, "{}", server.name);
        assert_eq!(server.names(name), [name], "{}", server.name);

        let deep = client.dataset("files:new/deep/x.bin").unwrap();
        let error = deep.store_file(file, &force).await.unwrap_err();
        assert!(
            error.hint().unwrap_or_default().contains("--create-dirs"),
            "{}: {error:?}",
            server.name
        );
        let dirs = StoreOptions {
            create_dirs: true,
            ..StoreOptions::default()
        };
        let stored = deep.store_file(file, &dirs).await;
        stored.unwrap_or_else(|error| panic!("{}: {error:?}", server.name));
        assert_eq!(&server.digest("new/deep/x.bin"), digest, "{}", server.name);
    }
}

/// Told by the refused name, whatever the server says to that; nothing is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_its_name() {
    for server in servers().iter().filter(|server| !server.secure) {
        let client = server.client(peers::squid().address(), 2);
        let there = server.root.join("in/many");
        fs::create_dir(&there).unwrap();
        fs::set_permissions(&there, fs::Permissions::from_mode(MODE)).unwrap();
        for force in [false, true] {
            let options = StoreOptions {
                force,
                ..StoreOptions::default()
            };
            let dataset = client.dataset("files:many").unwrap();
            let error = dataset.store_file(&some().0, &options).await.unwrap_err();
            let what = format!("{}, {force}: {error:?}", server.name);
            assert!(
                error.to_string().contains("has a folder of that name"),
                "{what}"
            );
            let hint = error.hint().unwrap_or_default();
            assert!(hint.contains("end the URL with `/`"), "{what}");
            assert!(!error.is_transient(), "{what}");
            assert_eq!(server.names("many"), ["many"], "{what}");
            assert_eq!(fs::read_dir(&there).unwrap().count(), 0, "{what}");
        }
    }
}

/// nginx takes files by PUT: in absolute form and by CONNECT, over HTTP/1.1 and HTTP/2.
#[tokio::test(flavor = "multi_thread")]
async fn nginx_takes_a_put() {
    let root = folder();
    let (certificate, ca) = trusted();
    let nginx = peers::Nginx::start(&root, certificate, kit::AWAY);
    let (file, digest) = some();
    for (number, base) in [
        nginx.http("/in/"),
        nginx.https("/in/"),
        nginx.https1("/in/"),
    ]
    .into_iter()
    .enumerate()
    {
        let toml = format!(
            "[proxy]\nurl = \"{}\"\n[connections.files]\nurl = \"{base}\"\nca_file = \"{}\"\n",
            peers::squid().url(),
            ca.display()
        );
        let client = Client::new(kit::policy(&toml));
        let name = format!("{number}.bin");
        let stored = store(&client, file, &name, &base).await;
        assert_eq!(stored.length, SOME as u64);
        assert_eq!(
            &sha256(&fs::read(root.join("in").join(&name)).unwrap()),
            digest
        );
        let dataset = client.dataset(&format!("files:{name}")).unwrap();
        let refused = dataset.store_file(file, &StoreOptions::default()).await;
        let error = refused.unwrap_err();
        assert!(
            error.hint().unwrap_or_default().contains("--force"),
            "{error:?}"
        );
        let force = StoreOptions {
            force: true,
            ..StoreOptions::default()
        };
        dataset.store_bytes("new", &force).await.unwrap();
        assert_eq!(fs::read(root.join("in").join(&name)).unwrap(), b"new");
        // Refused before all of it was sent: the answer is told, and no broken pipe.
        let dataset = client.dataset("files:small/x.bin").unwrap();
        let error = dataset.store_file(file, &force).await.unwrap_err();
        assert_eq!(
            error.answer().map(|answer| answer.code),
            Some(413),
            "{base}: {error:?}"
        );
        assert!(!error.is_transient());
        let readonly = client
            .dataset_of(&base.replace("/in/", "/no/x.bin"), Some("files"))
            .unwrap();
        let error = readonly.store_bytes("x", &force).await.unwrap_err();
        assert_eq!(
            error.answer().map(|answer| answer.code),
            Some(405),
            "{base}: {error:?}"
        );
    }
}
