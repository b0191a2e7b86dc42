//! How long to wait before a stream is opened again.

use std::time::Duration;

use crate::base::{Error, Kind};
use crate::dataset::retry::{Decision, as_asked};

/// The pauses before a stream is opened again, by what went wrong. The defaults are those that
/// Twitter documented for its streams and other services took over. Up to a quarter is added at
/// random, so that many clients that were cut together do not come back together.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pauses {
    /// After a cut, a silence, or no connection: so long, and so much longer each time.
    pub network_step: Duration,
    /// The longest of these.
    pub network_max: Duration,
    /// After an answer 5xx or 408, or a page where the stream was: so long, and twice as long each time.
    pub unavailable_first: Duration,
    /// The longest of these.
    pub unavailable_max: Duration,
    /// After an answer 420 or 429: so long, and twice as long each time.
    pub limited_first: Duration,
    /// The longest of these.
    pub limited_max: Duration,
    /// The longest that the server may ask for: a `Retry-After` beyond it ends the stream, a `retry`
    /// of Server-Sent Events is cut down to it.
    pub asked_max: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self {
            network_step: Duration::from_millis(250),
            network_max: Duration::from_secs(16),
            unavailable_first: Duration::from_secs(5),
            unavailable_max: Duration::from_secs(320),
            limited_first: Duration::from_secs(60),
            limited_max: Duration::from_secs(960),
            asked_max: Duration::from_secs(3600),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Network,
    Unavailable,
    Limited,
}

impl Class {
    /// What a passing error is; none for one that stays.
    fn of(error: &Error) -> Option<Self> {
        if !error.is_transient() {
            return None;
        }
        let code = error.answer().map(|answer| answer.code);
        Some(match (error.kind(), code) {
            (_, Some(420 | 429)) => Self::Limited,
            (_, Some(400..)) | (Kind::TargetUnavailable, None) => Self::Unavailable,
            _ => Self::Network,
        })
    }
}

/// Counts what went wrong since the last byte.
#[derive(Debug)]
pub(super) struct Backoff {
    pauses: Pauses,
    /// How many tries there are without a byte, if there is a limit.
    attempts: Option<u32>,
    failures: u32,
    /// The last class, and how often in a row.
    class: Option<(Class, u32)>,
}

impl Backoff {
    pub(super) fn new(pauses: Pauses, attempts: Option<u32>) -> Self {
        Self {
            pauses,
            attempts,
            failures: 0,
            class: None,
        }
    }

    /// From now on there are so many tries.
    pub(super) fn limit(&mut self, attempts: Option<u32>) {
        self.attempts = attempts;
    }

    /// Bytes came: what went wrong before no longer counts.
    pub(super) fn progress(&mut self) {
        self.failures = 0;
        self.class = None;
    }

    /// Decides after `error`, with the server's `retry` and a number from 0 to 1.
    pub(super) fn after(&mut self, error: Error, retry: Option<Duration>, random: f64) -> Decision {
        let Some(class) = Class::of(&error) else {
            return Decision::GiveUp(error);
        };
        self.failures = self.failures.saturating_add(1);
        if self.attempts.is_some_and(|most| self.failures >= most) {
            return Decision::GiveUp(error.with_attempts(self.failures));
        }
        let times = match self.class {
            Some((before, times)) if before == class => times.saturating_add(1),
            _ => 1,
        };
        self.class = Some((class, times));
        let all = &self.pauses;
        let doubled = 2u32.saturating_pow(times - 1);
        let nominal = match class {
            Class::Network => all.network_step.saturating_mul(times).min(all.network_max),
            Class::Unavailable => {
                let pause = all.unavailable_first.saturating_mul(doubled);
                pause.min(all.unavailable_max)
            }
            Class::Limited => all
                .limited_first
                .saturating_mul(doubled)
                .min(all.limited_max),
        };
        let mut pause = nominal.saturating_add(nominal.mul_f64(random / 4.0));
        if let Some(retry) = retry {
            pause = pause.max(retry.min(all.asked_max));
        }
        match as_asked(pause, error, all.asked_max, "Pauses::asked_max") {
            Err(error) => Decision::GiveUp(error.with_attempts(self.failures)),
            Ok(pause) => Decision::Again {
                pause,
                attempt: self.failures.saturating_add(1),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Answer, Stage};

    fn cut() -> Error {
        Error::new(Kind::Cut, Stage::Transfer, "cut")
    }

    fn answered(kind: Kind, code: u16, retry_after: Option<u64>) -> Error {
        let mut answer = Answer::new(code, "no");
        answer.retry_after = retry_after;
        Error::new(kind, Stage::Request, "no").with_answer(answer)
    }

    fn busy(code: u16) -> Error {
        answered(Kind::TargetUnavailable, code, None)
    }

    /// In milliseconds.
    fn pauses(backoff: &mut Backoff, error: &Error, times: usize) -> Vec<u128> {
        let mut one = || match backoff.after(error.clone(), None, 0.0) {
            Decision::Again { pause, .. } => pause.as_millis(),
            Decision::GiveUp(error) => panic!("{error}"),
        };
        (0..times).map(|_| one()).collect()
    }

    fn new() -> Backoff {
        Backoff::new(Pauses::default(), None)
    }

    #[test]
    fn each_class_has_its_pauses() {
        let network = pauses(&mut new(), &cut(), 70);
        assert_eq!(network[..4], [250, 500, 750, 1000]);
        assert_eq!(network[62..66], [15_750, 16_000, 16_000, 16_000]);
        let unavailable = pauses(&mut new(), &busy(503), 9);
        assert_eq!(unavailable[..3], [5_000, 10_000, 20_000]);
        assert_eq!(unavailable[6..], [320_000, 320_000, 320_000]);
        let page = Error::new(Kind::TargetUnavailable, Stage::Request, "a page");
        for error in [busy(408), page] {
            assert_eq!(pauses(&mut new(), &error, 1), [5_000]);
        }
        for code in [420, 429] {
            let limited = pauses(&mut new(), &busy(code), 40);
            assert_eq!(limited[..3], [60_000, 120_000, 240_000]);
            assert_eq!(limited[39], 960_000);
        }
    }

    #[test]
    fn another_class_and_a_byte_begin_anew() {
        let mut backoff = new();
        assert_eq!(pauses(&mut backoff, &cut(), 2), [250, 500]);
        assert_eq!(pauses(&mut backoff, &busy(502), 2), [5_000, 10_000]);
        assert_eq!(pauses(&mut backoff, &cut(), 1), [250]);
        backoff.progress();
        assert_eq!(pauses(&mut backoff, &cut(), 1), [250]);
    }

    #[test]
    fn what_stays_is_final() {
        for error in [
            answered(Kind::TargetRefused, 404, None),
            answered(Kind::TargetAuth, 401, None),
            answered(Kind::ProxyRefused, 403, None),
            answered(Kind::ProxyAuth, 407, None),
        ] {
            assert!(matches!(new().after(error, None, 0.0), Decision::GiveUp(_)));
        }
    }

    #[test]
    fn the_server_may_ask_for_more_up_to_a_limit() {
        let after = |error, retry| match new().after(error, retry, 0.0) {
            Decision::Again { pause, .. } => Some(pause.as_secs()),
            Decision::GiveUp(_) => None,
        };
        let asking = |seconds| answered(Kind::TargetUnavailable, 503, Some(seconds));
        assert_eq!(after(asking(30), None), Some(30));
        assert_eq!(after(asking(1), None), Some(5));
        assert_eq!(after(asking(3601), None), None);
        assert_eq!(after(cut(), Some(Duration::from_secs(7))), Some(7));
        assert_eq!(after(cut(), Some(Duration::MAX)), Some(3600));
    }

    #[test]
    fn chance_only_adds_and_tries_may_be_counted() {
        let mut backoff = Backoff::new(Pauses::default(), Some(2));
        match backoff.after(cut(), None, 1.0) {
            Decision::Again { pause, attempt } => {
                assert_eq!((pause.as_micros(), attempt), (312_500, 2));
            }
            Decision::GiveUp(error) => panic!("{error}"),
        }
        match backoff.after(cut(), None, 0.0) {
            Decision::GiveUp(error) => assert_eq!(error.attempts(), 2),
            other => panic!("{other:?}"),
        }
    }
}
