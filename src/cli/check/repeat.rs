//! The times of many walks.

use std::time::Duration;

use serde_json::{Value, json};

use super::checked::Checked;
use super::columns::Columns;
use super::milliseconds;
use crate::base::text;
use crate::check::Report;

/// The times of one stage.
struct Times {
    /// Stage and subject: `connect data.example.org:443`.
    what: String,
    /// In order of length.
    elapsed: Vec<Duration>,
}

impl Times {
    fn least(&self) -> Duration {
        self.elapsed.first().copied().unwrap_or_default()
    }

    /// The median: of an even number the mean of the two in the middle.
    fn middle(&self) -> Duration {
        let (half, count) = (self.elapsed.len() / 2, self.elapsed.len());
        let of = |at: usize| self.elapsed.get(at).copied().unwrap_or_default();
        match count.is_multiple_of(2) {
            true => (of(half.saturating_sub(1)) + of(half)) / 2,
            false => of(half),
        }
    }

    fn greatest(&self) -> Duration {
        self.elapsed.last().copied().unwrap_or_default()
    }
}

/// The stages of all walks, in the order in which they first came, and the whole of those that
/// passed every one.
fn times(reports: &[Report]) -> Vec<Times> {
    let mut all: Vec<Times> = Vec::new();
    let mut add = |what: String, elapsed: Duration| {
        match all.iter_mut().find(|times| times.what == what) {
            Some(times) => times.elapsed.push(elapsed),
            None => all.push(Times {
                what,
                elapsed: vec![elapsed],
            }),
        };
    };
    for report in reports {
        // One stage may come twice (FTP dials twice): the second is another.
        let mut seen: Vec<String> = Vec::new();
        for step in report.steps.iter() {
            // The data port is another each time.
            let subject = match step.stage {
                crate::base::Stage::Data => String::new(),
                _ => text::clip(&step.subject),
            };
            let what = format!("{} {subject}", step.stage).trim_end().to_owned();
            let before = seen.iter().filter(|other| **other == what).count();
            seen.push(what.clone());
            let what = match before {
                0 => what,
                before => format!("{what} ({})", before + 1),
            };
            add(what, step.elapsed);
        }
    }
    for report in reports.iter().filter(|report| report.is_ok()) {
        add("in all".to_owned(), report.elapsed);
    }
    for times in &mut all {
        times.elapsed.sort();
    }
    all
}

/// The codes of what failed, with how often.
fn failures(reports: &[Report]) -> Vec<(&'static str, usize)> {
    let mut found: Vec<(&'static str, usize)> = Vec::new();
    for error in reports.iter().filter_map(|report| report.failure.as_ref()) {
        let code = error.code().as_str();
        match found.iter_mut().find(|(other, _)| *other == code) {
            Some((_, count)) => *count += 1,
            None => found.push((code, 1)),
        }
    }
    found
}

/// The times in columns; none for a single walk.
pub(super) fn columns(checked: &Checked) -> Option<Columns> {
    let reports = &checked.reports;
    if reports.len() < 2 {
        return None;
    }
    let rows = times(reports).into_iter().map(|times| {
        let shown = |time: Duration| format!("{:.1}", milliseconds(time));
        let numbers = vec![
            times.elapsed.len().to_string(),
            shown(times.least()),
            shown(times.middle()),
            shown(times.greatest()),
        ];
        (times.what, numbers)
    });
    let failed: usize = failures(reports).iter().map(|(_, count)| count).sum();
    let codes = failures(reports).into_iter();
    let codes: Vec<String> = codes
        .map(|(code, count)| match count {
            1 => format!("{code} once"),
            count => format!("{code} {count} times"),
        })
        .collect();
    let end = match failed {
        0 => format!("ok: each of {} walks passed", reports.len()),
        _ => format!(
            "failed: {failed} of {} walks: {}",
            reports.len(),
            codes.join(", ")
        ),
    };
    Some(Columns {
        label: "times",
        heads: vec!["walks", "least", "middle", "greatest"],
        rows: rows.collect(),
        ends: vec![end],
    })
}

/// The same for machines; null for a single walk.
pub(super) fn as_json(checked: &Checked) -> Value {
    if checked.reports.len() < 2 {
        return Value::Null;
    }
    let stages = times(&checked.reports).into_iter().map(|times| {
        json!({
            "stage": times.what,
            "walks": times.elapsed.len(),
            "min_ms": milliseconds(times.least()),
            "median_ms": milliseconds(times.middle()),
            "max_ms": milliseconds(times.greatest()),
        })
    });
    let failures = failures(&checked.reports).into_iter();
    json!({
        "walks": checked.reports.len(),
        "failures": failures.map(|(code, count)| json!({ "code": code, "count": count })).collect::<Vec<_>>(),
        "stages": stages.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Stage, Steps};

    fn walk(dial: u64, data_port: u16) -> Report {
        let mut steps = Steps::default();
        for (stage, subject, ms) in [
            (Stage::Dial, "p:1".to_owned(), dial),
            (Stage::Dial, "p:1".to_owned(), 1),
            (Stage::Data, format!("h:{data_port}"), 7),
        ] {
            steps.pass(stage, subject, "", Duration::from_millis(ms));
        }
        Report {
            steps,
            ..Report::default()
        }
    }

    #[test]
    fn a_stage_is_the_same_in_every_walk() {
        let checked = Checked {
            reports: vec![walk(30, 1), walk(10, 2), walk(20, 3), walk(40, 4)],
            ..Checked::default()
        };
        let told = as_json(&checked);
        let stages = told["stages"].as_array().unwrap();
        let names: Vec<&str> = stages
            .iter()
            .map(|s| s["stage"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["dial p:1", "dial p:1 (2)", "data", "in all"]);
        let first = &stages[0];
        assert_eq!(
            (&first["min_ms"], &first["median_ms"], &first["max_ms"]),
            (&json!(10.0), &json!(25.0), &json!(40.0))
        );
        let columns = columns(&checked).unwrap();
        assert_eq!(columns.rows[0].1, ["4", "10.0", "25.0", "40.0"]);
        assert_eq!(columns.ends, ["ok: each of 4 walks passed"]);
        assert!(super::columns(&Checked::of(walk(1, 1))).is_none());
    }

    #[test]
    fn the_middle_is_the_median() {
        for (walks, median) in [
            (&[7][..], 7.0),
            (&[10, 11], 10.5),
            (&[30, 10, 20], 20.0),
            (&[1, 2, 4, 100], 3.0),
        ] {
            let checked = Checked {
                reports: walks.iter().map(|dial| walk(*dial, 1)).collect(),
                ..Checked::default()
            };
            let times = times(&checked.reports);
            assert_eq!(milliseconds(times[0].middle()), median, "{walks:?}");
        }
    }
}
