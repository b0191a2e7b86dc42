//! What is asked for, and the limits.

use std::time::Duration;

use http::HeaderMap;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use url::Url;

use crate::base::Secret;

/// How a WebSocket is opened and kept.
#[derive(Clone, Debug)]
pub struct Options {
    /// Subprotocols to offer, the best first.
    pub subprotocols: Vec<String>,
    /// How often a ping is sent, whatever else is; `None` for never. Proxies and load balancers end
    /// what is idle: of nginx after 60 s as it comes, and many others after a minute or more. Where
    /// the limit on silence is short, pings are sent at least twice within it.
    pub ping: Option<Duration>,
    /// How long the server may send nothing at all, no answer to a ping either. `None`:
    /// `timeouts.idle` of the settings when pings are sent, and no limit when none are.
    pub silence: Option<Duration>,
    /// How long the close handshake may take.
    pub close: Duration,
    /// No message may be larger that comes, in bytes.
    pub message_max: usize,
    /// No frame may be larger that comes, in bytes.
    pub frame_max: usize,
}

impl Default for Options {
    /// A ping every 30 s, 10 s for the close, 64 MiB for a message and 16 MiB for a frame.
    fn default() -> Self {
        Self {
            subprotocols: Vec::new(),
            ping: Some(Duration::from_secs(30)),
            silence: None,
            close: Duration::from_secs(10),
            message_max: 64 << 20,
            frame_max: 16 << 20,
        }
    }
}

impl Options {
    /// What tungstenite is to keep to.
    pub(crate) fn config(&self) -> WebSocketConfig {
        WebSocketConfig::default()
            // Read as much at once as is worth it; many sockets of a feed stand side by side.
            .read_buffer_size(16 * 1024)
            .max_message_size(Some(self.message_max))
            .max_frame_size(Some(self.frame_max))
    }
}

/// Where to connect to, and with what.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// The URL, `ws` or `wss`.
    pub url: Url,
    /// Fields to send with the upgrade.
    pub headers: HeaderMap,
    /// The value of `Authorization`.
    pub authorization: Option<Secret>,
}

impl Request {
    /// A request for `url`, without fields and login.
    pub fn new(url: Url) -> Self {
        Self {
            url,
            headers: HeaderMap::new(),
            authorization: None,
        }
    }
}
