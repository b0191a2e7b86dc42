//! Whether a WebSocket that was opened lives: one ping, and what comes back.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};
use tokio_tungstenite::tungstenite::{Error as Cause, Message as Frame};

use super::closed::Closed;
use super::failure;
use super::handshake::{Upgraded, upgrade};
use super::options::{Options, Request};
use crate::base::{Error, Result, Stage, Steps, text};
use crate::connector::Connector;
use crate::dial::{Stream, log_last};

/// How long the answer to the ping is waited for.
const PONG_WAIT: Duration = Duration::from_secs(2);

/// How long the answer to the goodbye is waited for.
const GOODBYE: Duration = Duration::from_secs(2);

/// A WebSocket that was opened, and closed again.
#[derive(Debug)]
pub(crate) struct Probe {
    pub steps: Steps,
    /// Why it may not live although nothing failed.
    pub doubt: Option<String>,
}

/// What came first.
enum Heard {
    Pong,
    Closed(Closed),
}

/// Opens it, sends a ping, waits two seconds at most for the pong, and says goodbye.
///
/// # Errors
/// Those of [`connect`](super::connect); it is cut or closed because something went wrong.
///
/// # Cancel safety
/// Dropping the future closes what was opened.
pub(crate) async fn probe(connector: &Connector, request: &Request) -> Result<Probe> {
    let options = Options::default();
    let upgraded = upgrade(connector, request, &options).await?;
    let Upgraded {
        mut stream,
        route,
        target,
        ..
    } = upgraded;
    let mut steps = stream.take_steps();
    let mut socket =
        WebSocketStream::from_raw_socket(stream, Role::Client, Some(options.config())).await;
    let started = Instant::now();
    let heard = timeout(PONG_WAIT, ping(&mut socket)).await;
    let subject = format!("ping {target}");
    let fails = |error: Error, steps: Steps| {
        let error = error.while_doing(format!("talk to {target} by WebSocket"));
        error.about(&*subject).with_route(&route).after(steps)
    };
    let doubt = match heard {
        Ok(Ok(Heard::Pong)) => {
            steps.pass(Stage::Transfer, &*subject, "pong", started.elapsed());
            log_last(&steps);
            None
        }
        Ok(Ok(Heard::Closed(closed))) => match closed.failure() {
            Some(error) => return Err(fails(error, steps)),
            None => Some(format!(
                "the server closed the WebSocket at once: {closed}; it may want a subprotocol, a \
                 field or another path"
            )),
        },
        Ok(Err(cause)) => {
            let error = failure::explain(cause, &options, Duration::ZERO);
            return Err(fails(error, steps));
        }
        Err(_) => Some(format!(
            "the server did not answer a ping within {}: it hangs, or something on the way holds \
             frames back",
            text::seconds(PONG_WAIT)
        )),
    };
    // That it lives is known: what the goodbye is answered with is no matter.
    let _ = timeout(GOODBYE, goodbye(&mut socket)).await;
    Ok(Probe { steps, doubt })
}

/// Sends a ping, and waits for the first word on it. What the server says besides is passed over.
async fn ping(socket: &mut WebSocketStream<Stream>) -> std::result::Result<Heard, Cause> {
    let number = Bytes::from_static(b"outbound check");
    socket.send(Frame::Ping(number.clone())).await?;
    loop {
        match socket.next().await {
            Some(Ok(Frame::Pong(answer))) if answer == number => return Ok(Heard::Pong),
            Some(Ok(Frame::Close(frame))) => return Ok(Heard::Closed(Closed::new(frame, false))),
            Some(Ok(_)) => {}
            Some(Err(cause)) => return Err(cause),
            None => return Err(Cause::ConnectionClosed),
        }
    }
}

/// Closes it, and reads to its end.
async fn goodbye(socket: &mut WebSocketStream<Stream>) -> std::result::Result<(), Cause> {
    let frame = CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    };
    socket.close(Some(frame)).await?;
    while let Some(frame) = socket.next().await {
        frame?;
    }
    Ok(())
}
