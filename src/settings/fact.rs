//! Values that were checked, each with the place where it was written.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::base::bypass::{Dialect, Fault};
use crate::base::{Bypass, Host, Origin, ProxyScheme, SecretRef, SecretSource, Target};

use crate::base::bypass::Rule;

/// A checked value and its origin.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub value: Value,
    pub origin: Origin,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Flag(bool),
    Path(PathBuf),
    Secret(SecretRef),
    Proxy(ProxyScheme, Host, u16),
    Url(Url),
    Time(Duration),
    Count(u32),
    Bypass(Arc<BypassList>),
}

impl Value {
    /// How `config show` prints it: secrets as `…`, or as the place where they are kept.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => crate::base::text::clip(text),
            Self::Flag(flag) => flag.to_string(),
            Self::Path(path) => crate::base::text::escape(&path.to_string_lossy()),
            Self::Secret(secret) => shown_secret(&secret.source),
            Self::Proxy(scheme, host, port) => format!("{scheme}://{host}:{port}"),
            Self::Url(url) => url.to_string(),
            Self::Time(time) => shown_time(*time),
            Self::Count(count) => count.to_string(),
            Self::Bypass(list) => list.to_string(),
        }
    }
}

fn shown_secret(source: &SecretSource) -> String {
    let quoted = |text: &str| format!("\"{}\"", crate::base::text::clip(text));
    match source {
        SecretSource::Inline(_) => "…".into(),
        SecretSource::Env(name) => format!("{{ env = {} }}", quoted(name)),
        SecretSource::File(path) => format!("{{ file = {} }}", quoted(&path.to_string_lossy())),
        // A command's arguments may hold what must not be shown.
        SecretSource::Command(words) => {
            let program = quoted(words.first().map(String::as_str).unwrap_or_default());
            let more = if words.len() > 1 { ", …" } else { "" };
            format!("{{ command = [{program}{more}] }}")
        }
    }
}

/// `500ms`, `30s`, `2m`: the largest unit that leaves a whole number.
pub(super) fn shown_time(time: Duration) -> String {
    let millis = time.as_millis();
    match millis {
        0 => "0s".into(),
        _ if millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        _ if millis.is_multiple_of(1000) => format!("{}s", millis / 1000),
        _ => format!("{millis}ms"),
    }
}

/// A bypass list together with where it, and each of its rules, is written.
#[derive(Clone, Debug)]
pub(super) struct BypassList {
    bypass: Bypass,
    /// Where the list is written.
    pub origin: Origin,
    /// Where each rule is written; empty when that is where the list is.
    places: Vec<Origin>,
}

impl BypassList {
    /// Parses one text with commas.
    pub fn from_text(list: &str, dialect: Dialect, origin: Origin) -> (Self, Vec<Fault>) {
        let (bypass, faults) = Bypass::parse(list, dialect);
        let places = Vec::new();
        let list = Self {
            bypass,
            origin,
            places,
        };
        (list, faults)
    }

    /// Parses entries that have their own places.
    pub fn from_entries(
        entries: Vec<(String, Origin)>,
        origin: Origin,
    ) -> (Self, Vec<(Fault, Origin)>) {
        let mut faults = Vec::new();
        let mut good = Vec::new();
        let mut places = Vec::new();
        for (entry, place) in entries {
            if entry.trim().is_empty() {
                continue;
            }
            let (_, faulty) = Bypass::from_entries([entry.as_str()], Dialect::Settings);
            if faulty.is_empty() {
                good.push(entry);
                places.push(place.clone());
            }
            faults.extend(faulty.into_iter().map(|fault| (fault, place.clone())));
        }
        let entries = good.iter().map(String::as_str);
        let (bypass, _) = Bypass::from_entries(entries, Dialect::Settings);
        let list = Self {
            bypass,
            origin,
            places,
        };
        (list, faults)
    }

    /// The first rule that sends `target` direct, and where it is written.
    pub fn matches(&self, target: &Target) -> Option<(&Rule, &Origin)> {
        let index = self.bypass.find(target)?;
        let rule = self.bypass.rules().get(index)?;
        Some((rule, self.place(index)))
    }

    /// Every rule in order, and where it is written.
    pub fn rules(&self) -> impl Iterator<Item = (&Rule, &Origin)> {
        let rules = self.bypass.rules().iter().enumerate();
        rules.map(|(index, rule)| (rule, self.place(index)))
    }

    fn place(&self, index: usize) -> &Origin {
        self.places.get(index).unwrap_or(&self.origin)
    }
}

impl std::fmt::Display for BypassList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, rule) in self.bypass.rules().iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{rule}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let cases = [
            ("30s", Some("30s")),
            ("500ms", Some("500ms")),
            ("2m", Some("2m")),
            ("1h", Some("60m")),
            ("90", Some("90s")),
            ("1.5 s", Some("1500ms")),
            ("0", Some("0s")),
            ("", None),
            ("s", None),
            ("-1s", None),
            ("3 days", None),
            ("1e9", None),
            ("99999h", None),
            ("inf", None),
        ];
        for (written, shown) in cases {
            let time = crate::base::duration::parse(written).map(shown_time);
            assert_eq!(time.as_deref(), shown, "{written}");
        }
    }
}
