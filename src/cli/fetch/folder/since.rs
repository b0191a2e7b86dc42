//! `--newer`: files that were changed after a moment.

use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use crate::ftp::listing::{Exact, Stamp};

/// A moment: files must be newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since(pub SystemTime);

/// Zones lie between these of UTC.
const WEST: Duration = Duration::from_secs(12 * 3600);
const EAST: Duration = Duration::from_secs(14 * 3600);

impl FromStr for Since {
    type Err = String;

    /// `2026-11-01`, `2026-11-01T12:00:00Z` (without a zone it is UTC), `7d` (ago), or a file, whose
    /// time counts.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(stamp) = text.parse::<Stamp>() {
            return Ok(Self(stamp.time));
        }
        if let Some(ago) = duration(text) {
            let then = SystemTime::now().checked_sub(ago);
            return then.map(Self).ok_or("that is too long ago".to_owned());
        }
        let about = std::fs::metadata(Path::new(text)).and_then(|about| about.modified());
        about.map(Self).map_err(|_| {
            "no time (2026-11-01, 2026-11-01T12:00:00Z), no duration (30m, 12h, 7d, 2w), and no \
             file of that name"
                .to_owned()
        })
    }
}

fn duration(text: &str) -> Option<Duration> {
    let (count, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    let count: u64 = count.parse().ok().filter(|_| !count.starts_with('+'))?;
    Some(Duration::from_secs(count.checked_mul(seconds)?))
}

impl Since {
    /// Whether a file of that time is newer; `None` when the listing is not exact enough to tell,
    /// and the server has to be asked.
    pub fn is_before(self, modified: Option<Stamp>) -> Option<bool> {
        let stamp = modified?;
        let unit = match stamp.exact {
            Exact::Second => Duration::ZERO,
            Exact::Minute => Duration::from_secs(59),
            Exact::Day => Duration::from_secs(86_399),
        };
        let (earlier, later) = match stamp.utc {
            true => (Duration::ZERO, Duration::ZERO),
            // In the east the clocks are ahead of UTC.
            false => (EAST, WEST),
        };
        let first = stamp.time.checked_sub(earlier)?;
        let last = stamp.time.checked_add(unit + later)?;
        match (first > self.0, last > self.0) {
            (true, _) => Some(true),
            (_, false) => Some(false),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_people_write_them() {
        let at = |seconds| Since(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!("2024-01-02".parse(), Ok(at(1_704_153_600)));
        assert_eq!("2024-01-02T03:04:05Z".parse(), Ok(at(1_704_164_645)));
        assert_eq!("2024-01-02T04:04:05+01:00".parse(), Ok(at(1_704_164_645)));
        let week: Since = "7d".parse().unwrap();
        let two: Since = "2w".parse().unwrap();
        let apart = week.0.duration_since(two.0).unwrap();
        assert_eq!(apart.as_secs().div_ceil(86_400), 7);
        for (text, seconds) in [("90s", 90), ("30m", 1800), ("12h", 43_200), ("0d", 0)] {
            assert_eq!(duration(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        let here = tempfile::NamedTempFile::new().unwrap();
        let modified = here.as_file().metadata().unwrap().modified().unwrap();
        assert_eq!(here.path().to_str().unwrap().parse(), Ok(Since(modified)));
        for text in [
            "",
            "d",
            "+7d",
            "7x",
            "1.5h",
            "99999999999999999999d",
            "yesterday",
            "7\u{e9}",
        ] {
            assert!(text.parse::<Since>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_listing_cannot_tell_is_asked() {
        let since: Since = "2024-01-02T12:00:00Z".parse().unwrap();
        for (stamp, newer) in [
            ("2024-01-02T12:00:01Z", Some(true)),
            ("2024-01-02T12:00:00Z", Some(false)),
            ("2024-01-02T12:01Z", Some(true)),
            ("2024-01-02T12:00Z", None),
            ("2024-01-02T11:59Z", Some(false)),
            ("2024-01-03T02:00:01", Some(true)),
            ("2024-01-03T02:00:00", None),
            ("2024-01-02T00:00:01", None),
            ("2024-01-02T00:00:00", Some(false)),
            ("2024-01-04", Some(true)),
            ("2024-01-02", None),
            ("2023-12-31", Some(false)),
        ] {
            let stamp = stamp.parse().unwrap();
            assert_eq!(since.is_before(Some(stamp)), newer, "{stamp}");
        }
        assert_eq!(since.is_before(None), None);
    }
}
