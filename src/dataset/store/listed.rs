//! The size of a file where a server knows no SIZE.

use super::super::source::FtpSource;
use crate::base::Result;
use crate::ftp::{Client, RemotePath, Want};

/// The size of the file at `path` by the listing of its folder, if that tells. Gives the login back,
/// or a new one: some servers list only the folder that one is in.
pub(super) async fn listed_size(
    source: &FtpSource,
    client: Client,
    path: &RemotePath,
) -> Result<(Client, Option<u64>)> {
    let bytes = path.as_bytes();
    let (folder, name) = match bytes.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&bytes[..=at], &bytes[at + 1..]),
        None => (&[][..], bytes),
    };
    let folder = RemotePath::of_bytes(folder);
    let (size, kept) = match client.list_and_keep(&folder, false).await {
        Ok((listing, kept)) => {
            let entry = listing.entries.iter().find(|entry| entry.name == name);
            (entry.and_then(|entry| entry.size), kept)
        }
        Err(error) => {
            tracing::debug!(%error, "the folder of an upload cannot be listed");
            (None, None)
        }
    };
    let client = match kept {
        Some(client) => client,
        None => source.fresh(path, Want::default()).await?,
    };
    Ok((client, size))
}
