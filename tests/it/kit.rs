//! What the modules of this binary share: policies, the program, and data to move.
// Not every module uses every part.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, OnceLock};

use outbound::Error;
use outbound::connector::Connector;
use outbound::dataset::{Client, FetchOptions, Fetched};
use outbound::settings::{Policy, Settings};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::peers::clients::python;
use crate::support::peers::{Certificate, Nginx, folder};

/// A policy from the text of a settings file; it must be a good one.
pub fn policy(toml: &str) -> Policy {
    Settings::from_toml(toml).unwrap_or_else(|problems| panic!("{problems}\n{toml}"))
}

/// The connector of that policy for targets without a connection.
pub fn connector(toml: &str) -> Connector {
    Connector::new(Arc::new(policy(toml)))
}

/// A client by these settings, which have no `[retry]`; it hardly waits between tries.
pub fn client(settings: &str) -> Client {
    let pauses = "[retry]\npause = \"1ms\"\npause_max = \"5ms\"\n";
    Client::new(policy(&format!("{settings}\n{pauses}")))
}

/// [`client`] of that proxy, with further settings.
pub fn client_by(proxy: &str, more: &str) -> Client {
    client(&format!("[proxy]\nurl = \"{proxy}\"\n{more}"))
}

/// Fetches into a file, as `outbound fetch` does without flags.
pub async fn fetch(client: &Client, url: &str, to: &Path) -> Result<Fetched, Error> {
    let dataset = client.dataset(url)?;
    dataset.fetch(to, &FetchOptions::default()).await
}

/// A regular file that nobody may read: Linux lets not even root.
pub const UNREADABLE: &str = "/proc/sys/net/ipv4/route/flush";

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes that do not repeat within any block that a program would use, made quickly.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        // xorshift64*
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        bytes.extend(state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// Where this binary's own nginx redirects `/away/NAME` to: another origin, which nobody asks for
/// but through a proxy that knows it.
pub const AWAY: &str = "http://away.test";

/// nginx with `big.bin` (64 MiB) and `small.bin` (1 MiB), shared by all tests.
pub struct Shared {
    pub nginx: Nginx,
    /// The certificate to believe.
    pub ca: PathBuf,
    /// The folder that is served.
    pub root: PathBuf,
    /// The digest of `big.bin`.
    pub big: String,
    /// What is in `small.bin`.
    pub small: Vec<u8>,
}

/// A certificate for `localhost`, `origin.test` and 127.0.0.1, and the file of the throwaway
/// authority that it comes from.
pub fn certificate() -> (Certificate, PathBuf) {
    certificate_with(|_| {})
}

/// [`certificate`], changed before it is signed.
pub fn certificate_with(
    change: impl FnOnce(&mut rcgen::CertificateParams),
) -> (Certificate, PathBuf) {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
    let folder = folder();
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "tests");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let names = ["localhost", "origin.test", "127.0.0.1"].map(str::to_owned);
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(names).unwrap();
    change(&mut leaf);
    let leaf = leaf.signed_by(&key, &ca).unwrap();
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let certificate = Certificate {
        chain: write("cert.pem", leaf.pem()),
        key: write("key.pem", key.serialize_pem()),
    };
    (certificate, write("ca.pem", ca.pem()))
}

/// The length of `big.bin`.
pub const BIG: usize = 64 << 20;

/// Starts it at first use.
pub fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let root = folder();
        let bytes = noise(BIG);
        let small = bytes[..1 << 20].to_vec();
        fs::write(root.join("big.bin"), &bytes).unwrap();
        fs::write(root.join("small.bin"), &small).unwrap();
        // Older than a minute, so that the time is a proof too.
        for name in ["big.bin", "small.bin"] {
            let file = fs::File::options()
                .write(true)
                .open(root.join(name))
                .unwrap();
            let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
            file.set_modified(then).unwrap();
        }
        let (certificate, ca) = certificate();
        Shared {
            nginx: Nginx::start(&root, &certificate, AWAY),
            ca,
            root,
            big: sha256(&bytes),
            small,
        }
    })
}

/// Every file below a folder, with its bytes and its time in seconds.
pub fn contents(folder: &Path) -> std::collections::BTreeMap<String, (Vec<u8>, u64)> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let about = path.symlink_metadata().unwrap();
            if about.is_dir() {
                folders.push(path);
            } else if about.is_file() {
                let time = about.modified().unwrap();
                let time = time
                    .duration_since(std::time::SystemTime::UNIX_EPOCH)
                    .unwrap()
                    .as_secs();
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.insert(name, (fs::read(path).unwrap(), time));
            }
        }
    }
    found
}

/// Writes a file of that time, in seconds, and the folders that lead there.
pub fn put(file: &Path, bytes: &[u8], time: u64) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
    let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(time);
    let file = fs::File::options().write(true).open(file).unwrap();
    file.set_modified(time).unwrap();
}

/// The program under test, with nothing of this process's environment and a home of its own.
pub struct Program {
    home: tempfile::TempDir,
}

impl Program {
    /// A program without settings.
    pub fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// A program with this settings file, which its owner alone may read.
    pub fn with_settings(toml: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let program = Self::new();
        let folder = program.home.path().join("config/outbound");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("outbound.toml");
        fs::write(&file, toml).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        program
    }

    /// The folder that it runs in, and writes to.
    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// A file there.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The names of the files there, in order, but for the settings.
    pub fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.path()).unwrap().flatten();
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.filter(|name| name != "config").collect();
        names.sort();
        names
    }

    /// The command, ready to be started.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_outbound"));
        self.prepare(&mut command);
        command.args(arguments);
        command
    }

    /// Gives another command (a shell that wraps the program) the same surroundings.
    pub fn prepare(&self, command: &mut Command) {
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .current_dir(self.home.path());
    }

    /// Runs it to its end.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }
}

/// Python in the surroundings of the program, to start it as shells cannot.
pub fn python_for(program: &Program) -> Command {
    let mut command = python();
    // What it needs to be found itself.
    let own: Vec<_> = command
        .get_envs()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())))
        .collect();
    program.prepare(&mut command);
    command.envs(own);
    command
}

/// Sends a signal such as `INT` to a child that has not been waited for.
#[track_caller]
pub fn signal(child: &Child, name: &str) {
    let mut kill = Command::new("kill");
    let sent = kill.args(["-s", name, &child.id().to_string()]).status();
    assert!(sent.unwrap().success(), "SIG{name}");
}

/// A program that runs. It is killed when a test fails before its end.
pub struct Running(Option<Child>);

impl Running {
    /// Starts it, with its output in pipes.
    pub fn start(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(Some(command.spawn().unwrap()))
    }

    /// Waits for its end. What was taken of its output is not in what it left.
    pub fn end(mut self) -> Ran {
        Ran::of(self.0.take().unwrap().wait_with_output().unwrap())
    }
}

impl Deref for Running {
    type Target = Child;

    fn deref(&self) -> &Child {
        self.0.as_ref().unwrap()
    }
}

impl DerefMut for Running {
    fn deref_mut(&mut self) -> &mut Child {
        self.0.as_mut().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What a run left.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output, as text.
    pub out: String,
    /// Standard error, as text.
    pub err: String,
}

impl Ran {
    /// From a finished process.
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails unless it ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout: {}\nstderr: {}",
            self.out,
            self.err
        );
        self
    }

    /// The one object that standard output is, as it is with `--json` for one thing asked.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The objects that standard output has, one a line.
    #[track_caller]
    pub fn json_lines(&self) -> Vec<Value> {
        let lines = self.out.lines().map(serde_json::from_str);
        let lines: Result<_, _> = lines.collect();
        lines.unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Fails unless standard error has this text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "{text:?} is not in: {}", self.err);
        self
    }
}
