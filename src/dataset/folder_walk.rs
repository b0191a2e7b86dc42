//! The folders below a folder.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

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

/// So many folders may wait to be listed. Only a server that makes them up has more: each listing may
/// name a million, and the way may be long.
const AHEAD_MAX: usize = 2_000_000;

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
    /// How many may be.
    most: usize,
}

/// The way to a folder. Folders beside each other share what leads to them.
#[derive(Clone, Debug, Default)]
struct Way {
    before: Option<Arc<Passed>>,
    /// Its own name; none where the walk began.
    name: Vec<u8>,
    /// What the server calls it.
    unique: Option<Vec<u8>>,
    /// How many names lead to it.
    depth: usize,
}

/// A folder that was listed.
#[derive(Debug)]
struct Passed {
    way: Way,
    looks: Option<u64>,
}

impl Way {
    /// The names that lead to it, its own the last.
    fn names(&self) -> Vec<Vec<u8>> {
        let named = |way: &&Self| way.depth > 0;
        let above = self.passed().map(|passed| &passed.way);
        let all = std::iter::once(self).chain(above).filter(named);
        let mut names: Vec<_> = all.map(|way| way.name.clone()).collect();
        names.reverse();
        names
    }

    /// The folders on the way, the nearest first.
    fn passed(&self) -> impl Iterator<Item = &Passed> {
        std::iter::successors(self.before.as_deref(), |passed| {
            passed.way.before.as_deref()
        })
    }

    /// Notes how the folder at its end looks. Gives whether it is likely to be one on the way.
    fn listed(self, listing: Option<&Listing>) -> (Arc<Passed>, bool) {
        let looks = listing.and_then(looks);
        let is_alike = |before: &&Passed| before.looks == looks;
        let is_circle = looks.is_some() && self.passed().filter(is_alike).count() >= ALIKE;
        let passed = Passed { way: self, looks };
        (Arc::new(passed), is_circle)
    }
}

impl Passed {
    /// The way one step further, into a folder.
    fn further(self: &Arc<Self>, entry: &Entry) -> std::result::Result<Way, LeftOut> {
        if !is_step(&entry.name) {
            return Err(LeftOut::Name);
        }
        let way = Way {
            before: Some(Arc::clone(self)),
            name: entry.name.clone(),
            unique: entry.unique.clone(),
            depth: self.way.depth + 1,
        };
        // Some servers call a link to a folder a folder.
        let is_passed = |passed: &Passed| passed.way.unique == way.unique;
        match way.unique.is_some() && way.passed().any(is_passed) {
            true => Err(LeftOut::Circle),
            false => Ok(way),
        }
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
    /// Millions of folders wait to be listed.
    #[error("there are too many folders")]
    Many,
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
            most: AHEAD_MAX,
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
        let way = self.ahead.pop()?;
        let names = way.names();
        let listing = match way.depth {
            0 => self.tried(|| self.dataset.list()).await,
            1..=DEEPEST => {
                let folder = self.dataset.below(&names);
                self.tried(|| folder.list_known()).await
            }
            _ => Err(too_deep(self.dataset)),
        };
        let left_out = self.go_on(way, &names, listing.as_ref().ok(), leave_out);
        Some(Visited {
            names,
            listing,
            left_out,
        })
    }

    /// Notes which folders in one are next. Gives those that are left out, but for those that
    /// `leave_out` says so of.
    fn go_on(
        &mut self,
        way: Way,
        names: &[Vec<u8>],
        listing: Option<&Listing>,
        leave_out: impl Fn(&[Vec<u8>]) -> bool,
    ) -> Vec<(Vec<u8>, LeftOut)> {
        let (passed, is_circle) = way.listed(listing);
        let entries = listing.into_iter().flat_map(|listing| &listing.entries);
        let inner = entries.filter(|entry| entry.kind == listing::Kind::Folder);
        let mut inner_names = names.to_vec();
        let (mut left_out, mut ways) = (Vec::new(), Vec::new());
        for entry in inner {
            let further = passed.further(entry);
            inner_names.push(entry.name.clone());
            let is_unwanted = further.is_ok() && leave_out(&inner_names);
            inner_names.pop();
            match further {
                Ok(_) if is_unwanted => {}
                Ok(_) if is_circle => left_out.push((entry.name.clone(), LeftOut::Circle)),
                Ok(_) if self.ahead.len() + ways.len() >= self.most => {
                    left_out.push((entry.name.clone(), LeftOut::Many));
                }
                Ok(way) => ways.push(way),
                Err(why) => left_out.push((entry.name.clone(), why)),
            }
        }
        self.ahead.extend(ways.into_iter().rev());
        left_out
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
    // A tab can be sent, as proto::ftp::RemotePath has it.
    is_one && !name.iter().any(|b| b.is_ascii_control() && *b != b'\t')
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
    #[cfg(any(feature = "cli", feature = "object_store"))]
    pub(crate) fn file_below(&self, names: &[Vec<u8>]) -> Self {
        let folder = self.below(names);
        let path = folder.url().path();
        self.at_path(path.strip_suffix('/').unwrap_or(path))
    }

    /// [`list`](Self::list), with tries.
    #[cfg(feature = "object_store")]
    pub(crate) async fn list_with_tries(&self) -> Result<Listing> {
        with_tries(self.retry(), &Observer::default(), || self.list()).await
    }

    /// What lies below this folder by these names.
    pub(crate) fn below(&self, names: &[Vec<u8>]) -> Self {
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
        let passed = |way: Way| way.listed(None).0;
        let root = passed(Way::default());
        let a = root.further(&entry(b"type=dir;unique=1g2; a")).unwrap();
        let a = passed(a);
        let b = a.further(&entry(b"type=dir;unique=1g3; b")).unwrap();
        let b = passed(b);
        let back = b.further(&entry(b"type=dir;unique=1g2; a"));
        assert_eq!(back.unwrap_err(), LeftOut::Circle);
        let beside = b.further(&entry(b"type=dir; a")).unwrap();
        assert_eq!(beside.names().concat(), b"aba");
    }

    /// A server can name folders without end.
    #[test]
    fn only_so_many_folders_wait_and_their_ways_are_shared() {
        let client = Client::new(Settings::from_toml("").unwrap());
        let dataset = client.dataset("ftp://h/").unwrap();
        let mut walk = dataset.walk();
        walk.most = 3;
        let mut listing = Listing::default();
        let lines = [b"type=dir; a", b"type=dir; b", b"type=dir; c"];
        listing.entries = lines.map(|line| entry(line)).to_vec();
        let mut left_out = Vec::new();
        for _ in 0..3 {
            let way = walk.ahead.pop().unwrap();
            let names = way.names();
            left_out = walk.go_on(way, &names, Some(&listing), |names| names.concat() == b"ab");
        }
        let many = [b"b", b"c"].map(|name| (name.to_vec(), LeftOut::Many));
        assert_eq!(left_out, many);
        let ways = walk.ahead.iter().map(|way| way.names().concat());
        let ways: Vec<_> = ways.collect();
        assert_eq!(ways, [&b"c"[..], b"b", b"aaa"]);
        let shared = |at: usize| walk.ahead[at].before.as_ref().unwrap();
        assert!(Arc::ptr_eq(shared(0), shared(1)));
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
            (b"a\tb", true),
            (b"a\x1b[2J", false),
        ] {
            assert_eq!(is_step(name), expected, "{}", name.escape_ascii());
        }
        let root = Way::default().listed(None).0;
        let evil = root.further(&entry(b"type=dir; ../up"));
        assert_eq!(evil.unwrap_err(), LeftOut::Name);
    }
}
