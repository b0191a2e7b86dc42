//! vsftpd as anonymous, passive FTP server of a folder.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::process::{self, Died, Home, Process, brought, is_root, share, template};
use super::secure_ftp::Tls;
use crate::support::sockets::free_port;

/// A running vsftpd.
pub struct Vsftpd {
    process: Process,
    port: u16,
}

impl Vsftpd {
    /// Starts one that serves the folder, with further configuration lines such as
    /// `pasv_address=10.9.8.7` (what PASV announces), `cmds_denied=EPSV` or `pasv_max_port=…`.
    pub fn start(root: &Path, lines: &[&str]) -> Self {
        Self::start_with(root, lines, None)
    }

    /// Starts one with TLS.
    pub fn start_with(root: &Path, lines: &[&str], tls: Option<&Tls<'_>>) -> Self {
        share(root);
        process::start(|| Self::attempt(root, lines, tls))
    }

    fn attempt(root: &Path, lines: &[&str], tls: Option<&Tls<'_>>) -> Result<Self, Died> {
        let (home, port) = (Home::new("vsftpd"), free_port());
        // It refuses one that sessions could write to.
        std::fs::create_dir(home.path().join("empty")).expect("a folder of the server");
        let mut extra = lines.join("\n");
        if let Some(tls) = tls {
            extra += &format!("\n{}", tls.vsftpd());
        }
        if !is_root() {
            extra += "\nrun_as_launching_user=YES";
        }
        let configuration = template(
            "vsftpd.conf",
            &[
                ("PORT", &port.to_string()),
                ("ROOT", root.to_str().expect("a UTF-8 path")),
                ("EXTRA", &extra),
                ("DIR", home.text()),
                ("LOG", &home.log()),
            ],
        );
        let mut command = Command::new(brought("usr/sbin/vsftpd"));
        command.arg(home.write("vsftpd.conf", &configuration));
        if let Some(tls) = tls {
            tls.settle_version(&home, &mut command);
        }
        // Why it ends it says to its standard input, which nobody reads.
        let process = Process::start(home, command, &[port]).map_err(|Died(why)| {
            Died(format!("{why}\nvsftpd: perhaps it could not bind its port"))
        })?;
        Ok(Self { process, port })
    }

    /// Where its control channel listens.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// The control channel's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `ftp://127.0.0.1:PORT` with the path, which starts with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("ftp://127.0.0.1:{}{path}", self.port)
    }

    /// The process: its log and its id.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// Every command and every reply.
    pub fn log(&self) -> String {
        self.process.log()
    }
}
