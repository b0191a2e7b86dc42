//! When to try again, and after which pause.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use super::event::{Event, Observer};
use crate::base::{Error, Result, text};
use crate::settings::Retry;

/// Counts the tries since the last progress.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    limits: Retry,
    attempts: u32,
}

/// What to do after an error.
#[derive(Debug)]
pub(super) enum Decision {
    /// Try again after the pause.
    Again {
        pause: Duration,
        /// The number of the coming try, from 2.
        attempt: u32,
    },
    /// Give up with this error.
    GiveUp(Error),
}

impl Backoff {
    pub(super) fn new(limits: Retry) -> Self {
        Self {
            limits,
            attempts: 1,
        }
    }

    /// Bytes came: what went wrong before no longer counts.
    pub(super) fn progress(&mut self) {
        self.attempts = 1;
    }

    /// Decides after `error`.
    pub(super) fn after(&mut self, error: Error) -> Decision {
        self.decide(error, random())
    }

    /// `jitter` is from 0 to 1: the pause is between half and the whole of its nominal length, so
    /// that many clients that were cut together do not come back together.
    fn decide(&mut self, error: Error, jitter: f64) -> Decision {
        if !error.is_transient() {
            return Decision::GiveUp(error);
        }
        if self.attempts >= self.limits.attempts {
            return Decision::GiveUp(error.with_attempts(self.attempts));
        }
        let doubled = 2u32.saturating_pow(self.attempts - 1);
        let nominal = self
            .limits
            .pause
            .saturating_mul(doubled)
            .min(self.limits.pause_max);
        let pause = nominal.mul_f64(0.5 + jitter / 2.0);
        match as_asked(pause, error, self.limits.pause_max, "retry.pause_max") {
            Err(error) => Decision::GiveUp(error.with_attempts(self.attempts)),
            Ok(pause) => {
                self.attempts += 1;
                Decision::Again {
                    pause,
                    attempt: self.attempts,
                }
            }
        }
    }
}

/// The pause, or the longer one that the other side asks for by `Retry-After`.
///
/// # Errors
/// It asks for more than `most`, which `setting` sets.
pub(super) fn as_asked(
    pause: Duration,
    error: Error,
    most: Duration,
    setting: &'static str,
) -> Result<Duration> {
    match error.retry_after() {
        Some(asked) if asked > most => {
            let limit = format!(
                "{}, but the other side asks to wait {}",
                text::seconds(most),
                text::seconds(asked)
            );
            Err(error.with_limit(setting, limit))
        }
        asked => Ok(pause.max(asked.unwrap_or_default())),
    }
}

/// Does it again as the limits allow, and tells `observer` of each further try.
pub(super) async fn with_tries<T, Doing>(
    limits: &Retry,
    observer: &Observer,
    mut attempt: impl FnMut() -> Doing,
) -> Result<T>
where
    Doing: Future<Output = Result<T>>,
{
    let mut backoff = Backoff::new(limits.clone());
    loop {
        let error = match attempt().await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        match backoff.after(error.clone()) {
            Decision::GiveUp(error) => return Err(error),
            Decision::Again { pause, attempt } => {
                observer.notify(Event::Retrying {
                    error: &error,
                    pause,
                    attempt,
                });
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// A number from 0 to 1. The standard library seeds its hasher at random, which is random enough
/// for a pause.
pub(super) fn random() -> f64 {
    let bits = RandomState::new().hash_one(0u8) >> 11;
    bits as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Answer, Kind, Stage};

    fn limits() -> Retry {
        Retry {
            attempts: 4,
            pause: Duration::from_secs(1),
            pause_max: Duration::from_secs(3),
        }
    }

    fn cut() -> Error {
        Error::new(Kind::Cut, Stage::Transfer, "cut")
    }

    fn pause(decision: Decision) -> Duration {
        match decision {
            Decision::Again { pause, .. } => pause,
            Decision::GiveUp(error) => panic!("{error}"),
        }
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_tries_end() {
        let mut backoff = Backoff::new(limits());
        assert_eq!(pause(backoff.decide(cut(), 1.0)), Duration::from_secs(1));
        assert_eq!(pause(backoff.decide(cut(), 1.0)), Duration::from_secs(2));
        assert_eq!(
            pause(backoff.decide(cut(), 0.0)),
            Duration::from_millis(1500)
        );
        match backoff.decide(cut(), 1.0) {
            Decision::GiveUp(error) => assert_eq!(error.attempts(), 4),
            other => panic!("{other:?}"),
        }
        backoff.progress();
        assert_eq!(pause(backoff.decide(cut(), 1.0)), Duration::from_secs(1));
    }

    #[test]
    fn a_definite_refusal_is_final() {
        for kind in [
            Kind::ProxyRefused,
            Kind::ProxyAuth,
            Kind::TargetRefused,
            Kind::Tls,
        ] {
            let mut backoff = Backoff::new(limits());
            let error = Error::new(kind, Stage::Connect, "no");
            assert!(
                matches!(backoff.decide(error, 1.0), Decision::GiveUp(_)),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn retry_after_is_honoured_up_to_the_limit() {
        let asking = |seconds| {
            let mut answer = Answer::new(503, "busy");
            answer.retry_after = Some(seconds);
            Error::new(Kind::TargetUnavailable, Stage::Request, "busy").with_answer(answer)
        };
        let mut backoff = Backoff::new(limits());
        assert_eq!(
            pause(backoff.decide(asking(3), 0.0)),
            Duration::from_secs(3)
        );
        match backoff.decide(asking(4), 0.0) {
            Decision::GiveUp(error) => {
                assert_eq!(error.limit().unwrap().setting, "retry.pause_max");
            }
            other => panic!("{other:?}"),
        }
    }
}
