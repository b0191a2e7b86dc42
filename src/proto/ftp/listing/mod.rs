//! Lines of a folder's listing as values: MLSD (RFC 3659 section 7), LIST as servers write it,
//! which no standard describes, and NLST, which has names alone. `docs/listings.md` shows the forms.
//!
//! A line is an entry, something that is known to be none, or it is kept as not understood. None
//! is dropped.

mod dated;
mod dos;
mod eplf;
mod lines;
mod local;
mod mlsd;
mod months;
mod mvs;
mod os400;
mod parser;
mod rfc3339;
mod safe_name;
pub(in crate::proto) mod time;
mod unix;
mod vms;
mod words;

pub use lines::Lines;
pub use local::{Unsafe, local_name, local_name_in};
pub use parser::Parser;
pub use rfc3339::NoTime;
pub use safe_name::safe_name;
pub use time::{Exact, Stamp};

use parser::Context;

/// The most bytes that a line may have. A longer one is [`Line::Unrecognised`].
pub const LINE_MAX: usize = 16 * 1024;

/// Which command the lines answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// MLSD: facts and a name.
    #[default]
    Mlsd,
    /// LIST: what the server's own system shows its users.
    List,
    /// NLST: names alone.
    Nlst,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link or junction.
    Link {
        /// Where it leads, where the server says so. Hostile, as names are.
        target: Option<Vec<u8>>,
    },
    /// A device, a socket, or what only that system has.
    Other,
    /// The server does not say.
    Unknown,
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The name, byte by byte as the server sent it. Escape it before it is shown, and ask
    /// [`local_name`] before it becomes a file's name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Bytes, where the server gives them. Of use for files only.
    pub size: Option<u64>,
    /// Whether the size is not exact: on VMS it is that of the blocks that the file lies in, on pages
    /// of HTTP servers a rounded one (`1.2K`).
    pub size_rounded: bool,
    /// When it was last changed.
    pub modified: Option<Stamp>,
    /// Permissions in the server's words: `rw-r--r--`, or MLSD's `perm` (`adfrw`).
    pub permissions: Option<String>,
    /// What tells it from everything else on the server, where MLSD says so: equal for two names of
    /// one folder.
    pub unique: Option<Vec<u8>>,
}

impl Entry {
    pub(crate) fn new(name: &[u8], kind: Kind) -> Self {
        Self {
            name: name.to_vec(),
            kind,
            size: None,
            size_rounded: false,
            modified: None,
            permissions: None,
            unique: None,
        }
    }
}

/// What a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Line {
    /// An entry of the folder.
    Entry(Entry),
    /// The folder itself or its parent: `.`, `..`, cdir, pdir.
    Around,
    /// `total 14`, the names of columns, an empty line.
    Header,
    /// Not understood: tell people of it.
    Unrecognised,
}

#[cfg(test)]
mod tests;
