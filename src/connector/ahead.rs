//! A socket to the proxy that is dialled before it is known what for.

use tokio::task::JoinHandle;

use super::Connector;
use crate::base::{Result, Route};
use crate::dial::Stream;

/// Being dialled in the background, to save the round trip when it is wanted. Dropping it unused
/// closes it. What goes wrong here is nobody's error: whoever wants it dials again.
#[derive(Debug)]
pub(crate) struct Ahead(JoinHandle<Result<Stream>>);

impl Ahead {
    /// The socket, unless dialling it failed.
    pub(super) async fn take(mut self) -> Option<Stream> {
        match (&mut self.0).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the socket dialled ahead is not there");
                None
            }
            Err(_) => None,
        }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connector {
    /// Begins to dial the proxy of `route` for a tunnel whose target is not known yet. `None` when
    /// the route is direct.
    pub(crate) fn dial_ahead(&self, route: &Route) -> Option<Ahead> {
        let proxy = route.proxy()?.clone();
        let connector = self.clone();
        let dialling = tokio::spawn(async move { connector.dial_proxy(&proxy).await });
        Some(Ahead(dialling))
    }
}
