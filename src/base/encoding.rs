//! How a server writes the characters of names.

use std::borrow::Cow;
use std::fmt;

/// A character encoding by one of its names in the WHATWG's standard: `windows-1252`,
/// `iso-8859-2`, `shift_jis`. Only those whose first 128 characters are ASCII's: in others a `/`
/// or a line end could not be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// The encoding of that name, in capitals or small letters.
    pub fn parse(name: &str) -> Option<Self> {
        let found = encoding_rs::Encoding::for_label_no_replacement(name.as_bytes())?;
        found.is_ascii_compatible().then_some(Self(found))
    }

    /// Whether it is UTF-8.
    pub fn is_utf8(self) -> bool {
        self.0 == encoding_rs::UTF_8
    }

    /// Its usual name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The characters; U+FFFD where the bytes have none.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        self.0.decode_without_bom_handling(bytes).0
    }

    /// The characters, if all the bytes have some.
    pub fn decode_exactly(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        self.0
            .decode_without_bom_handling_and_without_replacement(bytes)
    }

    /// The bytes, if it has all of these characters.
    pub fn encode(self, text: &str) -> Option<Cow<'_, [u8]>> {
        let (bytes, _, has_unmappable) = self.0.encode(text);
        (!has_unmappable).then_some(bytes)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_characters() {
        let latin = Encoding::parse("Windows-1252").unwrap();
        assert_eq!(latin.to_string(), "windows-1252");
        assert_eq!(latin.decode(b"caf\xe9"), "caf\u{e9}");
        assert_eq!(latin.encode("caf\u{e9}").as_deref(), Some(&b"caf\xe9"[..]));
        assert_eq!(latin.encode("\u{65e5}"), None);
        let kanji = Encoding::parse("shift_jis").unwrap();
        assert_eq!(
            kanji.decode_exactly(b"\x95\x5c").as_deref(),
            Some("\u{8868}")
        );
        assert_eq!(kanji.decode_exactly(b"\xff"), None);
        assert_eq!(kanji.decode(b"a\xff"), "a\u{fffd}");
        assert_eq!(
            Encoding::parse("latin1"),
            Some(latin),
            "as the standard has it"
        );
        for refused in [
            "utf-16",
            "utf-16le",
            "iso-2022-jp",
            "iso-2022-kr",
            "ebcdic",
            "",
        ] {
            assert_eq!(Encoding::parse(refused), None, "{refused}");
        }
    }
}
