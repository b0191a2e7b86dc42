//! Values as they were written, each with its line, before anything is known about them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value as it was written. No `Debug`: it may be a secret.
pub(super) struct Raw {
    pub kind: RawKind,
    /// The line of the key (of the element, in a list), from 1.
    pub line: Option<usize>,
}

pub(super) enum RawKind {
    Text(String),
    Flag(bool),
    Integer(i64),
    Float(f64),
    List(Vec<Raw>),
    Table(Vec<(String, Raw)>),
    /// What no setting takes: a date, a number beyond 64 bits.
    Other(&'static str),
}

impl Raw {
    /// A value that was not written in a file.
    pub fn new(kind: RawKind) -> Self {
        Self { kind, line: None }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::new(RawKind::Text(text.into()))
    }

    /// What it is, for messages.
    pub fn name(&self) -> &'static str {
        match self.kind {
            RawKind::Text(_) => "a text",
            RawKind::Flag(_) => "a boolean",
            RawKind::Integer(_) | RawKind::Float(_) => "a number",
            RawKind::List(_) => "a list",
            RawKind::Table(_) => "a table",
            RawKind::Other(name) => name,
        }
    }

    /// Puts `value` at `path` in a tree of tables, over what stood there.
    pub fn insert(&mut self, path: &[&str], value: Raw) {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if !matches!(self.kind, RawKind::Table(_)) {
            self.kind = RawKind::Table(Vec::new());
        }
        if let RawKind::Table(entries) = &mut self.kind {
            let at = entries.iter().position(|(key, _)| key == first);
            let at = at.unwrap_or_else(|| {
                entries.push(((*first).to_owned(), Raw::new(RawKind::Table(Vec::new()))));
                entries.len() - 1
            });
            entries[at].1.insert(rest, value);
        }
    }
}

/// What is malformed in a TOML text, and on which line.
pub(super) struct Malformed {
    pub what: String,
    pub line: Option<usize>,
}

/// Parses TOML 1.0 and keeps the line of every key.
pub(super) fn parse(text: &str) -> Result<Raw, Vec<Malformed>> {
    let lines = Lines::new(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let malformed = errors.iter().map(|error| Malformed {
            // Not the error's `Display`, which quotes the line: a secret may stand in it.
            what: crate::base::text::clip(error.message()),
            line: error.span().map(|span| lines.of(&span)),
        });
        return Err(malformed.collect());
    }
    Ok(Raw::new(table(document.get_ref(), &lines)))
}

fn table(entries: &DeTable<'_>, lines: &Lines) -> RawKind {
    let mut table: Vec<_> = entries
        .iter()
        .map(|(key, value)| {
            let line = Some(lines.of(&key.span()));
            let kind = value_kind(value, lines);
            (key.get_ref().clone().into_owned(), Raw { kind, line })
        })
        .collect();
    table.sort_by_key(|(_, raw)| raw.line);
    RawKind::Table(table)
}

fn value_kind(value: &Spanned<DeValue<'_>>, lines: &Lines) -> RawKind {
    match value.get_ref() {
        DeValue::String(text) => RawKind::Text(text.clone().into_owned()),
        DeValue::Boolean(flag) => RawKind::Flag(*flag),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(RawKind::Other("a number beyond 64 bits"), RawKind::Integer),
        DeValue::Float(number) => number
            .as_str()
            .parse()
            .map_or(RawKind::Other("an odd number"), RawKind::Float),
        DeValue::Datetime(_) => RawKind::Other("a date"),
        DeValue::Array(elements) => {
            let elements = elements.iter().map(|element| Raw {
                kind: value_kind(element, lines),
                line: Some(lines.of(&element.span())),
            });
            RawKind::List(elements.collect())
        }
        DeValue::Table(entries) => table(entries, lines),
    }
}

/// Line numbers from byte offsets.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    fn of(&self, span: &Range<usize>) -> usize {
        self.0.partition_point(|&end| end < span.start) + 1
    }
}
