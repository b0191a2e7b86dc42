//! Bytes over FTP: REST, proven by SIZE and MDTM.

use std::sync::Arc;

use url::Url;

use super::{Opened, Resume, Stat};
use crate::base::{Error, ExplicitTls, Kind, Result, Route, Scheme, Stage, Steps, Target};
use crate::connector::Connector;
use crate::dataset::Validator;
use crate::ftp::{
    self, Client, Download, Errand, Kept, Listing, Login, Place, Pool, RemotePath, Retrieval,
    TextLines, TransferType, Want,
};
use crate::tunnel::advice;

/// A file of an FTP server.
#[derive(Debug)]
pub(crate) struct FtpSource {
    pub connector: Connector,
    pub target: Target,
    pub url: Url,
    pub login: Login,
    pub tls: ExplicitTls,
    /// Where its channels come from, and go back to.
    pub pool: Pool,
    /// Whether other files of the same server follow.
    pub more: bool,
}

/// The error for a query.
pub(in crate::dataset) fn no_query() -> Error {
    let what = "an FTP URL has no query (RFC 1738 section 3.2)";
    Error::new(Kind::Usage, Stage::Request, what)
        .with_hint("if `?` is part of the file's name, write it as %3F")
}

/// What proves a file.
const PROOF: Want = Want {
    size: true,
    modified: true,
    port: false,
    following: false,
};

impl FtpSource {
    /// The path of what is stored, or brought in as it is.
    pub(in crate::dataset) fn path(&self) -> Result<RemotePath> {
        self.path_of(self.url.path())
    }

    /// The path of what is brought in, and how it travels.
    fn named(&self) -> Result<(RemotePath, TransferType)> {
        let (path, transfer_type) = TransferType::split_from(self.url.path())?;
        Ok((self.path_of(path)?, transfer_type))
    }

    fn path_of(&self, path: &str) -> Result<RemotePath> {
        if self.url.query().is_some() {
            return Err(no_query());
        }
        RemotePath::from_url_path(path)
    }

    fn errand<'a>(&self, path: &'a RemotePath, want: Want, of: TransferType) -> Errand<'a> {
        Errand {
            path,
            want,
            tls: self.tls,
            transfer_type: of,
        }
    }

    /// A channel for bytes as they are; `want` travels with its login.
    pub(in crate::dataset) async fn client(
        &self,
        path: &RemotePath,
        want: Want,
    ) -> Result<(Client, Place)> {
        self.take(self.errand(path, want, TransferType::Image))
            .await
    }

    async fn take(&self, errand: Errand<'_>) -> Result<(Client, Place)> {
        let (connector, target, login) = (&self.connector, &self.target, &self.login);
        self.pool.take(connector, target, login, errand).await
    }

    /// A channel of its own, for who wants to see every stage.
    pub(in crate::dataset) async fn fresh(&self, path: &RemotePath, want: Want) -> Result<Client> {
        self.log_in(self.errand(path, want, TransferType::Image))
            .await
    }

    async fn log_in(&self, errand: Errand<'_>) -> Result<Client> {
        let (connector, target, login) = (&self.connector, &self.target, &self.login);
        self.pool.fresh(connector, target, login, errand).await
    }

    pub(super) async fn stat(&self) -> Result<Stat> {
        self.ask().await.map_err(|error| self.or_by_proxy(error))
    }

    async fn ask(&self) -> Result<Stat> {
        let (path, transfer_type) = self.named()?;
        // As bytes: many servers tell no size of what goes as text, whether it is there or not.
        let (mut client, place) = self.client(&path, PROOF).await?;
        let mut told = client.stat(&path).await?;
        if transfer_type == TransferType::Ascii {
            told.size = None;
        }
        let stat = Stat {
            url: self.url.clone(),
            length: told.size,
            modified: told.modified.as_ref().map(|modified| modified.time),
            media_type: None,
            validator: validator(&told),
            resumable: Some(validator(&told).is_some()),
            route: Arc::new(client.route().clone()),
            steps: client.steps(),
            doubt: None,
        };
        place.keep(client);
        Ok(stat)
    }

    /// Adds the other way to the advice, where a proxy refuses to tunnel plain FTP.
    fn or_by_proxy(&self, error: Error) -> Error {
        let refused = error.kind() == Kind::ProxyRefused
            && matches!(error.stage(), Stage::Connect | Stage::Data)
            && error.answer().is_some_and(|answer| {
                // tinyproxy knows no FTP.
                matches!(answer.code, 403 | 405 | 501) && answer.product() != Some("tinyproxy")
            });
        if !refused || self.target.scheme() != Scheme::Ftp || self.tls != ExplicitTls::Off {
            return error;
        }
        let hint = advice::or_by_proxy(error.hint().unwrap_or_default());
        error.with_better_hint(hint)
    }

    /// The folder; a file's URL is told from a missing one.
    /// With `known`, it is not asked whether it is one.
    pub(super) async fn list(&self, known: bool) -> Result<Listing> {
        let path = self.url.path();
        let folder = [";type=d", ";type=D"]
            .iter()
            .find_map(|end| path.strip_suffix(end));
        let path = self.path_of(folder.unwrap_or(path))?;
        let want = Want {
            port: true,
            ..Want::default()
        };
        let (client, place) = self.client(&path, want).await?;
        let (listing, client) = client.list_and_keep(&path, known).await?;
        if let Some(client) = client {
            place.keep(client);
        }
        Ok(listing)
    }

    pub(super) async fn probe(&self) -> Result<Steps> {
        self.walk().await.map_err(|error| self.or_by_proxy(error))
    }

    async fn walk(&self) -> Result<Steps> {
        let (path, transfer_type) = self.named()?;
        if path.is_directory() {
            return self.probe_directory(&path).await;
        }
        let want = Want {
            port: true,
            ..PROOF
        };
        let client = self.log_in(self.errand(&path, want, transfer_type)).await?;
        match client.retrieve(&path, 0, PROOF).await? {
            Retrieval::Download(mut download) => {
                let total = download.stat().size;
                let steps = download.steps().clone();
                let first = super::first_byte(&mut download, path.to_string(), total, steps);
                Ok(first.await?.0)
            }
            Retrieval::NoRestart { client, .. } => Ok(client.steps()),
        }
    }

    /// There is nothing to get: a data channel that opens in the folder is as far as it goes.
    async fn probe_directory(&self, path: &RemotePath) -> Result<Steps> {
        let want = Want {
            port: true,
            ..Want::default()
        };
        let mut client = self.fresh(path, want).await?;
        client.try_data(path).await?;
        let steps = client.steps();
        client.close().await;
        Ok(steps)
    }

    pub(super) async fn open(&self, resume: Option<&Resume>) -> Result<Opened> {
        let opened = self.open_from(resume).await;
        opened.map_err(|error| self.or_by_proxy(error))
    }

    async fn open_from(&self, resume: Option<&Resume>) -> Result<Opened> {
        let (path, transfer_type) = self.named()?;
        if transfer_type == TransferType::Ascii {
            return self.text(&path, resume.is_some()).await;
        }
        let want = Want {
            port: true,
            ..PROOF
        };
        let (mut client, place) = self.client(&path, want).await?;
        let Some(resume) = resume else {
            return self.whole(client, place, &path, None).await;
        };
        // The proof must come before the bytes: REST into another file would splice two files.
        let told = client.stat(&path).await?;
        if validator(&told).as_ref() != Some(&resume.validator) {
            let why = match validator(&told) {
                Some(_) => "the file changed on the server",
                None => "the server gives no proof that the file is the same",
            };
            return self.whole(client, place, &path, Some(why)).await;
        }
        if told.size < Some(resume.offset) {
            let why = "more is here than the server says that there is";
            return self.whole(client, place, &path, Some(why)).await;
        }
        let route = Arc::new(client.route().clone());
        if told.size == Some(resume.offset) {
            place.keep(client);
            return Ok(Opened {
                offset: resume.offset,
                restarted: None,
                total: told.size,
                validator: validator(&told),
                modified: told.modified.map(|modified| modified.time),
                route,
                doubt: None,
                body: Box::new(tokio::io::empty()),
            });
        }
        match client.retrieve(&path, resume.offset, PROOF).await? {
            Retrieval::Download(download) => Ok(opened(download, place, route, &told)),
            Retrieval::NoRestart { client, .. } => {
                let why = "the server cannot start in the middle of a file";
                self.whole(client, place, &path, Some(why)).await
            }
        }
    }

    /// A file as text: it always comes from its start, and its length is known at its end.
    async fn text(&self, path: &RemotePath, restarted: bool) -> Result<Opened> {
        let want = Want {
            modified: true,
            port: true,
            ..Want::default()
        };
        let errand = self.errand(path, want, TransferType::Ascii);
        let (client, place) = self.take(errand).await?;
        let why = restarted.then_some("text with changed line ends can only come from its start");
        let opened = self.whole(client, place, path, why).await?;
        Ok(Opened {
            body: Box::new(TextLines::new(opened.body)),
            ..opened
        })
    }

    async fn whole(
        &self,
        client: Client,
        place: Place,
        path: &RemotePath,
        why: Option<&'static str>,
    ) -> Result<Opened> {
        let route = Arc::new(client.route().clone());
        let want = Want {
            following: self.more,
            ..PROOF
        };
        match client.retrieve(path, 0, want).await? {
            Retrieval::Download(download) => {
                let mut told = download.stat().clone();
                if download.is_size_announced() {
                    // A guess of the server's: the download judges by it, and nobody else.
                    told.size = None;
                }
                Ok(Opened {
                    restarted: why,
                    ..opened(download, place, route, &told)
                })
            }
            Retrieval::NoRestart { answer, .. } => Err(Error::new(
                Kind::TargetProtocol,
                Stage::Request,
                "the server refused REST although none was sent",
            )
            .with_answer(answer)),
        }
    }
}

fn opened(download: Download, place: Place, route: Arc<Route>, told: &ftp::Stat) -> Opened {
    Opened {
        offset: download.offset(),
        restarted: None,
        total: told.size,
        validator: validator(told),
        modified: told.modified.as_ref().map(|modified| modified.time),
        route,
        doubt: None,
        body: Box::new(Kept::new(download, place)),
    }
}

fn validator(told: &ftp::Stat) -> Option<Validator> {
    Some(Validator::Ftp {
        size: told.size?,
        modified: told.modified.as_ref()?.raw.clone(),
    })
}
