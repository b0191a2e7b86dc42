//! A transfer that was given up in the middle, and the login that comes back from it.

use std::future::ready;
use std::pin::Pin;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::client::Client;
use super::download::Confirming;
use super::word::{Said, Word};

/// How long the server may take to see that nobody reads any more. Most do within a round trip; a
/// proxy that keeps the data channel open behind its end would keep the login for ever.
const WITHIN: Duration = Duration::from_secs(5);

/// A login whose transfer was given up: the data channel is closed, and the server's word on that (426,
/// or 226 where it had sent all) is still to be heard before the next command. RFC 959 section 5.4
/// has one final reply for each transfer.
pub(super) struct Leaving {
    login: Pin<Box<dyn Future<Output = Option<Client>> + Send>>,
    until: Instant,
}

impl Leaving {
    /// The word was not heard yet.
    pub(super) fn behind(word: Word) -> Self {
        Self::new(async move { word.whole().await.login() })
    }

    /// It was heard.
    pub(super) fn heard(said: Said) -> Self {
        Self::new(ready(said.login()))
    }

    /// The end of a whole file is being confirmed.
    pub(super) fn confirming(confirming: Confirming) -> Self {
        Self::new(async move { confirming.await.ok().flatten() })
    }

    /// It came to its end.
    pub(super) fn over(client: Client) -> Self {
        Self::new(ready(Some(client)))
    }

    fn new(login: impl Future<Output = Option<Client>> + Send + 'static) -> Self {
        Self {
            login: Box::pin(login),
            until: Instant::now() + WITHIN,
        }
    }

    /// The login, unless it is lost.
    pub(super) async fn login(self) -> Option<Client> {
        let login = timeout_at(self.until, self.login).await.ok().flatten();
        if login.is_none() {
            tracing::debug!("ftp: a login is lost with the transfer that was given up");
        }
        login
    }
}
