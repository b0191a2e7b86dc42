//! A WebSocket has no file; it can be checked.

use super::Probed;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::connector::Connector;
use crate::ws::{Options, Request, connect};

/// A URL of `ws` or `wss`.
#[derive(Debug)]
pub(crate) struct WsSource {
    pub connector: Connector,
    pub request: Request,
}

impl WsSource {
    /// Walks every stage up to the 101, and says goodbye.
    pub(super) async fn probe(&self) -> Result<Probed> {
        let options = Options::default();
        let socket = connect(&self.connector, &self.request, &options).await?;
        let steps = socket.steps().clone();
        // That it opened is what was to be found out: what the goodbye is answered with is no matter.
        let _ = tokio::time::timeout(GOODBYE, socket.close()).await;
        Ok(Probed::passed(steps, None))
    }

    /// The error for whoever wants a file.
    pub(in crate::dataset) fn no_file(&self) -> Error {
        let what = "a WebSocket is no file that could be read, listed or asked about";
        Error::new(Kind::Unsupported, Stage::Route, what)
            .while_doing(format!("open {}", text::shown_url(&self.request.url)))
            .with_hint("`outbound check` tries it; Dataset::websocket talks to it")
    }
}

/// How long the server's answer to the goodbye is waited for.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(2);
