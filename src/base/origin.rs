//! Where a value was written.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// The place where a setting was written, exact enough for a person to go and change it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// Nobody wrote it: the built-in default.
    Default,
    /// A key in a settings file.
    File {
        /// The file, as it was named.
        path: Arc<PathBuf>,
        /// The line of the key, from 1, where it is known.
        line: Option<usize>,
        /// The dotted key, `proxy.url`; empty where the text is none of the format's.
        key: String,
    },
    /// An environment variable.
    Variable(String),
    /// A command line flag, with its dashes.
    Flag(String),
    /// Set by the program that links this crate; the dotted key.
    Code(String),
    /// The URL itself.
    Url,
}

impl Origin {
    /// The origin of a value that the program sets for `key`.
    pub fn code(key: impl Into<String>) -> Self {
        Self::Code(key.into())
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("built-in default"),
            Self::File { path, line, key } => {
                write!(f, "{}", crate::base::text::escape(&path.to_string_lossy()))?;
                if let Some(line) = line {
                    write!(f, ":{line}")?;
                }
                match key.is_empty() {
                    true => Ok(()),
                    false => write!(f, ": {key}"),
                }
            }
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Code(key) => write!(f, "set by the program: {key}"),
            Self::Url => f.write_str("the URL"),
        }
    }
}
