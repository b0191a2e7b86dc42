//! object_store's own tests of a store, over folders of real servers through Squid.

use std::fs;

use object_store::integration as theirs;
use outbound::adapters::object_store::FolderStore;

use super::client;
use crate::support::peers::folder;
use crate::support::peers::ftp_servers::{FtpServer, Product};

/// Servers whose users may write, each over an empty folder.
const PRODUCTS: [Product; 3] = [Product::Vsftpd, Product::Proftpd, Product::Pyftpdlib];

/// A store below a folder that anybody may write to: vsftpd wants none at its root.
fn empty(product: Product) -> (FtpServer, FolderStore) {
    use std::os::unix::fs::PermissionsExt as _;
    println!("{product:?}");
    let root = folder();
    let lake = root.join("lake");
    fs::create_dir(&lake).unwrap();
    fs::set_permissions(&lake, fs::Permissions::from_mode(0o777)).unwrap();
    let server = FtpServer::start_writable(product, &root, None);
    let client = client(&server.connection());
    let store = FolderStore::new(&client, &server.url("/lake/")).unwrap();
    (server, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn put_get_delete_list() {
    for product in PRODUCTS {
        let (_server, store) = empty(product);
        theirs::put_get_delete_list(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions() {
    for product in PRODUCTS {
        let (_server, store) = empty(product);
        theirs::get_opts(&store).await;
        theirs::put_opts(&store, false).await;
        theirs::put_get_attributes(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names() {
    for product in PRODUCTS {
        let (_server, store) = empty(product);
        theirs::rename_and_copy(&store).await;
        theirs::copy_if_not_exists(&store).await;
        theirs::copy_rename_nonexistent_object(&store).await;
        let missing = theirs::get_nonexistent_object(&store, None).await;
        assert!(
            matches!(missing, Err(object_store::Error::NotFound { .. })),
            "{missing:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lists() {
    for product in PRODUCTS {
        let (_server, store) = empty(product);
        theirs::list_uses_directories_correctly(&store).await;
        theirs::list_with_offset_exclusivity(&store).await;
        let (_server, store) = empty(product);
        theirs::list_with_delimiter(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn parts() {
    for product in PRODUCTS {
        let (_server, store) = empty(product);
        theirs::stream_get(&store).await;
        theirs::multipart_out_of_order(&store).await;
        theirs::multipart_race_condition(&store, true).await;
    }
}
