//! Whether FTP's channels are put under TLS.

use super::{Scheme, Target};

/// Whether an `ftp://` server is asked for TLS after its greeting (`AUTH TLS`, RFC 4217). With
/// `ftps://` TLS starts with the first byte, whatever this says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExplicitTls {
    /// It is not: both channels are in clear.
    #[default]
    Off,
    /// It is; a server that refuses is spoken to in clear, with a warning. Whoever can change what
    /// passes on the way can refuse in the server's name.
    Opportunistic,
    /// It is; without TLS there is no login.
    Required,
}

impl ExplicitTls {
    /// Every value, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Off, Self::Opportunistic, Self::Required];

    /// The word of the settings: `off`, `opportunistic`, `explicit`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Opportunistic => "opportunistic",
            Self::Required => "explicit",
        }
    }

    /// The value that a word of the settings means.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|value| value.as_str() == word)
    }

    /// How a target's channels are protected, in a word: `implicit` for `ftps://`. `None` for
    /// what is no FTP.
    pub fn word_for(self, target: &Target) -> Option<&'static str> {
        match target.scheme() {
            Scheme::Ftps => Some("implicit"),
            Scheme::Ftp => Some(self.as_str()),
            _ => None,
        }
    }
}

impl std::fmt::Display for ExplicitTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
