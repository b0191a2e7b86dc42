//! tungstenite: its streams, by the route of a dataset.
//!
//! For code that has its own loop over a `tokio_tungstenite::WebSocketStream`: pings, limits and
//! errors are its user's then. [`Dataset::websocket`] has them built in.
//!
//! tungstenite's `connect_async` dials by itself, past every proxy; do not call it.

use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

pub use tokio_tungstenite;

use crate::base::{Error, Kind, Result, Route, Scheme, Stage, Steps};
use crate::connector::Alpn;
use crate::dataset::Dataset;
use crate::dial::Stream;
use crate::ws::{Options, upgrade};
use http::HeaderMap;

/// A WebSocket in tungstenite's hands.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// tungstenite's stream and sink of messages.
    pub socket: WebSocketStream<Stream>,
    /// The fields of the server's 101.
    pub headers: HeaderMap,
    /// What the server chose of the subprotocols that were offered.
    pub subprotocol: Option<String>,
    /// The way it goes.
    pub route: Route,
    /// The stages that were passed to open it.
    pub steps: Steps,
}

/// Opens the WebSocket at the dataset's URL: its fields, its login, its trust, its route. Of the
/// options those count that are about the opening and the sizes.
///
/// # Errors
/// Those of [`ws::connect`](crate::ws::connect).
///
/// # Cancel safety
/// Dropping the future closes what was opened.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use outbound::{adapters::tungstenite, ws::Options};
///
/// let client = outbound::Client::load()?;
/// let feed = client.dataset("wss://feed.example.org/v1")?;
/// let mut socket = tungstenite::connect(&feed, &Options::default()).await?.socket;
/// socket.close(None).await?;
/// # Ok(())
/// # }
/// ```
pub async fn connect(dataset: &Dataset, options: &Options) -> Result<Opened> {
    let request = dataset.websocket_request().await?;
    let upgraded = upgrade(dataset.connector(), &request, options).await?;
    let mut stream = upgraded.stream;
    let steps = stream.take_steps();
    let config = Some(options.config());
    Ok(Opened {
        socket: WebSocketStream::from_raw_socket(stream, Role::Client, config).await,
        headers: upgraded.headers,
        subprotocol: upgraded.subprotocol,
        route: Route::clone(&upgraded.route),
        steps,
    })
}

/// The byte stream to the dataset's `ws://` or `wss://` server, with TLS for `wss`, ready for
/// `tokio_tungstenite::client_async`: for requests that are all the caller's own. The dataset's
/// fields and login are not in it.
///
/// # Errors
/// Every stage up to `target-tls`.
///
/// # Cancel safety
/// Dropping the future closes what was opened.
pub async fn stream(dataset: &Dataset) -> Result<Stream> {
    let target = dataset.target();
    if !matches!(target.scheme(), Scheme::Ws | Scheme::Wss) {
        let what = format!("`{}://` is no WebSocket", target.scheme());
        return Err(Error::new(Kind::Usage, Stage::Route, what));
    }
    let connector = dataset.connector();
    let route = connector.route(target)?;
    connector.connect_by(&route, target, Alpn::Http1).await
}
