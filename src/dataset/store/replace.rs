//! A name that another file has, on a server that gives no file the name of another.

use crate::base::{Error, Result};
use crate::ftp::{Client, RemotePath};
use crate::proto::ftp::Reply;

/// Where the file that is overwritten waits until the new one has its name. Removing it before that
/// would lose it where the server then refuses the new one too.
pub(super) struct Aside {
    path: RemotePath,
    /// It may be there.
    is_there: bool,
}

impl Aside {
    /// `NAME.DIGEST.old`, beside `NAME.DIGEST.part`.
    pub(super) fn of(part: &RemotePath) -> Self {
        let bytes = part.as_bytes();
        let stem = bytes.strip_suffix(b".part").unwrap_or(bytes);
        Self {
            path: RemotePath::of_bytes(&[stem, b".old"].concat()),
            is_there: false,
        }
    }

    /// Gives `part` the name `name`, which the server refused with `first`: what has that name goes
    /// aside, and comes back when the server refuses again. The refusal that counts is given back.
    ///
    /// # Errors
    /// Those of the control channel.
    pub(super) async fn make_way(
        &mut self,
        client: &mut Client,
        part: &RemotePath,
        name: &RemotePath,
        first: Reply,
    ) -> Result<Result<(), Reply>> {
        // A folder has no size, and stays where it is.
        if client.size(name).await?.is_none() || client.rename_from(name).await?.is_err() {
            return Ok(Err(first));
        }
        self.is_there = true;
        if client.rename_to(name, &self.path).await?.is_err() {
            self.is_there = false;
            return Ok(Err(first));
        }
        let named = match client.rename_from(part).await? {
            Ok(()) => client.rename_to(part, name).await?,
            refused => refused,
        };
        if named.is_err() {
            let back = match client.rename_from(&self.path).await? {
                Ok(()) => client.rename_to(&self.path, name).await?,
                refused => refused,
            };
            self.is_there = back.is_err();
        }
        Ok(named)
    }

    /// Removes what was overwritten: the new file has its name.
    pub(super) async fn remove(&mut self, client: &mut Client) {
        if !std::mem::take(&mut self.is_there) {
            return;
        }
        let removed = client.delete(&self.path).await;
        if !matches!(removed, Ok(Ok(()))) {
            tracing::warn!("what was overwritten is left as `{}`", self.path);
        }
    }

    /// Says where the old file is, if it may have lost its name.
    pub(super) fn tell(&self, error: Error) -> Error {
        match self.is_there {
            true => error.and_also(format!("; what had the name is `{}` now", self.path)),
            false => error,
        }
    }
}
