//! `outbound config init`: a settings file to begin with.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use serde_json::json;

use super::args::{Common, InitArgs};
use super::exit::Exit;
use super::json;
use super::output::Output;
use super::whole;
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
    whole::write(&file, &starter(), true, args.force).map_err(|cause| {
        let hint = "overwrite it with --force, or see what it would be with `-` for FILE";
        whole::unwritten(&file, cause, hint)
    })?;
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
