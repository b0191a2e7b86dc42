//! The server's final word about a transfer, which is listened for while the data comes: it may be
//! there before the data ends, and its control channel may be lost before either.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::timeout;

use super::client::Client;
use super::control::Trouble;
use super::plan::Plan;
use super::{explain, protect};
use crate::base::{Error, Result, Stage, Steps};
use crate::proto::ftp::{Event, Failure, Reply};
use crate::tunnel::advice;

/// How long the answers to NOOP may take behind a transfer.
const SETTLED_WITHIN: Duration = Duration::from_secs(1);

/// A word that is listened for. Dropping it closes the control channel.
pub(super) struct Word(Listening);

type Listening = Pin<Box<dyn Future<Output = Said> + Send>>;

/// What came of it: the reply, or why there will be none.
pub(super) struct Said {
    /// Unless it is of no further use.
    pub(super) client: Option<Client>,
    pub(super) reply: Result<Reply>,
}

impl Said {
    /// The login, if it can be used again, whatever was said of the transfer: as long as it is a word
    /// on a transfer. The answer to what comes behind shows that the server said none.
    pub(super) fn login(self) -> Option<Client> {
        let code = self.reply.ok()?.code();
        let is_word = matches!(code, 150 | 225 | 226 | 250 | 400..=599);
        self.client.filter(|_| is_word && code != 421)
    }
}

impl Word {
    /// Listens without a limit: while data comes, silence is all there is to hear.
    pub(super) fn of(client: Client, doing: String) -> Self {
        Self(Box::pin(listen(client, doing)))
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Said> {
        self.0.as_mut().poll(cx)
    }

    /// The word, whenever it comes.
    pub(super) async fn whole(self) -> Said {
        self.0.await
    }

    /// The word, if it comes in time.
    pub(super) async fn within(self, limit: Duration) -> Option<Said> {
        timeout(limit, self.0).await.ok()
    }
}

async fn listen(mut client: Client, doing: String) -> Said {
    let every = client.0.plan.keepalive;
    let reply = loop {
        let control = &mut client.0.control;
        let told = match every {
            None => control.next().await,
            Some(every) => match timeout(every, control.next()).await {
                Ok(told) => told,
                Err(_) => {
                    control.session.keep_alive();
                    match control.send().await {
                        Ok(()) => continue,
                        Err(trouble) => Err(trouble),
                    }
                }
            },
        };
        match told {
            Ok(Some(Event::Ended(reply))) => break Ok(reply),
            // The port for the next file.
            Ok(Some(event)) => client.0.note(event),
            Err(Trouble::Silence(_)) => {}
            Ok(None) => break Err(Trouble::Failed(Failure::Closed)),
            Err(trouble) => break Err(trouble),
        }
    };
    let reply = reply.map_err(|trouble| client.0.setback(trouble, Stage::Transfer, &doing).error);
    let usable = every.is_none() || settles(&mut client).await;
    Said {
        client: usable.then_some(client),
        reply,
    }
}

/// Waits for the answers to NOOP that come behind a transfer. A server that forgot one of them would
/// keep the next command waiting.
async fn settles(client: &mut Client) -> bool {
    let settling = async {
        loop {
            match client.0.control.next().await {
                Ok(Some(event)) => client.0.note(event),
                Ok(None) => return true,
                Err(_) => return false,
            }
        }
    };
    timeout(SETTLED_WITHIN, settling).await.unwrap_or(false)
}

/// What an error of a transfer tells beside what happened, while the client listens.
#[derive(Clone)]
pub(super) struct About {
    plan: Arc<Plan>,
    steps: Steps,
    doing: String,
    secured: bool,
}

impl About {
    pub(super) fn new(client: &Client, doing: String) -> Self {
        Self {
            plan: Arc::clone(&client.0.plan),
            steps: client.steps(),
            doing,
            secured: client.0.tls.is_some(),
        }
    }

    pub(super) fn steps(&self) -> &Steps {
        &self.steps
    }

    /// Whether the control channel is used while the data comes.
    pub(super) fn keeps_alive(&self) -> bool {
        self.plan.keepalive.is_some()
    }

    pub(super) fn doing(&self) -> &str {
        &self.doing
    }

    /// How long the data may be silent.
    pub(super) fn idle_limit(&self) -> Duration {
        self.plan.dial.timeouts().idle
    }

    /// How long the server may take for its word once the data has ended.
    pub(super) fn reply_limit(&self) -> Duration {
        self.plan.dial.timeouts().reply
    }

    /// Adds to an error what is known here.
    pub(super) fn blame(&self, error: Error) -> Error {
        let error = error
            .while_doing(self.doing.as_str())
            .with_route(&self.plan.route)
            .after(self.steps.clone());
        protect::advise(error, &self.plan.target, self.secured)
    }

    /// The error for a word that did not come in time.
    pub(super) fn silence(&self) -> Error {
        let (target, trouble) = (&self.plan.target, Trouble::Silence(self.reply_limit()));
        let error = explain::explain(trouble, Stage::Transfer, target, &self.plan.login);
        let error = self.blame(error);
        match self.plan.route.proxy() {
            Some(proxy) => advice::behind_tunnel(error, proxy, target),
            None => error,
        }
    }
}
