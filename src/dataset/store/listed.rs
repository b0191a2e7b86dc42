//! The size of a file where a server knows no SIZE.

use super::super::source::FtpSource;
use crate::base::Result;
use crate::ftp::listing::Entry;
use crate::ftp::{Client, RemotePath, Want};

/// The size of the file at `path` by the listing of its folder, if that tells. Gives the login back,
/// or a new one: some servers list only the folder that one is in.
pub(in crate::dataset) async fn listed_size(
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
        Ok((listing, kept)) => (exact_size(&listing.entries, name), kept),
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

/// The size of the file `name`, where it is told to the byte.
fn exact_size(entries: &[Entry], name: &[u8]) -> Option<u64> {
    let entry = entries.iter().find(|entry| entry.name == name)?;
    entry.size.filter(|_| !entry.size_rounded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ftp::listing::{Form, Line, Parser};

    #[test]
    fn a_size_in_blocks_is_none() {
        let mut entries = Vec::new();
        let mut parser = Parser::new(Form::List, std::time::SystemTime::now());
        for line in [
            &b"A.CSV;1  3/9  2-JAN-2024 10:30  [ANN]  (RWED,,,)"[..],
            b"-rw-r--r-- 1 ann staff 12 Jan 02 2024 b.csv",
        ] {
            parser.push(line, &mut |_, line| match line {
                Line::Entry(entry) => entries.push(entry),
                other => panic!("{other:?}"),
            });
        }
        assert_eq!(entries[0].size, Some(3 * 512), "rounded up");
        assert_eq!(exact_size(&entries, b"A.CSV"), None);
        assert_eq!(exact_size(&entries, b"b.csv"), Some(12));
        assert_eq!(exact_size(&entries, b"c.csv"), None);
    }
}
