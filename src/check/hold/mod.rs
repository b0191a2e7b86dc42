//! Leaves a stream alone, to find out who ends what is idle.

mod beside;
#[cfg(feature = "ws")]
mod socket;

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;

use super::Subject;
use crate::base::{Code, Error, Kind, Result, Scheme, Side, Stage, text};
use crate::dial::Stream;

/// What came of leaving a stream alone.
#[derive(Debug)]
#[non_exhaustive]
pub struct Held {
    /// For how long it stood.
    pub stood: Duration,
    /// Why it did not stand to the end.
    pub failure: Option<Error>,
    /// What the other side said meanwhile, its start, safe to show.
    pub said: String,
}

impl Held {
    /// Of one that was given up because of `why` (`SIGINT`): until then it stood.
    pub fn stopped(stood: Duration, why: &str) -> Self {
        let what = format!("stopped by {why} after {} of idle", text::seconds(stood));
        Self {
            stood,
            failure: Some(Error::new(Kind::Interrupted, Stage::Transfer, what)),
            said: String::new(),
        }
    }

    /// Of one that could not be opened.
    pub fn unopened(error: Error) -> Self {
        Self {
            stood: Duration::ZERO,
            failure: Some(error),
            said: String::new(),
        }
    }

    /// Whether there was a stream to be left alone.
    pub fn was_opened(&self) -> bool {
        self.failure.is_none() || !self.stood.is_zero()
    }
}

impl Subject {
    /// Whether it is a WebSocket, in which pings can be sent.
    pub fn is_websocket(&self) -> bool {
        matches!(self.target().scheme(), Scheme::Ws | Scheme::Wss)
    }

    /// Why there is no stream of its own that could be left alone, if so: the proxy is asked for it in
    /// absolute form. A tunnel would be another thing than what is used, and may be forbidden.
    ///
    /// # Errors
    /// The policy does not allow a way.
    pub fn no_stream(&self) -> Result<Option<String>> {
        let Self::Dataset(dataset) = self else {
            return Ok(None);
        };
        let (target, route) = (self.target(), self.route()?);
        let another = match target.scheme() {
            Scheme::Http if self.connector().asked(&route, target).is_some() => format!(
                "tcp://{} tries one, where the proxy allows CONNECT to that port",
                target.authority()
            ),
            Scheme::Ftp if dataset.asks_proxy_for_ftp()? => "--ftp tunnel opens one".to_owned(),
            _ => return Ok(None),
        };
        Ok(Some(format!(
            "the proxy is asked for it by request, so that there is no tunnel to leave alone; {another}"
        )))
    }

    /// Whether pings can be sent in it.
    ///
    /// # Errors
    /// It is no WebSocket.
    pub fn can_be_pinged(&self) -> Result<()> {
        if self.is_websocket() {
            return Ok(());
        }
        let what = "only a WebSocket (ws://, wss://) can be pinged";
        let error = Error::new(Kind::Usage, Stage::Settings, what);
        Err(error.with_hint("leave --ping out"))
    }

    /// Opens what is to be left alone and leaves it alone for so long: the stream to the target, with
    /// TLS where the scheme has it, and without a request; of a WebSocket the socket, in which pings
    /// are sent when `ping` says how often. It shows who on the way ends what is idle.
    ///
    /// # Errors
    /// It cannot be opened.
    ///
    /// # Cancel safety
    /// Dropping the future closes it.
    pub async fn hold(&self, how_long: Duration, ping: Option<Duration>) -> Result<Held> {
        #[cfg(feature = "ws")]
        if let Self::Dataset(dataset) = self
            && self.is_websocket()
        {
            return socket::hold(dataset, how_long, ping).await;
        }
        if ping.is_some() {
            self.can_be_pinged()?;
        }
        let opened = match self {
            Self::Port(port) => port.connector.open(&self.route()?, &port.target).await,
            Self::Dataset(dataset) => dataset.connector().connect(dataset.target()).await,
        };
        stream(opened?, how_long, self).await
    }
}

/// How much of what is said in an idle stream is kept.
const SAID: usize = 200;

/// Leaves a stream alone for so long. What comes meanwhile is taken, and not answered.
async fn stream(mut stream: Stream, how_long: Duration, subject: &Subject) -> Result<Held> {
    let began = Instant::now();
    let mut said = Vec::new();
    let until = tokio::time::Instant::now() + how_long;
    let mut buffer = [0; 1024];
    let ended = loop {
        match tokio::time::timeout_at(until, stream.read(&mut buffer)).await {
            Err(_) => break None,
            Ok(Ok(0)) => break Some(None),
            Ok(Ok(length)) => {
                let room = SAID.saturating_sub(said.len()).min(length);
                said.extend_from_slice(&buffer[..room]);
            }
            Ok(Err(cause)) => break Some(Some(cause)),
        }
    };
    let stood = began.elapsed();
    let said = text::escape_bytes(&said);
    let failure = match ended {
        None => None,
        Some(cause) => Some(cut(stood, cause, &said, subject)?),
    };
    Ok(Held {
        stood,
        failure,
        said,
    })
}

/// The error for a stream that did not stand. Who ended it cannot be told from here.
fn cut(
    stood: Duration,
    cause: Option<std::io::Error>,
    said: &str,
    subject: &Subject,
) -> Result<Error> {
    let route = subject.route()?;
    let target = subject.target();
    let last_words = match said {
        "" => String::new(),
        said => format!(", after these words: {}", text::clip(said)),
    };
    let what = format!(
        "the idle stream was ended after {}{last_words}",
        text::seconds(stood)
    );
    let (who, more) = match route.proxy() {
        Some(_) => (
            "the proxy, a firewall on the way, or",
            "; --compare leaves the direct way alone beside it, where that is open",
        ),
        None => ("a firewall on the way, or", ""),
    };
    let error = Error::new(Kind::Cut, Stage::Transfer, what)
        .with_code(Code::TunnelIdleCut)
        .with_side(Side::Network)
        .about(target.authority())
        .while_doing(format!("leave a stream to {target} alone"))
        .with_route(&route)
        .with_hint(format!(
            "{who} {target} ends what is idle: a server that waits for a request does so too (nginx \
             after a minute), so that only an end before the target's own limit tells of the \
             proxy{more}"
        ));
    Ok(match cause {
        Some(cause) => error.with_source(cause),
        None => error,
    })
}
