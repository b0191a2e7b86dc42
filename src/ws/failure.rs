//! What ended a WebSocket that was open.

use std::time::Duration;

use tokio_tungstenite::tungstenite::Error as Cause;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};

use super::options::Options;
use crate::base::{Code, Error, Kind, Stage, text};

fn error(kind: Kind, what: impl Into<String>) -> Error {
    Error::new(kind, Stage::Transfer, what)
}

/// From what this much of silence in both directions was the end's likely cause.
const IDLE: Duration = Duration::from_millis(500);

/// The error for what tungstenite found. `quiet` is for how long nothing went either way.
pub(super) fn explain(cause: Cause, options: &Options, quiet: Duration) -> Error {
    match cause {
        Cause::Io(cause) => match Error::find(&cause) {
            Some(ours) => ours.clone(),
            None => cut("the connection broke", options, quiet).with_source(cause),
        },
        Cause::Protocol(ProtocolError::ResetWithoutClosingHandshake)
        | Cause::ConnectionClosed
        | Cause::AlreadyClosed => {
            let what = "the connection ended without a close frame (1006)";
            cut(what, options, quiet)
        }
        Cause::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            too_large(size, max_size, options)
        }
        Cause::Utf8(_) => violated("a text that is not UTF-8"),
        other => violated(&text::clip(&other.to_string())),
    }
}

fn cut(what: &str, options: &Options, quiet: Duration) -> Error {
    if quiet < IDLE {
        let hint =
            "the server, or a proxy or load balancer on the way, ended it: its log tells why";
        let error = error(Kind::Cut, what).with_code(Code::WsCut);
        return error.with_hint(hint);
    }
    let pings = match options.ping {
        Some(every) => format!("pings are sent every {}", text::seconds(every)),
        None => "pings are off".to_owned(),
    };
    let quiet = text::seconds(quiet);
    let what = format!("{what}, after {quiet} in which nothing was sent or received");
    let error = error(Kind::Cut, what).with_code(Code::WsIdleCut);
    error.with_hint(format!(
        "proxies and load balancers end what is idle, and {pings}: set ws::Options::ping below \
         their limit"
    ))
}

fn too_large(size: usize, most: usize, options: &Options) -> Error {
    // A frame is judged first.
    let (what, setting) = match size > options.frame_max && most == options.frame_max {
        true => ("a frame", "ws::Options::frame_max"),
        false => ("a message", "ws::Options::message_max"),
    };
    error(
        Kind::TargetProtocol,
        format!("the server sent {what} of {size} bytes or more"),
    )
    .with_limit(setting, format!("{most} bytes"))
    .with_hint("raise the limit if such messages are meant; else ask who runs the server")
}

fn violated(how: &str) -> Error {
    error(
        Kind::TargetProtocol,
        format!("the server breaks the WebSocket protocol: {how}"),
    )
    .with_hint("what answers may be no WebSocket server, or something on the way changes the bytes")
}

/// The error for a server that says nothing, not even in answer to a ping.
pub(super) fn silence(limit: Duration, setting: &'static str, pings: bool) -> Error {
    let what = match pings {
        true => "the server says nothing, and does not answer pings",
        false => "the server says nothing",
    };
    error(Kind::Timeout, what)
        .with_limit(setting, text::seconds(limit))
        .with_hint(
            "the server hangs, or the way to it broke without a word: connect again; where a server \
             knows no pings, send none and set ws::Options::silence",
        )
}

/// The error for a close that is not answered.
pub(super) fn unclosed(limit: Duration) -> Error {
    error(Kind::Timeout, "the server does not answer the close")
        .with_limit("ws::Options::close", text::seconds(limit))
        .with_hint("what was sent last may not have arrived")
}

/// The error for sending on what was closed in good order.
pub(super) fn closed(how: &str) -> Error {
    error(Kind::Cut, format!("the WebSocket was closed: {how}"))
}

/// The error for a server that goes away.
pub(super) fn gone(how: &str) -> Error {
    let what = format!("the server goes away: {how}");
    error(Kind::TargetUnavailable, what)
}

/// The error for sending where no WebSocket is open.
pub(crate) fn not_open(url: &url::Url) -> Error {
    error(Kind::Cut, "no WebSocket is open now")
        .while_doing(format!("talk to {}", text::shown_url(url)))
        .with_hint("wait for KeptEvent::Opened")
}
