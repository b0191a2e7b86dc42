//! Values that must never be shown, and the places where they are kept.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::Origin;

/// A password or token. It shows itself as `…` in `Debug`, has no `Display`, and is wiped from
/// memory when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}

impl Secret {
    /// Wraps a value so that it cannot be printed by accident.
    pub fn new(value: impl Into<String>) -> Self {
        Self(Zeroizing::new(value.into()))
    }

    /// The value itself, for the one place that must send it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Where a secret is kept. Knowing this never reads it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretSource {
    /// In clear in the settings, a URL or the program.
    Inline(Secret),
    /// In an environment variable.
    Env(String),
    /// In a file: its first line, without the line end.
    File(PathBuf),
    /// On the standard output of a command: its first line. The first word is the program.
    Command(Vec<String>),
}

impl fmt::Debug for SecretSource {
    /// A command's arguments may hold a secret of their own: only the program is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(secret) => f.debug_tuple("Inline").field(secret).finish(),
            Self::Env(name) => f.debug_tuple("Env").field(name).finish(),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Command(words) => {
                let program = words.first().map(String::as_str).unwrap_or_default();
                f.debug_tuple("Command").field(&program).finish()
            }
        }
    }
}

/// A secret that has not been read yet: where it is kept, and where that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SecretRef {
    /// Where the secret is kept.
    pub source: SecretSource,
    /// Which setting says so.
    pub origin: Origin,
}

impl SecretRef {
    /// A secret that is kept at `source`; `origin` is the setting that says so.
    pub fn new(source: SecretSource, origin: Origin) -> Self {
        Self { source, origin }
    }

    /// A secret given in clear.
    pub fn inline(value: impl Into<String>, origin: Origin) -> Self {
        Self {
            source: SecretSource::Inline(Secret::new(value)),
            origin,
        }
    }
}

impl fmt::Display for SecretRef {
    /// Names the place, for an error message; never the value, nor a command's arguments.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            SecretSource::Inline(_) => write!(f, "{}", self.origin),
            SecretSource::Env(name) => write!(f, "variable {name}, named by {}", self.origin),
            SecretSource::File(path) => {
                let path = super::text::escape(&path.to_string_lossy());
                write!(f, "file {path}, named by {}", self.origin)
            }
            SecretSource::Command(words) => {
                let program = words.first().map(String::as_str).unwrap_or_default();
                write!(f, "command {program}, named by {}", self.origin)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows_itself() {
        let secret = SecretRef::inline("hunter2", Origin::Variable("https_proxy".into()));
        assert!(!format!("{secret:?} {secret:#?} {secret}").contains("hunter2"));
        let command = SecretRef {
            source: SecretSource::Command(vec!["pass".into(), "--key=hunter2".into()]),
            origin: Origin::Default,
        };
        assert!(!format!("{command} {command:?}").contains("hunter2"));
    }
}
