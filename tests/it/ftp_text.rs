//! `;type=a`: a file of an FTP server as text, with the line ends of this machine.

use outbound::base::Kind;

use crate::kit::{Program, client_by, fetch};
use crate::support::cutting_ftp::{CuttingFtp, Manners};
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::peers::{self, Vsftpd};

/// Lines enough for many reads, with line ends at every place in them.
fn lines() -> Vec<u8> {
    let line = |n: usize| format!("{n},{}\n", "x".repeat(n % 97));
    (0..5000).map(line).collect::<String>().into_bytes()
}

/// As on the server's machine: it changes the line ends on the way there and we on the way here. What
/// a server does not change (Pure-FTPd never does) comes as it is as well.
#[tokio::test(flavor = "multi_thread")]
async fn text_is_here_as_it_is_there() {
    let root = peers::folder();
    std::fs::write(root.join("t.csv"), lines()).unwrap();
    std::fs::write(root.join("empty.csv"), "").unwrap();
    for product in Product::ALL {
        let server = match product {
            Product::Vsftpd => None,
            _ => Some(FtpServer::start(product, &root)),
        };
        // It changes them only where it is told to.
        let vsftpd = Vsftpd::start(&root, &["ascii_download_enable=YES"]);
        let at = |path: &str| match &server {
            Some(server) => server.url(path),
            None => vsftpd.url(path),
        };
        let connection = server.as_ref().map(FtpServer::connection);
        for proxy in [peers::squid().url(), peers::apache().url()] {
            let client = client_by(&proxy, connection.as_deref().unwrap_or_default());
            let folder = tempfile::tempdir().unwrap();
            let to = folder.path().join("t.csv");
            for path in ["/t.csv;type=a", "/t.csv", "/t.csv;type=A"] {
                let _ = std::fs::remove_file(&to);
                let fetched = fetch(&client, &at(path), &to).await;
                fetched.unwrap_or_else(|error| panic!("{product:?} {path}: {error:?}"));
                let came = std::fs::read(&to).unwrap();
                assert!(came == lines(), "{product:?} {path}: {}", came.len());
            }
            let to = folder.path().join("empty.csv");
            fetch(&client, &at("/empty.csv;type=a"), &to).await.unwrap();
            assert_eq!(std::fs::read(&to).unwrap(), b"", "{product:?}");
            // Nothing that the server can tell counts the bytes that will be here.
            let stat = client.dataset(&at("/t.csv;type=a")).unwrap().stat().await;
            let stat = stat.unwrap_or_else(|error| panic!("{product:?}: {error:?}"));
            assert_eq!((stat.length, stat.validator), (None, None), "{product:?}");
            assert_eq!(stat.resumable, Some(false), "{product:?}");
            assert!(stat.modified.is_some(), "{product:?}");
            // A file that is not there, asked about and asked for.
            let missing = client.dataset(&at("/none.csv;type=a")).unwrap();
            let error = missing.stat().await.unwrap_err();
            assert_eq!(error.kind(), Kind::TargetRefused, "{product:?}: {error:?}");
            let error = fetch(&client, &at("/none.csv;type=a"), &to).await;
            let error = error.unwrap_err();
            assert_eq!(error.kind(), Kind::TargetRefused, "{product:?}: {error:?}");
        }
        if product == Product::Vsftpd {
            // Each way keeps logins of its own.
            let log = vsftpd.process().log_with("TYPE A");
            assert!(log.contains("TYPE I"), "{log}");
        }
    }
}

/// No length tells how much is missing: the server's last word does, and the file comes anew.
#[tokio::test(flavor = "multi_thread")]
async fn cut_text_comes_again_from_its_start() {
    for size in [true, false] {
        for behind in [Some("426 broke"), Some("451 disk"), None] {
            let server = CuttingFtp::start(Manners {
                file: lines(),
                size,
                cuts: 1,
                behind,
            });
            let folder = tempfile::tempdir().unwrap();
            let to = folder.path().join("x");
            let client = client_by(&peers::squid().url(), "");
            let fetched = fetch(&client, &server.url("/x;type=a"), &to).await;
            fetched.unwrap_or_else(|error| panic!("{size} {behind:?}: {error:?}"));
            assert!(std::fs::read(&to).unwrap() == lines(), "{size} {behind:?}");
            assert_eq!(server.transfers(), 2, "{size} {behind:?}");
        }
    }
}

/// Where it cannot be had it is refused, and nothing is asked of anybody.
#[test]
fn elsewhere_it_is_refused() {
    let program = Program::new();
    std::fs::write(program.file("rows.csv"), "a\n").unwrap();
    // Nobody listens there, and nobody is asked.
    let (proxy, url) = ("http://127.0.0.1:1", "ftp://h.test/d/rows.csv;type=a");
    for arguments in [
        &["put", "--proxy", proxy, "rows.csv", url][..],
        &["list", "--proxy", proxy, url],
        &["stat", "--proxy", proxy, "--ftp", "proxy-get", url],
        &["fetch", "--proxy", proxy, "--ftp", "proxy-get", url],
        &["fetch", "-r", "--output-dir", "d", "--proxy", proxy, url],
    ] {
        let ran = program.run(arguments).expect(4);
        ran.says("`;type=a`").says("leave `;type=a` out");
    }
    // The name of the file is without it.
    let ran = program.run(&["fetch", "--proxy", proxy, "--retry", "1", url]);
    assert!(ran.code != Some(0) && ran.code != Some(4), "{ran:?}");
}
