//! From what was written to a typed value, or to a problem that says what to write.

use std::path::PathBuf;
use std::sync::Arc;

use url::Url;

use super::check::{Checked, Place, did_you_mean};
use super::fact::{BypassList, Fact, Value};
use super::keys::Type;
use super::problems::Problem;
use super::raw::{Raw, RawKind};
use crate::base::bypass::Dialect;
use crate::base::text::clip;
use crate::base::{Encoding, Origin, ProxyUrl, Secret, SecretRef, SecretSource, Target, duration};

/// Converts one value; problems and the parts of a URL's userinfo go to `checked`.
pub(super) struct Converter<'a> {
    pub place: &'a Place,
    pub path: &'a [String],
    pub origin: &'a Origin,
    pub checked: &'a mut Checked,
}

impl Converter<'_> {
    fn error(&mut self, what: impl Into<String>) -> Option<Value> {
        let problem = Problem::error(self.origin.clone(), what);
        self.checked.problems.push(problem);
        None
    }

    fn error_with_hint(&mut self, what: impl Into<String>, hint: Option<String>) -> Option<Value> {
        let problem = Problem::error(self.origin.clone(), what);
        self.checked.problems.push(problem.maybe_hint(hint));
        None
    }

    fn wrong_type(&mut self, raw: &Raw, kind: Type) -> Option<Value> {
        self.error(format!("must be {}, not {}", kind.wants(), raw.name()))
    }

    /// `use_global_proxy` writes what `proxy` would say.
    pub fn checkbox(&mut self, raw: Raw) {
        let RawKind::Flag(flag) = raw.kind else {
            self.wrong_type(&raw, Type::Flag);
            return;
        };
        let word = if flag { "global" } else { "direct" };
        self.note("proxy", Value::Text(word.into()));
    }

    /// Notes a value at a sibling of this key, with this key's origin.
    fn note(&mut self, sibling: &str, value: Value) {
        let mut path = self.path.to_vec();
        path.pop();
        path.push(sibling.to_owned());
        let origin = self.origin.clone();
        self.checked.facts.push((path, Fact { value, origin }));
    }

    pub fn convert(&mut self, raw: Raw, kind: Type) -> Option<Value> {
        match (kind, raw.kind) {
            (Type::Flag, RawKind::Flag(flag)) => Some(Value::Flag(flag)),
            (Type::Text | Type::Choice, RawKind::Text(text)) => self.text(text),
            (Type::Word(words), RawKind::Text(text)) => self.word(words, text),
            (Type::Encoding, RawKind::Text(text)) => self.encoding(&text),
            (Type::Path, RawKind::Text(text)) => self.file(text).map(Value::Path),
            (Type::ProxyUrl, RawKind::Text(text)) => self.proxy_url(&text),
            (Type::BaseUrl, RawKind::Text(text)) => self.base_url(&text),
            (Type::Secret, RawKind::Text(text)) => self.secret_in_clear(text),
            (Type::Secret, RawKind::Table(entries)) => self.secret(entries),
            (Type::Bypass, RawKind::Text(text)) => self.bypass_text(&text),
            (Type::Bypass, RawKind::List(entries)) => self.bypass(entries),
            (Type::Count, RawKind::Integer(number)) => match u32::try_from(number) {
                Ok(count @ 1..=1000) => Some(Value::Count(count)),
                _ => self.error(format!("must be {}, not {number}", kind.wants())),
            },
            (Type::Limit | Type::Pause, kind_of_raw) => {
                let line = raw.line;
                let raw = Raw {
                    kind: kind_of_raw,
                    line,
                };
                self.time(&raw, kind)
            }
            (kind, kind_of_raw) => {
                let line = raw.line;
                let raw = Raw {
                    kind: kind_of_raw,
                    line,
                };
                self.wrong_type(&raw, kind)
            }
        }
    }

    fn text(&mut self, text: String) -> Option<Value> {
        if text.is_empty() {
            return self.error("must not be empty");
        }
        if text.chars().any(char::is_control) {
            return self.error("a control character stands in it");
        }
        Some(Value::Text(text))
    }

    fn encoding(&mut self, text: &str) -> Option<Value> {
        const KNOWN: [&str; 8] = [
            "utf-8",
            "windows-1252",
            "windows-1251",
            "iso-8859-1",
            "iso-8859-2",
            "koi8-r",
            "shift_jis",
            "gbk",
        ];
        if Encoding::parse(text).is_some() {
            return Some(Value::Text(text.to_owned()));
        }
        let hint = did_you_mean(text, KNOWN)
            .unwrap_or_else(|| format!("known are {} and others", KNOWN.join(", ")));
        let wants = Type::Encoding.wants();
        self.error_with_hint(
            format!("must be {wants}, not \"{}\"", clip(text)),
            Some(hint),
        )
    }

    fn word(&mut self, words: &'static [&'static str], text: String) -> Option<Value> {
        if words.contains(&text.as_str()) {
            return Some(Value::Text(text));
        }
        let near = match self.path.last().map(String::as_str) {
            // A letter or two from `explicit`, and something else.
            Some("tls") if text == "implicit" => {
                Some("implicit TLS is the scheme ftps://, not a setting".to_owned())
            }
            _ => did_you_mean(&text, words.iter().copied()),
        };
        let wants = Type::Word(words).wants();
        self.error_with_hint(format!("must be {wants}, not \"{}\"", clip(&text)), near)
    }

    fn time(&mut self, raw: &Raw, kind: Type) -> Option<Value> {
        let (time, shown) = match &raw.kind {
            RawKind::Text(text) => (duration::parse(text), format!("\"{}\"", clip(text))),
            RawKind::Integer(number) => (duration::of_seconds(*number as f64), number.to_string()),
            RawKind::Float(number) => (duration::of_seconds(*number), number.to_string()),
            _ => return self.wrong_type(raw, kind),
        };
        match time {
            Some(time) if kind == Type::Pause || !time.is_zero() => Some(Value::Time(time)),
            Some(_) => self.error(format!("must be more than nothing, not {shown}")),
            None => self.error(format!(
                "must be {}, at most 30 days, not {shown}",
                kind.wants()
            )),
        }
    }

    fn file(&mut self, text: String) -> Option<PathBuf> {
        if text.is_empty() || text.contains('\0') {
            self.error("must be a path in quotes");
            return None;
        }
        let path = PathBuf::from(text);
        Some(match self.place.folder() {
            Some(folder) => folder.join(path),
            None => path,
        })
    }

    fn proxy_url(&mut self, text: &str) -> Option<Value> {
        let word = text.trim();
        let words = ["direct", "none", "global", "environment"];
        if words.iter().any(|w| w.eq_ignore_ascii_case(word)) {
            let what = format!("must be {}, not \"{word}\"", Type::ProxyUrl.wants());
            let hint = "going direct is said by `proxy = \"direct\"` in a connection, or by \
                        `--proxy direct`";
            return self.error_with_hint(what, Some(hint.into()));
        }
        match ProxyUrl::parse(text) {
            Ok(url) => {
                if let Some(username) = url.username {
                    self.note("username", Value::Text(username));
                }
                if let Some(password) = url.password {
                    self.note_password(password);
                }
                Some(Value::Proxy(url.scheme, url.host, url.port))
            }
            Err(bad) => self.error_with_hint(bad.what, bad.hint),
        }
    }

    fn base_url(&mut self, text: &str) -> Option<Value> {
        if let Err(error) = super::locate::check_text(text) {
            return self.error(error.what().to_owned());
        }
        let parsed = Url::parse(text)
            .map_err(|cause| match cause {
                url::ParseError::RelativeUrlWithoutBase => {
                    ("is not a URL: it has no scheme".to_owned(), None)
                }
                cause => (format!("is not a URL: {cause}"), None),
            })
            .and_then(|url| match Target::from_url(&url) {
                Ok(_) => Ok(url),
                Err(error) => Err((error.what().to_owned(), error.hint().map(str::to_owned))),
            });
        let mut url = match parsed {
            Ok(url) => url,
            Err((what, hint)) => {
                let missing = (!text.contains("://"))
                    .then(|| format!("write the scheme, as in \"https://{}\"", host_only(text)));
                return self.error_with_hint(what, missing.or(hint));
            }
        };
        if url.query().is_some() || url.fragment().is_some() {
            return self.error("a base URL has no query and no fragment");
        }
        match super::locate::take_userinfo(&mut url) {
            Ok(Some((username, password))) => {
                self.note("username", Value::Text(username));
                if let Some(password) = password {
                    self.note_password(password);
                }
            }
            Ok(None) => {}
            Err(error) => return self.error(error.what().to_owned()),
        }
        Some(Value::Url(url))
    }

    fn note_password(&mut self, password: Secret) {
        if !matches!(self.place, Place::Code | Place::Variable(_)) {
            self.warn_in_clear();
        }
        let origin = self.origin.clone();
        let source = SecretSource::Inline(password);
        self.note("password", Value::Secret(SecretRef { source, origin }));
    }

    fn warn_in_clear(&mut self) {
        let what = match self.place {
            Place::Flag(_) => "a password in the arguments can be seen by other users",
            _ => "a secret stands here in clear",
        };
        let hint = format!("keep it elsewhere: password = {}", Type::Secret.wants());
        let problem = Problem::warning(self.origin.clone(), what).hint(hint);
        self.checked.problems.push(problem);
    }

    fn secret_in_clear(&mut self, text: String) -> Option<Value> {
        if text.is_empty() || text.chars().any(char::is_control) {
            return self.error("a password is neither empty nor does it hold control characters");
        }
        if !matches!(self.place, Place::Code) {
            self.warn_in_clear();
        }
        let origin = self.origin.clone();
        let source = SecretSource::Inline(Secret::new(text));
        Some(Value::Secret(SecretRef { source, origin }))
    }

    fn secret(&mut self, entries: Vec<(String, Raw)>) -> Option<Value> {
        let wants = format!("must be {}", Type::Secret.wants());
        let mut entries = entries.into_iter();
        let (Some((key, raw)), None) = (entries.next(), entries.next()) else {
            return self.error(wants);
        };
        let source = match (key.as_str(), raw.kind) {
            ("env", RawKind::Text(name)) => {
                if name.is_empty() || name.contains(['=', '\0']) {
                    return self.error("`env` must be the name of a variable");
                }
                SecretSource::Env(name)
            }
            ("file", RawKind::Text(file)) => SecretSource::File(self.file(file)?),
            ("command", RawKind::List(words)) => {
                let words = words.into_iter().map(|word| match word.kind {
                    RawKind::Text(word) if !word.contains('\0') => Some(word),
                    _ => None,
                });
                match words.collect::<Option<Vec<_>>>() {
                    Some(mut words) if words.first().is_some_and(|w| !w.is_empty()) => {
                        self.settle_program(&mut words);
                        SecretSource::Command(words)
                    }
                    _ => return self.error("`command` must be a list of texts, the program first"),
                }
            }
            ("command", RawKind::Text(_)) => {
                let hint = "no shell runs it: write [\"PROGRAM\", \"ARGUMENT\"]";
                return self.error_with_hint("`command` must be a list", Some(hint.into()));
            }
            ("env" | "file", _) => return self.error(wants),
            (other, _) => {
                let near = did_you_mean(other, ["env", "file", "command"]);
                return self.error_with_hint(format!("`{}`: {wants}", clip(other)), near);
            }
        };
        let origin = self.origin.clone();
        Some(Value::Secret(SecretRef { source, origin }))
    }

    /// A program with a slash in it lies where relative paths begin, never in the working
    /// directory; one without is looked for in PATH.
    fn settle_program(&self, words: &mut [String]) {
        let (Some(program), Some(folder)) = (words.first_mut(), self.place.folder()) else {
            return;
        };
        if program.contains('/')
            && let Some(path) = folder.join(&*program).to_str()
        {
            *program = path.to_owned();
        }
    }

    fn bypass_text(&mut self, text: &str) -> Option<Value> {
        let origin = self.origin.clone();
        let (list, faults) = BypassList::from_text(text, Dialect::Settings, origin);
        for fault in &faults {
            self.error(fault.to_string());
        }
        faults.is_empty().then(|| Value::Bypass(Arc::new(list)))
    }

    fn bypass(&mut self, entries: Vec<Raw>) -> Option<Value> {
        let mut written = Vec::new();
        for raw in entries {
            match raw.kind {
                RawKind::Text(text) => written.push((text, self.place.origin(self.path, raw.line))),
                _ => return self.wrong_type(&Raw::new(RawKind::List(Vec::new())), Type::Bypass),
            }
        }
        let (list, faults) = BypassList::from_entries(written, self.origin.clone());
        let faultless = faults.is_empty();
        for (fault, place) in faults {
            let problem = Problem::error(place, fault.to_string());
            let hint = fault
                .entry
                .contains(',')
                .then(|| "write each rule in its own quotes".into());
            self.checked.problems.push(problem.maybe_hint(hint));
        }
        faultless.then(|| Value::Bypass(Arc::new(list)))
    }
}

/// What may be repeated of a URL that is none: nothing that could be a password.
fn host_only(text: &str) -> String {
    if text.contains('@') {
        return "HOST/PATH".into();
    }
    clip(text)
}
