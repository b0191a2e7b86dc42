//! Folder listings and times, as FTP servers write them. No I/O.

use std::time::SystemTime;

use crate::lab::tree::{Entry, File};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Which command asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// LIST: as `ls -l` has it.
    Long,
    /// NLST: names.
    Names,
    /// MLSD: facts (RFC 3659 section 7).
    Facts,
}

/// The lines of a listing.
pub(super) fn listing(entries: &[Entry], style: Style) -> String {
    let line = |entry: &Entry| {
        let line = match style {
            Style::Long => long(entry),
            Style::Names => entry.name.clone(),
            Style::Facts => facts(entry),
        };
        line + "\r\n"
    };
    entries.iter().map(line).collect()
}

fn long(entry: &Entry) -> String {
    let name = &entry.name;
    let Some(File {
        bytes, modified, ..
    }) = &entry.file
    else {
        return format!("drwxr-xr-x    2 ftp      ftp          4096 Jan 02  2024 {name}");
    };
    let time = Utc::of(*modified);
    let month = MONTHS[time.month as usize - 1];
    format!(
        "-rw-r--r--    1 ftp      ftp      {size:>8} {month} {day:02}  {year} {name}",
        size = bytes.len(),
        day = time.day,
        year = time.year
    )
}

fn facts(entry: &Entry) -> String {
    let name = &entry.name;
    match &entry.file {
        None => format!("type=dir; {name}"),
        Some(file) => format!(
            "type=file;size={};modify={}; {name}",
            file.bytes.len(),
            stamp(file.modified)
        ),
    }
}

/// `YYYYMMDDhhmmss` in UTC (RFC 3659 section 2.3).
pub(super) fn stamp(time: SystemTime) -> String {
    let Utc {
        year,
        month,
        day,
        second,
    } = Utc::of(time);
    let (hour, minute) = (second / 3600, second / 60 % 60);
    format!(
        "{year:04}{month:02}{day:02}{hour:02}{minute:02}{:02}",
        second % 60
    )
}

struct Utc {
    year: u64,
    month: u64,
    day: u64,
    /// Of the day.
    second: u64,
}

impl Utc {
    /// The calendar of 1970 and later, counted in years that begin with March so that the leap
    /// day comes last.
    fn of(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        let seconds = since.map(|since| since.as_secs()).unwrap_or_default();
        let days = seconds / 86_400 + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 {
            from_march + 3
        } else {
            from_march - 9
        };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * from_march + 2) / 5 + 1,
            second: seconds % 86_400,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lab::tree::Tree;

    #[test]
    fn times() {
        let cases = [
            (0, "19700101000000"),
            (951_782_399, "20000228235959"),
            (951_782_400, "20000229000000"),
            (951_868_800, "20000301000000"),
            (1_704_164_645, "20240102030405"),
            (1_735_689_599, "20241231235959"),
            (4_107_542_400, "21000301000000"),
        ];
        for (seconds, expected) in cases {
            let time = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(stamp(time), expected, "{seconds}");
        }
    }

    #[test]
    fn styles() {
        let tree = Tree::new();
        tree.put("/d/a b.csv", "12345");
        tree.put("/d/sub/x", "");
        let entries = tree.list("/d").unwrap();
        let cases = [
            (
                Style::Long,
                "-rw-r--r--    1 ftp      ftp             5 Jan 02  2024 a b.csv\r\n\
                 drwxr-xr-x    2 ftp      ftp          4096 Jan 02  2024 sub\r\n",
            ),
            (Style::Names, "a b.csv\r\nsub\r\n"),
            (
                Style::Facts,
                "type=file;size=5;modify=20240102030405; a b.csv\r\ntype=dir; sub\r\n",
            ),
        ];
        for (style, expected) in cases {
            assert_eq!(listing(&entries, style), expected);
        }
    }
}
