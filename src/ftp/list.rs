//! Listing a folder: MLSD, or CWD and LIST where the server has no MLSD.

use std::time::SystemTime;

use tokio::io::AsyncReadExt as _;

use super::channel::Asked;
use super::client::{Client, Stat};
use super::transfer::{Opened, What};
use super::{Download, RemotePath, Want};
use crate::base::{Error, Kind, Result, Stage};
use crate::proto::ftp::listing::{self, Entry, Form, Line, Lines};

/// The most lines that a folder may have.
const LINES_MAX: usize = 1_000_000;

/// The most bytes of a listing: far more than as many lines need.
const BYTES_MAX: u64 = 256 << 20;

/// What is read at once.
const READ: usize = 32 * 1024;

/// What is in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// The entries, in the server's order, without the folder itself and its parent.
    pub entries: Vec<Entry>,
    /// The lines that were not understood, as they came. Hostile, as names are.
    pub unrecognised: Vec<Vec<u8>>,
    /// Whether lines about the folder itself came: it is one.
    around: bool,
}

impl Listing {
    fn take(&mut self, line: &[u8], form: Form, now: SystemTime) {
        match listing::line(line, form, now) {
            Line::Entry(entry) => self.entries.push(entry),
            Line::Around => self.around = true,
            Line::Header => {}
            Line::Unrecognised => self.unrecognised.push(line.to_vec()),
        }
    }

    fn length(&self) -> usize {
        self.entries.len() + self.unrecognised.len()
    }
}

impl Client {
    /// Lists the folder at `path`: by MLSD, or by CWD and LIST where the server knows no MLSD,
    /// which is remembered. Says good-bye then.
    ///
    /// The listing counts only when the server says that it was all (226 or 250).
    ///
    /// # Errors
    /// [`Kind::TargetRefused`] when there is no such folder, when it is a file, or when it has
    /// more than a million lines; and those of [`retrieve`](Self::retrieve).
    ///
    /// # Cancel safety
    /// Dropping the future closes both channels.
    pub async fn list(self, path: &RemotePath) -> Result<Listing> {
        let (listing, client) = self.list_and_keep(path, false).await?;
        if let Some(client) = client {
            client.close().await;
        }
        Ok(listing)
    }

    /// [`list`](Self::list), without the good-bye: gives the login back where it is still in the
    /// folder where it began. `known` says that there is a folder, so that nobody has to go there
    /// to see.
    ///
    /// # Errors
    /// As there.
    pub(crate) async fn list_and_keep(
        mut self,
        path: &RemotePath,
        known: bool,
    ) -> Result<(Listing, Option<Self>)> {
        let doing = format!("list `{path}` at {}", self.target());
        // Some servers take options and patterns in the argument: these are gone into.
        let plain = !path.as_bytes().iter().any(|b| b"*?[{~".contains(b))
            && !path.as_bytes().starts_with(b"-");
        let mut whats = vec![What::Entered(Form::List)];
        if known && plain {
            whats.push(What::Folder(Form::List));
        }
        if self.0.habits.listing == Form::Mlsd {
            whats.push(match plain {
                true => What::Folder(Form::Mlsd),
                false => What::Entered(Form::Mlsd),
            });
        }
        while let Some(what) = whats.pop() {
            match self.open(path, what, Want::default(), &doing).await {
                Ok(Opened::Coming { data, .. }) => {
                    self.0.asked = Asked::default();
                    let download = Download::new(self, data, 0, Stat::default(), doing.clone());
                    return read(download, path, what, known, &doing).await;
                }
                Ok(Opened::NoRestart(_)) => {}
                Err(error) if !whats.is_empty() && self.without_mlsd(&error) => {}
                Err(error) if self.is_empty(&error, known) => {
                    self.close().await;
                    return Ok((Listing::default(), None));
                }
                Err(error) => return Err(self.told_from_file(error, path, &doing).await),
            }
        }
        let what = "the server refused REST although none was sent";
        Err(self.blame(
            Error::new(Kind::TargetProtocol, Stage::Request, what),
            &doing,
        ))
    }

    /// Whether the server may do better by LIST: it knows no MLSD, or (501) not for this path.
    fn without_mlsd(&mut self, error: &Error) -> bool {
        let code = error.answer().map(|answer| answer.code);
        if error.stage() != Stage::Request || !matches!(code, Some(500..=502 | 504)) {
            return false;
        }
        if code != Some(501) {
            self.0.learn_list();
        }
        true
    }

    /// Whether the server means an empty folder by its refusal: it has let the login go there, or
    /// has named it.
    fn is_empty(&self, error: &Error, known: bool) -> bool {
        let Some(answer) = error.answer() else {
            return false;
        };
        let words = answer.to_string().to_ascii_lowercase();
        (known || self.0.asked.entered == Some(Ok(())))
            && error.stage() == Stage::Request
            && matches!(answer.code, 450 | 550)
            && ["no files", "no such file", "no match"]
                .iter()
                .any(|said| words.contains(said))
    }

    /// The error, or a better one where a file is at the path.
    async fn told_from_file(mut self, error: Error, path: &RemotePath, doing: &str) -> Error {
        if error.stage() != Stage::Request || error.kind() != Kind::TargetRefused {
            return error;
        }
        let file = RemotePath::of_bytes(path.as_folder());
        let want = Want {
            size: true,
            ..Want::default()
        };
        let size = match self.0.ask(&file, want, doing).await {
            Ok(()) => self.0.asked.stat().size,
            Err(_) => None,
        };
        let error = match (size, error.answer()) {
            (Some(size), Some(answer)) => {
                let what = format!("this is a file of {size} bytes, not a folder");
                let told = Error::new(Kind::TargetRefused, Stage::Request, what)
                    .with_answer(answer.clone())
                    .with_hint("`outbound stat` tells of a file, `outbound fetch` brings it in");
                self.blame(told, doing)
            }
            _ => error,
        };
        self.close().await;
        error
    }
}

/// Reads the listing to its confirmed end.
async fn read(
    mut download: Download,
    path: &RemotePath,
    what: What,
    known: bool,
    doing: &str,
) -> Result<(Listing, Option<Client>)> {
    let form = match what {
        What::Folder(form) | What::Entered(form) => form,
        What::File(_) => Form::List,
    };
    let (mut listing, mut lines) = (Listing::default(), Lines::default());
    let now = SystemTime::now();
    let mut buffer = vec![0; READ];
    loop {
        let came = download.read(&mut buffer).await.map_err(Error::from_io)?;
        if came == 0 {
            break;
        }
        lines.push(&buffer[..came], &mut |line| listing.take(line, form, now));
        if listing.length() > LINES_MAX || download.received() > BYTES_MAX {
            let what = format!(
                "the listing is longer than {LINES_MAX} lines or {} MiB",
                BYTES_MAX >> 20
            );
            let error = Error::new(Kind::TargetRefused, Stage::Transfer, what);
            return Err(error.while_doing(doing));
        }
    }
    if let Some(line) = lines.finish() {
        listing.take(&line, form, now);
    }
    let mut client = download.finish().await?;
    // Of a name that is no folder, some servers list the file, or nothing.
    if matches!(what, What::Folder(_))
        && !known
        && !listing.around
        && listing.length() <= 1
        && let Err(setback) = client.0.enter(path, doing).await
    {
        return Err(client.told_from_file(setback.error, path, doing).await);
    }
    // Paths are relative to where the login began.
    let is_home = matches!(what, What::Folder(_)) && client.0.asked.entered.is_none();
    if is_home {
        return Ok((listing, Some(client)));
    }
    client.close().await;
    Ok((listing, None))
}
