//! A WebSocket has no file; it can be checked.

use super::Probed;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::connector::Connector;
use crate::ws::{self, Request};

/// A URL of `ws` or `wss`.
#[derive(Debug)]
pub(crate) struct WsSource {
    pub connector: Connector,
    pub request: Request,
}

impl WsSource {
    /// Walks every stage up to the 101, sends a ping, and says goodbye.
    pub(super) async fn probe(&self) -> Result<Probed> {
        let probe = ws::probe(&self.connector, &self.request).await?;
        Ok(Probed::passed(probe.steps, probe.doubt))
    }

    /// The error for whoever wants a file.
    pub(in crate::dataset) fn no_file(&self) -> Error {
        let what = "a WebSocket is no file that could be read, listed or asked about";
        Error::new(Kind::Unsupported, Stage::Route, what)
            .while_doing(format!("open {}", text::shown_url(&self.request.url)))
            .with_hint("`outbound check` tries it; Dataset::websocket talks to it")
    }
}
