//! WebSocket (RFC 6455) over the connector: always by CONNECT where a proxy applies, `ws://` at
//! port 80 too, because proxies do not pass `Upgrade` on.
//!
//! ```text
//! connect ─► handshake (HTTP/1.1 upgrade, judged by `refusal`) ─► WebSocket ⇄ driver (a task)
//!                                                                     └ pings, limits, the close
//! ```
//!
//! A task of its own reads, writes and pings, so that a WebSocket stays alive whatever its user
//! does meanwhile: proxies and load balancers end what is idle. `Dataset::websocket` is the usual
//! way in, `Dataset::websocket_kept` the one that connects again.
//!
//! tungstenite writes the frames that it sends to its log at level `trace`: a program whose messages
//! are secret should not let it (`tungstenite=debug`).

mod closed;
mod driver;
mod failure;
mod handshake;
mod message;
mod options;
mod probe;
mod refusal;
mod socket;

pub use closed::Closed;
pub(crate) use failure::not_open;
pub(crate) use handshake::upgrade;
pub use message::Message;
pub use options::{Options, Request};
pub(crate) use probe::probe;
pub use socket::{Receiver, Sender, WebSocket, connect};
