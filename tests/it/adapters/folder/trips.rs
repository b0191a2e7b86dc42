//! What a part of a file costs.

use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore as _, ObjectStoreExt as _};
use outbound::adapters::object_store::FolderStore;
use outbound::dataset::Client;

use super::{ROWS, tree};
use crate::kit;
use crate::support::link::Link;
use crate::support::peers;
use crate::support::peers::ftp_servers::{FtpServer, Product};

/// docs/object-store.md has these numbers.
#[tokio::test]
async fn a_part_of_a_file() {
    let (root, rows) = tree();
    let mut found = Vec::new();
    for product in Product::ALL {
        let server = FtpServer::start(product, &root);
        let link = Link::start(peers::squid().address()).await;
        let toml = format!("[proxy]\nurl = \"{}\"\n{}", link.url(), server.connection());
        let client = Client::new(kit::policy(&toml)).with_ftp_channels(1);
        let store = FolderStore::new(&client, &server.url("/")).unwrap();
        let path = Path::from("rows.bin");
        let mut counted = Vec::new();
        for start in [11_000_000, 5_000_000, 100, 7_000_000, ROWS as u64 - 500] {
            link.trips();
            let bytes = store.get_range(&path, start..start + 500).await.unwrap();
            assert!(bytes == rows[start as usize..start as usize + 500]);
            counted.push(link.trips());
        }
        link.trips();
        let end = GetOptions::new().with_range(Some(GetRange::Suffix(8)));
        let end = store.get_opts(&path, end).await.unwrap();
        assert_eq!(end.bytes().await.unwrap(), rows[ROWS - 8..]);
        counted.push(link.trips());
        found.push((product, counted));
    }
    let expected = [
        (Product::Vsftpd, 4, 1),
        (Product::Proftpd, 4, 1),
        (Product::PureFtpd, 4, 1),
        // REST and RETR one after the other, and the port before them.
        (Product::Pyftpdlib, 5, 3),
    ];
    let expected = expected.map(|(product, cold, warm)| {
        // To know where the last bytes begin takes the size.
        let counted = vec![cold, warm, warm, warm, warm, warm + 1];
        (product, counted)
    });
    assert_eq!(found, expected);
}
