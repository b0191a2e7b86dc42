//! Files that are there whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::base::{Error, Kind, Stage, text};
use crate::dataset::local;

/// Writes a file that its owner alone may read if it is `private`. One of that name stays whole until
/// there is another in its place, and stays altogether without `force`. With it, a link stays one and
/// what it leads to is replaced, and a device or a pipe is written to.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] without `force`; what goes wrong with writing.
pub(super) fn write(file: &Path, text: &str, private: bool, force: bool) -> io::Result<()> {
    if !force {
        is_free(file)?;
    }
    // Where a link leads to; what is not there yet is itself.
    let file = &fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if file.metadata().is_ok_and(|about| !about.is_file()) {
        let mut file = OpenOptions::new().write(true).open(file)?;
        return file.write_all(text.as_bytes());
    }
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(name);
    let written = whole(&beside, text, private).and_then(|()| match force {
        true => fs::rename(&beside, file),
        // Unlike a rename it overwrites nothing.
        false => fs::hard_link(&beside, file),
    });
    let _ = fs::remove_file(&beside);
    written
}

/// Whether nothing has that name.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`] when something has.
pub(super) fn is_free(file: &Path) -> io::Result<()> {
    // Also a link that leads nowhere is something of that name.
    match file.symlink_metadata() {
        Ok(_) => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => Ok(()),
    }
}

/// What could not be written; `hint` says how a file that is there is overwritten.
pub(super) fn unwritten(file: &Path, cause: io::Error, hint: &str) -> Error {
    if cause.kind() != ErrorKind::AlreadyExists {
        return local(file, "write", cause);
    }
    let shown = text::escape(&file.to_string_lossy());
    Error::new(Kind::LocalFile, Stage::Store, "the file exists")
        .while_doing(format!("write {shown}"))
        .with_hint(hint)
}

fn whole(file: &Path, text: &str, private: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mode = if private { 0o600 } else { 0o666 };
    let mut file = options.write(true).create_new(true).mode(mode).open(file)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
