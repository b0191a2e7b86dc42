//! Leaves a stream alone, to find out who ends what is idle.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;

use super::subject::{Held, Subject};
use crate::base::{Code, Error, Kind, Result, Side, Stage, text};
use crate::dial::Stream;

/// Leaves a stream alone for so long. What comes meanwhile is taken, and not answered.
pub(super) async fn stream(
    mut stream: Stream,
    how_long: Duration,
    kept: usize,
    began: Instant,
    subject: &Subject,
) -> Result<Held> {
    let mut said = Vec::new();
    let until = tokio::time::Instant::now() + how_long;
    let mut buffer = [0; 1024];
    let ended = loop {
        match tokio::time::timeout_at(until, stream.read(&mut buffer)).await {
            Err(_) => break None,
            Ok(Ok(0)) => break Some(None),
            Ok(Ok(length)) => {
                let room = kept.saturating_sub(said.len()).min(length);
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
pub(super) async fn socket(
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
