//! How long a WebSocket may say nothing.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::directives::Front;
use super::fault::Fault;
use super::finding::{Finding, Item};
use crate::base::{Error, Result, Route, text};
use crate::ws::{Closed, Message, WebSocket};

/// What an idle WebSocket is for this: messages that come until a time, one that goes, and a clock.
trait Talk {
    fn now(&self) -> Instant;
    /// The next message; `None` when none came until then.
    async fn next(&mut self, until: Instant) -> Option<Result<Option<Message>>>;
    async fn send(&mut self, text: &'static str) -> Result<()>;
}

impl Talk for WebSocket {
    fn now(&self) -> Instant {
        Instant::now()
    }

    async fn next(&mut self, until: Instant) -> Option<Result<Option<Message>>> {
        timeout_at(until, WebSocket::next(self)).await.ok()
    }

    async fn send(&mut self, text: &'static str) -> Result<()> {
        WebSocket::send(self, text).await
    }
}

/// How it went.
#[derive(Debug)]
struct Idled {
    /// How long it was left alone.
    lasted: Duration,
    /// How long nothing was said, at most.
    quiet: Duration,
    /// How it ended before its time; `None` inside: it was closed in good order.
    end: Option<Option<Error>>,
}

/// Leaves a WebSocket alone for `limit`. What the server says meanwhile is read; a heartbeat of
/// engine.io is answered, or the application would end it by itself.
async fn leave(socket: &mut impl Talk, limit: Duration) -> Idled {
    let began = socket.now();
    let until = began + limit;
    let (mut last, mut quiet) = (began, Duration::ZERO);
    let end = loop {
        let said = socket.next(until).await;
        quiet = quiet.max(socket.now() - last);
        last = socket.now();
        match said {
            None => break None,
            Some(Ok(None)) => break Some(None),
            Some(Err(error)) => break Some(Some(error)),
            Some(Ok(Some(message))) => {
                if message.as_text() != Some("2") {
                    continue;
                }
                // Who takes nothing any more must not hold it beyond its time.
                match timeout_at(until, socket.send("3")).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => break Some(Some(error)),
                    Err(_) => break None,
                }
            }
        }
    };
    Idled {
        lasted: socket.now() - began,
        quiet,
        end,
    }
}

/// Leaves it idle for `limit`, and judges. `did` opened it.
pub(super) async fn check(
    mut socket: WebSocket,
    did: &str,
    limit: Duration,
    front: &Front,
) -> Finding {
    let route = socket.route().clone();
    let idled = leave(&mut socket, limit).await;
    let closed = match socket.closed().cloned() {
        Some(closed) => Some(closed),
        // That it answers shows that it is alive: a firewall forgets without a word.
        None if idled.end.is_none() => {
            if let Err(error) = socket.close().await {
                let end = Some(Some(error));
                return judge(&Idled { end, ..idled }, None, did, front, &route);
            }
            None
        }
        None => None,
    };
    judge(&idled, closed.as_ref(), did, front, &route)
}

fn judge(
    idled: &Idled,
    closed: Option<&Closed>,
    did: &str,
    front: &Front,
    route: &Route,
) -> Finding {
    let lasted = text::seconds(idled.lasted);
    match &idled.end {
        None => {
            let finding = Finding::passed(Item::Idle, did, format!("alive after {lasted} of idle"));
            match idled.quiet + Duration::from_millis(500) < idled.lasted {
                true => finding.meaning(format!(
                    "the application itself sends something, at the latest after {}",
                    text::seconds(idled.quiet)
                )),
                false => finding,
            }
        }
        Some(None) => {
            let how = closed.map_or_else(String::new, |closed| format!(": {closed}"));
            let words = format!("the application closed it in good order after {lasted}{how}");
            Finding::doubtful(Item::Idle, did, words)
        }
        // A close frame with a code that says why comes from an application.
        Some(Some(error)) if error.answer().is_some() => {
            Finding::doubtful(Item::Idle, did, format!("after {lasted}: {}", error.what()))
        }
        Some(Some(error)) => {
            let words = format!("after {lasted}: {}", error.what());
            Finding::failed(Item::Idle, did, words, Fault::IdleCut, front, Some(route))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::base::{Kind, Stage, Target};
    use crate::settings::Settings;

    /// Says each of these after so many seconds of a clock of its own, and nothing more.
    struct Script {
        said: VecDeque<(u64, Result<Option<Message>>)>,
        sent: Vec<&'static str>,
        now: Instant,
        /// Takes nothing any more.
        is_full: bool,
    }

    impl Talk for Script {
        fn now(&self) -> Instant {
            self.now
        }

        async fn next(&mut self, until: Instant) -> Option<Result<Option<Message>>> {
            let after = self
                .said
                .front()
                .map(|(after, _)| Duration::from_secs(*after));
            match after.map(|after| self.now + after).filter(|at| *at < until) {
                Some(at) => {
                    self.now = at;
                    self.said.pop_front().map(|(_, said)| said)
                }
                None => {
                    self.now = until;
                    None
                }
            }
        }

        async fn send(&mut self, text: &'static str) -> Result<()> {
            if self.is_full {
                std::future::pending::<()>().await;
            }
            self.sent.push(text);
            Ok(())
        }
    }

    /// One whose reader has stopped while it says heartbeats.
    #[tokio::test(start_paused = true)]
    async fn one_that_takes_nothing_does_not_hold_it_beyond_its_time() {
        let beat = || (1, Ok(Some(Message::Text("2".to_owned()))));
        let now = Instant::now();
        let mut script = Script {
            said: (0..9).map(|_| beat()).collect(),
            sent: Vec::new(),
            now,
            is_full: true,
        };
        let left = leave(&mut script, Duration::from_secs(120));
        let idled = tokio::time::timeout(Duration::from_secs(121), left).await;
        assert!(idled.unwrap().end.is_none());
        assert_eq!(now.elapsed(), Duration::from_secs(120));
    }

    async fn left(said: Vec<(u64, Result<Option<Message>>)>) -> (Finding, Vec<&'static str>) {
        let mut script = Script {
            said: said.into(),
            sent: Vec::new(),
            now: Instant::now(),
            is_full: false,
        };
        let idled = leave(&mut script, Duration::from_secs(120)).await;
        let policy = Settings::from_toml("").unwrap();
        let target = Target::parse("ws://h.test/").unwrap();
        let route = crate::route::resolve(&policy, None, &target).unwrap();
        let finding = judge(&idled, None, "GET /ws", &Front::default(), &route);
        (finding, script.sent)
    }

    #[tokio::test]
    async fn an_idle_websocket_is_left_alone_for_as_long_as_was_asked() {
        let (finding, sent) = left(Vec::new()).await;
        assert_eq!(finding.words, "alive after 120 s of idle");
        assert_eq!((finding.means, finding.verdict.as_str()), (None, "ok"));
        assert!(sent.is_empty());
    }

    #[tokio::test]
    async fn a_cut_is_told_with_its_time_and_the_lines() {
        let cut = Error::new(Kind::Cut, Stage::Transfer, "it broke");
        let (finding, _) = left(vec![(60, Err(cut))]).await;
        assert_eq!(finding.words, "after 60 s: it broke");
        let hint = finding.failure().unwrap().hint().unwrap();
        for line in [
            "proxy_read_timeout 3600;",
            "ProxyTimeout 3600",
            "timeout tunnel 1h",
        ] {
            assert!(hint.contains(line), "{hint}");
        }
    }

    #[tokio::test]
    async fn heartbeats_are_answered_and_told() {
        let beat = || (25, Ok(Some(Message::Text("2".to_owned()))));
        let (finding, sent) = left(vec![beat(), beat(), beat(), beat()]).await;
        assert_eq!(sent, ["3", "3", "3", "3"]);
        assert_eq!(finding.verdict.as_str(), "ok");
        assert!(finding.means.unwrap().ends_with("at the latest after 25 s"));
    }

    #[tokio::test]
    async fn an_application_that_closes_is_no_cut() {
        let (finding, _) = left(vec![(45, Ok(None))]).await;
        assert_eq!(finding.verdict.as_str(), "doubt");
        assert!(finding.words.contains("closed it in good order after 45 s"));
    }
}
