//! Our errors as object_store's.

use ::object_store::path::Path;

use super::NAME;
use crate::base::{Error, Kind, Stage};
use crate::dataset::Lack;

/// The error as object_store has it; [`Error::find`] finds ours in it.
pub(super) fn told(error: Error, location: &Path) -> ::object_store::Error {
    use ::object_store::Error as Theirs;
    let (lack, kind) = (Lack::of(&error), error.kind());
    let (path, source) = (location.to_string(), Box::new(error));
    match (lack, kind) {
        (Some(Lack::Missing), _) => Theirs::NotFound { path, source },
        (Some(Lack::Denied), _) => Theirs::PermissionDenied { path, source },
        (Some(Lack::Taken), _) => Theirs::AlreadyExists { path, source },
        (None, Kind::TargetAuth) => Theirs::Unauthenticated { path, source },
        (None, Kind::Changed) => Theirs::Precondition { path, source },
        (None, Kind::Unsupported) => Theirs::NotSupported { source },
        _ => Theirs::Generic {
            store: NAME,
            source,
        },
    }
}

/// The error for a file of which there was another state before.
pub(super) fn changed(location: &Path) -> ::object_store::Error {
    let what = "the file changed on the server between two parts of it";
    let error = Error::new(Kind::Changed, Stage::Transfer, what).permanent();
    told(error.with_hint("read it again from the start"), location)
}

/// The error for what such servers cannot do.
pub(super) fn not_built(operation: &str) -> ::object_store::Error {
    ::object_store::Error::NotImplemented {
        operation: operation.to_owned(),
        implementer: "outbound's FolderStore".to_owned(),
    }
}
