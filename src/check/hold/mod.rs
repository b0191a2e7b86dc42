//! Leaves a stream alone, to find out who ends what is idle.

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
}

impl Subject {
    /// Whether it is a WebSocket, in which pings can be sent.
    pub fn is_websocket(&self) -> bool {
        matches!(self.target().scheme(), Scheme::Ws | Scheme::Wss)
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
            return socket(dataset, how_long, ping).await;
        }
        if ping.is_some() {
            let what = "only a WebSocket (ws://, wss://) can be pinged";
            let error = Error::new(Kind::Usage, Stage::Settings, what);
            return Err(error.with_hint("leave --ping out"));
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
    let who = match route.proxy() {
        Some(_) => format!("the proxy, a firewall on the way, or {target}"),
        None => format!("a firewall on the way, or {target}"),
    };
    let error = Error::new(Kind::Cut, Stage::Transfer, what)
        .with_code(Code::TunnelIdleCut)
        .with_side(Side::Network)
        .about(target.authority())
        .while_doing(format!("leave a stream to {target} alone"))
        .with_route(&route)
        .with_hint(format!(
            "{who} ends what is idle: a server that waits for a request does so too (nginx after a \
             minute), so that only a longer time than the target's own limit tells of the proxy; \
             --compare shows the direct way beside it"
        ));
    Ok(match cause {
        Some(cause) => error.with_source(cause),
        None => error,
    })
}

/// Leaves a WebSocket alone for so long, or sends pings as often as asked.
#[cfg(feature = "ws")]
async fn socket(
    dataset: &crate::dataset::Dataset,
    how_long: Duration,
    ping: Option<Duration>,
) -> Result<Held> {
    let options = crate::ws::Options {
        ping,
        // Idle is what it is to be.
        silence: Some(how_long.saturating_mul(2)),
        ..crate::ws::Options::default()
    };
    let mut socket = dataset.websocket(&options).await?;
    let began = Instant::now();
    let until = tokio::time::Instant::now() + how_long;
    let mut messages = 0_u64;
    let ended = loop {
        match tokio::time::timeout_at(until, socket.next()).await {
            Err(_) => break None,
            Ok(Ok(Some(_))) => messages += 1,
            Ok(Ok(None)) => break Some(None),
            Ok(Err(cause)) => break Some(Some(cause)),
        }
    };
    let stood = began.elapsed();
    let said = match messages {
        0 => String::new(),
        count => format!("{count} messages"),
    };
    let Some(cause) = ended else {
        let _ = tokio::time::timeout(Duration::from_secs(2), socket.close()).await;
        return Ok(Held {
            stood,
            failure: None,
            said,
        });
    };
    let target = dataset.target();
    let what = format!(
        "the idle WebSocket was ended after {}",
        text::seconds(stood)
    );
    let closed = socket.closed().map(|closed| format!(": {closed}"));
    let hint = match ping {
        None => {
            "a proxy on either side ends what is idle: raise its limit (nginx: proxy_read_timeout, \
             haproxy: timeout tunnel, Apache: ProxyTimeout), or have pings sent more often than that; \
             --ping 10s tries whether that helps"
        }
        Some(_) => {
            "pings did not keep it: it is ended by age, or the pings are not passed on; the log of \
             the proxy tells"
        }
    };
    let error = Error::new(Kind::Cut, Stage::Transfer, what)
        .and_also(closed.unwrap_or_default())
        .with_code(Code::WsIdleCut)
        .with_side(Side::Network)
        .about(target.authority())
        .while_doing(format!("leave a WebSocket to {target} alone"))
        .with_route(socket.route())
        .with_hint(hint);
    let error = match cause {
        Some(cause) => error.with_source(cause),
        None => error,
    };
    Ok(Held {
        stood,
        failure: Some(error),
        said,
    })
}
