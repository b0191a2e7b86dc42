//! The command line: one file for each subcommand, presentation only.

mod args;
mod asked;
mod check;
mod config;
mod dataset;
mod demo;
mod env;
mod exec;
mod exit;
mod explain;
mod fetch;
mod generated;
mod init;
mod interrupt;
mod jobs;
mod json;
mod list;
mod log;
mod narrator;
mod output;
mod place;
mod progress;
mod put;
mod reference;
mod route;
mod rules;
mod stat;
mod told;
mod transcript;
mod whole;

use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Cli, Command, Common, ConfigCommand};
use self::exit::Exit;
use self::output::Output;
use crate::base::Result;
use crate::connector::load::{self, Surroundings};
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
    // One thread: passing bytes between threads costs more than it brings for what waits on the
    // network nearly always.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(cause) => {
            eprintln!("outbound: the runtime cannot start: {cause}");
            return Exit::Other.into();
        }
    };
    let exit = runtime.block_on(run(&cli, &Surroundings::of_process(), &output));
    let exit = output.end(exit);
    // A name server that does not answer must not keep the program from ending.
    runtime.shutdown_background();
    exit.into()
}

/// Does what the arguments ask for. What goes wrong is said, and decides the exit.
///
/// Nothing but the surroundings says where settings are.
async fn run(cli: &Cli, surroundings: &Surroundings, output: &Output) -> Exit {
    match dispatch(cli, surroundings, output).await {
        Ok(exit) => exit,
        Err(error) => {
            output.error(&error);
            Exit::of(&error)
        }
    }
}

async fn dispatch(cli: &Cli, surroundings: &Surroundings, output: &Output) -> Result<Exit> {
    let common = &cli.common;
    let policy = || policy(common, surroundings, output);
    match &cli.command {
        Command::Fetch(args) => fetch::run(policy()?, common, args, output).await,
        Command::Put(args) => put::run(policy()?, common, args, output).await,
        Command::Stat(args) => stat::run(policy()?, common, args, output).await,
        Command::List(args) => list::run(policy()?, common, args, output).await,
        Command::Check(args) if args.web.web => {
            check::web::run(policy()?, common, args, output).await
        }
        Command::Check(args) => check::run(policy()?, surroundings, common, args, output).await,
        Command::Route(args) => route::run(&policy()?, common, args, output),
        Command::Rules(args) => rules::run(&policy()?, common, args, output),
        Command::Env(args) => env::run(policy()?, surroundings, common, args, output).await,
        Command::Exec(args) => exec::run(policy()?, surroundings, common, args, output).await,
        Command::Config(ConfigCommand::Show) => {
            config::show(&policy()?, surroundings, common, output)
        }
        Command::Explain(args) => explain::run(args, output),
        Command::Demo(args) => demo::run(common, args, output).await,
        Command::Completions(args) => generated::completions(args, output),
        Command::Reference(args) => reference::run(&args.folder),
        Command::Man(args) => generated::man(args, output),
        Command::Config(ConfigCommand::Init(args)) => init::run(surroundings, common, args, output),
        Command::Config(ConfigCommand::Check) => config::check(surroundings, common, output),
    }
}

/// The policy of settings files, environment and flags; its warnings are said once.
fn policy(common: &Common, surroundings: &Surroundings, output: &Output) -> Result<Policy> {
    let policy = load::policy_in(surroundings, &common.flags())?;
    log::start(common.verbose, &policy, output);
    let ignored = surroundings.ignored(&common.flags());
    for warning in policy.warnings().iter().chain(&ignored) {
        output.warn(&warning.to_string());
    }
    Ok(policy)
}
