//! One layer against the table of keys: unknown keys, wrong types, wrong values.

use std::path::Path;

use super::convert::Converter;
use super::fact::{Fact, Value};
use super::keys::{self, Type};
use super::problems::Problem;
use super::raw::{Raw, RawKind};
use crate::base::Origin;
use crate::base::text::{self, clip};

/// Where a layer comes from: it makes the origin of each of its values.
#[derive(Clone, Debug)]
pub(super) enum Place {
    File(std::sync::Arc<std::path::PathBuf>),
    Variable(String),
    Flag(String),
    Code,
}

impl Place {
    pub fn origin(&self, path: &[String], line: Option<usize>) -> Origin {
        let key = clip(&path.join("."));
        match self {
            Self::File(file) => Origin::File {
                path: std::sync::Arc::clone(file),
                line,
                key,
            },
            Self::Variable(name) => Origin::Variable(name.clone()),
            Self::Flag(name) => Origin::Flag(name.clone()),
            Self::Code => Origin::Code(key),
        }
    }

    /// The folder to which relative paths belong.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::File(file) => file.parent(),
            _ => None,
        }
    }
}

/// What one layer says, checked.
#[derive(Default)]
pub(super) struct Checked {
    /// The values with their paths, in the order in which they were written.
    pub facts: Vec<(Vec<String>, Fact)>,
    pub problems: Vec<Problem>,
}

/// Checks every value of a layer.
pub(super) fn check(raw: Raw, place: &Place) -> Checked {
    let mut checker = Checker {
        place,
        checked: Checked::default(),
    };
    checker.walk(&mut Vec::new(), raw);
    once(&mut checker.checked);
    checker.checked
}

/// A layer says each thing once: `use_global_proxy` beside `proxy`, and the userinfo of a URL
/// beside `username` and `password`, may not differ.
fn once(checked: &mut Checked) {
    let mut kept: Vec<(Vec<String>, Fact)> = Vec::new();
    for (path, fact) in std::mem::take(&mut checked.facts) {
        let overlaps = |other: &[String]| path.starts_with(other) || other.starts_with(&path);
        match kept.iter().find(|(other, _)| overlaps(other)) {
            None => kept.push((path, fact)),
            Some((other, same)) if *other == path && same.value.is_same(&fact.value) => {}
            Some((_, other)) => {
                let key = clip(&path.join("."));
                let what = format!(
                    "says `{key}` a second time; it is also said at {}",
                    other.origin
                );
                checked.problems.push(Problem::error(fact.origin, what));
            }
        }
    }
    checked.facts = kept;
}

struct Checker<'a> {
    place: &'a Place,
    checked: Checked,
}

impl Checker<'_> {
    fn walk(&mut self, path: &mut Vec<String>, raw: Raw) {
        let node = keys::find(path);
        let origin = self.place.origin(path, raw.line);
        match (raw.kind, node.leaf) {
            (RawKind::Table(entries), leaf)
                if (node.table || path.is_empty())
                    && leaf.is_none_or(|key| key.kind == Type::Choice) =>
            {
                if entries.is_empty() && keys::needs_url(path) {
                    // It leaves no value behind by which it could be missed later.
                    let what = "an empty table: it needs a `url`";
                    self.checked.problems.push(Problem::error(origin, what));
                }
                self.table(path, entries);
            }
            (kind, Some(key)) => {
                let raw = Raw {
                    kind,
                    line: raw.line,
                };
                self.leaf(path, raw, key.kind, origin);
            }
            (kind, None) if node.table => {
                let line = raw.line;
                let what = format!("must be a table, not {}", Raw { kind, line }.name());
                self.checked.problems.push(Problem::error(origin, what));
            }
            (_, None) => {
                let problem = Problem::error(origin, "unknown key");
                let problem = problem.maybe_hint(keys::suggest(path));
                self.checked.problems.push(problem);
            }
        }
    }

    fn table(&mut self, path: &mut Vec<String>, entries: Vec<(String, Raw)>) {
        for (key, raw) in entries {
            path.push(key);
            let bad_name = keys::is_name(path)
                .then(|| bad_name(path))
                .flatten()
                .map(|what| Problem::error(self.place.origin(path, raw.line), what));
            match bad_name {
                Some(problem) => self.checked.problems.push(problem),
                None => self.walk(path, raw),
            }
            path.pop();
        }
    }

    fn leaf(&mut self, path: &[String], raw: Raw, kind: Type, origin: Origin) {
        let mut converter = Converter {
            place: self.place,
            path,
            origin: &origin,
            checked: &mut self.checked,
        };
        if path.last().is_some_and(|key| key == "use_global_proxy") {
            return converter.checkbox(raw);
        }
        if let Some(value) = converter.convert(raw, kind) {
            let fact = Fact { value, origin };
            self.checked.facts.push((path.to_vec(), fact));
        }
    }
}

/// Why a connection or proxy cannot have this name.
fn bad_name(path: &[String]) -> Option<String> {
    let [table, name] = path else { return None };
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        return Some("a name consists of letters, digits, `-` and `_`".into());
    }
    let taken: &[&str] = match table.as_str() {
        "proxies" => &["global", "direct", "environment"],
        _ => &["http", "https", "ws", "wss", "ftp", "ftps", "file"],
    };
    let taken = taken.iter().find(|word| name.eq_ignore_ascii_case(word))?;
    Some(format!(
        "`{taken}` has a meaning of its own and cannot be a name"
    ))
}

/// The checked value of one `--proxy` or `OUTBOUND_PROXY`: shared by both.
pub(super) fn single(path: &[&str], written: &str, place: &Place) -> Checked {
    let mut raw = Raw::new(RawKind::Table(Vec::new()));
    raw.insert(path, Raw::text(written));
    check(raw, place)
}

/// The entry of `known` that was probably meant.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let known: Vec<_> = known.into_iter().collect();
    let other_case = known.iter().find(|one| one.eq_ignore_ascii_case(word));
    other_case
        .copied()
        .or_else(|| text::nearest(word, known.iter().copied()))
}

/// [`nearest`] as a hint.
pub(super) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let near = nearest(word, known)?;
    Some(format!("did you mean `{near}`?"))
}

impl Value {
    /// Whether both say the same. Secrets never do: comparing them would tell something.
    fn is_same(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Text(a), Self::Text(b)) if a == b)
    }

    /// The text, of a value that is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}
