//! Where the bytes of a dataset come from: one URL over one protocol.

mod ftp;
mod ftp_by_proxy;
mod http;
mod index;
#[cfg(feature = "object_store")]
mod s3;
#[cfg(feature = "ws")]
mod ws;

use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use url::Url;

pub(super) use self::ftp::{FtpSource, no_query};
pub(super) use self::ftp_by_proxy::FtpByProxy;
pub(super) use self::http::{HttpSource, field, proven};
#[cfg(feature = "object_store")]
pub(super) use self::s3::S3Source;
#[cfg(feature = "ws")]
pub(super) use self::ws::WsSource;
use super::Validator;
use crate::base::{Error, Result, Route, Stage, Steps, text};
use crate::ftp::Listing;
use crate::proto::service::Service;

/// A URL that can be asked about, and opened at an offset.
#[derive(Debug)]
pub(super) enum Source {
    Http(Box<HttpSource>),
    Ftp(Box<FtpSource>),
    FtpByProxy(Box<FtpByProxy>),
    #[cfg(feature = "ws")]
    Ws(Box<WsSource>),
    #[cfg(feature = "object_store")]
    S3(Box<S3Source>),
}

/// What a server says of a file without giving it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stat {
    /// The URL that answered, after redirects, without userinfo.
    pub url: Url,
    /// The length in bytes, when the server tells.
    pub length: Option<u64>,
    /// When it was changed last, when the server tells.
    pub modified: Option<SystemTime>,
    /// The media type, for HTTP.
    pub media_type: Option<String>,
    /// What would prove later that it is still the same file.
    pub validator: Option<Validator>,
    /// Whether a transfer can go on in the middle, as far as the server tells.
    pub resumable: Option<bool>,
    /// The way it was asked.
    pub route: Arc<Route>,
    /// The stages passed.
    pub steps: Steps,
    /// Why it may be something else than what was asked for, although nothing failed: the answer
    /// shows no trace of the proxy.
    pub doubt: Option<String>,
}

/// From where to go on: bytes that are here already, proven by a validator.
#[derive(Clone, Debug)]
pub(super) struct Resume {
    pub offset: u64,
    pub validator: Validator,
}

/// A stream of bytes that was opened.
pub(super) struct Opened {
    /// The offset of the first byte that it gives: what was asked for, or 0.
    pub offset: u64,
    /// Why it is 0 although more was asked for.
    pub restarted: Option<&'static str>,
    /// The length of the whole.
    pub total: Option<u64>,
    pub validator: Option<Validator>,
    pub modified: Option<SystemTime>,
    pub route: Arc<Route>,
    /// Why it may be something else than what was asked for.
    pub doubt: Option<String>,
    /// Gives an error, not an end, when the stream ends before the data does.
    pub body: Box<dyn AsyncRead + Send + Unpin>,
}

/// What a walk up to the first byte found.
#[derive(Clone, Debug)]
pub(crate) struct Probed {
    pub steps: Steps,
    /// What may be wrong although every stage was passed.
    pub doubt: Option<String>,
    /// The service that answered, where it shows itself.
    pub service: Option<Service>,
    /// How it refused, if it did.
    pub refusal: Option<Refusal>,
}

/// How a service that shows itself refused the request.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub error: Error,
    /// Whether it is reached by that: only its own clients get more.
    pub is_reached: bool,
}

impl Probed {
    fn passed(steps: Steps, doubt: Option<String>) -> Self {
        Self {
            steps,
            doubt,
            service: None,
            refusal: None,
        }
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened")
            .field("offset", &self.offset)
            .field("total", &self.total)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// Asks what is there.
    pub(super) async fn stat(&self) -> Result<Stat> {
        match self {
            Self::Http(source) => source.stat().await,
            Self::Ftp(source) => source.stat().await,
            Self::FtpByProxy(source) => source.stat().await,
            #[cfg(feature = "ws")]
            Self::Ws(source) => Err(source.no_file()),
            #[cfg(feature = "object_store")]
            Self::S3(source) => source.stat().await,
        }
    }

    /// Lists the folder there. With `known`, it is not asked whether it is one.
    pub(super) async fn list(&self, known: bool) -> Result<Listing> {
        match self {
            Self::Http(source) => source.list().await,
            Self::Ftp(source) => source.list(known).await,
            Self::FtpByProxy(source) => Err(source.list()),
            #[cfg(feature = "ws")]
            Self::Ws(source) => Err(source.no_file()),
            #[cfg(feature = "object_store")]
            Self::S3(source) => source.list().await,
        }
    }

    /// Walks every stage up to the first byte.
    pub(super) async fn probe(&self) -> Result<Probed> {
        match self {
            Self::Http(source) => source.probe().await,
            Self::FtpByProxy(source) => source.probe().await,
            #[cfg(feature = "ws")]
            Self::Ws(source) => source.probe().await,
            Self::Ftp(source) => Ok(Probed::passed(source.probe().await?, None)),
            #[cfg(feature = "object_store")]
            Self::S3(source) => source.probe().await,
        }
    }

    /// Opens it, from `resume` on when the server proves that the file is the same.
    pub(super) async fn open(&self, resume: Option<&Resume>) -> Result<Opened> {
        match self {
            Self::Http(source) => source.open(resume).await,
            Self::Ftp(source) => source.open(resume).await,
            Self::FtpByProxy(source) => source.open(resume).await,
            #[cfg(feature = "ws")]
            Self::Ws(source) => Err(source.no_file()),
            #[cfg(feature = "object_store")]
            Self::S3(source) => source.open(resume).await,
        }
    }
}

/// Waits for the first byte of `body`, gives it, and adds that to the stages passed.
async fn first_byte(
    body: &mut (impl AsyncRead + Unpin),
    subject: String,
    total: Option<u64>,
    steps: Steps,
) -> Result<(Steps, Option<u8>)> {
    let (mut steps, subject) = (steps, text::clip(&subject));
    let started = Instant::now();
    let mut first = [0];
    let came = match body.read(&mut first).await {
        Ok(came) => came,
        Err(cause) => {
            let error = Error::from_io(cause).about(subject);
            return Err(match error.steps().is_empty() {
                true => error.after(steps),
                false => error,
            });
        }
    };
    let words = match (came, total) {
        (0, _) => "empty".to_owned(),
        (_, Some(total)) => format!("first byte of {total}"),
        (_, None) => "first byte".to_owned(),
    };
    steps.pass(Stage::Transfer, subject, words, started.elapsed());
    Ok((steps, first.first().copied().filter(|_| came > 0)))
}
