//! The arguments.

use std::path::PathBuf;

/// Measures `outbound` beside curl, wget and lftp through real servers on this machine.
#[derive(clap::Parser)]
#[command(name = "compare", bin_name = "cargo bench --bench compare --")]
pub struct Options {
    /// Only these rows, such as `http` or `start`; may be given again
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Runs of each client in each row, turn by turn
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// The file of one stream; the row for memory moves twice as much
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub size: u32,
    /// How many small files
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub files: u32,
    /// The program to measure, instead of the one that was built with this
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_outbound"))]
    pub program: PathBuf,
    /// Write every run's figures to this file too
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// What `cargo bench` says, and `cargo test` does not
    #[arg(long, hide = true)]
    pub bench: bool,
}
