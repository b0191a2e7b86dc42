//! Folders of HTTP servers: index pages, and ranges of what they name.

use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _};
use outbound::adapters::object_store::FolderStore;
use outbound::base::{Error, Kind};
use outbound::dataset::{Client, Span};

use super::{ROWS, client, listed, tree};
use crate::kit;
use crate::support::link::Link;
use crate::support::peers::index_pages::{IndexServer, Pages};
use crate::support::peers::{self, Squid, squid};
use crate::support::scripted::{Scripted, Step};

#[tokio::test(flavor = "multi_thread")]
async fn parts_and_lists_of_every_server() {
    let (root, rows) = tree();
    std::fs::remove_file(root.join("broken")).unwrap();
    for pages in Pages::ALL {
        println!("{pages:?}");
        let server = IndexServer::start(pages, &root);
        let store = FolderStore::new(&client(""), &server.url("/")).unwrap();
        let path = Path::from("rows.bin");
        let meta = store.head(&path).await.unwrap();
        assert_eq!(
            (meta.size, meta.last_modified.timestamp()),
            (ROWS as u64, 1_700_000_000)
        );
        assert_eq!(meta.e_tag.is_some(), pages != Pages::Python);
        let options = GetOptions::new().with_range(Some(GetRange::Suffix(8)));
        let end = store.get_opts(&path, options).await.unwrap();
        assert_eq!(
            (&end.meta, end.range.clone()),
            (&meta, ROWS as u64 - 8..ROWS as u64)
        );
        assert_eq!(end.bytes().await.unwrap(), rows[ROWS - 8..]);
        let ranges = [0..4, 5_000_000..5_300_000, 11_000_000..ROWS as u64, 4..9];
        let pieces = store.get_ranges(&path, &ranges).await.unwrap();
        for (piece, range) in pieces.iter().zip(&ranges) {
            assert!(piece == &rows[range.start as usize..range.end as usize]);
        }
        assert!(store.get(&path).await.unwrap().bytes().await.unwrap() == rows);
        let beyond = store.get_range(&path, ROWS as u64..ROWS as u64 + 4).await;
        let beyond = beyond.unwrap_err();
        assert!(
            matches!(beyond, object_store::Error::Generic { .. }),
            "{beyond:?}"
        );
        // Sizes are exact also where the pages round them: a wrong one would be a wrong table.
        let all = ["in/a b.csv", "in/deep/é.csv", "latest.csv", "rows.bin"];
        assert_eq!(listed(&store, None).await.unwrap(), all);
        assert_eq!(listed(&store, Some("in")).await.unwrap(), all[..2]);
        for nothing in ["in/a b.csv", "no", "no/such", "empty"] {
            assert!(
                listed(&store, Some(nothing)).await.unwrap().is_empty(),
                "{nothing}"
            );
        }
        let folder = store.list_with_delimiter(None).await.unwrap();
        let sizes = folder
            .objects
            .iter()
            .map(|meta| (meta.location.as_ref(), meta.size));
        let sizes: Vec<_> = sizes.collect();
        assert_eq!(sizes, [("latest.csv", 8), ("rows.bin", ROWS as u64)]);
        assert_eq!(folder.common_prefixes, ["empty", "in"].map(Path::from));
        for missing in ["no.csv", "no/such.csv", "in"] {
            for found in [
                store.head(&missing.into()).await.map(drop),
                store.get(&missing.into()).await.map(drop),
            ] {
                let error = found.unwrap_err();
                let is_missing = matches!(error, object_store::Error::NotFound { .. });
                assert!(is_missing, "{missing}: {error:?}");
            }
        }
        let nowhere = FolderStore::new(&client(""), &server.url("/nowhere/")).unwrap();
        let error = listed(&nowhere, None).await.unwrap_err();
        assert!(
            matches!(error, object_store::Error::NotFound { .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_part_of_a_file_is_one_trip() {
    let (root, rows) = tree();
    let server = IndexServer::start(Pages::Nginx, &root);
    let link = Link::start(peers::squid().address()).await;
    let toml = format!("[proxy]\nurl = \"{}\"\ntunnel = \"always\"\n", link.url());
    let client = Client::new(kit::policy(&toml));
    let store = FolderStore::new(&client, &server.url("/")).unwrap();
    let path = Path::from("rows.bin");
    let mut counted = Vec::new();
    for start in [11_000_000, 5_000_000, 100, ROWS as u64 - 500] {
        link.trips();
        let bytes = store.get_range(&path, start..start + 500).await.unwrap();
        assert!(bytes == rows[start as usize..start as usize + 500]);
        counted.push(link.trips());
    }
    assert_eq!(counted, [3, 1, 1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_proxy_is_told_once() {
    let (root, _) = tree();
    let server = IndexServer::start(Pages::Nginx, &root);
    let closed = Squid::start(squid::Options {
        tunnel_ports: "443".to_owned(),
        ..squid::Options::default()
    });
    let toml = format!("[proxy]\nurl = \"{}\"\ntunnel = \"always\"\n", closed.url());
    let store = FolderStore::new(&Client::new(kit::policy(&toml)), &server.url("/")).unwrap();
    let error = store.head(&"rows.bin".into()).await.unwrap_err();
    assert!(
        matches!(error, object_store::Error::Generic { .. }),
        "{error:?}"
    );
    let ours = Error::find(&error).unwrap();
    assert_eq!(
        (ours.kind(), ours.attempts()),
        (Kind::ProxyRefused, 1),
        "{ours}"
    );
}

#[test]
fn what_is_no_folder_of_ftp_or_http_is_refused() {
    for (place, hint) in [
        ("s3://lake/in/", "object_store::bucket"),
        ("wss://h.example/", "http://"),
    ] {
        let error = FolderStore::new(&client(""), place).unwrap_err();
        assert_eq!(error.kind(), Kind::Unsupported);
        assert!(error.hint().unwrap().contains(hint), "{error}");
    }
    let proxied = client("[connections.old]\nurl = \"ftp://h.example/\"\nftp = \"proxy-get\"\n");
    let error = FolderStore::new(&proxied, "old:").unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported, "{error}");
}

/// Without a proof the rest may be of another state of the file, whatever its length.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_without_a_proof_is_not_gone_on_with() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\nold-";
    let rest = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 4-7/8\r\nContent-Length: 4\r\n\
                Connection: close\r\n\r\n-new";
    let server = Scripted::sequence(vec![
        vec![Step::head(), Step::write(cut), Step::Close],
        vec![Step::head(), Step::write(rest), Step::Close],
    ]);
    let file = client("").dataset(&format!("{}/x", server.url())).unwrap();
    let mut reader = file.open_span(Span::Whole).await.unwrap();
    assert_eq!(reader.next().await.unwrap().unwrap(), "old-");
    let error = reader.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Cut, "{error:?}");
    assert!(
        error
            .hint()
            .unwrap()
            .contains("would prove that it is the same"),
        "{error:?}"
    );
    assert_eq!(server.received().len(), 1);
}
