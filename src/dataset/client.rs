//! The front door: a client, and a dataset under it.

use std::path::Path;
use std::sync::Arc;

use ::http::HeaderMap;
use url::Url;

use super::bucket;
use super::event::Observer;
use super::fetch::{self, FetchOptions, Fetched};
use super::rate::RateLimit;
use super::reader::Reader;
#[cfg(feature = "ws")]
use super::source::WsSource;
use super::source::{FtpByProxy, FtpSource, HttpSource, Probed, Source};
use super::transfer::Transfer;
use crate::base::{Credentials, ExplicitTls, FtpMode, Result, Scheme, Steps, Target};
#[cfg(not(feature = "ws"))]
use crate::base::{Error, Kind, Stage};
use crate::connector::{Connector, load};
use crate::ftp::{Listing, Pool};
use crate::http;
use crate::settings::{Connection, Flags, Policy, Retry};

pub use super::source::Stat;

/// Opens datasets under one policy. Cheap to clone; clones share connections, secrets and what
/// was learned of servers.
#[derive(Clone, Debug)]
pub struct Client {
    connector: Connector,
    http: http::Client,
    ftp: Pool,
    limit: Option<RateLimit>,
}

impl Client {
    /// A client under the settings of this machine and user: the settings files and the
    /// environment's variables.
    ///
    /// # Errors
    /// As [`load::policy`].
    pub fn load() -> Result<Self> {
        Ok(Self::new(load::policy(&Flags::default())?))
    }

    /// A client under `policy`.
    pub fn new(policy: Policy) -> Self {
        let connector = Connector::new(Arc::new(policy));
        Self {
            http: http::Client::new(connector.clone()),
            ftp: Pool::default(),
            connector,
            limit: None,
        }
    }

    /// Opens at most so many control channels to an FTP server for one login; else 4. They are kept
    /// for further files. A reader has one to itself until it was read to its end or is dropped:
    /// who opens more files of one server than this waits for that.
    pub fn with_ftp_channels(mut self, most: usize) -> Self {
        self.ftp = Pool::new(most);
        self
    }

    /// Holds all datasets of this client, and of its clones, together to this limit.
    pub fn with_rate_limit(mut self, limit: RateLimit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The connector for targets that belong to no connection.
    pub fn connector(&self) -> &Connector {
        &self.connector
    }

    /// The dataset at a URL, or at a path below a named connection (`census:2020/file.csv`). A
    /// URL belongs to the connection with the longest base URL that covers it. No I/O.
    ///
    /// # Errors
    /// It is no URL, the connection is unknown, or the path leaves the connection's base.
    pub fn dataset(&self, place: &str) -> Result<Dataset> {
        self.dataset_of(place, None)
    }

    /// [`dataset`](Self::dataset) under the connection called `connection`, whatever its URL.
    ///
    /// # Errors
    /// As there.
    pub fn dataset_of(&self, place: &str, connection: Option<&str>) -> Result<Dataset> {
        let policy = self.connector.policy();
        let location = policy.locate(place, connection)?;
        // The key of a bucket signs, and is no password: it goes to nobody as one.
        let is_bucket = location.url.scheme() == "s3";
        let connection = location.connection.as_ref();
        let of_connection = || {
            let own = connection.filter(|own| (own.url.scheme() == "s3") == is_bucket);
            own?.credentials.clone()
        };
        let credentials = location.credentials.or_else(of_connection);
        Dataset::new(self, location.url, location.connection, credentials)
    }

    /// Opens the dataset at `place` for reading.
    ///
    /// # Errors
    /// As [`Client::dataset`] and [`Dataset::open`].
    pub async fn open(&self, place: &str) -> Result<Reader> {
        self.dataset(place)?.open().await
    }
}

/// One URL under a client's policy.
#[derive(Clone, Debug)]
pub struct Dataset {
    pub(super) connector: Connector,
    pub(super) http: http::Client,
    ftp: Pool,
    url: Url,
    pub(super) target: Target,
    pub(super) credentials: Option<Credentials>,
    pub(super) headers: HeaderMap,
    retry: Retry,
    limit: Option<RateLimit>,
    tls: Option<ExplicitTls>,
    pub(super) ftp_mode: Option<FtpMode>,
    /// Whether other files of the same server follow.
    more: bool,
}

impl Dataset {
    fn new(
        client: &Client,
        url: Url,
        connection: Option<Arc<Connection>>,
        credentials: Option<Credentials>,
    ) -> Result<Self> {
        let connector = client.connector.for_connection(connection);
        let target = bucket::reached(&url, connector.connection().map(AsRef::as_ref))?;
        Ok(Self {
            http: client.http.with_connector(connector.clone()),
            ftp: client.ftp.clone(),
            connector,
            url,
            target,
            credentials,
            headers: HeaderMap::new(),
            retry: client.connector.policy().retry().clone(),
            limit: client.limit.clone(),
            tls: None,
            ftp_mode: None,
            more: false,
        })
    }

    /// Tries as often as this instead of as the settings say.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Holds it to this limit instead of the client's. Datasets that get clones of one limit share
    /// it.
    pub fn with_rate_limit(mut self, limit: RateLimit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Asks an `ftp://` server for TLS as this says instead of as the connection's `tls` does.
    pub fn with_tls(mut self, tls: ExplicitTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Uses these credentials for the target instead of the connection's or the URL's.
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Sends these fields with HTTP requests. Those that are not about the representation stay
    /// behind when a redirect leaves the origin.
    pub fn with_headers(mut self, mut headers: HeaderMap) -> Self {
        // Any of them may be a token: none shows up in Debug.
        headers
            .values_mut()
            .for_each(|value| value.set_sensitive(true));
        self.headers = headers;
        self
    }

    /// The URL, without userinfo.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// How often, and with which pauses, it is tried.
    pub fn retry(&self) -> &Retry {
        &self.retry
    }

    /// Whether an `ftp://` server is asked for TLS. `ftps://` is TLS from the first byte.
    pub fn tls(&self) -> ExplicitTls {
        let of_connection = || self.connector.connection().map(|connection| connection.tls);
        self.tls.or_else(of_connection).unwrap_or_default()
    }

    /// How fast its bytes may come.
    pub fn rate_limit(&self) -> Option<&RateLimit> {
        self.limit.as_ref()
    }

    /// Scheme, host and port.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The connector of the dataset's connection.
    pub fn connector(&self) -> &Connector {
        &self.connector
    }

    /// Asks what is there, without tries.
    ///
    /// # Errors
    /// Every stage up to `request` or `login`.
    ///
    /// # Cancel safety
    /// Dropping the future ends it.
    pub async fn stat(&self) -> Result<Stat> {
        self.source().await?.stat().await
    }

    /// Lists the folder at an FTP URL, or at an HTTP URL whose page is an
    /// [index](crate::proto::index_page), in the server's order, without tries.
    ///
    /// # Errors
    /// [`Kind::Unsupported`](crate::base::Kind::Unsupported) when the page is no index; those of
    /// [`ftp::Client::list`](crate::ftp::Client::list); every stage up to `request`.
    ///
    /// # Cancel safety
    /// Dropping the future ends it.
    pub async fn list(&self) -> Result<Listing> {
        self.source().await?.list(false).await
    }

    /// [`list`](Self::list) of what a listing called a folder.
    pub(super) async fn list_known(&self) -> Result<Listing> {
        self.source().await?.list(true).await
    }

    /// Prepares for the next file of the same server while this one comes.
    #[cfg(feature = "cli")]
    pub(crate) fn with_more_to_come(mut self) -> Self {
        self.more = true;
        self
    }

    /// Another path at the same place, under the same connection.
    pub(super) fn at_path(&self, path: &str) -> Self {
        let mut other = self.clone();
        other.url.set_path(path);
        other
    }

    /// Walks every stage up to the first byte, once, and gives what each said.
    ///
    /// # Errors
    /// As [`open`](Self::open), without tries; the error keeps the stages passed.
    pub async fn probe(&self) -> Result<Steps> {
        let probed = self.probe_closely().await?;
        match probed.refusal {
            Some(refusal) => Err(refusal.error),
            None => Ok(probed.steps),
        }
    }

    /// [`probe`](Self::probe), and what may be wrong all the same.
    pub(crate) async fn probe_closely(&self) -> Result<Probed> {
        self.source().await?.probe().await
    }

    /// Opens it for reading from the first byte. The reader goes on by itself after a cut, as
    /// `retry` of the settings allows, when the server proves that the file is the same. Of one FTP
    /// server only so many files are open at a time: see [`Client::with_ftp_channels`].
    ///
    /// # Errors
    /// Every stage up to the first byte, after the tries that the settings allow.
    ///
    /// # Cancel safety
    /// Dropping the future ends it.
    pub async fn open(&self) -> Result<Reader> {
        self.open_observed(Observer::default()).await
    }

    /// [`open`](Self::open), with events for `observer`.
    ///
    /// # Errors
    /// As there.
    pub async fn open_observed(&self, observer: Observer) -> Result<Reader> {
        let source = Arc::new(self.source().await?);
        let (retry, limit) = (self.retry.clone(), self.limit.clone());
        let transfer = Transfer::open(source, None, retry, limit, observer).await?;
        Ok(Reader::new(transfer))
    }

    /// Brings it into the file `destination`: goes on from `destination.part` when the server
    /// proves that it is the same file, and renames when everything is there and verified.
    ///
    /// # Errors
    /// As [`open`](Self::open); the file exists and differs; another run is at it; the checksum
    /// differs; the disk is full. What came is kept in the part file.
    ///
    /// # Cancel safety
    /// Dropping the future keeps the part file; the next fetch goes on from there.
    pub async fn fetch(&self, destination: &Path, options: &FetchOptions) -> Result<Fetched> {
        fetch::fetch(self, destination, options).await
    }

    /// Writes its bytes to `file` as they come, from where that stands: for a pipe or a device,
    /// where nothing can be renamed or taken back.
    ///
    /// # Errors
    /// As [`open`](Self::open) and the reader's; or why a write failed.
    ///
    /// # Cancel safety
    /// Dropping the future ends it; a write under way still ends in the background.
    #[cfg(feature = "cli")]
    pub(crate) async fn copy(
        &self,
        file: Arc<std::fs::File>,
        observer: Observer,
    ) -> Result<(), super::copy::Broken> {
        super::copy::copy(self, file, observer).await
    }

    /// The protocol's side of this dataset.
    pub(super) async fn source(&self) -> Result<Source> {
        let scheme = match self.url.scheme() {
            // Its target is the endpoint.
            "s3" => Scheme::S3,
            _ => self.target.scheme(),
        };
        match scheme {
            Scheme::S3 => self.bucket().await,
            Scheme::Http | Scheme::Https => Ok(Source::Http(Box::new(HttpSource {
                client: self.http.clone(),
                url: self.url.clone(),
                headers: self.headers.clone(),
                authorization: self.authorization().await?,
            }))),
            Scheme::Ftp if self.asks_proxy_for_ftp()? => {
                Ok(Source::FtpByProxy(Box::new(FtpByProxy {
                    client: self.http.clone(),
                    url: self.url.clone(),
                    authorization: self.authorization_of_login().await?,
                })))
            }
            Scheme::Ftp | Scheme::Ftps => Ok(Source::Ftp(Box::new(FtpSource {
                connector: self.connector.clone(),
                target: self.target.clone(),
                url: self.url.clone(),
                login: self.login().await?,
                tls: self.tls(),
                pool: self.ftp.clone(),
                more: self.more,
            }))),
            #[cfg(feature = "ws")]
            Scheme::Ws | Scheme::Wss => Ok(Source::Ws(Box::new(WsSource {
                connector: self.connector.clone(),
                request: self.websocket_request().await?,
            }))),
            #[cfg(not(feature = "ws"))]
            scheme @ (Scheme::Ws | Scheme::Wss) => {
                let what = format!("WebSocket (`{scheme}://`) is not built in");
                let error = Error::new(Kind::Unsupported, Stage::Route, what);
                Err(error.with_hint("build the crate with its feature `ws`"))
            }
        }
    }
}
