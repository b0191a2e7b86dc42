//! `outbound exec`: another program, with the settings as its variables.

use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::Path;
use std::process::Command;

use super::args::{Common, ExecArgs};
use super::exit::Exit;
use super::output::Output;
use super::told;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::connector::load::Surroundings;
use crate::settings::Policy;

pub async fn run(
    policy: Policy,
    surroundings: &Surroundings,
    common: &Common,
    args: &ExecArgs,
    output: &Output,
) -> Result<Exit> {
    let [program, arguments @ ..] = &args.command[..] else {
        return Err(usage("no command is given"));
    };
    if output.json {
        return Err(
            usage("--json cannot go with exec: what is printed is the command's")
                .with_hint("write --json behind the command if it is for that"),
        );
    }
    let habits = common.verbose > 0;
    let told = told::variables(policy, surroundings, common, &args.told, habits, output);
    let mut command = Command::new(program);
    command.args(arguments);
    for variable in told.await? {
        match variable.value {
            Some(value) => command.env(variable.name, value.expose()),
            None => command.env_remove(variable.name),
        };
    }
    Ok(start(command, program, output))
}

/// Puts the command into the place of this program: it has its process id, its terminal and its
/// signals, and its end is the end.
#[cfg(unix)]
fn start(mut command: Command, program: &OsStr, output: &Output) -> Exit {
    use std::os::unix::process::CommandExt as _;
    failed(command.exec(), program, output)
}

/// Elsewhere a program cannot be replaced: it waits.
#[cfg(not(unix))]
fn start(mut command: Command, program: &OsStr, output: &Output) -> Exit {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(cause) => failed(cause, program, output),
    }
}

/// As env(1) and shells have it: 127 for what is not there, 126 for what cannot be run.
fn failed(cause: std::io::Error, program: &OsStr, output: &Output) -> Exit {
    let shown = text::clip(&program.to_string_lossy());
    let is_path = program.to_string_lossy().contains('/');
    let (what, exit) = match cause.kind() {
        ErrorKind::NotFound if is_path && Path::new(program).exists() => (
            "the interpreter that its first line names is not there".to_owned(),
            Exit::NotFound,
        ),
        ErrorKind::NotFound if is_path => ("there is no such file".to_owned(), Exit::NotFound),
        ErrorKind::NotFound => (
            "no folder of PATH has such a program".to_owned(),
            Exit::NotFound,
        ),
        ErrorKind::PermissionDenied => ("it is not executable".to_owned(), Exit::NotExecutable),
        ErrorKind::ArgumentListTooLong => (
            "its arguments and variables are longer than the system takes".to_owned(),
            Exit::NotExecutable,
        ),
        kind => (kind.to_string(), Exit::NotExecutable),
    };
    output.complain(&format!("outbound: run `{shown}`: {what}"));
    exit
}

fn usage(what: &str) -> Error {
    Error::new(Kind::Usage, Stage::Settings, what)
}
