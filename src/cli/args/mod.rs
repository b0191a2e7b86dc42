//! The arguments, as typed.

mod generated;
mod rules;
mod urls;
mod web;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub use self::generated::{CompletionsArgs, ManArgs, ReferenceArgs};
pub use self::rules::RulesArgs;
pub use self::urls::{
    CheckArgs, FetchArgs, FtpArg, ListArgs, Login, PutArgs, RouteArgs, StatArgs, TlsArg, Urls,
};
use crate::settings::Flags;

const EXAMPLES: &str = "\
Examples:
  outbound demo                                         all of it, on this machine alone
  outbound check https://data.example.org/              does it work, and if not, why
  outbound fetch https://data.example.org/air.csv.gz    bring it in";

const FETCH_EXAMPLES: &str = "\
Examples:
  outbound fetch https://data.example.org/air.csv
  outbound fetch census:2020/air.csv --output-dir data    below the connection `census`
  outbound fetch ftp://ftp.example.org/rows.csv.gz -o - | zcat | head
  outbound fetch https://minio.corp.example/x --proxy direct --user ann --password-file secret
  outbound fetch -r ftp://ftp.example.org/pub/2020/ --output-dir 2020 --include '*.csv'
  outbound fetch -r https://data.example.org/pub/ --output-dir pub --newer 7d
The same command again goes on where a transfer was cut. All URLs are checked first: when one of
them is wrong, nothing is fetched.";

const PUT_EXAMPLES: &str = "\
Examples:
  outbound put rows.csv ftp://ftp.example.org/in/
  outbound put rows.csv census:in/2020.csv               below the connection `census`, renamed
  outbound put *.csv https://dav.example.org/in/ --user ann --password-file secret
  pg_dump air | gzip | outbound put - ftp://ftp.example.org/in/air.sql.gz
Over FTP a file is called NAME.DIGEST.part on the server until it is whole there; the same command
again goes on where one was cut. Over HTTP it is a PUT, which starts over.";

const LIST_EXAMPLES: &str = "\
Examples:
  outbound list ftp://ftp.example.org/pub/
  outbound list census:2020/                             below the connection `census`
  outbound list -r ftp://ftp.example.org/pub/            and what lies below
  outbound list https://data.example.org/pub/            an index page of nginx or Apache
  outbound list ftp://ftp.example.org/pub/ --json | jq -r 'select(.kind == \"file\") | .name'
A time with Z is UTC; without it, it is the server's own time. ~1229 is a size that the server rounds.";

const CHECK_EXAMPLES: &str = "\
Examples:
  outbound check ftp://ftp.example.org/pub/air.csv
  outbound check ftp://ftp.example.org/                  up to the data channel, without a file
  outbound check ftp://ftp.example.org/ --tls explicit     with TLS on both channels
  outbound check https://data.example.org/ --proxy http://proxy.corp.example:3128
  outbound check wss://feed.example.org/v1                 a WebSocket, up to its 101
  outbound check --web https://dss.example.com --idle 120  a deployment behind a reverse proxy
  outbound check https://data.example.org/ --markdown      to paste into a ticket
  outbound check --all --html report.html                  a page with a time line of each
The exit code tells the class of the cause: 6 the proxy refused, 7 it wants credentials, …";

const EXPLAIN_EXAMPLES: &str = "\
Examples:
  outbound explain OUT-CONNECT-FORBIDDEN-PORT
  outbound explain                                       every code, a line each";

const ROUTE_EXAMPLES: &str = "\
Examples:
  outbound route https://data.example.org/ ftp://ftp.example.org/
  outbound route census:air.csv --json";

const RULES_EXAMPLES: &str = "\
Examples:
  outbound rules --for squid                             for every connection of the settings
  outbound rules --for apache --connections census,lake
  outbound rules --for tinyproxy --whole --client 10.1.0.0/16
  outbound rules --for haproxy https://data.example.org/ ftp://ftp.example.org/
  outbound rules --for firewall                          from, to, port: a table
What the proxy's words cannot say stands in the comments at the top.";

const ENV_EXAMPLES: &str = "\
Examples:
  eval \"$(outbound env)\"                          for the rest of this shell
  outbound env --format fish | source             the same in fish
  outbound env --format dotenv > proxy.env        for systemd, docker and their like
  outbound env --connection census                as that connection goes
What other programs cannot be told is said on standard error.";

const EXEC_EXAMPLES: &str = "\
Examples:
  outbound exec pip install pandas
  outbound exec --connection census -- Rscript fetch.R --year 2020
  outbound exec --with-password wget https://data.example.org/air.csv
The command takes this program's place: signals and its exit code are its own. 127: there is no
such command; 126: it cannot be run.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(outbound completions bash)             in ~/.bashrc
  outbound completions fish > ~/.config/fish/completions/outbound.fish
  outbound completions zsh > \"${fpath[1]}/_outbound\"";

const MAN_EXAMPLES: &str = "\
Examples:
  outbound man | man -l -
  outbound man ~/.local/share/man/man1            then: man outbound-fetch";

const CONFIG_EXAMPLES: &str = "\
Examples:
  outbound config init                        a file to begin with, every setting explained
  outbound config check                       what is wrong with the settings in place
  outbound config check --config new.toml     … with a file that is not in place yet
  outbound config show --connection census    what is in force for `census`, and why";

/// The one way out of a private network: brings datasets in through the company's HTTP proxy, and
/// says which way it went, and why.
#[derive(Debug, Parser)]
#[command(
    name = "outbound",
    version,
    max_term_width = 100,
    propagate_version = true,
    after_help = EXAMPLES
)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags of every subcommand.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// Read this settings file instead of /etc/outbound/outbound.toml and the user's own
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Use the settings of this connection ([connections.NAME]), whatever the URL
    #[arg(long, global = true, value_name = "NAME")]
    pub connection: Option<String>,
    /// Go through this proxy, whatever the settings say but for bypass rules; `direct` for none
    #[arg(long, global = true, value_name = "URL")]
    pub proxy: Option<String>,
    /// Bypass rules, separated by commas: targets that go direct; "" for none
    #[arg(long, global = true, value_name = "LIST", visible_alias = "noproxy")]
    pub no_proxy: Option<String>,
    /// Print JSON on standard output, one object a line
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more on standard error; twice for the dialogue with proxy and server
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
    /// Say only what went wrong: no talk, and of `check` the targets that failed or are in doubt
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
}

impl Common {
    /// What of this the settings layers want.
    pub fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            proxy: self.proxy.clone(),
            no_proxy: self.no_proxy.clone(),
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring datasets into files, or to standard output
    #[command(after_help = FETCH_EXAMPLES)]
    Fetch(FetchArgs),
    /// Send files: by STOR to an FTP server, by PUT to an HTTP server
    #[command(after_help = PUT_EXAMPLES, override_usage = "outbound put [OPTIONS] FILE... URL")]
    Put(PutArgs),
    /// Say what is at a URL (length, time, media type) without bringing it in
    Stat(StatArgs),
    /// List the folder at a URL: kind, size, time and name of what is in it
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Walk the stages of reaching a URL up to its first byte; say what failed, and what to change
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Say what a verdict of `check` means (OUT-…): how it shows, and what to change
    #[command(after_help = EXPLAIN_EXAMPLES)]
    Explain(ExplainArgs),
    /// Say which way a URL goes (direct, or which proxy), and why; no network
    #[command(after_help = ROUTE_EXAMPLES)]
    Route(RouteArgs),
    /// Print what to write into the proxy's configuration, so that connections pass and little else
    #[command(after_help = RULES_EXAMPLES)]
    Rules(RulesArgs),
    /// Print http_proxy, no_proxy and their like, as the settings have it, for other programs
    #[command(after_help = ENV_EXAMPLES)]
    Env(EnvArgs),
    /// Run a command with these variables
    #[command(after_help = EXEC_EXAMPLES)]
    Exec(ExecArgs),
    /// Show the settings in force, or find what is wrong with them; no network, no command run
    #[command(subcommand, after_help = CONFIG_EXAMPLES)]
    Config(ConfigCommand),
    /// Show on this machine alone what all this does: a proxy and servers on loopback
    Demo(DemoArgs),
    /// Print a script that lets a shell complete commands and flags
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command into a folder
    #[command(after_help = MAN_EXAMPLES)]
    Man(ManArgs),
    /// Write the pages of docs/reference
    #[command(hide = true)]
    Reference(ReferenceArgs),
}

/// What other programs are told.
#[derive(Args, Debug)]
pub struct Told {
    /// Tell them the proxy's password too: every process of this user can see it then
    #[arg(long)]
    pub with_password: bool,
}

#[derive(Args, Debug)]
pub struct EnvArgs {
    /// For which reader
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<EnvFormat>,
    #[command(flatten)]
    pub told: Told,
}

/// Who reads the variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EnvFormat {
    /// sh, bash, zsh, dash (what is printed without --format)
    Sh,
    /// fish
    Fish,
    /// Files of variables: systemd's EnvironmentFile, docker's --env-file, .env
    Dotenv,
    /// One object; null is what must not be set
    Json,
}

#[derive(Args, Debug)]
pub struct ExecArgs {
    #[command(flatten)]
    pub told: Told,
    /// The command and its arguments; `--` before it, if its name begins with a dash
    #[arg(required = true, trailing_var_arg = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// Which verdicts.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// The codes, in any case; none for a list of all of them
    #[arg(value_name = "CODE")]
    pub codes: Vec<String>,
}

#[derive(Args, Debug)]
pub struct DemoArgs {
    /// Leave the servers running until Ctrl-C, with a settings file to play with
    #[arg(long)]
    pub keep: bool,
}

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Every value in force and where it is written; secrets are not shown, only where they are
    Show,
    /// Everything that is wrong with the settings, at once
    Check,
    /// Write a settings file to begin with: every setting and an example of it, as comments
    Init(InitArgs),
}

#[derive(Args, Debug)]
pub struct InitArgs {
    /// Write this file instead of the user's own; `-` for standard output
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Overwrite a file that is there
    #[arg(short, long)]
    pub force: bool,
}
