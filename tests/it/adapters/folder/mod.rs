//! Folders of real servers as an object store.

mod ftp;
mod http;
mod integration;
mod trips;
mod write;

use std::fs;
use std::path::{Path as File, PathBuf};

use futures_util::TryStreamExt as _;
use object_store::ObjectStore as _;
use object_store::path::Path;
use outbound::adapters::object_store::FolderStore;
use outbound::dataset::Client;

use crate::kit::{self, noise};
use crate::support::peers::ftp_servers::FtpServer;
use crate::support::peers::{self, folder};

/// What `rows.bin` has.
const ROWS: usize = 12 << 20;

/// A folder with a large file, files in folders and a link.
fn tree() -> (PathBuf, Vec<u8>) {
    let root = folder();
    let rows = noise(ROWS);
    kit::put(&root.join("rows.bin"), &rows, 1_700_000_000);
    kit::put(&root.join("in/a b.csv"), b"a,b\n1,2\n", 1_700_000_001);
    kit::put(&root.join("in/deep/é.csv"), b"x\n", 1_700_000_002);
    fs::create_dir(root.join("empty")).unwrap();
    std::os::unix::fs::symlink("in/a b.csv", root.join("latest.csv")).unwrap();
    std::os::unix::fs::symlink("nowhere", root.join("broken")).unwrap();
    (root, rows)
}

/// A client through Squid, without second tries.
fn client(more: &str) -> Client {
    let proxy = peers::squid().url();
    let toml = format!("retry.attempts = 1\n[proxy]\nurl = \"{proxy}\"\n{more}");
    Client::new(kit::policy(&toml))
}

fn of_ftp(server: &FtpServer) -> FolderStore {
    FolderStore::new(&client(&server.connection()), &server.url("/")).unwrap()
}

async fn listed(store: &FolderStore, prefix: Option<&str>) -> object_store::Result<Vec<String>> {
    let prefix = prefix.map(Path::from);
    let list = store.list(prefix.as_ref());
    let mut names: Vec<_> = list
        .map_ok(|meta| meta.location.to_string())
        .try_collect()
        .await?;
    names.sort_unstable();
    Ok(names)
}

/// Nobody but its owner may go there. (Root may: the servers run as others.)
fn lock_up(path: &File) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
}
