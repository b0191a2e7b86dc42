//! The local name for what a URL gives.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::base::{Error, Kind, Result, Stage, text};
use crate::proto::ftp::TransferType;

/// Linux and most others allow no longer name; `.part.meta` is added to it meanwhile.
const LONGEST: usize = 255 - ".part.meta".len();

/// The file name for `url`: the last segment of its path, decoded. Never from what the server
/// says.
///
/// # Errors
/// The path ends with `/`, or the segment cannot be the name of a file in one folder.
pub fn file_name(url: &Url) -> Result<String> {
    let path = url.path();
    // FTP's `;type=` is no part of the name (RFC 1738 section 3.2.2).
    let path = match url.scheme() {
        "ftp" | "ftps" => TransferType::split_from(path)?.0,
        _ => path,
    };
    let segment = path.rsplit('/').next().unwrap_or_default();
    let bad = |what: String| {
        Error::new(Kind::Usage, Stage::Store, what).with_hint("name the file with -o FILE")
    };
    if segment.is_empty() {
        let what = "the URL's path ends with `/`: it names no file";
        return Err(Error::new(Kind::Usage, Stage::Store, what)
            .with_hint("-o FILE names the file; -r brings in a folder and all below it"));
    }
    let Ok(name) = percent_decode_str(segment).decode_utf8() else {
        let shown = text::clip(segment);
        return Err(bad(format!("the URL's last part `{shown}` is not UTF-8")));
    };
    let shown = text::clip(&name);
    let harmful = |c: char| c.is_control() || c == '/' || c == '\\';
    if name == "." || name == ".." || name.chars().any(harmful) {
        return Err(bad(format!("`{shown}` cannot be a file's name")));
    }
    if name.len() > LONGEST {
        return Err(bad(format!("`{shown}` is too long for a file's name")));
    }
    Ok(name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_path_alone() {
        let cases = [
            ("http://h/a/b.csv", Some("b.csv")),
            ("http://h/a/b.csv?x=/etc/passwd#y", Some("b.csv")),
            (
                "http://h/caf%C3%A9%20au%20lait.csv",
                Some("café au lait.csv"),
            ),
            ("ftp://h/pub/x.gz;type=i", Some("x.gz")),
            ("ftp://h/pub/x.gz;TYPE=I", Some("x.gz")),
            ("ftp://h/pub/x.csv;type=a", Some("x.csv")),
            ("ftp://h/d;type=x/b.csv", Some("b.csv")),
            ("http://h/x;type=i", Some("x;type=i")),
            ("http://h/.bashrc", Some(".bashrc")),
            ("http://h/", None),
            ("http://h", None),
            ("http://h/a/", None),
            ("http://h/..%2f..%2fetc%2fpasswd", None),
            ("http://h/a%00b", None),
            ("http://h/a%0ab", None),
            ("http://h/a%5cb", None),
            ("http://h/%ff", None),
        ];
        for (url, name) in cases {
            let found = file_name(&Url::parse(url).unwrap()).ok();
            assert_eq!(found.as_deref(), name, "{url}");
        }
        let long = format!("http://h/{}", "x".repeat(250));
        assert!(file_name(&Url::parse(&long).unwrap()).is_err());
    }
}
