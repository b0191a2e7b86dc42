//! A piece of a file: its bytes from an offset on, as far as somebody wants them.

use super::channel::Asked;
use super::client::Client;
use super::transfer::{Opened, What};
use super::{Download, RemotePath, Want};
use crate::base::{Answer, Error, Kind, Result, Stage};

/// How asking for a piece ended.
#[derive(Debug)]
pub(crate) enum Piece {
    /// It is coming. What the server tells of the file is to be looked at before its bytes count.
    Coming(Download),
    /// The server cannot start in the middle of a file.
    NoRestart(Answer),
    /// The server does not give the file.
    Refused {
        /// The login, to be used again.
        client: Client,
        /// What it said.
        error: Error,
        /// Whether it knows no size and no time of it either: there is no such file.
        is_missing: bool,
        /// Whether it tells of the file: it is there.
        is_there: bool,
    },
}

impl Client {
    /// Starts to get a file from `offset` on, of which not all may be wanted: another piece of it, or
    /// of another file, follows. Its size and its time are asked for on the way.
    ///
    /// # Errors
    /// As [`retrieve`](Self::retrieve).
    ///
    /// # Cancel safety
    /// As there.
    pub(crate) async fn retrieve_piece(mut self, path: &RemotePath, offset: u64) -> Result<Piece> {
        let want = Want {
            size: true,
            modified: true,
            port: true,
            following: true,
        };
        let doing = format!("retrieve `{path}` from {}", self.target());
        match self.open(path, What::Piece(offset), want, &doing).await {
            Ok(Opened::Coming { data, announced }) => {
                let stat = self.0.asked.stat();
                self.0.asked = Asked::default();
                let download = Download::new(self, data, offset, stat, doing);
                Ok(Piece::Coming(download.announced(announced)))
            }
            // The file may be on its way from its start: nobody has use for this login.
            Ok(Opened::NoRestart(reply)) => Ok(Piece::NoRestart(reply.to_answer())),
            Err(error)
                if error.kind() == Kind::TargetRefused && error.stage() == Stage::Request =>
            {
                let told = self.0.asked.stat();
                Ok(Piece::Refused {
                    is_missing: self.0.asked.missing().is_some(),
                    is_there: told.size.is_some() || told.modified.is_some(),
                    client: self,
                    error,
                })
            }
            Err(error) => Err(error),
        }
    }
}
