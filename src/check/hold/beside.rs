//! What two streams tell that were left alone at the same time: by the proxy, and by the direct way.

use std::time::Duration;

use super::Held;
use crate::base::{Code, Error, Side, text};

impl Held {
    /// Tells by the direct way, which was left alone at the same time, who ended this one.
    #[must_use]
    pub fn beside(self, direct: &Self) -> Self {
        let stood = self.stood;
        Self {
            failure: self.failure.map(|error| judged(error, stood, direct)),
            ..self
        }
    }
}

fn judged(error: Error, stood: Duration, direct: &Held) -> Error {
    if !is_idle_cut(&error) {
        return error;
    }
    let other = text::seconds(direct.stood);
    let end = match &direct.failure {
        None => None,
        Some(other) if is_idle_cut(other) => Some(direct.stood),
        // It was not opened, or given up: it tells nothing.
        Some(_) => return error,
    };
    let own = error.hint().unwrap_or_default().to_owned();
    // What is said of a WebSocket tells of pings too, and whether there were any.
    let or = |of_tunnel: &str| match error.code() {
        Code::WsIdleCut => own.clone(),
        _ => format!("{of_tunnel}, or say something more often than that"),
    };
    match end {
        Some(end) if is_about(stood, end) => {
            let rest = or("ask for a longer limit there");
            let hint = format!(
                "the direct way was ended after {other} too: the target, or what both ways share, \
                 ends what is idle, and not the proxy alone; {rest}"
            );
            error.with_side(Side::Target).with_better_hint(hint)
        }
        Some(end) if end < stood => {
            let hint = format!("the direct way was ended sooner, after {other}; {own}");
            error.with_better_hint(hint)
        }
        _ => {
            let rest = or(
                "ask for a longer limit there (squid: read_timeout, tinyproxy: Timeout, haproxy: \
                 timeout tunnel, Apache: ProxyTimeout)",
            );
            let hint = format!(
                "the direct way stood for {other}: the proxy, or what is on its way alone, ends \
                 what is idle; {rest}"
            );
            error.with_side(Side::Proxy).with_better_hint(hint)
        }
    }
}

fn is_idle_cut(error: &Error) -> bool {
    matches!(error.code(), Code::TunnelIdleCut | Code::WsIdleCut)
}

/// Whether one limit may have ended both: limits are counted in seconds, and streams are not opened
/// at one moment.
fn is_about(one: Duration, other: Duration) -> bool {
    let room = (one.max(other) / 10).max(Duration::from_secs(1));
    one.abs_diff(other) <= room
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Kind, Stage};

    fn cut(seconds: u64) -> Held {
        Held {
            stood: Duration::from_secs(seconds),
            failure: Some(
                Error::new(Kind::Cut, Stage::Transfer, "ended")
                    .with_code(Code::TunnelIdleCut)
                    .with_side(Side::Network)
                    .with_hint("own words"),
            ),
            said: String::new(),
        }
    }

    #[test]
    fn the_direct_way_tells_who_ended_it() {
        let stood = Held {
            stood: Duration::from_secs(90),
            failure: None,
            said: String::new(),
        };
        let refused = Held::unopened(Error::new(Kind::Dial, Stage::Dial, "refused"));
        let stopped = Held::stopped(Duration::from_secs(70), "SIGINT");
        for (direct, side, words) in [
            (
                stood,
                Side::Proxy,
                "the direct way stood for 90 s: the proxy",
            ),
            (
                cut(75),
                Side::Proxy,
                "the direct way stood for 75 s: the proxy",
            ),
            (
                cut(64),
                Side::Target,
                "was ended after 64 s too: the target",
            ),
            (
                cut(60),
                Side::Target,
                "was ended after 60 s too: the target",
            ),
            (cut(20), Side::Network, "sooner, after 20 s; own words"),
            (refused, Side::Network, "own words"),
            (stopped, Side::Network, "own words"),
        ] {
            let error = cut(60).beside(&direct).failure.unwrap();
            assert_eq!(error.side(), side, "{words}");
            let hint = error.hint().unwrap();
            assert!(hint.contains(words), "{words}: {hint}");
        }
    }
}
