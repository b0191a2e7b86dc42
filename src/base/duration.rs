//! Times as people write them.

use std::time::Duration;

/// Reads `30s`, `500ms`, `2m`, `1h` or a number of seconds.
pub fn parse(written: &str) -> Option<Duration> {
    let written = written.trim();
    let end = written
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(written.len());
    let (number, unit) = written.split_at(end);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    of_seconds(number.parse::<f64>().ok()? * seconds)
}

/// The longest time that may be named: it keeps sums of times from overflowing.
const LONGEST: f64 = 30.0 * 24.0 * 3600.0;

/// So many seconds, to the millisecond; `None` beyond 30 days.
pub fn of_seconds(seconds: f64) -> Option<Duration> {
    if !(0.0..=LONGEST).contains(&seconds) {
        return None;
    }
    // Whole milliseconds, so that 0.001 * 500 shows as 500ms.
    Some(Duration::from_millis((seconds * 1000.0).round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_unit() {
        for (written, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("1.5m", 90_000),
            (" 2 h ", 7_200_000),
            ("7", 7000),
            ("0", 0),
        ] {
            assert_eq!(
                parse(written),
                Some(Duration::from_millis(millis)),
                "{written}"
            );
        }
        for written in ["", "s", "-1s", "1d", "1e3s", "31000h", "1..5s"] {
            assert_eq!(parse(written), None, "{written}");
        }
    }
}
