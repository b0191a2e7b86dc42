//! Parts of files over FTP: REST, and an end where there are enough.

use super::{Body, Coming, Facts, From, Lack, SKIPPED_MAX, Span};
use crate::base::{Error, Kind, Result, Stage};
use crate::dataset::source::{FtpSource, no_query};
use crate::dataset::store::listed_size;
use crate::ftp::{self, Kept, Piece, RemotePath, Want};

/// What shows which state of a file it is, and the port that it will come by.
const WANT: Want = Want {
    size: true,
    modified: true,
    port: true,
    following: false,
};

impl FtpSource {
    /// The file's path. `;type=i` is a part of it: names come from listings.
    fn file(&self) -> Result<RemotePath> {
        if self.url.query().is_some() {
            return Err(no_query());
        }
        let path = self.path()?;
        match path.is_directory() {
            false => Ok(path),
            true => {
                let what = "the path names a folder, not a file";
                let error = Error::new(Kind::TargetRefused, Stage::Request, what);
                Err(error.with_source(Lack::Missing))
            }
        }
    }

    pub(super) async fn span(&self, span: &Span) -> Result<Coming> {
        let path = self.file()?;
        let known = match span {
            Span::Last(_) => Some(self.facts().await?),
            _ => None,
        };
        let coming = self.piece(&path, span, known).await?;
        match coming {
            Some(coming) => Ok(coming),
            // The server knows no SIZE.
            None => {
                let known = self.facts().await?;
                let coming = self.piece(&path, span, Some(known)).await?;
                coming.ok_or_else(no_size)
            }
        }
    }

    /// The bytes; `None` when the server does not tell the size of the file, and nobody else has.
    async fn piece(
        &self,
        path: &RemotePath,
        span: &Span,
        known: Option<Facts>,
    ) -> Result<Option<Coming>> {
        let start = match (span, &known) {
            (Span::Whole, _) => 0,
            (Span::From(start), _) => *start,
            (Span::Within(range), _) => range.start,
            (Span::Last(_), Some(known)) => span.of(known.size)?.start,
            (Span::Last(_), None) => return Ok(None),
        };
        let mut first = start;
        let (download, place) = loop {
            let (client, place) = self.client(path, WANT).await?;
            match client.retrieve_piece(path, first).await? {
                Piece::Coming(download) => break (download, place),
                Piece::Refused {
                    client,
                    error,
                    is_missing,
                    is_there,
                } => {
                    place.keep(client);
                    return Err(lacking(error, is_missing, is_there));
                }
                Piece::NoRestart(answer) if first > 0 && start <= SKIPPED_MAX => {
                    tracing::debug!(%answer, "ftp: without REST, what lies before is thrown away");
                    first = 0;
                }
                Piece::NoRestart(answer) => {
                    let what = "the server cannot start in the middle of a file";
                    let error = Error::new(Kind::Unsupported, Stage::Request, what);
                    return Err(error.with_answer(answer));
                }
            }
        };
        let told = download.stat().clone();
        let is_guess = download.is_size_announced();
        let kept = Kept::new(download, place);
        let facts = match (told.size.filter(|_| !is_guess), known) {
            (Some(size), _) => facts(size, &told),
            (None, Some(known)) => known,
            (None, None) => {
                kept.leave();
                return Ok(None);
            }
        };
        let range = match span.of(facts.size) {
            // A suffix is counted from the end that was known before.
            Ok(range) if range.start != start => {
                kept.leave();
                let what = "the file changed on the server while a part of it was asked for";
                return Err(Error::new(Kind::Changed, Stage::Request, what));
            }
            Ok(range) => range,
            Err(error) => {
                kept.leave();
                return Err(error);
            }
        };
        let body = Body {
            from: From::Ftp(Box::new(kept)),
            skip: start - first,
        };
        Ok(Some(Coming { facts, range, body }))
    }

    /// What is known of the file: by SIZE and MDTM, or the listing of its folder.
    pub(super) async fn facts(&self) -> Result<Facts> {
        let path = self.file()?;
        let (mut client, place) = self.client(&path, WANT).await?;
        let told = match client.stat(&path).await {
            Ok(told) => told,
            Err(error) => {
                let is_missing = error.kind() == Kind::TargetRefused;
                if is_missing {
                    place.keep(client);
                    return Err(lacking(error, true, false));
                }
                return Err(error);
            }
        };
        if let Some(size) = told.size {
            place.keep(client);
            return Ok(facts(size, &told));
        }
        let (client, size) = listed_size(self, client, &path).await?;
        place.keep(client);
        size.map(|size| facts(size, &told)).ok_or_else(no_size)
    }
}

fn facts(size: u64, told: &ftp::Stat) -> Facts {
    Facts::of_ftp(size, told.modified.as_ref().map(|modified| modified.time))
}

/// The refusal, with what it means.
fn lacking(error: Error, is_missing: bool, is_there: bool) -> Error {
    let by_words = error.answer().and_then(Lack::by_words);
    let lack = match by_words {
        Some(lack) => Some(lack),
        None if is_missing => Some(Lack::Missing),
        None if is_there => Some(Lack::Denied),
        None => None,
    };
    match lack {
        Some(lack) => error.with_source(lack),
        None => error,
    }
}

fn no_size() -> Error {
    let what = "the server does not tell the size of the file, neither by SIZE nor by a listing";
    Error::new(Kind::Unsupported, Stage::Request, what)
}
