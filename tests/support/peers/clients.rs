//! Programs of other people that go out as their variables say.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{brought, fixture_path, libraries, tool};

/// A program that fetches a URL into a file, as its words end.
pub struct Client {
    /// How it is called in messages and file names.
    pub name: &'static str,
    /// Whether a variable tells it which certificates to believe.
    pub has_ca_variable: bool,
    command: Command,
}

impl Client {
    /// The program, and its arguments for this URL and this file.
    pub fn words(&self, url: &str, file: &Path) -> Vec<OsString> {
        let mut words = vec![self.command.get_program().to_owned()];
        words.extend(self.command.get_args().map(OsString::from));
        match self.name {
            "curl" | "wget" => words.extend([file.into(), url.into()]),
            _ => words.extend([url.into(), file.into()]),
        }
        words
    }

    /// Gives the command that will run it what it needs to start.
    pub fn prepare(&self, command: &mut Command) {
        prepare(&self.command, command);
    }
}

/// Gives another command the variables of this one.
fn prepare(from: &Command, command: &mut Command) {
    for (name, value) in from.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
}

/// All of them but pip, whose way to name a file is its own.
pub fn all() -> Vec<Client> {
    let client = |name, has_ca_variable, command| Client {
        name,
        has_ca_variable,
        command,
    };
    vec![
        client("curl", true, with(tool("curl"), &["--disable", "-sSfo"])),
        // GnuTLS reads no variable, and Debian's wget is built with it.
        client("wget", false, with(tool("wget"), &["--no-config", "-qO"])),
        client("urllib", true, with(python(), &["-c", URLLIB])),
        client("requests", true, with(python(), &["-c", REQUESTS])),
        client("R", true, r()),
    ]
}

const URLLIB: &str = "import sys, urllib.request as request
answer = request.urlopen(sys.argv[1], timeout=60)
open(sys.argv[2], 'wb').write(answer.read())";

const REQUESTS: &str = "import sys, requests
answer = requests.get(sys.argv[1], timeout=60)
answer.raise_for_status()
open(sys.argv[2], 'wb').write(answer.content)";

/// Pip: installs a package of an index into a folder.
pub struct Pip(Command);

impl Pip {
    /// Nothing of this machine's cache or settings.
    pub fn new() -> Self {
        let arguments = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--no-cache-dir",
        ];
        Self(with(python(), &arguments))
    }

    /// The program, and its arguments for this package of this index.
    pub fn words(&self, package: &str, index: &str, folder: &Path) -> Vec<OsString> {
        let mut words = vec![self.0.get_program().to_owned()];
        words.extend(self.0.get_args().map(OsString::from));
        words.extend(["--index-url".into(), index.into()]);
        words.extend(["--target".into(), folder.into(), package.into()]);
        words
    }

    /// As [`Client::prepare`].
    pub fn prepare(&self, command: &mut Command) {
        prepare(&self.0, command);
        command.env("PIP_DISABLE_PIP_VERSION_CHECK", "1");
        command.env("PIP_ROOT_USER_ACTION", "ignore");
        command.env("PIP_CONFIG_FILE", "/dev/null");
        // Plain HTTP from elsewhere is not for everyday use.
        command.env("PIP_TRUSTED_HOST", "127.0.0.5 origin.test");
    }
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments);
    command
}

/// The system's Python (not one that a version manager puts before it) with the packages that
/// `tests/peers.sh` brought from Debian.
pub fn python() -> Command {
    let system = PathBuf::from("/usr/bin/python3");
    let mut command = match system.exists() {
        true => Command::new(system),
        false => {
            let mut command = Command::new(brought("usr/bin/python3"));
            command.env("LD_LIBRARY_PATH", libraries());
            command.env("PYTHONHOME", brought("usr"));
            command
        }
    };
    command.env("PYTHONPATH", brought("usr/lib/python3/dist-packages"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// The same Python with the packages of `tests/python.txt`, and not with Debian's: those are older,
/// and some go by the same names.
pub fn pypi() -> Command {
    let mut command = python();
    command.env("PYTHONPATH", brought("python"));
    command
}

/// R without the shell script before it, which knows only where it would be installed.
fn r() -> Command {
    let mut command = Command::new(brought("usr/lib/R/bin/exec/R"));
    let libraries = libraries();
    let folders = [
        brought("usr/lib/R/lib"),
        libraries.join("blas"),
        libraries.join("lapack"),
        libraries,
    ];
    let folders = env::join_paths(folders).expect("library paths");
    command
        .env("R_HOME", brought("usr/lib/R"))
        .env("R_SHARE_DIR", brought("usr/share/R/share"))
        .env("LD_LIBRARY_PATH", folders)
        .args(["--vanilla", "--no-echo"])
        .arg(format!("--file={}", fixture_path("download.R").display()))
        .arg("--args");
    command
}
