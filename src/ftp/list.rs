//! Listing a folder: MLSD, or CWD and LIST where the server has no MLSD, or NLST.

use std::time::SystemTime;

use tokio::io::AsyncReadExt as _;

use super::client::{Client, Stat};
use super::listed::Listing;
use super::transfer::{Opened, What};
use super::{Download, RemotePath, Want};
use crate::base::{Encoding, Error, Kind, Result, Stage};
use crate::proto::ftp::listing::{Form, Lines, Parser};

/// What is read at once.
const READ: usize = 32 * 1024;

/// What the better ways to list a folder have come to, while a worse one is tried.
#[derive(Default)]
struct Earlier {
    /// A LIST of which nothing was understood.
    unread: Option<Listing>,
    /// How LIST was refused.
    refusal: Option<Error>,
}

impl Client {
    /// Lists the folder at `path`: by MLSD; by CWD and LIST where the server knows no MLSD; by
    /// NLST where it refuses LIST too, or answers it with nothing that is understood. What a server
    /// needs is remembered. Says good-bye then.
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
        let encoding = self.0.plan.encoding;
        let mut earlier = Earlier::default();
        let mut whats = self.ways(path, known);
        while let Some(what) = whats.pop() {
            match self.open(path, what, Want::default(), &doing).await {
                Ok(Opened::Coming { data, .. }) => {
                    self.0.asked.forget_answers();
                    let download = Download::new(self, data, 0, Stat::default(), doing.clone());
                    let (mut listing, mut client) =
                        read(download, path, what, known, encoding, &doing).await?;
                    let is_named = what == What::Folder(Form::List);
                    if is_named && listing.may_be_around(path) {
                        self = client;
                        continue;
                    }
                    if listing.is_unread() && !whats.is_empty() {
                        // LIST says the same of the folder once it was gone into.
                        whats.retain(|next| next.form() != Some(listing.form));
                        earlier.unread = Some(listing);
                        self = client;
                        continue;
                    }
                    if let Some(mut unread) = earlier.unread {
                        if listing.entries.is_empty() {
                            std::mem::swap(&mut listing, &mut unread);
                        } else {
                            client.0.learn_form(listing.form);
                        }
                        listing.unrecognised.append(&mut unread.unrecognised);
                    }
                    // Paths are relative to where the login began.
                    if client.0.asked.entered.is_none() {
                        return Ok((listing, Some(client)));
                    }
                    client.close().await;
                    return Ok((listing, None));
                }
                Ok(Opened::NoRestart(_)) => {}
                Err(error) if self.is_empty(&error, known) => {
                    // It may as well be gone, or be called otherwise than its listing says.
                    if self.0.asked.entered.is_none() {
                        let entered = self.0.enter(path, &doing).await;
                        entered.map_err(|setback| setback.error)?;
                    }
                    self.close().await;
                    return Ok((earlier.unread.unwrap_or_default(), None));
                }
                Err(error) if !whats.is_empty() && self.may_do_better(what, &error) => {
                    if what == What::Entered(Form::List) {
                        earlier.refusal = Some(error);
                    }
                }
                Err(error) if error.answer().is_some() && error.stage() == Stage::Request => {
                    if let Some(listing) = earlier.unread {
                        self.close().await;
                        return Ok((listing, None));
                    }
                    // NLST is a makeshift: the refusal of LIST says more.
                    let error = earlier.refusal.unwrap_or(error);
                    return Err(self.told_from_file(error, path, &doing).await);
                }
                Err(error) => return Err(error),
            }
        }
        let what = "the server refused REST although none was sent";
        Err(self.blame(
            Error::new(Kind::TargetProtocol, Stage::Request, what),
            &doing,
        ))
    }

    /// The ways to list a folder, the best one last.
    fn ways(&self, path: &RemotePath, is_known: bool) -> Vec<What> {
        // Some servers take options and patterns in the argument: these are gone into.
        let plain = !path.as_bytes().iter().any(|b| b"*?[{~".contains(b))
            && !path.as_bytes().starts_with(b"-");
        let mut whats = vec![What::Entered(Form::Nlst)];
        let form = self.0.habits.listing;
        if form != Form::Nlst {
            whats.push(What::Entered(Form::List));
        }
        if form != Form::Nlst && is_known && plain {
            whats.push(What::Folder(Form::List));
        }
        if form == Form::Mlsd {
            whats.push(match plain {
                true => What::Folder(Form::Mlsd),
                false => What::Entered(Form::Mlsd),
            });
        }
        whats
    }

    /// Whether the server may do better by the next way: it knows no MLSD, or (501) not for this
    /// path; it lists no folder by LIST, into which it has let the login go.
    fn may_do_better(&mut self, what: What, error: &Error) -> bool {
        let code = error.answer().map(|answer| answer.code);
        let unknown = matches!(code, Some(500 | 502 | 504));
        if error.stage() != Stage::Request {
            return false;
        }
        match what {
            What::Folder(Form::Mlsd) | What::Entered(Form::Mlsd) => {
                if unknown {
                    self.0.learn_form(Form::List);
                }
                unknown || code == Some(501)
            }
            // Gone into, it may be listed.
            What::Folder(Form::List) => matches!(code, Some(500..=502 | 504)),
            What::Entered(Form::List) if self.0.asked.entered == Some(Ok(())) => {
                if unknown {
                    self.0.learn_form(Form::Nlst);
                }
                matches!(code, Some(500..=599))
            }
            _ => false,
        }
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

/// Reads the listing to its confirmed end, and gives the login back.
async fn read(
    mut download: Download,
    path: &RemotePath,
    what: What,
    known: bool,
    encoding: Option<Encoding>,
    doing: &str,
) -> Result<(Listing, Client)> {
    let form = match what {
        What::Folder(form) | What::Entered(form) => form,
        _ => Form::List,
    };
    let mut listing = Listing::default();
    (listing.form, listing.encoding) = (form, encoding);
    let mut parser = Parser::new(form, SystemTime::now()).with_encoding(encoding);
    let mut lines = Lines::default();
    let mut buffer = vec![0; READ];
    loop {
        let came = download.read(&mut buffer).await.map_err(Error::from_io)?;
        if came == 0 {
            break;
        }
        lines.push(&buffer[..came], &mut |line| {
            parser.push(line, &mut |line, what| listing.take(line, what));
        });
        if let Some(what) = listing.excess(download.received()) {
            let error = Error::new(Kind::TargetRefused, Stage::Transfer, what);
            return Err(error.while_doing(doing));
        }
    }
    let each = &mut |line: &[u8], what| listing.take(line, what);
    if let Some(line) = lines.finish() {
        parser.push(&line, each);
    }
    parser.finish(each);
    let mut client = download.finish().await?;
    let cut_short = client.0.asked.cut_short.take();
    listing.cut_short = cut_short.map(|reply| reply.to_string());
    // Of a name that is no folder, some servers list the file, or nothing.
    if matches!(what, What::Folder(_))
        && !known
        && !listing.around
        && listing.length() <= 1
        && let Err(setback) = client.0.enter(path, doing).await
    {
        return Err(client.told_from_file(setback.error, path, doing).await);
    }
    Ok((listing, client))
}
