//! `--delete`: what lies here and is no longer there.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::names::is_link;
use super::there::There;

/// Something that is only here.
#[derive(Debug, PartialEq, Eq)]
pub enum Extra {
    File(PathBuf),
    /// A folder, behind all that is in it.
    Folder(PathBuf),
}

/// Whether a path below the folder, the second for a folder, may be deleted.
pub type MayGo<'a> = &'a dyn Fn(&str, bool) -> bool;

/// Adds what is in the folder `here` and has none of the names that are `there`. `path` is the
/// folder's own below the one that was asked for. Links stay, and are not followed.
pub fn find(
    here: &Path,
    path: &str,
    there: &There,
    may_go: MayGo<'_>,
    found: &mut Vec<Extra>,
) -> io::Result<()> {
    let entries = match fs::read_dir(here) {
        // Not made yet.
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        if there.has(&name) || file_of_part(&name).is_some_and(|of| there.has(of)) {
            continue;
        }
        let path = join(path, &name.to_string_lossy());
        look(&entry, &path, may_go, found)?;
    }
    Ok(())
}

/// The file of `NAME.part` or `NAME.part.meta`, which an unfinished download leaves beside it.
fn file_of_part(name: &OsStr) -> Option<&OsStr> {
    let path = Path::new(name);
    let part = match path.extension()?.to_str()? {
        "meta" => Path::new(path.file_stem()?),
        _ => path,
    };
    part.file_stem()
        .filter(|_| part.extension() == Some(OsStr::new("part")))
}

/// Adds what is only here. Gives whether nothing of it stays.
fn look(
    entry: &fs::DirEntry,
    path: &str,
    may_go: MayGo<'_>,
    found: &mut Vec<Extra>,
) -> io::Result<bool> {
    let (kind, is_folder) = (entry.file_type()?, entry.file_type()?.is_dir());
    if !(kind.is_file() || is_folder) || !may_go(path, is_folder) {
        return Ok(false);
    }
    if kind.is_file() {
        found.push(Extra::File(entry.path()));
        return Ok(true);
    }
    let mut is_whole = true;
    for inner in fs::read_dir(entry.path())? {
        let inner = inner?;
        let path = join(path, &inner.file_name().to_string_lossy());
        is_whole &= look(&inner, &path, may_go, found)?;
    }
    if is_whole {
        found.push(Extra::Folder(entry.path()));
    }
    Ok(is_whole)
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}/{name}"),
    }
}

impl Extra {
    pub fn path(&self) -> &Path {
        match self {
            Self::File(path) | Self::Folder(path) => path,
        }
    }

    /// Takes it away, unless a folder on the way below `into` has become a link, or a folder has
    /// something in it again: then `false`.
    pub fn delete(&self, into: &Path) -> io::Result<bool> {
        let mut way = self.path().ancestors().skip(1);
        if way.any(|folder| folder != into && folder.starts_with(into) && is_link(folder)) {
            return Ok(false);
        }
        let done = match self {
            Self::File(path) => fs::remove_file(path),
            Self::Folder(path) => fs::remove_dir(path),
        };
        match done {
            Err(cause) if cause.kind() == ErrorKind::DirectoryNotEmpty => Ok(false),
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(false),
            done => done.map(|()| true),
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn what_is_beside_a_file_that_is_there_stays() {
        let here = tempfile::tempdir().unwrap();
        let mut there = There::default();
        for (at, name) in (0..).zip([&b"a.csv"[..], b"caf\xe9.csv", b"b"]) {
            there.take(OsStr::from_bytes(name), at);
        }
        for (name, stays) in [
            (&b"a.csv"[..], true),
            (b"a.csv.part", true),
            (b"a.csv.part.meta", true),
            (b"caf\xe9.csv.part", true),
            (b"caf\xe9.csv.part.meta", true),
            (b"b.part", true),
            (b"a.csv.meta", false),
            (b"c.csv.part", false),
            (b".part", false),
        ] {
            let path = here.path().join(OsStr::from_bytes(name));
            fs::write(&path, b"").unwrap();
            let mut found = Vec::new();
            find(here.path(), "", &there, &|_, _| true, &mut found).unwrap();
            assert_eq!(found.is_empty(), stays, "{}", name.escape_ascii());
            fs::remove_file(path).unwrap();
        }
    }
}
