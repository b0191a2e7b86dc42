//! The command line: one file for each subcommand, presentation only.

mod args;
mod check;
mod exit;
mod fetch;
mod interrupt;
mod json;
mod output;
mod progress;
mod route;
mod stat;

use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Cli, Command};
use self::exit::Exit;
use self::output::Output;
use crate::base::Result;
use crate::connector::load;
use crate::settings::Policy;

/// Runs the program: arguments in, exit code out.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap knows which stream each belongs to.
            let _ = error.print();
            return match error.exit_code() {
                0 => Exit::Success.into(),
                _ => Exit::Usage.into(),
            };
        }
    };
    let output = Output::new(&cli.common);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("outbound: the runtime cannot start: {cause}");
            return Exit::Other.into();
        }
    };
    let exit = match runtime.block_on(run(cli, &output)) {
        Ok(exit) => exit,
        Err(error) => {
            output.error(&error);
            Exit::of(&error)
        }
    };
    // A name server that does not answer must not keep the program from ending.
    runtime.shutdown_background();
    exit.into()
}

async fn run(cli: Cli, output: &Output) -> Result<Exit> {
    let common = &cli.common;
    match &cli.command {
        Command::Fetch(args) => fetch::run(policy(common, output)?, common, args, output).await,
        Command::Stat(args) => stat::run(policy(common, output)?, common, args, output).await,
        Command::Check(args) => check::run(policy(common, output)?, common, args, output).await,
        Command::Route(args) => route::run(&policy(common, output)?, common, args, output),
    }
}

/// The policy of settings files, environment and flags; its warnings are said once.
fn policy(common: &args::Common, output: &Output) -> Result<Policy> {
    let policy = load::policy(&common.flags())?;
    for warning in policy.warnings() {
        output.warn(&warning.to_string());
    }
    Ok(policy)
}
