//! What is in a folder.

use std::borrow::Cow;

use super::RemotePath;
use crate::base::{Encoding, Error, Kind, Stage};
use crate::proto::ftp::listing::{self, Entry, Form, Line, Unsafe, local_name_in};
use crate::proto::index_page::Page;

/// The most lines that a folder may have.
const LINES_MAX: usize = 1_000_000;

/// The most bytes of a listing: more than as many lines need.
const BYTES_MAX: u64 = 128 << 20;

/// The most bytes of lines that are not understood, which are kept to be shown.
const UNREAD_MAX: usize = 8 << 20;

/// What is in a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// The entries, in the server's order, without the folder itself and its parent.
    pub entries: Vec<Entry>,
    /// The lines that were not understood, as they came. Hostile, as names are.
    pub unrecognised: Vec<Vec<u8>>,
    /// Which command the entries answer, over FTP. After NLST there are names alone.
    pub form: Form,
    /// The encoding of names, as the settings have it.
    pub encoding: Option<Encoding>,
    /// Whether lines about the folder itself came: it is one.
    pub(super) around: bool,
    /// The bytes of what was not understood.
    unread: usize,
    /// Whether it is from a page of an HTTP server.
    page: bool,
    /// What the server said when it left out entries.
    pub(super) cut_short: Option<String>,
    /// Whether nothing shows that the page was all.
    may_be_cut: bool,
}

impl Listing {
    /// What an index page says.
    pub(crate) fn of_page(page: Page, may_be_cut: bool) -> Self {
        Self {
            may_be_cut,
            entries: page.entries,
            unrecognised: page.unrecognised,
            page: true,
            ..Self::default()
        }
    }

    /// What a bucket holds.
    #[cfg(feature = "object_store")]
    pub(crate) fn of_entries(entries: Vec<Entry>) -> Self {
        Self {
            entries,
            ..Self::default()
        }
    }

    /// The error, if the server says that it left out entries: there are more than these.
    pub fn shortage(&self) -> Option<Error> {
        let said = self.cut_short.as_ref()?;
        let what = format!("the server left out a part of the listing: {said}");
        let hint = "it lists no more than its settings allow; name the files with --from-file";
        Some(Error::new(Kind::TargetRefused, Stage::Transfer, what).with_hint(hint))
    }

    /// Whether nothing shows that it is all: a page that ended with the connection, and without its
    /// own end.
    #[cfg(any(feature = "cli", feature = "object_store"))]
    pub(crate) fn may_be_cut(&self) -> bool {
        self.may_be_cut
    }

    /// Whether it is from a page of an HTTP server: sizes may be rounded up and down.
    #[cfg(any(feature = "cli", feature = "object_store"))]
    pub(crate) fn is_of_page(&self) -> bool {
        self.page
    }

    /// The characters of a name or a link's target: in the listing's encoding, else in UTF-8.
    /// U+FFFD stands for what has none. As hostile as the bytes.
    pub fn text<'a>(&self, name: &'a [u8]) -> Cow<'a, str> {
        match self.encoding {
            Some(encoding) => encoding.decode(name),
            None => String::from_utf8_lossy(name),
        }
    }

    /// The name of a local file for an entry: its characters, or its bytes where they have none.
    ///
    /// # Errors
    /// As [`local_name`](crate::ftp::listing::local_name).
    pub fn local_name<'a>(&self, entry: &'a Entry) -> std::result::Result<Cow<'a, [u8]>, Unsafe> {
        local_name_in(&entry.name, self.encoding)
    }

    pub(super) fn take(&mut self, line: &[u8], what: Line) {
        match what {
            Line::Entry(entry) => self.entries.push(entry),
            Line::Around => self.around = true,
            Line::Header => {}
            Line::Unrecognised => {
                self.unread += line.len();
                self.unrecognised.push(line.to_vec());
            }
        }
    }

    /// Which limit is passed, if one is.
    pub(super) fn excess(&self, received: u64) -> Option<String> {
        if self.length() > LINES_MAX || received > BYTES_MAX {
            let mib = BYTES_MAX >> 20;
            return Some(format!(
                "the listing is longer than {LINES_MAX} lines or {mib} MiB"
            ));
        }
        (self.unread > UNREAD_MAX).then(|| {
            let mib = UNREAD_MAX >> 20;
            format!("of the listing, more than {mib} MiB are not understood")
        })
    }

    pub(super) fn length(&self) -> usize {
        self.entries.len() + self.unrecognised.len()
    }

    /// Whether there is nothing in it but a folder that is called as the one that was asked for: of
    /// a folder that it may not read, vsftpd shows the line in the folder around it.
    pub(super) fn may_be_around(&self, path: &RemotePath) -> bool {
        let name = path.as_folder().rsplit(|b| *b == b'/').next();
        let is_only = self.length() == 1 && !self.around;
        is_only
            && matches!(self.entries.as_slice(), [entry]
                if entry.kind == listing::Kind::Folder && name == Some(&*entry.name))
    }

    /// Whether nothing in it was understood.
    pub(super) fn is_unread(&self) -> bool {
        self.entries.is_empty() && !self.around && !self.unrecognised.is_empty()
    }
}
