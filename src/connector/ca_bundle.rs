//! The file with every certificate to believe, for other programs.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::base::text::escape;
use crate::base::{Error, Kind, Result, Stage, Trust};
use crate::tls;

/// Writes [`tls::bundle`] into `folder`, which is made for its owner alone when it is not there,
/// and gives the file. Its name comes from what is in it, so that it is stable, and a program that
/// still reads an older one keeps it. It appears whole or not at all. Everybody may read it (a
/// program may change its user), nobody but the owner may write it.
///
/// # Errors
/// As [`tls::bundle`], and [`Kind::LocalFile`] when it cannot be written.
pub fn write<'a>(
    folder: &Path,
    trusts: impl IntoIterator<Item = (&'a Trust, &'a str)>,
) -> Result<PathBuf> {
    let text = tls::bundle(trusts)?;
    let digest = Sha256::digest(&text);
    let name: String = digest[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let file = folder.join(format!("{name}.pem"));
    if is_there(&file, &text) {
        return Ok(file);
    }
    let written = make_folder(folder).and_then(|()| replace(&file, &text));
    written.map_err(|cause| {
        let what = match cause.kind() {
            ErrorKind::StorageFull => "the disk is full".to_owned(),
            kind => kind.to_string(),
        };
        let doing = format!("write the CA bundle {}", escape(&file.to_string_lossy()));
        Error::new(Kind::LocalFile, Stage::Store, what)
            .while_doing(doing)
            .with_hint("set XDG_CACHE_HOME to a folder that can be written")
    })?;
    Ok(file)
}

fn is_there(file: &Path, text: &str) -> bool {
    let is_file = file.symlink_metadata().is_ok_and(|found| found.is_file());
    is_file && fs::read(file).is_ok_and(|bytes| bytes == text.as_bytes())
}

/// The XDG base directory specification wants 0700 for what is made below `XDG_CACHE_HOME`.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

fn replace(file: &Path, text: &str) -> io::Result<()> {
    let new = file.with_extension(format!("{}.new", std::process::id()));
    // Only one that ended in the middle can have left it: the number is this process's.
    let _ = fs::remove_file(&new);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o644);
    }
    let written = options.open(&new).and_then(|mut opened: File| {
        opened.write_all(text.as_bytes())?;
        drop(opened);
        fs::rename(&new, file)
    });
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}
