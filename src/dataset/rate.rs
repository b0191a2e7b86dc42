//! How fast bytes may come.

use std::fmt;
use std::num::NonZeroU64;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::base::{Error, Kind, Stage, size, text};

/// Bytes a second. Written as curl's `--limit-rate` takes it: a number, with a fraction if need
/// be, and one of `k`, `M`, `G`, `T`, `P` (either case, each 1024 times the one before) or `B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(NonZeroU64);

impl Rate {
    /// So many bytes a second.
    pub fn new(bytes: NonZeroU64) -> Self {
        Self(bytes)
    }

    /// How long so many bytes take.
    fn time(self, bytes: u64) -> Duration {
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.0.get());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many bytes may come at once: what takes a tenth of a second, so that the pauses are
    /// short and several transfers take turns.
    fn piece(self) -> usize {
        usize::try_from(self.0.get() / 10)
            .unwrap_or(usize::MAX)
            .max(1)
    }
}

impl FromStr for Rate {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        // The command line shows no hint for an argument: the words say it all.
        let bad = |what: &str| {
            let what = format!("the rate `{}` {what}", text::clip(written));
            Error::new(Kind::Usage, Stage::Settings, what)
        };
        let form = "is none: write bytes a second, like 500k, 2M or 1.5M";
        let bytes = size::parse(written).map_err(|fault| match fault {
            size::Fault::Form => bad(form),
            fault => bad(&fault.to_string()),
        })?;
        let bytes = NonZeroU64::new(bytes);
        bytes
            .map(Self)
            .ok_or_else(|| bad("is nothing: leave it out for no limit"))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes a second", self.0)
    }
}

/// A limit on the speed of everything that shares it: of its clones, and of the datasets that got
/// one, together.
#[derive(Clone, Debug)]
pub struct RateLimit {
    rate: Rate,
    bucket: Arc<Mutex<Bucket>>,
    /// What the bucket's times count from.
    origin: Instant,
}

impl RateLimit {
    /// A limit that nothing shares yet.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            bucket: Arc::default(),
            origin: Instant::now(),
        }
    }

    /// Takes note of bytes that came. Whoever read them reads on at the time that this gives, or
    /// at once.
    fn pay(&self, now: Instant, bytes: u64) -> Option<Instant> {
        let now = now.saturating_duration_since(self.origin);
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let until = bucket.pay(self.rate, now, bytes);
        // What cannot be told as a time is farther than anybody waits.
        let far = Duration::from_secs(60 * 60 * 24 * 365);
        (until > now).then(|| self.origin + until.min(now + far))
    }
}

/// A token bucket, in time instead of tokens: `paid` is when the rate allows for everything that
/// came so far. Pure: the time is an argument.
#[derive(Debug, Default)]
struct Bucket {
    paid: Duration,
}

/// Unused time is saved up to here: a pause that took too long is made up for, a server that was
/// silent is not.
const SAVED: Duration = Duration::from_millis(100);

impl Bucket {
    /// Takes note of bytes that came at `now`, and gives the time at which they are paid for.
    fn pay(&mut self, rate: Rate, now: Duration, bytes: u64) -> Duration {
        let from = self.paid.max(now.saturating_sub(SAVED));
        self.paid = from.saturating_add(rate.time(bytes));
        self.paid
    }
}

/// Holds one transfer to a limit.
pub(super) struct Pace {
    limit: RateLimit,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    pub(super) fn new(limit: RateLimit) -> Self {
        Self { limit, pause: None }
    }

    /// Waits until more may come, and gives how many bytes at once.
    pub(super) fn poll_allowed(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        if let Some(pause) = &mut self.pause {
            std::task::ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(self.limit.rate.piece())
    }

    /// Takes note of bytes that came.
    pub(super) fn came(&mut self, bytes: u64) {
        let until = self.limit.pay(Instant::now(), bytes);
        self.pause = until.map(|until| Box::pin(tokio::time::sleep_until(until)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(bytes: u64) -> Rate {
        Rate(NonZeroU64::new(bytes).unwrap())
    }

    #[test]
    fn rates_are_read_as_curl_does() {
        let cases = [
            ("1", 1), // source: curl's manual, --limit-rate
            ("1000", 1000),
            ("200K", 200 << 10),
            ("500k", 500 << 10),
            ("3m", 3 << 20),
            ("2M", 2 << 20),
            ("1G", 1 << 30),
            ("1T", 1 << 40),
            ("1P", 1 << 50),
            ("7b", 7), // source: curl's GetSizeParameter
            ("1.5M", 3 << 19),
            ("2.5k", 2560), // source: wget's manual, --limit-rate
            (".5k", 512),
            ("0.0009765625k", 1),
        ];
        for (written, bytes) in cases {
            assert_eq!(written.parse::<Rate>().unwrap(), rate(bytes), "{written}");
        }
        let form = "is none: write bytes a second, like 500k, 2M or 1.5M";
        let wrong = [
            ("", form),
            (".", form),
            ("k", form),
            ("-1", form),
            ("+1k", form),
            ("1e3", form),
            ("1 k", form),
            ("1.2.3", form),
            ("1,5M", form),
            ("99999999999999999999", form),
            ("١k", form),
            ("fast", "has a unit that is none of k, M, G, T, P"),
            ("5kB", "has a unit that is none of k, M, G, T, P"),
            ("5x", "has a unit that is none of k, M, G, T, P"),
            ("999999999P", "is too large"),
            ("0", "is nothing: leave it out for no limit"),
            ("0.5", "is nothing: leave it out for no limit"),
        ];
        for (written, what) in wrong {
            let error = written.parse::<Rate>().unwrap_err();
            let wanted = format!("the rate `{written}` {what}");
            assert!(error.to_string().contains(&wanted), "{written}: {error}");
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_came_is_paid_for_in_time() {
        let mut bucket = Bucket::default();
        let mut now = Duration::ZERO;
        // Whoever waits as told gets the rate to the byte.
        for _ in 0..100 {
            now = bucket.pay(rate(1000), now, 100);
        }
        assert_eq!(now, 10 * SECOND);
        // Woken late by less than is saved up, the next waits are shorter.
        let late = now + SAVED / 2;
        assert_eq!(bucket.pay(rate(1000), late, 100), now + SECOND / 10);
        // A silence is not made up for.
        let later = 100 * SECOND;
        assert_eq!(bucket.pay(rate(1000), later, 1000), later - SAVED + SECOND);
    }

    #[test]
    fn a_limit_is_shared_by_its_clones() {
        let limit = RateLimit::new(rate(1000));
        let other = limit.clone();
        let now = limit.origin + SECOND;
        let paid = now - SAVED;
        assert_eq!(limit.pay(now, 1000), Some(paid + SECOND));
        assert_eq!(other.pay(now, 1000), Some(paid + 2 * SECOND));
        // Paid for already.
        assert_eq!(limit.pay(now + 3 * SECOND, 1), None);
    }

    #[test]
    fn no_number_is_too_large() {
        let limit = RateLimit::new(rate(1));
        let now = limit.origin;
        for _ in 0..3 {
            let until = limit.pay(now, u64::MAX).unwrap();
            assert!(until > now + 1000 * SECOND);
        }
        assert!(rate(u64::MAX).piece() > 1 << 20);
        assert_eq!(rate(1).piece(), 1);
    }
}
