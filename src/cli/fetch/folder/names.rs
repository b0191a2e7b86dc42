//! From the names that lead to a file to what is shown of them, and to where it lies here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::base::{Encoding, Error, Kind, Result, Stage, text};
use crate::ftp::listing::safe_name;

/// How names of a server are written, and where the files go.
pub struct Names<'a> {
    pub into: &'a Path,
    /// How the server writes names.
    pub encoding: Option<Encoding>,
}

/// Where something lies here.
pub struct Local {
    pub path: PathBuf,
    /// What is below the folder, where a name had to be changed: safe to show.
    pub changed: Option<String>,
}

impl Names<'_> {
    /// The path below the folder, for patterns.
    pub fn path(&self, names: &[Vec<u8>]) -> String {
        let names: Vec<_> = names.iter().map(|name| self.text(name)).collect();
        names.join("/")
    }

    fn text(&self, name: &[u8]) -> String {
        match self.encoding {
            Some(encoding) => encoding.decode(name).into_owned(),
            None => String::from_utf8_lossy(name).into_owned(),
        }
    }

    /// The same, safe to show.
    pub fn shown(&self, names: &[Vec<u8>]) -> String {
        let text = |name: &Vec<u8>| match self.encoding {
            Some(encoding) => text::escape(&encoding.decode(name)),
            None => text::escape_bytes(name),
        };
        let names: Vec<_> = names.iter().map(text).collect();
        names.join("/")
    }

    /// The name of a local file for a name, which cannot leave the folder.
    pub fn local_name(&self, name: &[u8]) -> OsString {
        os_name(&safe_name(name, self.encoding))
    }

    /// Where it lies here. No folder on the way is a link to elsewhere.
    pub fn local(&self, names: &[Vec<u8>]) -> Result<Local> {
        let mut path = self.into.to_owned();
        let mut is_changed = false;
        for (at, name) in names.iter().enumerate() {
            let local = self.local_name(name);
            is_changed |= local != *self.text(name) && *local != *os_name(name);
            path.push(local);
            let is_folder = at + 1 < names.len();
            if is_folder && is_link(&path) {
                let shown = text::escape(&path.to_string_lossy());
                let what = format!("{shown} is a symbolic link here");
                return Err(Error::new(Kind::LocalFile, Stage::Store, what)
                    .while_doing(format!("write {}", self.shown(names))));
            }
        }
        let changed = is_changed.then(|| below(self.into, &path));
        Ok(Local { path, changed })
    }
}

/// The path below the folder, safe to show.
pub fn below(into: &Path, path: &Path) -> String {
    let below = path.strip_prefix(into).unwrap_or(path);
    text::escape(&below.to_string_lossy())
}

pub fn is_link(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|about| about.is_symlink())
}

#[cfg(unix)]
fn os_name(name: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt as _;
    OsString::from_vec(name.to_vec())
}

/// A safe name is UTF-8 on other systems.
#[cfg(not(unix))]
fn os_name(name: &[u8]) -> OsString {
    String::from_utf8_lossy(name).into_owned().into()
}
