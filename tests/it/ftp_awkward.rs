//! Servers, names and proxies that FTP clients stumble over, each behind the real proxy.

use std::net::TcpListener;
use std::time::Duration;

use outbound::base::{Kind, Stage};

use crate::kit::{client_by, fetch, shared};
use crate::support::cutting_ftp::{CuttingFtp, Manners};
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::peers::{self, Squid, Vsftpd, squid};
use crate::support::scripted::{Scripted, Step};

/// 4yz may pass, 5yz stands (RFC 959 section 4.2.1).
#[tokio::test(flavor = "multi_thread")]
async fn busy_is_tried_again_and_no_is_not() {
    // It listens, and nobody is served.
    let data = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = data.local_addr().unwrap().port();
    for (retr, kind, tries) in [
        ("450 busy", Kind::TargetUnavailable, 5),
        ("451 disk", Kind::TargetUnavailable, 5),
        ("550 no such file", Kind::TargetRefused, 1),
        ("553 not that name", Kind::TargetRefused, 1),
    ] {
        let epsv: &'static str = format!("229 here (|||{port}|)").leak();
        let replies = vec![
            ("USER", "331 password?"),
            ("PASS", "230 in"),
            ("TYPE", "200 so it is"),
            ("SIZE", "213 5"),
            ("MDTM", "213 20200101000000"),
            ("EPSV", epsv),
            ("RETR", retr),
        ];
        let server = Scripted::each(vec![
            Step::write("220 ready\r\n"),
            Step::Answer(Vec::leak(replies)),
        ]);
        let folder = tempfile::tempdir().unwrap();
        let url = format!("ftp://{}/x", server.address());
        let client = client_by(&peers::squid().url(), "");
        let fetched = fetch(&client, &url, &folder.path().join("x")).await;
        let error = fetched.unwrap_err();
        assert_eq!(
            (error.kind(), error.attempts()),
            (kind, tries),
            "{retr}: {error}"
        );
        assert!(error.what().contains(retr), "{error}");
        let asked = server.received().concat().matches("RETR").count();
        assert_eq!(asked, tries as usize, "{retr}");
    }
}

/// What is cut goes on, whatever the server says behind it.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_is_mended_whatever_is_said_of_it() {
    for size in [true, false] {
        for behind in [Some("226 done"), Some("426 broke"), Some("451 disk"), None] {
            if !size && behind == Some("226 done") {
                // Nobody could tell.
                continue;
            }
            let file = crate::kit::noise(300_000);
            let server = CuttingFtp::start(Manners {
                file: file.clone(),
                size,
                cuts: 1,
                behind,
            });
            let folder = tempfile::tempdir().unwrap();
            let to = folder.path().join("x");
            let client = client_by(&peers::squid().url(), "");
            let fetched = fetch(&client, &server.url("/x"), &to).await;
            fetched.unwrap_or_else(|error| panic!("{size} {behind:?}: {error:?}"));
            assert!(std::fs::read(&to).unwrap() == file, "{size} {behind:?}");
        }
    }
}

/// The proxy lets the control channel through and not the data: RETR is on its way by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_data_channel_behind_retr_is_told_at_once() {
    let server = Vsftpd::start(&shared().root, &[]);
    let half_open = Squid::start(squid::Options {
        tunnel_ports: server.port().to_string(),
        ..squid::Options::default()
    });
    let client = client_by(
        &half_open.url(),
        "[timeouts]\nreply = \"1h\"\nidle = \"1h\"\n",
    );
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("x");
    for _ in 0..2 {
        let url = server.url("/small.bin");
        let fetching = fetch(&client, &url, &to);
        let fetched = tokio::time::timeout(Duration::from_secs(30), fetching).await;
        let error = fetched.expect("no limit was waited for").unwrap_err();
        let found = (error.kind(), error.stage(), error.attempts());
        assert_eq!(found, (Kind::ProxyRefused, Stage::Data, 1), "{error:?}");
    }
    let log = server.process().log_with("\"RETR small.bin\"");
    // The login that waits for data in vain is not used again.
    assert_eq!(log.matches("OK LOGIN").count(), 2);
}

/// Names as they are written in URLs, through the tunnel, from the servers that know them.
#[tokio::test(flavor = "multi_thread")]
async fn odd_names_arrive() {
    let root = peers::folder();
    let names = [
        ("a b.csv", "/a%20b.csv"),
        ("a b.csv", "/a b.csv"),
        ("a;type=x.csv", "/a%3Btype=x.csv"),
        ("c#%?.csv", "/c%23%25%3F.csv"),
        ("\u{e9}.csv", "/%C3%A9.csv"),
        ("\u{e9}.csv", "/\u{e9}.csv"),
        ("d/e.csv", "/d/e.csv"),
        ("d/e.csv", "/d%2Fe.csv"),
        ("d/e.csv", "//d/e.csv"),
        ("d/e.csv", "/%2Fd/e.csv"),
        ("d/e.csv", "/d/e.csv;type=i"),
        ("d/e.csv", "/d/e.csv;type=I"),
        ("d/~x.csv", "/d/~x.csv"),
        ("-l.csv", "/-l.csv"),
        ("\"q\".csv", "/%22q%22.csv"),
    ];
    for (name, _) in names {
        let file = root.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, name).unwrap();
    }
    peers::process::share(&root.join("d"));
    for product in Product::ALL {
        let server = FtpServer::start(product, &root);
        let client = client_by(&peers::squid().url(), &server.connection());
        for (name, path) in names {
            let folder = tempfile::tempdir().unwrap();
            let to = folder.path().join("x");
            let fetched = fetch(&client, &server.url(path), &to).await;
            fetched.unwrap_or_else(|error| panic!("{product:?} {path}: {error:?}"));
            assert_eq!(
                std::fs::read_to_string(&to).unwrap(),
                name,
                "{product:?} {path}"
            );
        }
        let listed = client
            .dataset(&server.url("/d/;type=D"))
            .unwrap()
            .list()
            .await;
        assert_eq!(listed.unwrap().entries.len(), 2, "{product:?}");
    }
}
