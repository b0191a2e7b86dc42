//! Folders of FTP servers, written to.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use object_store::path::Path;
use object_store::{Error as Theirs, ObjectStoreExt as _};
use outbound::adapters::object_store::FolderStore;
use outbound::base::Error;
use outbound::lab::Tree;
use outbound::lab::ftp::{FtpServer as LabServer, Options};

use super::{client, listed, tree};
use crate::kit::noise;
use crate::support::peers::folder;
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::peers::index_pages::{IndexServer, Pages};
use crate::support::sockets::until;

fn writable(product: Product) -> (FtpServer, PathBuf) {
    use std::os::unix::fs::PermissionsExt as _;
    let root = folder();
    let lake = root.join("lake");
    fs::create_dir(&lake).unwrap();
    fs::set_permissions(&lake, fs::Permissions::from_mode(0o777)).unwrap();
    (FtpServer::start_writable(product, &root, None), lake)
}

/// More uploads than logins, each of which waits for the others' parts.
#[tokio::test(flavor = "multi_thread")]
async fn uploads_give_way_to_each_other() {
    for product in [Product::Vsftpd, Product::Proftpd, Product::Pyftpdlib] {
        let (server, lake) = writable(product);
        let client = client(&server.connection()).with_ftp_channels(1);
        let store = FolderStore::new(&client, &server.url("/lake/")).unwrap();
        let parts: Vec<_> = noise(3 << 20).chunks(1 << 20).map(<[u8]>::to_vec).collect();
        let mut uploads = Vec::new();
        for name in ["a", "b", "c"] {
            uploads.push(store.put_multipart(&name.into()).await.unwrap());
        }
        let sending = async {
            for part in &parts {
                for upload in &mut uploads {
                    upload.put_part(part.clone().into()).await.unwrap();
                }
            }
            for upload in &mut uploads {
                upload.complete().await.unwrap();
            }
        };
        let sent = tokio::time::timeout(Duration::from_secs(60), sending).await;
        sent.expect("nobody waits for ever");
        for name in ["a", "b", "c"] {
            assert!(
                fs::read(lake.join(name)).unwrap() == parts.concat(),
                "{product:?}"
            );
        }
        assert_eq!(fs::read_dir(&lake).unwrap().count(), 3, "{product:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_dropped_leaves_nothing() {
    let (server, lake) = writable(Product::Vsftpd);
    let store = FolderStore::new(&client(""), &server.url("/lake/")).unwrap();
    let mut upload = store.put_multipart(&"x".into()).await.unwrap();
    upload.put_part(noise(300_000).into()).await.unwrap();
    assert_eq!(fs::read_dir(&lake).unwrap().count(), 1);
    drop(upload);
    let gone = move || until(|| (fs::read_dir(&lake).unwrap().count() == 0).then_some(()));
    let gone = tokio::task::spawn_blocking(gone).await.unwrap();
    assert!(gone.is_some(), "something is left");
    assert!(listed(&store, None).await.unwrap().is_empty());
}

/// What had the name is the only copy of it while the server gives the name to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_rename_that_fails_loses_nothing() {
    let tree = Tree::new();
    tree.put("/a.csv", "new");
    tree.put("/b.csv", "old");
    let options = Options {
        tree,
        writable: true,
        refuse: vec!["RNTO b.csv"],
        ..Options::default()
    };
    let server = LabServer::start(options).await.unwrap();
    let url = format!("ftp://{}/", server.addr());
    let store = FolderStore::new(&client(""), &url).unwrap();
    let renamed = store.rename(&"a.csv".into(), &"b.csv".into()).await;
    let error = renamed.unwrap_err();
    let ours = Error::find(&error).unwrap_or_else(|| panic!("{error:?}"));
    let names = server.tree().list("/").unwrap();
    let names: Vec<_> = names.into_iter().map(|entry| entry.name).collect();
    let aside = names.iter().find(|name| name.ends_with(".old"));
    let aside = aside.unwrap_or_else(|| panic!("lost: {names:?}"));
    let bytes = |name: &str| server.tree().get(&format!("/{name}")).unwrap().bytes;
    assert_eq!(
        (&*bytes(aside), &*bytes("a.csv")),
        (&b"old"[..], &b"new"[..])
    );
    assert!(ours.to_string().contains(&**aside), "{ours}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_written_is_told() {
    let (root, _) = tree();
    let server = FtpServer::start(Product::Vsftpd, &root);
    let store = FolderStore::new(&client(""), &server.url("/")).unwrap();
    let (new, old) = (Path::from("new.csv"), Path::from("latest.csv"));
    for failed in [
        store.put(&new, "x".into()).await.map(drop),
        store.delete(&old).await,
        store.rename(&old, &new).await,
        store.copy(&old, &new).await,
    ] {
        let error = failed.unwrap_err();
        let ours = Error::find(&error).unwrap_or_else(|| panic!("{error:?}"));
        assert_eq!(ours.answer().unwrap().code, 550, "{error:?}");
        assert!(!matches!(error, Theirs::NotFound { .. }), "{error:?}");
    }
    let server = IndexServer::start(Pages::Nginx, &root);
    let store = FolderStore::new(&client(""), &server.url("/")).unwrap();
    for failed in [
        store.put(&new, "x".into()).await.map(drop),
        store.delete(&old).await,
        store.rename(&old, &new).await,
        store.copy(&old, &new).await,
        store.put_multipart(&new).await.map(drop),
    ] {
        let error = failed.unwrap_err();
        assert!(matches!(error, Theirs::NotSupported { .. }), "{error:?}");
    }
}
