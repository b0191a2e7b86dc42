//! Drives the CONNECT handshake over a stream.

pub mod advice;

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout_at;
use tracing::debug;

use crate::base::{Code, Error, Kind, Proxy, Result, Secret, Stage, Steps, Target, text};
use crate::dial::{Stream, log_last};
use crate::proto::auth;
use crate::proto::connect::{Fault, Handshake, Progress, Refusal, request};

/// How one CONNECT ended, when the proxy answered at all.
#[derive(Debug)]
pub enum Outcome {
    /// The tunnel is open; the stream's first bytes are the target's.
    Open(Stream),
    /// The proxy refused.
    Refused {
        /// What it said.
        refusal: Box<Refusal>,
        /// The stream, when it can carry a second CONNECT.
        stream: Option<Stream>,
        /// The stages passed before.
        steps: Steps,
    },
    /// The proxy had closed a kept connection before this CONNECT: nothing was refused, dial
    /// again. Keeps the stages passed before.
    Stale(Steps),
}

/// How long a refusal's body is waited for, once its head has come: the body explains, it decides
/// nothing.
const BODY_WAIT: Duration = Duration::from_secs(2);

/// Sends one CONNECT for `target` over `stream` and reads the answer. Nothing of the target's
/// protocol is sent before the proxy's 2xx (RFC 9931).
///
/// `again` says that the stream already carried a CONNECT or waited for one, so that a close
/// without an answer means [`Outcome::Stale`].
///
/// # Errors
/// The proxy's answer is none ([`Kind::ProxyProtocol`]), does not come ([`Kind::Timeout`]), or
/// the stream breaks.
///
/// # Cancel safety
/// Dropping the future closes the stream.
pub async fn open(
    mut stream: Stream,
    proxy: &Proxy,
    target: &Target,
    authorization: Option<&Secret>,
    limit: Duration,
    again: bool,
) -> Result<Outcome> {
    let mut steps = stream.take_steps();
    let started = Instant::now();
    let request = request(target, authorization).map_err(|cause| {
        Error::new(Kind::Usage, Stage::Connect, cause.to_string()).after(steps.clone())
    })?;
    let shown = authorization.map_or("", |_| "; proxy-authorization: …");
    debug!("proxy > CONNECT {}{shown}", target.authority());
    let answered = exchange(&mut stream, request.expose().as_bytes(), limit, again).await;
    match answered {
        Ok(Answered::Open { status }) => {
            debug!("proxy < {status}");
            let elapsed = started.elapsed();
            steps.pass(
                Stage::Connect,
                target.authority(),
                status.to_string(),
                elapsed,
            );
            log_last(&steps);
            Ok(Outcome::Open(stream.with_steps(steps)))
        }
        Ok(Answered::Refused(mut refusal)) => {
            if let Some(shown) = authorization {
                refusal.answer = refusal.answer.hiding(&auth::hidden(shown));
            }
            let offered = text::clip(&refusal.answer.schemes.join(", "));
            debug!("proxy < {}; {offered}", refusal.answer);
            let stream = refusal.reusable.then_some(stream);
            Ok(Outcome::Refused {
                refusal,
                stream,
                steps,
            })
        }
        Ok(Answered::Stale) => Ok(Outcome::Stale(steps)),
        Err(Failure::Fault(fault)) => Err(explain(&fault, proxy).after(steps)),
        Err(Failure::Broken(cause)) => {
            let what = "the connection to the proxy broke before its answer";
            Err(Error::new(Kind::ProxyProtocol, Stage::Connect, what)
                .with_code(Code::ProxyClosed)
                .with_source(cause)
                .with_hint(advice::closed(proxy))
                .after(steps))
        }
        Err(Failure::Silence) => {
            let what = "the proxy did not answer CONNECT";
            let hint =
                "the proxy may be waiting for the target: ask whether the proxy can reach it";
            Err(Error::new(Kind::Timeout, Stage::Connect, what)
                .with_limit("timeouts.connect", text::seconds(limit))
                .with_hint(hint)
                .after(steps))
        }
    }
}

enum Answered {
    Open { status: u16 },
    Refused(Box<Refusal>),
    Stale,
}

enum Failure {
    Fault(Fault),
    Broken(std::io::Error),
    Silence,
}

async fn exchange(
    stream: &mut Stream,
    request: &[u8],
    limit: Duration,
    again: bool,
) -> std::result::Result<Answered, Failure> {
    let mut deadline = tokio::time::Instant::now() + limit;
    let mut handshake = Handshake::new();
    let mut untouched = true;
    let sent = timeout_at(deadline, stream.write_all(request)).await;
    match sent {
        Ok(Ok(())) => {}
        Ok(Err(_)) if again => return Ok(Answered::Stale),
        Ok(Err(cause)) => return Err(Failure::Broken(cause)),
        Err(_) => return Err(Failure::Silence),
    }
    let mut buffer = [0; 4096];
    loop {
        let waiting_for_body = handshake.refusal().is_some();
        // What follows a 2xx belongs to the tunnel and stays in the stream.
        let feed = |bytes: &[u8]| {
            let progress = handshake.feed(bytes);
            let unused = match &progress {
                Ok(Progress::Open { leftover, .. }) => leftover.len(),
                _ => 0,
            };
            (progress, bytes.len().saturating_sub(unused))
        };
        let judged = match timeout_at(deadline, stream.judge(&mut buffer, feed)).await {
            Ok(Ok(judged)) => judged,
            Ok(Err(_)) if untouched && again => return Ok(Answered::Stale),
            Ok(Err(_)) | Err(_) if waiting_for_body => None,
            Ok(Err(cause)) => return Err(Failure::Broken(cause)),
            Err(_) => return Err(Failure::Silence),
        };
        let Some(progress) = judged else {
            if untouched && again {
                return Ok(Answered::Stale);
            }
            return handshake
                .close()
                .map(|refusal| Answered::Refused(Box::new(refusal)))
                .map_err(Failure::Fault);
        };
        untouched = false;
        match progress.map_err(Failure::Fault)? {
            Progress::NeedMore => {}
            Progress::Open { status, .. } => return Ok(Answered::Open { status }),
            Progress::Refused(refusal) => return Ok(Answered::Refused(refusal)),
        }
        if !waiting_for_body && handshake.refusal().is_some() {
            deadline = deadline.min(tokio::time::Instant::now() + BODY_WAIT);
        }
    }
}

/// The error for bytes that are no answer of an HTTP proxy.
pub(crate) fn explain(fault: &Fault, proxy: &Proxy) -> Error {
    let error = Error::new(Kind::ProxyProtocol, Stage::Connect, fault.to_string());
    match fault {
        Fault::Tls => error
            .with_code(Code::ProxyWantsTls)
            .with_hint(format!(
                "the proxy may want `https://{}` (not built yet: ask for its plain HTTP port)",
                proxy.authority()
            ))
            .permanent(),
        Fault::NotHttp { .. } => error
            .with_code(Code::NotAProxy)
            .with_hint(format!(
                "check the proxy's port in {}: some other service listens there",
                proxy.origin
            ))
            .permanent(),
        Fault::HeadTooLong | Fault::TooManyFields => {
            let error = error.with_code(Code::ProxyTooLong);
            error.with_hint(advice::too_long(&proxy.origin)).permanent()
        }
        Fault::SwitchedProtocols => error
            .with_code(Code::NotAProxy)
            .with_hint(advice::web_server(proxy))
            .permanent(),
        Fault::Malformed { .. } => error.with_hint(advice::closed(proxy)),
        Fault::ClosedBeforeAnswer | Fault::ClosedInHead { .. } => error
            .with_code(Code::ProxyClosed)
            .with_hint(advice::closed(proxy)),
    }
}
