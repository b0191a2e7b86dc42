//! A socket to the proxy that is dialled before it is known what for.

use tokio::task::JoinHandle;

use super::Connector;
use crate::base::{Kind, Result, Route};
use crate::dial::Stream;

/// Being dialled in the background, to save the round trip when it is wanted. Dropping it unused
/// closes it. A refusal here is nobody's error: whoever wants it dials again.
#[derive(Debug)]
pub(crate) struct Ahead(JoinHandle<Result<Stream>>);

impl Ahead {
    /// The socket, unless dialling it failed.
    ///
    /// # Errors
    /// A limit was hit: to dial again would take as long again.
    pub(super) async fn take(mut self) -> Result<Option<Stream>> {
        match (&mut self.0).await {
            Ok(Ok(stream)) => Ok(Some(stream)),
            Ok(Err(error)) if error.kind() == Kind::Timeout => Err(error),
            Ok(Err(error)) => {
                tracing::debug!(%error, "the socket dialled ahead is not there");
                Ok(None)
            }
            Err(_) => Ok(None),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Error, Stage};

    #[tokio::test]
    async fn only_what_took_its_time_is_not_tried_again() {
        for (kind, again) in [(Kind::Dial, true), (Kind::Timeout, false)] {
            let failed = async move { Err(Error::new(kind, Stage::Dial, "no")) };
            let taken = Ahead(tokio::spawn(failed)).take().await;
            assert_eq!(matches!(taken, Ok(None)), again, "{kind:?}");
            assert_eq!(taken.is_err(), !again, "{kind:?}");
        }
    }
}
