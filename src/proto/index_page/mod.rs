//! Index pages: what HTTP servers show of a folder that has no page of its own.
//!
//! Pages of nginx (HTML and JSON), Apache (all its forms), lighttpd, Python's `http.server`, and
//! Caddy's JSON are known. Only links to what lies directly in the folder count, on the server that
//! gave the page; all else is navigation: the parent, sorting, other places. `docs/listings.md`
//! shows the forms.

mod columns;
mod html;
mod json;
mod link;

use url::Url;

use crate::proto::ftp::listing::Entry;

/// The most entries that a page may have.
pub const ENTRIES_MAX: usize = 1_000_000;

/// How a page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// HTML.
    Html,
    /// A JSON array: nginx with `autoindex_format json`, and Caddy.
    Json,
}

/// What a page says of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// What lies in the folder, in the page's order, each once.
    pub entries: Vec<Entry>,
    /// Links to what would lie in the folder, and whose names are no single step of a path, or
    /// cannot be read. Hostile, as names are.
    pub unrecognised: Vec<Vec<u8>>,
}

/// Why a page is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoIndex {
    /// Neither HTML nor JSON.
    #[error("it is neither HTML nor JSON")]
    Form,
    /// The URL does not end in a slash: what is named on it lies elsewhere.
    #[error("its URL does not end in `/`, as that of a folder does")]
    Place,
    /// It is HTML without the title of an index, and without links that sort one.
    #[error("it has no title such as `Index of /`")]
    Title,
    /// It is JSON of another kind.
    #[error("it is no list of files")]
    Items,
    /// There are more than [`ENTRIES_MAX`].
    #[error("it has more than a million entries")]
    Long,
}

impl Form {
    /// The form of a page with this media type; without one, the first byte tells.
    ///
    /// # Errors
    /// [`NoIndex::Form`].
    pub fn of(media_type: Option<&str>, start: &[u8]) -> Result<Self, NoIndex> {
        let essence = media_type.map(|media| media.split(';').next().unwrap_or(media).trim());
        match essence.map(str::to_ascii_lowercase).as_deref() {
            Some("text/html" | "application/xhtml+xml") => Ok(Self::Html),
            Some("application/json" | "text/json") => Ok(Self::Json),
            None | Some("") => match start.trim_ascii_start().first() {
                Some(b'[') => Ok(Self::Json),
                Some(b'<') => Ok(Self::Html),
                _ => Err(NoIndex::Form),
            },
            Some(_) => Err(NoIndex::Form),
        }
    }

    /// Whether the page has its own end: JSON that can be read always has.
    pub fn has_end(self, page: &[u8]) -> bool {
        let page = page.trim_ascii_end();
        let end = page.get(page.len().saturating_sub(7)..).unwrap_or(page);
        self == Self::Json || end.eq_ignore_ascii_case(b"</html>")
    }
}

/// Reads the index page that `at` gave. Time and memory grow with its length alone.
///
/// # Errors
/// It is no index page.
pub fn read(page: &[u8], form: Form, at: &Url) -> Result<Page, NoIndex> {
    if !at.path().ends_with('/') {
        return Err(NoIndex::Place);
    }
    let mut found = match form {
        Form::Html => html::read(page, at)?,
        Form::Json => json::read(page)?,
    };
    found.only_once();
    Ok(found)
}

impl Page {
    /// # Errors
    /// [`NoIndex::Long`].
    fn push(&mut self, entry: Entry) -> Result<(), NoIndex> {
        if self.entries.len() + self.unrecognised.len() >= ENTRIES_MAX {
            return Err(NoIndex::Long);
        }
        self.entries.push(entry);
        Ok(())
    }

    /// # Errors
    /// [`NoIndex::Long`].
    fn push_unrecognised(&mut self, link: &[u8]) -> Result<(), NoIndex> {
        if self.entries.len() + self.unrecognised.len() >= ENTRIES_MAX {
            return Err(NoIndex::Long);
        }
        let start = link.get(..link::HREF_MAX).unwrap_or(link);
        self.unrecognised.push(start.to_vec());
        Ok(())
    }

    /// What a page's text above the list links to is in the list once more: of two the one with a
    /// time counts.
    fn only_once(&mut self) {
        let mut order: Vec<usize> = (0..self.entries.len()).collect();
        let all = &self.entries;
        order.sort_unstable_by(|a, b| {
            let key = |at: usize| (&all[at].name, all[at].modified.is_none(), at);
            key(*a).cmp(&key(*b))
        });
        let again: Vec<usize> = order
            .windows(2)
            .filter(|two| {
                all[two[0]].name == all[two[1]].name && all[two[0]].kind == all[two[1]].kind
            })
            .map(|two| two[1])
            .collect();
        if again.is_empty() {
            return;
        }
        let again: std::collections::HashSet<usize> = again.into_iter().collect();
        let mut at = 0;
        self.entries.retain(|_| {
            at += 1;
            !again.contains(&(at - 1))
        });
    }
}

#[cfg(test)]
mod tests;
