//! How many round trips it takes until the first byte of a file is here. Over HTTP/1.1: in HTTP/2
//! the client acknowledges what comes, which looks like questions.

use std::net::SocketAddr;
use std::sync::OnceLock;

use outbound::base::{Origin, Secret, Target};
use outbound::dataset::Client;
use tokio::io::AsyncReadExt as _;

use crate::kit::{self, shared};
use crate::support::link::Link;
use crate::support::peers::ftp_servers::{self, FtpServer, Product};
use crate::support::peers::secure_ftp::Speaks;
use crate::support::peers::{self, Vsftpd, squid};

fn vsftpd() -> &'static Vsftpd {
    static SHARED: OnceLock<Vsftpd> = OnceLock::new();
    SHARED.get_or_init(|| Vsftpd::start(&shared().root, &[]))
}

/// A client whose way leads over a link to the proxy.
async fn client(proxy: SocketAddr, credentials: bool, tunnel: &str) -> (Client, Link) {
    let link = Link::start(proxy).await;
    let mut toml = format!("[proxy]\nurl = \"{}\"\ntunnel = \"{tunnel}\"\n", link.url());
    if credentials {
        toml += &format!(
            "username = '{}'\npassword = '{}'\n",
            squid::USER,
            squid::PASSWORD
        );
    }
    toml += &format!(
        "[connections.secure]\nurl = \"{}\"\nca_file = \"{}\"\n",
        shared().nginx.https1("/"),
        shared().ca.display()
    );
    (Client::new(kit::policy(&toml)), link)
}

/// The round trips to the first byte. The file is read to its end, so that what can be used again
/// is.
async fn trips(client: &Client, link: &Link, url: &str) -> usize {
    link.trips();
    let mut reader = client.open(url).await.unwrap();
    reader.read_u8().await.unwrap();
    let trips = link.trips();
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).await.unwrap();
    assert_eq!(rest.len() + 1, shared().small.len());
    trips
}

#[tokio::test]
async fn the_first_byte_of_a_file() {
    let nginx = &shared().nginx;
    let (http, https) = (nginx.http("/small.bin"), nginx.https1("/small.bin"));
    let ftp = vsftpd().url("/small.bin");
    let open = [
        ("squid", peers::squid().address()),
        ("apache", peers::apache().address()),
    ];
    // What, by which way, and the trips: of the first file, and of another one on the same client.
    // http: TCP, the request. Tunnelled: CONNECT between. https: TLS 1.3 between.
    // ftp: both TCP connections at once, CONNECT, the login up to EPSV, RETR with the data's CONNECT.
    // Further files go by the login that is kept: EPSV with SIZE and MDTM, RETR with CONNECT.
    let cases = [
        (&http, "always", 3, 1),
        (&https, "auto", 4, 1),
        (&ftp, "auto", 4, 2),
    ];
    for (proxy, address) in open {
        for (url, tunnel, cold, warm) in cases {
            let (client, link) = client(address, false, tunnel).await;
            assert_eq!(trips(&client, &link, url).await, cold, "{url} by {proxy}");
            assert_eq!(
                trips(&client, &link, url).await,
                warm,
                "{url} by {proxy}, again"
            );
        }
    }
}

/// In absolute form the connection is kept only when the proxy says so.
#[tokio::test]
async fn plain_http_in_absolute_form() {
    let http = shared().nginx.http("/small.bin");
    let (client, link) = client(peers::squid().address(), false, "auto").await;
    assert_eq!(trips(&client, &link, &http).await, 2);
    assert_eq!(trips(&client, &link, &http).await, 1);
}

/// A 407 costs one trip, once.
#[tokio::test]
async fn credentials_are_asked_for_once() {
    let squid = peers::squid_with_password().address();
    let nginx = &shared().nginx;
    let cases = [
        (nginx.http("/small.bin"), 3, 1),
        (nginx.https1("/small.bin"), 5, 1),
        (vsftpd().url("/small.bin"), 5, 2),
    ];
    for (url, cold, warm) in cases {
        let (client, link) = client(squid, true, "auto").await;
        assert_eq!(trips(&client, &link, &url).await, cold, "{url}");
        assert_eq!(trips(&client, &link, &url).await, warm, "{url}, again");
    }
}

/// TLS 1.2 costs two trips for the login and two for the data, whose first byte waits for the
/// client's last word of the handshake; AUTH TLS costs one more. The data channel of TLS 1.3 waits
/// likewise, its login saves a trip, and to learn that a server wants it costs a connection, once.
#[tokio::test]
async fn the_first_byte_of_a_file_over_ftps() {
    let (certificate, ca) = kit::certificate();
    let start = |speaks| {
        let root = &shared().root;
        FtpServer::start_secure(Product::Vsftpd, root, &certificate, speaks)
    };
    for (speaks, cold, warm) in [
        (Speaks::Implicit, 8, 4),
        (Speaks::Explicit, 9, 4),
        (Speaks::Only13, 12, 4),
    ] {
        let server = start(speaks);
        for (proxy, address) in [
            ("squid", peers::squid().address()),
            ("apache", peers::apache().address()),
        ] {
            let link = Link::start(address).await;
            let tls = match speaks {
                Speaks::Implicit => "",
                _ => "tls = \"explicit\"\n",
            };
            let toml = format!(
                "[proxy]\nurl = \"{}\"\n[connections.files]\nurl = \"{}\"\nca_file = \"{}\"\n{tls}",
                link.url(),
                server.url("/"),
                ca.display()
            );
            let client = Client::new(kit::policy(&toml));
            let url = server.url("/small.bin");
            let found = [
                trips(&client, &link, &url).await,
                trips(&client, &link, &url).await,
            ];
            assert_eq!(found, [cold, warm], "{speaks:?} by {proxy}");
        }
    }
}

/// Many files by one login: EPSV for the next file travels behind RETR where the server takes it,
/// and the socket for its data is open already.
#[tokio::test]
async fn further_files_of_one_ftp_server() {
    use outbound::ftp::{self, RemotePath, Retrieval, Want};
    let (certificate, ca) = kit::certificate();
    let servers = [
        (Product::Vsftpd, None, 1),
        (Product::Proftpd, None, 1),
        (Product::PureFtpd, None, 1),
        (Product::Pyftpdlib, None, 2),
        // Two more for TLS, and one for its end, before which there is no 226.
        // Two more for TLS, and one for its end, before which the server does not say 226.
        (Product::Vsftpd, Some(Speaks::Implicit), 4),
    ];
    for (product, secure, expected) in servers {
        let root = &shared().root;
        let server = match secure {
            Some(speaks) => FtpServer::start_secure(product, root, &certificate, speaks),
            None => FtpServer::start(product, root),
        };
        let link = Link::start(peers::squid().address()).await;
        let url = server.url("/small.bin");
        let toml = format!(
            "[proxy]\nurl = \"{}\"\n[connections.files]\nurl = \"{}\"\nca_file = \"{}\"\n",
            link.url(),
            server.url("/"),
            ca.display()
        );
        let connector = kit::connector(&toml);
        let connection = connector.policy().locate(&url, None).unwrap().connection;
        let connector = connector.for_connection(connection);
        let target = Target::parse(&url).unwrap();
        let path = RemotePath::from_url_path("/small.bin").unwrap();
        // As datasets do.
        let want = Want {
            size: true,
            modified: true,
            following: true,
            ..Want::default()
        };
        let login = match product {
            Product::PureFtpd => {
                let password = Secret::new(ftp_servers::PASSWORD);
                ftp::Login::new(ftp_servers::USER, Some(password), Origin::Default)
            }
            _ => ftp::Login::default(),
        };
        let mut client = ftp::Client::connect(&connector, &target, login)
            .await
            .unwrap();
        let mut counted = Vec::new();
        for _ in 0..5 {
            link.trips();
            let Retrieval::Download(mut download) = client.retrieve(&path, 0, want).await.unwrap()
            else {
                panic!("no REST was sent");
            };
            let mut data = Vec::new();
            download.read_to_end(&mut data).await.unwrap();
            assert!(data == shared().small, "{product:?}");
            assert!(download.stat().modified.is_some(), "{product:?}");
            client = download.finish().await.unwrap();
            counted.push(link.trips());
        }
        assert_eq!(counted[2..], [expected; 3], "{product:?}: {counted:?}");
    }
}
