//! The program itself, as a user starts it, in an empty home.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_outbound");

/// A home folder with nothing in it, and the program in it with no variables but those that are
/// given. It is removed when dropped.
pub struct Home(tempfile::TempDir);

/// What the program printed, and its exit code.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file that only its owner may read.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        path
    }

    /// The program with `arguments`, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments);
        self.prepare(&mut command);
        command
    }

    /// Runs the program to its end with arguments as they are typed into a shell.
    pub fn shell(&self, arguments: &str) -> Done {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("'{PROGRAM}' {arguments}")]);
        self.prepare(&mut command);
        Done::of(command.output().unwrap())
    }

    fn prepare(&self, command: &mut Command) {
        command
            .env_clear()
            .env("HOME", self.path())
            .env("XDG_CONFIG_HOME", self.path().join("config"))
            .env("TMPDIR", self.path())
            .current_dir(self.path())
            .stdin(Stdio::null());
    }

    /// Runs the program to its end.
    pub fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Done {
        let mut command = self.command(arguments);
        Done::of(command.envs(variables.iter().copied()).output().unwrap())
    }
}

impl Done {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The lines of standard output as JSON.
    pub fn json(&self) -> Vec<serde_json::Value> {
        let lines = self.out.lines();
        lines.map(|l| serde_json::from_str(l).unwrap()).collect()
    }
}
