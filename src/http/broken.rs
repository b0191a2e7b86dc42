//! What went wrong where no answer came, or none that can be read, or not to its end.

use std::time::Duration;

use http::header::HeaderMap;

use super::failure::MAY_BE_TLS;
use super::ftp_answer::UNABLE;
use crate::base::{Code, Error, Kind, Proxy, Scheme, Side, Stage, Target, text};
use crate::proto::connect::HEAD_MAX;
use crate::tls;
use crate::tunnel::advice;

/// The fields of an answer may not be longer than this, as in answer to CONNECT.
const FIELDS_MAX: usize = HEAD_MAX;

/// Whether the head of an answer is longer than anybody needs. (hyper's own limit is on what it
/// reads at once.)
pub(super) fn is_too_long(headers: &HeaderMap) -> bool {
    let lengths = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    lengths.sum::<usize>() > FIELDS_MAX
}

/// The error for such an answer.
pub(super) fn too_long(hop: Option<&Proxy>) -> Error {
    let (who, kind) = match hop {
        Some(_) => ("the proxy's answer", Kind::ProxyProtocol),
        None => ("the server's answer", Kind::TargetProtocol),
    };
    let what = format!(
        "the head of {who} is longer than {} KiB (a fixed limit)",
        FIELDS_MAX / 1024
    );
    let error = Error::new(kind, Stage::Request, what).permanent();
    match hop {
        Some(proxy) => error
            .with_code(Code::ProxyTooLong)
            .with_hint(advice::too_long(&proxy.origin)),
        None => error.with_hint(
            "no setting changes this limit: ask who runs the server what fills its answers",
        ),
    }
}

/// The error for a request that got no answer. `hop` is the proxy that should have answered, for a
/// request in absolute form; `heard` bytes of an answer had come. `plain`: without TLS.
pub(super) fn broken(
    cause: hyper_util::client::legacy::Error,
    hop: Option<&Proxy>,
    plain: bool,
    heard: u64,
) -> Error {
    if let Some(ours) = Error::find(&cause) {
        return ours.clone();
    }
    tracing::debug!(?cause, "no answer came");
    let hyper = std::error::Error::source(&cause).and_then(|e| e.downcast_ref::<hyper::Error>());
    let malformed = hyper.is_some_and(|e| e.is_parse() && !e.is_incomplete_message());
    // Without its server, hyper does not say that it is the length.
    if malformed && heard > HEAD_MAX as u64 {
        return too_long(hop);
    }
    let (who, malformed_kind, closed_kind) = match hop {
        Some(_) => ("the proxy", Kind::ProxyProtocol, Kind::ProxyProtocol),
        None => ("the server", Kind::TargetProtocol, Kind::Cut),
    };
    let (stranger, closed) = match hop {
        Some(_) => (Code::NotAProxy, Code::ProxyClosed),
        None => (Code::TargetNotHttp, Code::TargetClosed),
    };
    // Under TLS 1.3 a server says so only after the handshake.
    if tls::wants_certificate(&cause) {
        return tls::no_certificate(Stage::Request);
    }
    // Of hyper's chain only the innermost says more than the message.
    let mut innermost: &(dyn std::error::Error + 'static) = &cause;
    while let Some(next) = innermost.source() {
        innermost = next;
    }
    if malformed {
        let what = format!("{who}'s answer is not HTTP");
        let error = Error::new(malformed_kind, Stage::Request, what)
            .with_code(stranger)
            .permanent()
            .with_source(innermost.to_string());
        return match hop {
            Some(proxy) => error.with_hint(format!(
                "check the proxy's port in {}: some other service may listen there",
                proxy.origin
            )),
            None if plain => error.with_hint(MAY_BE_TLS),
            None => error,
        };
    }
    if hyper.is_some_and(hyper::Error::is_user) {
        let what = match hyper.is_some_and(hyper::Error::is_body_write_aborted) {
            true => "the request's body ended before its length",
            false => "the request's body cannot be read",
        };
        return Error::new(Kind::Usage, Stage::Request, what).with_source(innermost.to_string());
    }
    let what = match heard {
        0 => format!("{who} closed the connection without an answer"),
        _ => format!("{who} closed the connection inside its answer, after {heard} bytes"),
    };
    let error = Error::new(closed_kind, Stage::Request, what).with_code(closed);
    let error = match hop {
        Some(proxy) => error.with_hint(advice::closed(proxy)),
        None if plain && heard == 0 => error.with_hint(MAY_BE_TLS),
        None => error,
    };
    match innermost.is::<std::io::Error>() {
        true => error.with_source(innermost.to_string()),
        false => error,
    }
}

/// The error for a request whose answer did not come in time. In absolute form the silence may
/// be the proxy's or the server's: whoever runs the proxy can tell.
pub(super) fn silence(
    (limit, setting): (Duration, &'static str),
    target: &Target,
    hop: Option<&Proxy>,
    all_sent: bool,
) -> Error {
    let error = |what: &str| {
        let what = match all_sent {
            true => what.to_owned(),
            false => format!("{what}, and the request's body was not taken to its end"),
        };
        Error::new(Kind::Timeout, Stage::Request, what).with_limit(setting, text::seconds(limit))
    };
    match hop {
        None => error("no answer to the request"),
        Some(proxy) => error("no answer from the proxy (or the server behind it)")
            .with_side(Side::Proxy)
            .with_code(Code::ProxySilent)
            .with_hint(match target.scheme() {
                // tinyproxy asks the FTP server in the words of HTTP, and waits.
                Scheme::Ftp => format!("ask whether the proxy can reach {target}: {UNABLE}"),
                _ => format!(
                    "ask whether the proxy can reach {target}; a service that is no proxy may be \
                     silent too: check the proxy's port in {}",
                    proxy.origin
                ),
            }),
    }
}

/// The error for a body that broke off.
pub(super) fn cut(cause: hyper::Error, from_proxy: bool) -> Error {
    if let Some(ours) = Error::find(&cause) {
        return ours.clone();
    }
    let who = if from_proxy {
        "the proxy"
    } else {
        "the server"
    };
    let what = format!("{who} closed the connection before the end of the data");
    let error = Error::new(Kind::Cut, Stage::Transfer, what).with_source(cause);
    match from_proxy {
        true => error.with_hint(
            "the proxy, or the server behind it, broke off: where that happens again and again, ask \
             the proxy's administrator for its limits on time and size",
        ),
        false => error,
    }
}
