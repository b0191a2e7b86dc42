//! Folders of FTP servers, read.

use std::io::Write as _;
use std::net::TcpListener;
use std::time::Duration;

use futures_util::StreamExt as _;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _};
use outbound::adapters::object_store::FolderStore;
use outbound::base::{Error, Kind};
use outbound::dataset::{Client, Span};

use super::{ROWS, client, listed, lock_up, of_ftp, tree};
use crate::kit;
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::peers::secure_ftp::Speaks;
use crate::support::peers::{self, Squid, Vsftpd, squid};
use crate::support::scripted::{Scripted, Step};

fn logins(server: &Vsftpd) -> usize {
    server.log().matches("OK LOGIN").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_and_lists_of_every_server() {
    let (root, rows) = tree();
    for product in Product::ALL {
        println!("{product:?}");
        let server = FtpServer::start(product, &root);
        let store = of_ftp(&server);
        let path = Path::from("rows.bin");
        let meta = store.head(&path).await.unwrap();
        assert_eq!(meta.size, ROWS as u64, "{product:?}");
        assert_eq!(meta.last_modified.timestamp(), 1_700_000_000, "{product:?}");
        assert_eq!(meta.e_tag.as_deref(), Some("W/\"6553f100-c00000\""));
        // The foot of the file, its length known and unknown, and pieces here and there.
        let options = GetOptions::new().with_range(Some(GetRange::Suffix(8)));
        let end = store.get_opts(&path, options).await.unwrap();
        assert_eq!(end.meta, meta, "{product:?}");
        assert_eq!(end.bytes().await.unwrap(), rows[ROWS - 8..], "{product:?}");
        let ranges = [0..4, 5_000_000..5_300_000, 11_000_000..ROWS as u64, 4..9];
        let pieces = store.get_ranges(&path, &ranges).await.unwrap();
        for (piece, range) in pieces.iter().zip(&ranges) {
            assert!(piece == &rows[range.start as usize..range.end as usize]);
        }
        let options = GetOptions::new().with_range(Some(GetRange::Offset(ROWS as u64 - 100_000)));
        let end = store.get_opts(&path, options).await.unwrap();
        assert!(end.bytes().await.unwrap() == rows[ROWS - 100_000..]);
        assert!(store.get(&path).await.unwrap().bytes().await.unwrap() == rows);
        let beyond = store.get_range(&path, ROWS as u64..ROWS as u64 + 4).await;
        assert!(
            matches!(beyond, Err(object_store::Error::Generic { .. })),
            "{beyond:?}"
        );

        let all = ["in/a b.csv", "in/deep/é.csv", "latest.csv", "rows.bin"];
        assert_eq!(listed(&store, None).await.unwrap(), all, "{product:?}");
        assert_eq!(listed(&store, Some("in")).await.unwrap(), all[..2]);
        for nothing in ["in/a b.csv", "no", "no/such", "empty"] {
            let found = listed(&store, Some(nothing)).await.unwrap();
            assert!(found.is_empty(), "{product:?}: {found:?}");
        }
        let folder = store.list_with_delimiter(None).await.unwrap();
        let sizes = folder
            .objects
            .iter()
            .map(|meta| (meta.location.as_ref(), meta.size));
        let sizes: Vec<_> = sizes.collect();
        assert_eq!(
            sizes,
            [("latest.csv", 8), ("rows.bin", ROWS as u64)],
            "{product:?}"
        );
        assert_eq!(folder.common_prefixes, ["empty", "in"].map(Path::from));
        for missing in ["no.csv", "no/such.csv", "in", "broken"] {
            for found in [
                store.head(&missing.into()).await.map(drop),
                store.get(&missing.into()).await.map(drop),
                store.get_range(&missing.into(), 3..5).await.map(drop),
            ] {
                let error = found.unwrap_err();
                let is_missing = matches!(error, object_store::Error::NotFound { .. });
                assert!(is_missing, "{product:?}: {missing}: {error:?}");
            }
        }
    }
}

/// A proxy has to pass the end of the data channel on, for the server to notice it.
#[tokio::test(flavor = "multi_thread")]
async fn one_login_serves_many_parts() {
    let (root, rows) = tree();
    for proxy in [
        peers::squid().address(),
        peers::apache().address(),
        peers::tinyproxy().address(),
    ] {
        let server = Vsftpd::start(&root, &[]);
        let toml = crate::adapters::through(proxy, "");
        let client = Client::new(kit::policy(&toml));
        let store = FolderStore::new(&client, &server.url("/")).unwrap();
        let path = Path::from("rows.bin");
        for start in (0..40).map(|n| n * 100_000) {
            let bytes = store.get_range(&path, start..start + 1000).await.unwrap();
            assert!(bytes == rows[start as usize..start as usize + 1000]);
        }
        // Those that begin at the start, too, and what is not read to its end.
        let mut whole = store.get(&path).await.unwrap().into_stream();
        whole.next().await.unwrap().unwrap();
        drop(whole);
        assert_eq!(store.get_range(&path, 0..3).await.unwrap(), rows[..3]);
        store.head(&Path::from("no")).await.unwrap_err();
        store.get(&Path::from("no")).await.unwrap_err();
        store.head(&path).await.unwrap();
        assert!(logins(&server) <= 2, "{proxy}: {}", server.log());
    }
}

/// More streams than logins, none of which is read while the next one is opened: they would wait for each
/// other for ever.
#[tokio::test(flavor = "multi_thread")]
async fn readers_that_wait_give_way() {
    let (root, rows) = tree();
    let server = Vsftpd::start(&root, &[]);
    let client = client("").with_ftp_channels(2);
    let store = FolderStore::new(&client, &server.url("/")).unwrap();
    let path = Path::from("rows.bin");
    let reading = async {
        let mut streams = Vec::new();
        for _ in 0..5 {
            streams.push(store.get(&path).await.unwrap().into_stream());
        }
        let mut heads = Vec::new();
        for stream in &mut streams {
            heads.push(stream.next().await.unwrap().unwrap());
        }
        for (mut stream, head) in streams.into_iter().zip(heads).rev() {
            let mut bytes = head.to_vec();
            while let Some(piece) = stream.next().await {
                bytes.extend_from_slice(&piece.unwrap());
            }
            assert!(bytes == rows);
        }
    };
    let read = tokio::time::timeout(Duration::from_secs(60), reading).await;
    read.expect("nobody waits for ever");
    let at_a_time = server.log().matches("CONNECT: Client").count();
    assert!(at_a_time <= 4, "{at_a_time} logins: {}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_parts_at_a_time() {
    let (root, rows) = tree();
    let server = Vsftpd::start(&root, &["max_clients=3"]);
    let store = FolderStore::new(&client("").with_ftp_channels(3), &server.url("/")).unwrap();
    let path = Path::from("rows.bin");
    let reads = (0..30_u64).map(|n| {
        let (store, path) = (&store, &path);
        async move {
            let start = n * 400_000;
            let bytes = store.get_range(path, start..start + 200_000).await.unwrap();
            (start as usize, bytes)
        }
    });
    let reads = futures_util::future::join_all(reads).await;
    for (start, bytes) in reads {
        assert!(bytes == rows[start..start + 200_000]);
    }
}

/// A file that changes between two parts, and while it is read.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_is_not_mixed() {
    let (root, rows) = tree();
    let server = Vsftpd::start(&root, &[]);
    let client = client("").with_ftp_channels(1);
    let store = FolderStore::new(&client, &server.url("/")).unwrap();
    let path = Path::from("rows.bin");
    let before = store.head(&path).await.unwrap();
    let mut whole = store.get(&path).await.unwrap().into_stream();
    whole.next().await.unwrap().unwrap();
    // The stream has to give its login up for this.
    store.head(&path).await.unwrap();
    kit::put(&root.join("rows.bin"), &rows, 1_700_000_100);
    let reading = async {
        loop {
            match whole.next().await.unwrap() {
                Ok(_) => {}
                Err(error) => break error,
            }
        }
    };
    let error = tokio::time::timeout(Duration::from_secs(60), reading).await;
    let error = error.expect("an end");
    assert!(
        matches!(error, object_store::Error::Precondition { .. }),
        "{error:?}"
    );
    assert_eq!(Error::find(&error).unwrap().kind(), Kind::Changed);
    let options = GetOptions::new()
        .with_range(Some(0..4))
        .with_if_match(before.e_tag);
    let error = store.get_opts(&path, options).await.unwrap_err();
    assert!(
        matches!(error, object_store::Error::Precondition { .. }),
        "{error:?}"
    );
    let options = GetOptions::new().with_if_modified_since(Some(before.last_modified));
    store.get_opts(&path, options.clone()).await.unwrap();
    kit::put(&root.join("rows.bin"), &rows, 1_600_000_000);
    let error = store.get_opts(&path, options).await.unwrap_err();
    assert!(
        matches!(error, object_store::Error::NotModified { .. }),
        "{error:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_told_from_what_is_not_there() {
    let (root, _) = tree();
    let server = Vsftpd::start(&root, &[]);
    lock_up(&root.join("in/deep"));
    let store = FolderStore::new(&client(""), &server.url("/")).unwrap();
    for prefix in [Some("in/deep"), None] {
        let error = listed(&store, prefix).await.unwrap_err();
        assert!(Error::find(&error).is_some(), "{error:?}");
        let is_denied = matches!(error, object_store::Error::PermissionDenied { .. });
        assert!(is_denied, "{prefix:?}: {error:?}");
    }
}

/// A policy does not change by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_forbidden_data_port_is_told_once() {
    let (root, _) = tree();
    let server = Vsftpd::start(&root, &[]);
    let squid = Squid::start(squid::Options {
        tunnel_ports: server.port().to_string(),
        ..squid::Options::default()
    });
    let toml = format!("[proxy]\nurl = \"{}\"\n", squid.url());
    let client = Client::new(kit::policy(&toml));
    let store = FolderStore::new(&client, &server.url("/")).unwrap();
    let started = std::time::Instant::now();
    for found in [
        store.get(&Path::from("rows.bin")).await.map(drop),
        listed(&store, None).await.map(drop),
    ] {
        let error = found.unwrap_err();
        assert!(
            matches!(error, object_store::Error::Generic { .. }),
            "{error:?}"
        );
        let ours = Error::find(&error).unwrap();
        assert_eq!(ours.kind(), Kind::ProxyRefused, "{ours}");
        assert_eq!(ours.attempts(), 1, "{ours}");
    }
    assert!(started.elapsed().as_secs() < 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls() {
    let (root, rows) = tree();
    let (certificate, ca) = kit::certificate();
    for product in [Product::Vsftpd, Product::Proftpd] {
        let server = FtpServer::start_secure(product, &root, &certificate, Speaks::Explicit);
        let more = format!(
            "[connections.files]\nurl = \"{}\"\nca_file = \"{}\"\ntls = \"explicit\"\n",
            server.url("/"),
            ca.display()
        );
        let store = FolderStore::new(&client(&more), "files:").unwrap();
        let path = Path::from("rows.bin");
        for start in [0, 7, 9_000_000, ROWS as u64 - 50] {
            let bytes = store.get_range(&path, start..start + 50).await.unwrap();
            assert!(bytes == rows[start as usize..start as usize + 50]);
        }
        assert!(store.get(&path).await.unwrap().bytes().await.unwrap() == rows);
    }
}

/// The end of a file counts when the server confirms it, and the last bytes wait for that.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_not_confirmed_is_none() {
    let data = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = data.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in data.incoming().flatten() {
            // Who wants a part of it goes before the end.
            let _ = stream.write_all(b"0123456789");
        }
    });
    let epsv: &'static str = format!("229 here (|||{port}|)").leak();
    let replies = vec![
        ("USER", "331 password?"),
        ("PASS", "230 in"),
        ("TYPE", "200 so it is"),
        ("SIZE", "213 10"),
        ("MDTM", "213 20200101000000"),
        ("EPSV", epsv),
        ("RETR", "150 here\r\n451 disk"),
    ];
    let server = Scripted::each(vec![
        Step::write("220 ready\r\n"),
        Step::Answer(Vec::leak(replies)),
    ]);
    let url = format!("ftp://{}/a.csv", server.address());
    let file = client("").dataset(&url).unwrap();
    let mut reader = file.open_span(Span::Whole).await.unwrap();
    let error = reader.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Cut, "{error:?}");
    let told = error.to_string();
    assert!(
        told.contains("451 disk") && told.contains("a.csv"),
        "{told}"
    );
    assert!(reader.next().await.is_none());
    // What wants no end has nothing to wait for.
    let mut reader = file.open_span(Span::Within(0..9)).await.unwrap();
    assert_eq!(reader.next().await.unwrap().unwrap(), "012345678");
}
