//! FTP servers besides vsftpd, each passive and read-only over a folder.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::clients::python;
use super::process::{self, Died, Home, Process, brought, share, template};
use super::secure_ftp::{Speaks, Tls};
use super::vsftpd::Vsftpd;
use crate::support::sockets::free_port;

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    Vsftpd,
    Proftpd,
    PureFtpd,
    Pyftpdlib,
}

impl Product {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Vsftpd, Self::Proftpd, Self::PureFtpd, Self::Pyftpdlib];
}

/// A running FTP server.
pub struct FtpServer {
    product: Product,
    process: Owner,
    port: u16,
    implicit: bool,
}

/// What the server's users may do. Pure-FTPd's always may write where the system lets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// vsftpd's lines that let the anonymous user do it.
const VSFTPD_WRITES: [&str; 5] = [
    "write_enable=YES",
    "anon_upload_enable=YES",
    "anon_mkdir_write_enable=YES",
    "anon_other_write_enable=YES",
    "anon_umask=022",
];

/// vsftpd has a face of its own, for its many options.
enum Owner {
    Vsftpd(Vsftpd),
    Other(Process),
}

/// The user of Pure-FTPd, whose anonymous login needs a user of the system.
pub const USER: &str = "ann";
/// That user's password.
pub const PASSWORD: &str = "p@ss:w%rd";
/// Its digest (`openssl passwd -1`): the one that pure-pw makes takes seconds to check.
const HASH: &str = "$1$outbound$RABcwTj8d11RwRVBnyrvn.";

impl FtpServer {
    /// Starts one that serves the folder.
    pub fn start(product: Product, root: &Path) -> Self {
        Self::start_as(product, root, None, Access::Read)
    }

    /// Starts one whose users may also write, in those folders where anybody may.
    pub fn start_writable(product: Product, root: &Path, tls: Option<&Tls<'_>>) -> Self {
        Self::start_as(product, root, tls, Access::Write)
    }

    pub(super) fn start_as(
        product: Product,
        root: &Path,
        tls: Option<&Tls<'_>>,
        access: Access,
    ) -> Self {
        share(root);
        let implicit = tls.is_some_and(|tls| tls.speaks == Speaks::Implicit);
        if product == Product::Vsftpd {
            let lines: &[&str] = match access {
                Access::Read => &[],
                Access::Write => &VSFTPD_WRITES,
            };
            let server = Vsftpd::start_with(root, lines, tls);
            return Self {
                product,
                port: server.port(),
                process: Owner::Vsftpd(server),
                implicit,
            };
        }
        assert!(!implicit, "{product:?} has no implicit TLS");
        process::start(|| {
            let (home, port) = (Home::new("ftp"), free_port());
            home.writable("run");
            let command = match product {
                Product::Proftpd => proftpd(&home, root, port, tls, access),
                Product::PureFtpd => pure_ftpd(&home, root, port, tls),
                _ => pyftpdlib(&home, root, port, tls, access),
            };
            Self::launch(product, home, command, port)
        })
    }

    fn launch(product: Product, home: Home, command: Command, port: u16) -> Result<Self, Died> {
        let process = Process::start(home, command, &[port])?;
        Ok(Self {
            product,
            process: Owner::Other(process),
            port,
            implicit: false,
        })
    }

    /// Whose it is.
    pub fn product(&self) -> Product {
        self.product
    }

    /// Where its control channel listens.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// `ftp://127.0.0.1:PORT` (`ftps://` where TLS is implicit) with the path, which starts with
    /// `/`.
    pub fn url(&self, path: &str) -> String {
        let scheme = if self.implicit { "ftps" } else { "ftp" };
        format!("{scheme}://{}{path}", self.address())
    }

    /// The settings of a connection to it, where the anonymous login does not do.
    pub fn connection(&self) -> String {
        match self.product {
            Product::PureFtpd => format!(
                "[connections.pure]\nurl = \"{}\"\nusername = \"{USER}\"\npassword = \"{PASSWORD}\"\n",
                self.url("/")
            ),
            _ => String::new(),
        }
    }

    /// The process: its log and its id.
    pub fn process(&self) -> &Process {
        match &self.process {
            Owner::Vsftpd(server) => server.process(),
            Owner::Other(process) => process,
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

/// It writes nothing into folders that everybody may write.
fn proftpd(home: &Home, root: &Path, port: u16, tls: Option<&Tls<'_>>, access: Access) -> Command {
    let log = home.path().join("log/access.log");
    std::os::unix::fs::symlink("../proftpd.log", log).expect("where the log is looked for");
    let configuration = template(
        "proftpd.conf",
        &[
            ("PORT", &port.to_string()),
            ("ROOT", text(root)),
            ("DIR", home.text()),
            (
                "WRITE",
                match access {
                    Access::Read => "<Limit WRITE>\n    DenyAll\n  </Limit>",
                    Access::Write => "AllowOverwrite on\n  AllowStoreRestart on",
                },
            ),
            (
                "EXTRA",
                &tls.map_or_else(String::new, |tls| tls.proftpd(home)),
            ),
        ],
    );
    let mut command = Command::new(brought("usr/sbin/proftpd"));
    command
        .args(["--nodaemon", "--config"])
        .arg(home.write("proftpd.conf", &configuration));
    command
}

/// It takes no configuration file, and its users from a database of its own.
fn pure_ftpd(home: &Home, root: &Path, port: u16, tls: Option<&Tls<'_>>) -> Command {
    let account = format!("{USER}:{HASH}:1:1::{}/./::::::::::::\n", text(root));
    let accounts = home.write("accounts", &account);
    let database = home.path().join("users.pdb");
    let made = Command::new(brought("usr/bin/pure-pw"))
        .env("LD_LIBRARY_PATH", process::libraries())
        .arg("mkdb")
        .arg(&database)
        .arg("-f")
        .arg(accounts)
        .status();
    assert!(made.expect("pure-pw").success());
    let mut command = Command::new(brought("usr/sbin/pure-ftpd"));
    command
        .args(["--bind", &format!("127.0.0.1,{port}")])
        .args(["--login", &format!("puredb:{}", text(&database))])
        .args(["--pidfile", text(&home.path().join("run/pid"))])
        .args(["--altlog", &format!("w3c:{}/access.log", home.log())])
        .args(["--minuid", "1", "--dontresolve", "--syslogfacility", "none"])
        .args(["--maxclientsperip", "100", "--verboselog"]);
    if let Some(tls) = tls {
        tls.pure_ftpd(home, &mut command);
        tls.settle_version(home, &mut command);
    }
    command
}

fn pyftpdlib(
    home: &Home,
    root: &Path,
    port: u16,
    tls: Option<&Tls<'_>>,
    access: Access,
) -> Command {
    let mut command = python();
    command
        .arg(process::fixture_path("pyftpdlib_server.py"))
        .args([&port.to_string(), text(root)])
        .arg(format!("{}/access.log", home.log()))
        .arg(match access {
            Access::Read => "elr",
            Access::Write => "elradfmwMT",
        });
    if let Some(tls) = tls {
        tls.pyftpdlib(&mut command);
    }
    command
}
