//! The arguments of the commands that print what is made from the arguments themselves.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

#[derive(Args, Debug)]
pub struct CompletionsArgs {
    /// For which shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

#[derive(Args, Debug)]
pub struct ManArgs {
    /// Write a page for each command into this folder, which is made if need be
    #[arg(value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct ReferenceArgs {
    /// Into this folder
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
}
