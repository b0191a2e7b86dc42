//! The folders below a folder.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use percent_encoding::percent_encode;

use super::client::Dataset;
use super::event::Observer;
use super::retry::with_tries;
use crate::base::percent::RESERVED;
use crate::base::{Error, Kind, Result, Scheme, Stage};
use crate::ftp::Listing;
use crate::ftp::listing::{self, Entry};

/// Folders are gone into so deep: a server can make up folders without end.
const DEEPEST: usize = 64;

/// A folder that looks like so many on the way to it is one of them: most HTTP servers do not show
/// what is a link. One alone may be a copy.
const ALIKE: usize = 2;

/// A walk over a folder and those below it, one listing at a time, a folder before those in it. A
/// listing is tried as often as the settings say. Links are shown and not followed, as far as the
/// server tells: on most pages of HTTP servers they look like what they lead to.
#[derive(Debug)]
pub struct FolderWalk<'a> {
    dataset: &'a Dataset,
    observer: Observer,
    /// What is still to be listed, the next one last.
    ahead: Vec<Way>,
}

/// The way to a folder: name by name, and what the server calls each folder on it.
#[derive(Clone, Debug, Default)]
struct Way {
    names: Vec<Vec<u8>>,
    passed: Vec<Vec<u8>>,
    /// How each folder on it looks.
    looks: Vec<Option<u64>>,
}

impl Way {
    /// The way one step further, into a folder.
    fn further(&self, entry: &Entry) -> std::result::Result<Self, LeftOut> {
        if !is_step(&entry.name) {
            return Err(LeftOut::Name);
        }
        let mut way = self.clone();
        if let Some(unique) = &entry.unique {
            // Some servers call a link to a folder a folder.
            if way.passed.contains(unique) {
                return Err(LeftOut::Circle);
            }
            way.passed.push(unique.clone());
        }
        way.names.push(entry.name.clone());
        Ok(way)
    }

    /// Notes how the folder at its end looks. Gives whether it is likely to be one on the way.
    fn sees(&mut self, listing: &Listing) -> bool {
        let looks = looks(listing);
        let alike = self.looks.iter().filter(|before| **before == looks);
        let is_circle = looks.is_some() && alike.count() >= ALIKE;
        self.looks.push(looks);
        is_circle
    }
}

/// A digest of what is in a folder. Nothing is said of one without files: trees that were made by
/// a program have many that are alike.
fn looks(listing: &Listing) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    let mut has_file = false;
    for entry in &listing.entries {
        has_file |= entry.kind == listing::Kind::File;
        (&entry.name, entry.size).hash(&mut hasher);
        entry.modified.map(|at| at.time).hash(&mut hasher);
    }
    has_file.then(|| hasher.finish())
}

/// Why a walk does not go into a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LeftOut {
    /// It is one of those that lead to it, or lies in a folder that looks like two of them.
    #[error("it leads back to a folder on the way")]
    Circle,
    /// Its name is no single step of a path, or has control characters in it.
    #[error("its name cannot be asked for")]
    Name,
}

/// One folder of a walk.
#[derive(Debug)]
#[non_exhaustive]
pub struct Visited {
    /// The names that lead to it from where the walk began, as the server sent them: hostile.
    pub names: Vec<Vec<u8>>,
    /// What is in it, or why that cannot be told. The walk goes on without it.
    pub listing: Result<Listing>,
    /// The folders in it that the walk does not go into, by name.
    pub left_out: Vec<(Vec<u8>, LeftOut)>,
}

impl<'a> FolderWalk<'a> {
    pub(super) fn new(dataset: &'a Dataset) -> Self {
        Self {
            dataset,
            observer: Observer::default(),
            ahead: vec![Way::default()],
        }
    }

    /// Tells `observer` of further tries.
    pub fn with_observer(mut self, observer: Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Lists the next folder; `None` when all were.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the folder out.
    pub async fn next(&mut self) -> Option<Visited> {
        self.next_but(|_| false).await
    }

    /// [`next`](Self::next), and of the folders in it those are left out, with all below them, that
    /// `leave_out` says so of, by the names that lead there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn next_but(&mut self, leave_out: impl Fn(&[Vec<u8>]) -> bool) -> Option<Visited> {
        let mut way = self.ahead.pop()?;
        let listing = match way.names.len() {
            0 => self.tried(|| self.dataset.list()).await,
            1..=DEEPEST => {
                let folder = self.dataset.below(&way.names);
                self.tried(|| folder.list_known()).await
            }
            _ => Err(too_deep(self.dataset)),
        };
        let is_circle = listing.as_ref().is_ok_and(|listing| way.sees(listing));
        let entries = listing.iter().flat_map(|listing| &listing.entries);
        let inner = entries.filter(|entry| entry.kind == listing::Kind::Folder);
        let mut left_out = Vec::new();
        let mut ways = Vec::new();
        for entry in inner {
            match way.further(entry) {
                Ok(way) if leave_out(&way.names) => {}
                Ok(_) if is_circle => left_out.push((entry.name.clone(), LeftOut::Circle)),
                Ok(way) => ways.push(way),
                Err(why) => left_out.push((entry.name.clone(), why)),
            }
        }
        self.ahead.extend(ways.into_iter().rev());
        Some(Visited {
            names: way.names,
            listing,
            left_out,
        })
    }
}

impl FolderWalk<'_> {
    async fn tried<Doing>(&self, list: impl FnMut() -> Doing) -> Result<Listing>
    where
        Doing: Future<Output = Result<Listing>>,
    {
        with_tries(self.dataset.retry(), &self.observer, list).await
    }
}

/// Whether a name is one step of a path and can be sent.
fn is_step(name: &[u8]) -> bool {
    let is_one = !matches!(name, b"" | b"." | b"..") && !name.contains(&b'/');
    is_one && !name.iter().any(u8::is_ascii_control)
}

fn too_deep(dataset: &Dataset) -> Error {
    let what = format!("a folder lies more than {DEEPEST} folders deep, and is left out");
    Error::new(Kind::TargetRefused, Stage::Request, what)
        .while_doing(format!("list the folders below {}", dataset.target()))
}

impl Dataset {
    /// A walk over the folder at a URL, as [`list`](Self::list) takes it, and those below it.
    pub fn walk(&self) -> FolderWalk<'_> {
        FolderWalk::new(self)
    }

    /// The file that lies below this folder by these names, the last of them its own.
    #[cfg(feature = "cli")]
    pub(crate) fn file_below(&self, names: &[Vec<u8>]) -> Self {
        let folder = self.below(names);
        let path = folder.url().path();
        self.at_path(path.strip_suffix('/').unwrap_or(path))
            .with_more_to_come()
    }

    /// What lies below this folder by these names.
    fn below(&self, names: &[Vec<u8>]) -> Self {
        let path = self.url().path();
        let is_ftp = matches!(self.target().scheme(), Scheme::Ftp | Scheme::Ftps);
        let folder = path.strip_suffix(";type=d").filter(|_| is_ftp);
        let path = folder.unwrap_or(path);
        // One slash at most: `//` is the root of the server, `/` the folder of the login.
        let mut below = path.strip_suffix('/').unwrap_or(path).to_owned();
        for name in names {
            below.push('/');
            below.extend(percent_encode(name, RESERVED));
        }
        below.push('/');
        self.at_path(&below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Client;
    use crate::settings::Settings;

    #[test]
    fn what_lies_below_is_one_step_a_name() {
        let client = Client::new(Settings::from_toml("").unwrap());
        let names = [b"a b".to_vec(), b"\xe9;x".to_vec(), b"..%2f".to_vec()];
        for (url, below) in [
            ("ftp://h/pub", "ftp://h/pub/a%20b/%E9%3Bx/..%252f/"),
            ("ftp://h/pub/", "ftp://h/pub/a%20b/%E9%3Bx/..%252f/"),
            ("ftp://h/pub;type=d", "ftp://h/pub/a%20b/%E9%3Bx/..%252f/"),
            ("ftp://h/", "ftp://h/a%20b/%E9%3Bx/..%252f/"),
            ("ftp://h/%2Fetc", "ftp://h/%2Fetc/a%20b/%E9%3Bx/..%252f/"),
            // The root of the server, not of the login.
            ("ftp://h//", "ftp://h//a%20b/%E9%3Bx/..%252f/"),
            ("http://h", "http://h/a%20b/%E9%3Bx/..%252f/"),
            (
                "http://h/p;type=d",
                "http://h/p;type=d/a%20b/%E9%3Bx/..%252f/",
            ),
            ("http://h/p/?t=1", "http://h/p/a%20b/%E9%3Bx/..%252f/?t=1"),
        ] {
            let dataset = client.dataset(url).unwrap();
            assert_eq!(dataset.below(&names).url().as_str(), below, "{url}");
        }
    }

    fn entry(line: &[u8]) -> Entry {
        let now = std::time::SystemTime::UNIX_EPOCH;
        let mut found = None;
        let mut parser = listing::Parser::new(listing::Form::Mlsd, now);
        parser.push(line, &mut |_, line| found = Some(line));
        match found.unwrap() {
            listing::Line::Entry(entry) => entry,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nobody_goes_round_in_circles() {
        let way = Way::default();
        let a = way.further(&entry(b"type=dir;unique=1g2; a")).unwrap();
        let b = a.further(&entry(b"type=dir;unique=1g3; b")).unwrap();
        let back = b.further(&entry(b"type=dir;unique=1g2; a"));
        assert_eq!(back.unwrap_err(), LeftOut::Circle);
        let beside = b.further(&entry(b"type=dir; a")).unwrap();
        assert_eq!(beside.names.concat(), b"aba");
    }

    #[test]
    fn a_name_is_one_step() {
        for (name, expected) in [
            (&b"a b"[..], true),
            (b"\xe9", true),
            (b"", false),
            (b"..", false),
            (b"../up", false),
            (b"/etc", false),
            (b"a\x1b[2J", false),
        ] {
            assert_eq!(is_step(name), expected, "{}", name.escape_ascii());
        }
        let evil = Way::default().further(&entry(b"type=dir; ../up"));
        assert_eq!(evil.unwrap_err(), LeftOut::Name);
    }
}
