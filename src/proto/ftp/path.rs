//! From a URL's path to the argument of RETR.

use std::fmt;

use percent_encoding::{percent_decode_str, percent_encode};

use super::TransferType;
use crate::base::percent::RESERVED;
use crate::base::{Error, Kind, Stage, text};

/// A path on the server, as bytes to send: FTP knows no encoding of names.
///
/// It is relative to the directory where the login starts unless it opens with `/`; the default is
/// that directory itself.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct RemotePath(Vec<u8>);

impl RemotePath {
    /// The path of a URL, as [`url::Url::path`] gives it (RFC 1738 section 3.2.2, in the way of
    /// curl's `nocwd`: one path, no CWD).
    ///
    /// - `/a/b` is `a/b` below the login directory; `/%2Fetc/x` and `//etc/x` are `/etc/x`.
    /// - `;type=i` at the end is taken off.
    /// - Percent escapes are decoded once; a bad escape stands for itself.
    ///
    /// # Errors
    /// [`Kind::Usage`] for control characters (a line end would begin another command) and an
    /// unknown type; [`Kind::Unsupported`] for `;type=d`, and for `;type=a`, which
    /// [`TransferType::split_from`] takes off where it can be had.
    pub fn from_url_path(path: &str) -> Result<Self, Error> {
        let path = match TransferType::split_from(path)? {
            (path, TransferType::Image) => path,
            (_, TransferType::Ascii) => return Err(text_alone()),
        };
        let relative = path.strip_prefix('/').unwrap_or(path);
        let bytes: Vec<u8> = percent_decode_str(relative).collect();
        // A tab harms no command; servers have names with one.
        let harms = |b: &&u8| b.is_ascii_control() && **b != b'\t';
        if let Some(control) = bytes.iter().find(harms) {
            let shown = text::clip(&String::from_utf8_lossy(&bytes));
            let what =
                format!("the path `{shown}` contains the control character \\x{control:02x}");
            return Err(usage(what));
        }
        // Two slashes at the front mean the same as one, but not to every server.
        let slashes = bytes.iter().take_while(|b| **b == b'/').count();
        Ok(Self(bytes[slashes.saturating_sub(1)..].to_vec()))
    }

    /// A path of these bytes, which come from another one.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// What is sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path of a URL that means this one to whoever reads URLs as RFC 1738 section 3.2.2 has it:
    /// `/a/b` below the login directory, `/%2Fa/b` from the root.
    pub fn to_url_path(&self) -> String {
        let encode = |segment| percent_encode(segment, RESERVED).to_string();
        let (root, relative) = match self.0.strip_prefix(b"/") {
            Some(relative) => ("/%2F", relative),
            None => ("/", self.0.as_slice()),
        };
        let segments: Vec<_> = relative.split(|b| *b == b'/').map(encode).collect();
        root.to_owned() + &segments.join("/")
    }

    /// What is sent for a folder: without a slash at the end, but for the root.
    pub fn as_folder(&self) -> &[u8] {
        let end = self.0.iter().rposition(|b| *b != b'/');
        match end {
            Some(end) => &self.0[..=end],
            None => &self.0[..self.0.len().min(1)],
        }
    }

    /// Whether it names a directory by its spelling: empty, or with a slash at its end.
    pub fn is_directory(&self) -> bool {
        self.0.is_empty() || self.0.ends_with(b"/")
    }
}

/// Escaped and cut: safe to show.
impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text::clip(&String::from_utf8_lossy(&self.0)))
    }
}

impl fmt::Debug for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RemotePath({self})")
    }
}

fn text_alone() -> Error {
    let what =
        "`;type=a` (text with changed line ends) is for bringing in one file through a tunnel";
    Error::new(Kind::Unsupported, Stage::Request, what)
        .with_hint("leave `;type=a` out: bytes are moved as they are")
}

fn usage(what: String) -> Error {
    Error::new(Kind::Usage, Stage::Request, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_urls() {
        #[rustfmt::skip]
        let table: &[(&str, &str, &[u8])] = &[
            ("RFC 1738 3.2.2: below the login directory", "/a/b", b"a/b"),
            ("RFC 1738 3.2.2", "/%2Fetc/motd", b"/etc/motd"),
            ("curl", "//etc/motd", b"/etc/motd"),
            ("one slash at the front", "/%2F/etc/motd", b"/etc/motd"),
            ("inner slashes are the server's", "/a//b", b"a//b"),
            ("RFC 1738 3.2.2: type", "/a.bin;type=i", b"a.bin"),
            ("an encoded type is part of the name", "/a%3Btype=a", b"a;type=a"),
            ("a directory with such a name", "/a;type=x/b", b"a;type=x/b"),
            ("blank", "/my%20file", b"my file"),
            ("tab", "/my%09file", b"my\tfile"),
            ("bytes, not characters", "/caf%E9", b"caf\xe9"),
            ("UTF-8", "/caf%C3%A9", "caf\u{e9}".as_bytes()),
            ("decoded once", "/100%2525", b"100%25"),
            ("bad escape", "/100%zz%", b"100%zz%"),
            ("question mark", "/a%3Fb", b"a?b"),
            ("login directory", "/", b""),
            ("root", "/%2F", b"/"),
        ];
        for (source, path, wanted) in table {
            let found = RemotePath::from_url_path(path).unwrap();
            assert_eq!(found.as_bytes(), *wanted, "{source}: {path}");
        }
    }

    #[test]
    fn refused_paths() {
        #[rustfmt::skip]
        let table: &[(&str, &str, Kind)] = &[
            ("command injection", "/a%0D%0ADELE%20b", Kind::Usage),
            ("line feed", "/a%0Ab", Kind::Usage),
            ("NUL", "/a%00", Kind::Usage),
            ("escape", "/a%1B[2J", Kind::Usage),
            ("delete", "/a%7F", Kind::Usage),
            ("text mode", "/a;type=a", Kind::Unsupported),
            ("listing", "/a;type=d", Kind::Unsupported),
            ("unknown type", "/a;type=q", Kind::Usage),
            ("empty type", "/a;type=", Kind::Usage),
        ];
        for (source, path, kind) in table {
            let error = RemotePath::from_url_path(path).unwrap_err();
            assert_eq!(error.kind(), *kind, "{source}: {path}");
        }
    }

    #[test]
    fn directories_by_spelling() {
        for (path, directory) in [("/", true), ("/a/", true), ("/%2F", true), ("/a", false)] {
            let path = RemotePath::from_url_path(path).unwrap();
            assert_eq!(path.is_directory(), directory, "{path}");
        }
    }

    #[test]
    fn a_path_is_written_as_it_was_read() {
        for (read, written) in [
            ("/a/b.csv", "/a/b.csv"),
            ("/a%20b/c;d.csv;type=i", "/a%20b/c%3Bd.csv"),
            ("//etc/x", "/%2Fetc/x"),
            ("/%2Fetc/x", "/%2Fetc/x"),
            ("/a%2Fb", "/a/b"),
            ("/%7Eann/%FFx", "/~ann/%FFx"),
            ("/folder/", "/folder/"),
            ("/", "/"),
        ] {
            let path = RemotePath::from_url_path(read).unwrap();
            assert_eq!(path.to_url_path(), written, "{read}");
            let again = RemotePath::from_url_path(&path.to_url_path()).unwrap();
            assert_eq!(again, path, "{read}");
        }
    }
}
