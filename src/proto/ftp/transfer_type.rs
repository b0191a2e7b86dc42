//! How a file travels: TYPE, and `;type=` in URLs.

use crate::base::{Error, Kind, Stage, text};

/// How a file travels (RFC 959 section 3.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TransferType {
    /// Its bytes as they are (TYPE I).
    #[default]
    Image,
    /// As text: lines end in CRLF on the way, and a server whose files are not ASCII (z/OS, IBM i)
    /// turns them into it (TYPE A). Sizes and offsets mean nothing then.
    Ascii,
}

impl TransferType {
    /// The argument of TYPE.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "I",
            Self::Ascii => "A",
        }
    }

    /// The path of an FTP URL, without `;type=` and its letter at the end, and what these ask for
    /// (RFC 1738 section 3.2.2).
    ///
    /// # Errors
    /// [`Kind::Usage`] for an unknown type; [`Kind::Unsupported`] for `;type=d`.
    pub fn split_from(path: &str) -> Result<(&str, Self), Error> {
        const PARAMETER: &str = ";type=";
        let Some(at) = path.to_ascii_lowercase().rfind(PARAMETER) else {
            return Ok((path, Self::Image));
        };
        let letter = &path[at + PARAMETER.len()..];
        match letter {
            "i" | "I" => Ok((&path[..at], Self::Image)),
            "a" | "A" => Ok((&path[..at], Self::Ascii)),
            "d" | "D" => {
                let what = "`;type=d` is a folder's listing, not a file";
                let hint = "name a file, or see the folder with `outbound list`";
                Err(Error::new(Kind::Unsupported, Stage::Request, what).with_hint(hint))
            }
            // Part of a name: `a;type=x/b`.
            other if other.contains('/') => Ok((path, Self::Image)),
            other => {
                let what = format!(
                    "`;type={}` is unknown; known are i and a",
                    text::clip(other)
                );
                Err(Error::new(Kind::Usage, Stage::Request, what))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_in_urls() {
        use TransferType::{Ascii, Image};
        type Split<'a> = Result<(&'a str, TransferType), Kind>;
        #[rustfmt::skip]
        let table: &[(&str, &str, Split<'_>)] = &[
            ("RFC 1738 3.2.2: none", "/a.bin", Ok(("/a.bin", Image))),
            ("RFC 1738 3.2.2: image", "/a.bin;type=i", Ok(("/a.bin", Image))),
            ("RFC 1738 3.2.2: text", "/a.txt;type=a", Ok(("/a.txt", Ascii))),
            ("curl: in capitals", "/a.bin;TYPE=I", Ok(("/a.bin", Image))),
            ("curl: in capitals", "/a.txt;Type=A", Ok(("/a.txt", Ascii))),
            ("an encoded one is part of the name", "/a%3Btype=a", Ok(("/a%3Btype=a", Image))),
            ("a directory with such a name", "/a;type=x/b", Ok(("/a;type=x/b", Image))),
            ("the last one counts", "/a;type=a;type=i", Ok(("/a;type=a", Image))),
            ("characters of several bytes", "/\u{130};type=a", Ok(("/\u{130}", Ascii))),
            ("RFC 1738 3.2.2: listing", "/a;type=d", Err(Kind::Unsupported)),
            ("unknown", "/a;type=q", Err(Kind::Usage)),
            ("empty", "/a;type=", Err(Kind::Usage)),
        ];
        for (source, path, wanted) in table {
            let found = TransferType::split_from(path).map_err(|error| error.kind());
            assert_eq!(found, *wanted, "{source}: {path}");
        }
    }
}
