//! `outbound config init`: a settings file to begin with.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::args::{Common, InitArgs};
use super::exit::Exit;
use super::json;
use super::output::Output;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::connector::load::Surroundings;
use crate::dataset::local;
use crate::settings::starter;

pub fn run(
    surroundings: &Surroundings,
    common: &Common,
    args: &InitArgs,
    output: &Output,
) -> Result<Exit> {
    let file = args.file.clone().or_else(|| common.config.clone());
    if file.as_deref() == Some(Path::new("-")) {
        output.line(starter().trim_end());
        return Ok(Exit::Success);
    }
    let own = file.is_none();
    let file = file.or_else(|| surroundings.user_file()).ok_or_else(|| {
        let what = "there is no place for your settings: neither XDG_CONFIG_HOME nor HOME is set";
        let error = Error::new(Kind::Usage, Stage::Settings, what);
        error.with_hint("name a file: outbound config init FILE")
    })?;
    if own && let Some(folder) = file.parent() {
        // Private, as the XDG base directory specification wants it.
        let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|cause| local(folder, "make", cause))?;
    }
    write(&file, args.force).map_err(|cause| unwritten(&file, cause))?;
    let shown = text::escape(&file.to_string_lossy());
    if output.json {
        output.line(&json::line(&json!({ "path": file.to_string_lossy() })));
    }
    output.say(&format!(
        "{shown}  written; everything in it is a comment yet"
    ));
    if own && surroundings.has("OUTBOUND_CONFIG") {
        output.warn("OUTBOUND_CONFIG names another settings file, which is read instead");
    }
    Ok(Exit::Success)
}

/// Writes a file that its owner alone may read. One of that name stays whole until there is
/// another in its place, and stays altogether without `force`.
fn write(file: &Path, force: bool) -> io::Result<()> {
    // Also a link that leads nowhere is something of that name.
    if !force && file.symlink_metadata().is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(name);
    let written = whole(&beside).and_then(|()| match force {
        true => fs::rename(&beside, file),
        // Unlike a rename it overwrites nothing.
        false => fs::hard_link(&beside, file),
    });
    let _ = fs::remove_file(&beside);
    written
}

fn whole(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)?;
    file.write_all(starter().as_bytes())?;
    file.sync_all()
}

fn unwritten(file: &Path, cause: io::Error) -> Error {
    if cause.kind() != ErrorKind::AlreadyExists {
        return local(file, "write", cause);
    }
    let shown = text::escape(&file.to_string_lossy());
    Error::new(Kind::LocalFile, Stage::Store, "the file exists")
        .while_doing(format!("write {shown}"))
        .with_hint("overwrite it with --force, or see what it would be with `-` for FILE")
}
