//! Paths of the store, and names of the server.

use std::borrow::Cow;

use ::object_store::path::{Path, PathPart};

use super::FolderStore;
use super::failure::told;
use crate::base::{Encoding, Error, Kind, Stage, text};
use crate::dataset::Dataset;

/// Whether a name is one of an upload that goes on: `NAME.DIGEST.part`, or what it replaces,
/// `NAME.DIGEST.old`.
pub(super) fn is_of_upload(name: &[u8]) -> bool {
    let stem = name
        .strip_suffix(b".part")
        .or_else(|| name.strip_suffix(b".old"));
    stem.and_then(|stem| stem.split_last_chunk::<13>())
        .is_some_and(|(name, [dot, digest @ ..])| {
            let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            !name.is_empty() && *dot == b'.' && digest.iter().all(is_digit)
        })
}

impl FolderStore {
    /// How the server writes names.
    pub(super) fn encoding(&self) -> Option<Encoding> {
        let connection = self.base.connector().connection().filter(|_| self.is_ftp());
        connection.and_then(|connection| connection.encoding)
    }

    /// The names that lead to `location`.
    pub(super) fn names(&self, location: &Path) -> ::object_store::Result<Vec<Vec<u8>>> {
        let encoding = self.encoding();
        let name = |part: PathPart<'_>| match encoding {
            None => Ok(part.as_ref().as_bytes().to_vec()),
            Some(encoding) => encoding
                .encode(part.as_ref())
                .map(Cow::into_owned)
                .ok_or_else(|| {
                    let shown = text::clip(part.as_ref());
                    let what = format!("`{shown}` has characters that {encoding} has not");
                    told(Error::new(Kind::Usage, Stage::Request, what), location)
                }),
        };
        location.parts().map(name).collect()
    }

    /// The file at `location`.
    pub(super) fn file(&self, location: &Path) -> ::object_store::Result<Dataset> {
        Ok(self.base.file_below(&self.names(location)?))
    }
}

/// The place of what is called `name` in the folder `folder`.
pub(super) fn place(
    encoding: Option<Encoding>,
    folder: &Path,
    name: &[u8],
) -> ::object_store::Result<Path> {
    let exact = match encoding {
        Some(encoding) => encoding.decode_exactly(name),
        None => str::from_utf8(name).ok().map(Cow::Borrowed),
    };
    let Some(exact) = exact else {
        let shown = text::clip(&String::from_utf8_lossy(name));
        let what = format!("the name `{shown}` in `{folder}` is no text");
        let error = Error::new(Kind::TargetProtocol, Stage::Request, what);
        let hint = "say how the server writes names: `encoding` of its connection";
        return Err(told(error.with_hint(hint), folder));
    };
    let part = PathPart::parse(&exact).map_err(|cause| {
        let shown = text::clip(&exact);
        let what = format!("the name `{shown}` in `{folder}` cannot be one of object_store's");
        let error = Error::new(Kind::TargetProtocol, Stage::Request, what);
        told(error.with_source(cause), folder)
    })?;
    Ok(folder.clone().join(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_parts_are_hidden() {
        for (name, hidden) in [
            ("a.csv.0123456789ab.part", true),
            ("a.csv.0123456789ab.old", true),
            ("a.0123456789AB.part", false),
            (".0123456789ab.part", false),
            ("a.csv.part", false),
            ("a.csv.123.part", false),
            ("a.0123456789ab", false),
        ] {
            assert_eq!(is_of_upload(name.as_bytes()), hidden, "{name}");
        }
    }
}
