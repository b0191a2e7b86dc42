//! A WebSocket that is left alone, or pinged.

use std::time::{Duration, Instant};

use super::Held;
use crate::base::{Code, Error, Kind, Result, Side, Stage, text};
use crate::dataset::Dataset;
use crate::ws::Options;

/// How long the answer to the goodbye is waited for.
const GOODBYE: Duration = Duration::from_secs(2);

/// Leaves it alone for so long, or sends pings as often as asked.
pub(super) async fn hold(
    dataset: &Dataset,
    how_long: Duration,
    ping: Option<Duration>,
) -> Result<Held> {
    let options = Options {
        ping,
        // Idle is what it is to be.
        silence: Some(how_long.saturating_mul(2)),
        ..Options::default()
    };
    let mut socket = dataset.websocket(&options).await?;
    let began = Instant::now();
    let until = tokio::time::Instant::now() + how_long;
    let mut messages = 0_u64;
    let ended = loop {
        match tokio::time::timeout_at(until, socket.next()).await {
            Err(_) => break None,
            Ok(Ok(Some(_))) => messages += 1,
            Ok(Ok(None)) => break Some(None),
            Ok(Err(cause)) => break Some(Some(cause)),
        }
    };
    let stood = began.elapsed();
    let said = match messages {
        0 => String::new(),
        count => format!("{count} messages"),
    };
    let Some(cause) = ended else {
        let _ = tokio::time::timeout(GOODBYE, socket.close()).await;
        return Ok(Held {
            stood,
            failure: None,
            said,
        });
    };
    let target = dataset.target();
    let what = format!(
        "the idle WebSocket was ended after {}",
        text::seconds(stood)
    );
    let closed = socket.closed().map(|closed| format!(": {closed}"));
    let error = Error::new(Kind::Cut, Stage::Transfer, what)
        .and_also(closed.unwrap_or_default())
        .with_code(Code::WsIdleCut)
        .with_side(Side::Network)
        .about(target.authority())
        .while_doing(format!("leave a WebSocket to {target} alone"))
        .with_route(socket.route())
        .with_hint(hint(stood, ping));
    let error = match cause {
        Some(cause) => error.with_source(cause),
        None => error,
    };
    Ok(Held {
        stood,
        failure: Some(error),
        said,
    })
}

/// What helps one that was ended after so long.
fn hint(stood: Duration, ping: Option<Duration>) -> String {
    let more_often = || text::seconds(below(stood)).replace(' ', "");
    match ping {
        None => format!(
            "a proxy on either side ends what is idle: raise its limit (nginx: proxy_read_timeout, \
             haproxy: timeout tunnel, Apache: ProxyTimeout), or have pings sent more often than that; \
             --ping {} tries whether that helps",
            more_often()
        ),
        Some(every) if every >= stood => format!(
            "it was ended before the first ping: --ping {} sends one in time",
            more_often()
        ),
        Some(_) => {
            "pings did not keep it: it is ended by age, or the pings are not passed on; the \
                    log of the proxy tells"
                .to_owned()
        }
    }
}

/// A round time of half so long at most: limits are counted coarsely, and a ping has its way to go.
fn below(stood: Duration) -> Duration {
    let half = stood.as_millis() as u64 / 2;
    let step = match half {
        0..100 => 10,
        100..1000 => 100,
        1000..10_000 => 1000,
        10_000..60_000 => 5000,
        _ => 30_000,
    };
    Duration::from_millis((half / step * step).max(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_are_proposed_below_the_time_that_was_measured() {
        for (stood, proposed) in [
            (3, "10ms"),
            (90, "40ms"),
            (1000, "500ms"),
            (1999, "900ms"),
            (2003, "1s"),
            (4010, "2s"),
            (5900, "2s"),
            (30_010, "15s"),
            (60_020, "30s"),
            (100_000, "50s"),
            (300_040, "150s"),
            (3_600_000, "1800s"),
        ] {
            let hint = hint(Duration::from_millis(stood), None);
            let words = format!("; --ping {proposed} tries whether");
            assert!(hint.contains(&words), "{stood}: {hint}");
        }
    }

    #[test]
    fn a_ping_that_never_came_is_not_blamed() {
        let hint = |ping| hint(Duration::from_secs(4), Some(Duration::from_secs(ping)));
        assert!(
            hint(10).contains("before the first ping: --ping 2s "),
            "{}",
            hint(10)
        );
        assert!(hint(1).contains("pings did not keep it"), "{}", hint(1));
    }
}
