//! Checksums that the user expects.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::base::{Error, Kind, Stage, text};

/// An expected checksum: `sha256:HEX` or `md5:HEX`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Checksum {
    /// SHA-256 (FIPS 180-4).
    Sha256([u8; 32]),
    /// MD5 (RFC 1321): protects against accidents, not against anybody.
    Md5([u8; 16]),
}

impl FromStr for Checksum {
    type Err = Error;

    fn from_str(written: &str) -> Result<Self, Error> {
        let bad = |what: String| {
            // The command line shows no hint for an argument: the words say it all.
            Error::new(Kind::Usage, Stage::Settings, what)
        };
        let shown = text::clip(written);
        let Some((algorithm, digits)) = written.trim().split_once(':') else {
            return Err(bad(format!(
                "the checksum `{shown}` names no algorithm: write sha256:HEX or md5:HEX"
            )));
        };
        let (name, wants, parsed) = match algorithm.to_ascii_lowercase().as_str() {
            "sha256" | "sha-256" => ("sha256", 64, hex(digits).map(Self::Sha256)),
            "md5" => ("md5", 32, hex(digits).map(Self::Md5)),
            _ => {
                let what = format!("the checksum `{shown}` is neither sha256:HEX nor md5:HEX");
                return Err(bad(what));
            }
        };
        parsed.ok_or_else(|| bad(format!("{name} wants {wants} hexadecimal digits")))
    }
}

fn hex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let digits = digits.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(bytes) => write!(f, "sha256:{}", shown(bytes)),
            Self::Md5(bytes) => write!(f, "md5:{}", shown(bytes)),
        }
    }
}

fn shown(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Computes the checksum of what passes by.
#[derive(Clone, Debug)]
pub(super) enum Hasher {
    Sha256(Box<Sha256>),
    Md5(Box<Md5>),
}

impl Hasher {
    /// A hasher of the same kind as `expected`.
    pub(super) fn like(expected: &Checksum) -> Self {
        match expected {
            Checksum::Sha256(_) => Self::Sha256(Box::default()),
            Checksum::Md5(_) => Self::Md5(Box::default()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hasher) => hasher.update(bytes),
            Self::Md5(hasher) => hasher.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Checksum {
        match self {
            Self::Sha256(hasher) => Checksum::Sha256(hasher.finalize().into()),
            Self::Md5(hasher) => Checksum::Md5(hasher.finalize().into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests() {
        let cases = [
            (
                "abc",
                "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "FIPS 180-4",
            ),
            ("abc", "MD5:900150983CD24FB0D6963F7D28E17F72", "RFC 1321"),
        ];
        for (text, written, source) in cases {
            let expected: Checksum = written.parse().unwrap();
            let mut hasher = Hasher::like(&expected);
            hasher.update(text.as_bytes());
            assert_eq!(hasher.finish(), expected, "{source}");
            assert_eq!(expected.to_string(), written.to_lowercase());
        }
    }

    #[test]
    fn what_is_no_checksum() {
        for written in [
            "abc",
            "sha256:12",
            "sha1:00",
            "md5:zz0150983cd24fb0d6963f7d28e17f72",
            "",
        ] {
            assert_eq!(written.parse::<Checksum>().unwrap_err().kind(), Kind::Usage);
        }
        for (written, what) in [
            ("sha256:zz", "sha256 wants 64 hexadecimal digits"),
            ("MD5:00", "md5 wants 32 hexadecimal digits"),
        ] {
            let error = written.parse::<Checksum>().unwrap_err();
            assert_eq!(error.to_string(), what);
        }
    }
}
