//! Numbers in columns: as lines, and for the page as a table.

use super::verdict::shorten;

/// A table of times, in milliseconds.
#[derive(Debug)]
pub(super) struct Columns {
    /// What it is about: `times`.
    pub label: &'static str,
    /// What stands above each column of numbers.
    pub heads: Vec<&'static str>,
    /// What a row is about, and its numbers.
    pub rows: Vec<(String, Vec<String>)>,
    /// What is told below it.
    pub ends: Vec<String>,
}

/// The widths of the first column, at least and at most.
const WHAT: (usize, usize) = (20, 52);

impl Columns {
    /// The lines for people.
    pub fn lines(&self) -> Vec<String> {
        let whats = self.rows.iter().map(|(what, _)| what.chars().count());
        let first = whats.max().unwrap_or_default().clamp(WHAT.0, WHAT.1);
        let widths: Vec<usize> = self.heads.iter().map(|head| head.len().max(10)).collect();
        let line = |start: &str, what: &str, cells: &mut dyn Iterator<Item = &str>| {
            let mut line = format!("  {start:<8} {what:<first$}");
            for (cell, width) in cells.zip(&widths) {
                line += &format!(" {cell:>width$}");
            }
            line
        };
        let mut lines = Vec::new();
        if !self.heads.is_empty() {
            let heads = line(self.label, "", &mut self.heads.iter().copied());
            lines.push(heads + "  ms");
        }
        for (what, numbers) in &self.rows {
            let what = shorten(what, first);
            lines.push(line("", &what, &mut numbers.iter().map(String::as_str)));
        }
        for end in &self.ends {
            let label = if lines.is_empty() { self.label } else { "" };
            lines.push(format!("  {label:<8} {end}"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_below_their_heads() {
        let columns = Columns {
            label: "times",
            heads: vec!["least", "by the proxy"],
            rows: vec![
                ("dial p:1".to_owned(), vec!["1.0".into(), "22.0".into()]),
                ("connect h:1".repeat(9), vec!["-".into(), "3.0".into()]),
            ],
            ends: vec!["ok".to_owned()],
        };
        let lines = columns.lines();
        let end = lines[1].len();
        assert_eq!(lines[0].len(), end + "  ms".len(), "{lines:#?}");
        assert_eq!(lines[2].chars().count(), end, "{lines:#?}");
        assert_eq!(lines[3], "           ok");
        let bare = Columns {
            heads: Vec::new(),
            rows: Vec::new(),
            ..columns
        };
        assert_eq!(bare.lines(), ["  times    ok"]);
    }
}
