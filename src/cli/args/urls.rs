//! The arguments of the commands that take URLs.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::web::WebArgs;
use crate::base::{ExplicitTls, FtpMode, duration};
use crate::cli::fetch::{Glob, Since};
use crate::dataset::{Checksum, Rate};

/// What a command is about.
#[derive(Args, Debug)]
pub struct Urls {
    /// URLs, or paths below a connection (`census:2020/file.csv`)
    #[arg(required_unless_present = "from_file", value_name = "URL")]
    pub urls: Vec<String>,
    /// Take URLs from this file too, one a line; a line that begins with # is a comment; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub from_file: Option<PathBuf>,
}

/// TLS with the target.
#[derive(Args, Debug)]
pub struct TlsArg {
    /// Ask ftp:// servers for TLS, whatever the settings say
    #[arg(long, value_name = "HOW", value_enum)]
    pub tls: Option<Tls>,
}

/// Whether an ftp:// server is asked for TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tls {
    /// Yes (AUTH TLS), and without it there is no login
    Explicit,
    /// Yes, but a server that refuses is spoken to in clear
    Opportunistic,
    /// No
    Off,
}

impl From<Tls> for ExplicitTls {
    fn from(tls: Tls) -> Self {
        match tls {
            Tls::Explicit => Self::Required,
            Tls::Opportunistic => Self::Opportunistic,
            Tls::Off => Self::Off,
        }
    }
}

/// How ftp:// goes through a proxy.
#[derive(Args, Debug)]
pub struct FtpArg {
    /// How ftp:// goes through a proxy, whatever the settings say
    #[arg(long, value_name = "HOW", value_enum)]
    pub ftp: Option<Ftp>,
}

/// How plain ftp:// goes through a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ftp {
    /// By CONNECT, both channels
    Tunnel,
    /// The proxy is asked for the file (GET ftp://…), and speaks FTP itself: single files, from the
    /// first byte, without TLS
    ProxyGet,
}

impl From<Ftp> for FtpMode {
    fn from(ftp: Ftp) -> Self {
        match ftp {
            Ftp::Tunnel => Self::Tunnel,
            Ftp::ProxyGet => Self::ProxyGet,
        }
    }
}

/// Credentials for the target, TLS with it, and how FTP goes to it.
#[derive(Args, Debug)]
pub struct Login {
    /// User name for the target (not for the proxy)
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Read the user's password from the first line of this file
    #[arg(
        long,
        value_name = "FILE",
        requires = "user",
        conflicts_with = "password_env"
    )]
    pub password_file: Option<PathBuf>,
    /// Read the user's password from this environment variable
    #[arg(long, value_name = "VARIABLE", requires = "user")]
    pub password_env: Option<String>,
    #[command(flatten)]
    pub tls: TlsArg,
    #[command(flatten)]
    pub ftp: FtpArg,
}

/// What goes with HTTP requests.
#[derive(Args, Debug)]
pub struct Fields {
    /// Send this field with HTTP requests, `Name: value`
    #[arg(long = "header", short = 'H', value_name = "FIELD")]
    pub headers: Vec<String>,
}

#[derive(Args, Debug)]
pub struct FetchArgs {
    #[command(flatten)]
    pub urls: Urls,
    /// Write to this file; `-` for standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write into this folder, which is made if need be
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    pub output_dir: Option<PathBuf>,
    /// Bring in the folder at a URL and all below it: new and changed files, by size and time; links
    /// are left out
    #[arg(short, long, requires = "output_dir", conflicts_with_all = ["checksum", "from_file"])]
    pub recursive: bool,
    /// With -r: only files that match; a pattern without `/` is for the name, else for the path
    /// below the folder
    #[arg(long, value_name = "GLOB", requires = "recursive")]
    pub include: Vec<Glob>,
    /// With -r: no files that match, and nothing in folders that match
    #[arg(long, value_name = "GLOB", requires = "recursive")]
    pub exclude: Vec<Glob>,
    /// With -r: only files that were changed after this: a date (2026-11-01, in UTC), a time
    /// (2026-11-01T12:00:00Z), so long ago (30m, 12h, 7d, 2w), or when a local file was
    #[arg(long, value_name = "TIME", requires = "recursive")]
    pub newer: Option<Since>,
    /// With -r: delete files in DIR that are no longer there, when all else went well; of those that
    /// --include and --exclude leave out, and of links, none
    #[arg(long, requires = "recursive")]
    pub delete: bool,
    /// With -r: say what would be brought in and deleted, and do neither
    #[arg(long, requires = "recursive")]
    pub dry_run: bool,
    /// Follow an answer that does not end: its lines, or the data of its Server-Sent Events, until it
    /// is stopped; what breaks is opened again. To standard output, or behind what is in -o FILE
    #[arg(long, conflicts_with_all = ["recursive", "output_dir", "checksum", "force", "sync", "limit_rate", "jobs", "from_file"])]
    pub follow: bool,
    /// Bring in so many at once
    #[arg(short, long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
    /// Give up after so many tries without progress; 1 for no second try
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub retry: Option<u32>,
    /// Bring in so many bytes a second at most, all files together: 500k, 2M, 1.5M (k is 1024)
    #[arg(long, value_name = "RATE")]
    pub limit_rate: Option<Rate>,
    /// What the file must be: sha256:HEX or md5:HEX
    #[arg(long, value_name = "ALGORITHM:HEX")]
    pub checksum: Option<Checksum>,
    /// Overwrite existing files
    #[arg(short, long)]
    pub force: bool,
    /// Flush each file to the disk before it gets its name
    #[arg(long)]
    pub sync: bool,
    #[command(flatten)]
    pub login: Login,
    #[command(flatten)]
    pub fields: Fields,
}

#[derive(Args, Debug)]
pub struct PutArgs {
    /// What to send, `-` for standard input, which cannot be sent again after a cut. The last one
    /// is where to: a URL, or a path below a connection (`census:in/rows.csv`); with `/` at its end
    /// each file keeps its name there
    // One list: options may stand between files and URL.
    #[arg(required = true, value_name = "FILE")]
    pub places: Vec<PathBuf>,
    /// Send so many at once
    #[arg(short, long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
    /// Give up after so many tries without progress; 1 for no second try
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub retry: Option<u32>,
    /// Send so many bytes a second at most, all files together: 500k, 2M, 1.5M (k is 1024)
    #[arg(long, value_name = "RATE")]
    pub limit_rate: Option<Rate>,
    /// Overwrite files on the server
    #[arg(short, long)]
    pub force: bool,
    /// Make missing folders on an FTP server
    #[arg(long, visible_alias = "ftp-create-dirs")]
    pub create_dirs: bool,
    #[command(flatten)]
    pub login: Login,
    #[command(flatten)]
    pub fields: Fields,
}

#[derive(Args, Debug)]
pub struct StatArgs {
    #[command(flatten)]
    pub urls: Urls,
    #[command(flatten)]
    pub login: Login,
    #[command(flatten)]
    pub fields: Fields,
}

#[derive(Args, Debug)]
pub struct ListArgs {
    #[command(flatten)]
    pub urls: Urls,
    /// List the folders below too, each name with the path to it; links are not followed
    #[arg(short, long)]
    pub recursive: bool,
    #[command(flatten)]
    pub login: Login,
}

#[derive(Args, Debug)]
pub struct RouteArgs {
    #[command(flatten)]
    pub urls: Urls,
    #[command(flatten)]
    pub tls: TlsArg,
    #[command(flatten)]
    pub ftp: FtpArg,
}

#[derive(Args, Debug)]
pub struct CheckArgs {
    /// URLs, paths below a connection (`census:2020/file.csv`), or ports (tcp://db.example.org:5432)
    #[arg(required_unless_present_any = ["from_file", "all"], value_name = "URL")]
    pub urls: Vec<String>,
    /// Take URLs from this file too, one a line; a line that begins with # is a comment; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub from_file: Option<PathBuf>,
    /// Check every connection of the settings, and end in a table
    #[arg(long, conflicts_with_all = ["urls", "from_file", "user", "headers"])]
    pub all: bool,
    /// Check so many at once [default: 1, with --all 16]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Walk so many times, on new connections each time, and tell the least, middle and greatest times
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub repeat: u16,
    /// Walk by the direct way too, and show both side by side; with --hold its stream is left alone too
    #[arg(long)]
    pub compare: bool,
    /// Give up a walk after so long (30s, 5m), whatever the other side does [default: 5m, with --web none]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub max_time: Option<Duration>,
    /// Then leave the stream alone for so long (90s, 10m), to find who ends what is idle: of a
    /// WebSocket the socket, else the tunnel, without a request
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub hold: Option<Duration>,
    /// With --hold: send a ping so often in the WebSocket
    #[arg(long, value_name = "TIME", value_parser = time, requires = "hold")]
    pub ping: Option<Duration>,
    /// Write the authority of a certificate that is not trusted into this new file, to compare its
    /// fingerprint and to set as ca_file
    #[arg(long, value_name = "FILE")]
    pub save_ca: Option<PathBuf>,
    #[command(flatten)]
    pub report: ReportArgs,
    #[command(flatten)]
    pub login: Login,
    #[command(flatten)]
    pub fields: Fields,
    #[command(flatten)]
    pub web: WebArgs,
}

/// In which form `check` tells.
#[derive(Args, Debug)]
pub struct ReportArgs {
    /// Print Markdown, to paste into a ticket
    #[arg(long)]
    pub markdown: bool,
    /// Write a page for browsers too, with a time line of each target: one file, without scripts; `-`
    /// for standard output
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// With --html: overwrite a file that is there
    #[arg(short, long, requires = "html")]
    pub force: bool,
}

/// A time as settings have it: 500ms, 90s, 10m, 1h.
fn time(written: &str) -> Result<Duration, String> {
    let time = duration::parse(written).filter(|time| !time.is_zero());
    time.ok_or_else(|| "write a number and ms, s, m or h: 90s".to_owned())
}
