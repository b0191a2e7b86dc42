//! A server in a folder of its own that cannot outlive the test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::support::sockets;

/// Reads a line that never comes; then kills the server's process group, and clears up.
///
/// The end of the test process, however it comes, closes this program's standard input.
/// PR_SET_PDEATHSIG would not do: it ends with the *thread* that started the server, is not
/// inherited by helpers and workers, and is lost when a server changes its user.
const WATCHDOG: &str =
    r#"read -r _; [ "$1" = none ] || kill -s KILL -- "-$1"; shift; rm -rf -- "$@""#;

fn watchdog(group: &str, litter: &[&Path]) -> Child {
    Command::new("/bin/sh")
        .args(["-c", WATCHDOG, "watchdog", group])
        .args(litter)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A Ctrl-C at the terminal is for the test alone: the watchdog has to outlive it.
        .process_group(0)
        .spawn()
        .expect("the watchdog")
}

/// A new folder that goes with the test process: for what shared servers serve.
pub fn folder() -> PathBuf {
    static ALL: LazyLock<(PathBuf, Child)> = LazyLock::new(|| {
        let all = tempfile::Builder::new()
            .prefix("outbound-tests-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let watchdog = watchdog("none", &[&all]);
        (all, watchdog)
    });
    tempfile::tempdir_in(&ALL.0)
        .expect("a temporary folder")
        .keep()
}

/// The folder that `tests/peers.sh` fills.
static PREFIX: LazyLock<PathBuf> = LazyLock::new(|| {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers");
    std::env::var_os("OUTBOUND_PEERS").map_or(default, PathBuf::from)
});

/// A file that `tests/peers.sh` brought, such as `usr/sbin/squid`. Panics when it is missing.
pub fn brought(path: &str) -> PathBuf {
    let full = PREFIX.join(path);
    assert!(
        full.exists(),
        "{} is missing: run tests/peers.sh",
        full.display()
    );
    full
}

/// The folder with the shared libraries that `tests/peers.sh` brought; it may be missing.
pub fn libraries() -> PathBuf {
    PREFIX.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH))
}

/// A program of this machine (`curl`, `openssl`, `wget`), or the one that `tests/peers.sh` brought.
pub fn tool(name: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join(name).is_file()) {
        return Command::new(name);
    }
    let mut command = Command::new(brought(&format!("usr/bin/{name}")));
    command.env("LD_LIBRARY_PATH", libraries());
    // openssl stops without its configuration, which is not where it was built to be.
    command.env("OPENSSL_CONF", PREFIX.join("etc/ssl/openssl.cnf"));
    command
}

/// A template of `fixtures/peers` with its `@NAMES@` filled in.
pub fn template(name: &str, values: &[(&str, &str)]) -> String {
    filled(fixture(name), values)
}

/// A text with its `@NAMES@` filled in.
pub fn filled(mut text: String, values: &[(&str, &str)]) -> String {
    for (name, value) in values {
        text = text.replace(&format!("@{name}@"), value);
    }
    text
}

/// Where a file of `fixtures/peers` is.
pub fn fixture_path(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/peers");
    folder.join(name)
}

/// A file of `fixtures/peers`.
pub fn fixture(name: &str) -> String {
    let path = fixture_path(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Lets every user read into the folder: servers drop root and go on as `nobody`.
///
/// Opens the folders above it as well, up to the system's temporary folder.
pub fn share(folder: &Path) {
    let temporary = std::env::temp_dir();
    for folder in folder
        .ancestors()
        .take_while(|above| above.starts_with(&temporary) && **above != temporary)
    {
        let mut mode = fs::metadata(folder).expect("the folder").permissions();
        mode.set_mode(mode.mode() | 0o555);
        fs::set_permissions(folder, mode).expect("open the folder to the server");
    }
}

/// A server's folder, before it is started: configuration, logs, whatever it needs to write.
pub struct Home {
    folder: TempDir,
    litter: Vec<PathBuf>,
}

impl Home {
    /// Makes the folder, with one for logs in it, open to the user that a server becomes.
    pub fn new(server: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix(&format!("outbound-{server}-"))
            .tempdir()
            .expect("a temporary folder");
        let home = Self {
            folder,
            litter: Vec::new(),
        };
        share(home.path());
        home.writable("log");
        home
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A name that no other server has, of letters and digits.
    pub fn name(&self) -> String {
        let letters = self.text().rsplit('-').next().unwrap_or_default();
        format!("outbound{letters}")
    }

    /// Has a file outside the folder removed when the server has ended.
    pub fn remove_later(&mut self, file: impl Into<PathBuf>) {
        self.litter.push(file.into());
    }

    /// Where it is, for a template.
    pub fn text(&self) -> &str {
        self.path().to_str().expect("a UTF-8 temporary folder")
    }

    /// Where logs go, for a template.
    pub fn log(&self) -> String {
        format!("{}/log", self.text())
    }

    /// Makes a folder that any user may write.
    pub fn writable(&self, name: &str) {
        let folder = self.path().join(name);
        fs::create_dir(&folder).expect("a folder of the server");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("its mode");
    }

    /// Writes a file and gives its path.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path().join(name);
        fs::write(&file, text).expect("a file of the server");
        file
    }
}

/// A server that runs. Dropping it kills its whole process group and removes its folder.
pub struct Process {
    name: String,
    home: PathBuf,
    server: Child,
    watchdog: Child,
}

/// A server that ended before it listened; the text says what it left.
pub struct Died(pub String);

impl Process {
    /// Starts the command in the home and waits until it listens on the ports itself.
    pub fn start(home: Home, mut command: Command, ports: &[u16]) -> Result<Self, Died> {
        let name = command.get_program().to_string_lossy().into_owned();
        let output = fs::File::create(home.path().join("log/output")).expect("the server's output");
        let mut paths = vec![home.path().join("lib"), libraries()];
        paths.extend(
            std::env::var_os("LD_LIBRARY_PATH")
                .iter()
                .flat_map(std::env::split_paths),
        );
        let server = command
            .env(
                "LD_LIBRARY_PATH",
                std::env::join_paths(paths).expect("library paths"),
            )
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("the server's output"))
            .stderr(output)
            .process_group(0)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let litter: Vec<&Path> = home
            .litter
            .iter()
            .map(PathBuf::as_path)
            .chain([home.path()])
            .collect();
        let watchdog = watchdog(&server.id().to_string(), &litter);
        let mut process = Self {
            name,
            // From here on the watchdog removes it: a shared server is never dropped.
            home: home.folder.keep(),
            server,
            watchdog,
        };

        let listens = sockets::until(|| {
            if let Some(status) = process.server.try_wait().expect("the server's status") {
                return Some(Err(status));
            }
            let id = process.server.id();
            ports
                .iter()
                .all(|port| sockets::process_listens(id, *port))
                .then_some(Ok(()))
        });
        match listens {
            Some(Ok(())) => Ok(process),
            Some(Err(status)) => Err(Died(format!(
                "{} ended with {status}\n{}",
                process.name,
                process.diagnosis()
            ))),
            None => panic!(
                "{} does not listen on {ports:?}\n{}",
                process.name,
                process.diagnosis()
            ),
        }
    }

    /// The server's process id, which is its group's too.
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// Panics with what it left when it has ended: whoever uses a shared server would otherwise
    /// only see its port closed.
    pub fn assert_runs(&self) {
        // Not `try_wait`: that would free the id, which the watchdog still kills by.
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap_or_default();
        // The name before it may hold anything, blanks and parentheses too.
        let (_, fields) = stat.rsplit_once(") ").unwrap_or_default();
        let ended = fields.is_empty() || fields.starts_with('Z');
        let status = fields.split_whitespace().next_back().unwrap_or_default();
        assert!(
            !ended,
            "{} has ended by itself, wait status {status}\n{}",
            self.name,
            self.diagnosis()
        );
    }

    /// Its folder.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// The access log as it is now.
    pub fn log(&self) -> String {
        let bytes = fs::read(self.home.join("log/access.log")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The access log once it holds the text: servers write it after they have answered.
    pub fn log_with(&self, text: &str) -> String {
        sockets::until(|| Some(self.log()).filter(|log| log.contains(text)))
            .unwrap_or_else(|| panic!("{} never logged {text:?}:\n{}", self.name, self.log()))
    }

    /// Everything in the log folder, for a failure's message.
    fn diagnosis(&self) -> String {
        let files = fs::read_dir(self.home.join("log"))
            .into_iter()
            .flatten()
            .flatten();
        files
            .map(|file| {
                let bytes = fs::read(file.path()).unwrap_or_default();
                format!(
                    "--- {}\n{}",
                    file.file_name().display(),
                    String::from_utf8_lossy(&bytes)
                )
            })
            .collect()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The server is reaped after the kill, so its id cannot have become another's.
        drop(self.watchdog.stdin.take());
        let _ = self.watchdog.wait();
        let _ = self.server.wait();
    }
}

/// Starts a server, again with other ports when one of them was snatched meanwhile.
pub fn start<T>(mut attempt: impl FnMut() -> Result<T, Died>) -> T {
    let mut last = String::new();
    for _ in 0..5 {
        match attempt() {
            Ok(server) => return server,
            Err(Died(why)) => last = why,
        }
        let lower = last.to_lowercase();
        if !["address already in use", "cannot bind", "could not bind"]
            .iter()
            .any(|text| lower.contains(text))
        {
            break;
        }
    }
    panic!("{last}");
}

/// Whether this process runs as root: the owner of its own entry in /proc tells.
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}
