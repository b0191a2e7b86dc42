//! OpenSSL's own server, for what rustls does not do.

use super::Certificate;
use super::process::{self, Died, Home, Process, tool};
use crate::support::sockets::free_port;

/// A running `openssl s_server`, which answers a GET with a page about the handshake.
pub struct OpenSsl {
    process: Process,
    port: u16,
}

impl OpenSsl {
    /// Starts one with further arguments such as `-tls1_1` or `-Verify 1`.
    pub fn start(certificate: &Certificate, arguments: &[&str]) -> Self {
        process::start(|| Self::attempt(certificate, arguments))
    }

    fn attempt(certificate: &Certificate, arguments: &[&str]) -> Result<Self, Died> {
        let (home, port) = (Home::new("openssl"), free_port());
        let mut command = tool("openssl");
        // What this machine demands of ciphers and versions, or loads, does not count.
        command
            .env("OPENSSL_CONF", "/dev/null")
            .args(["s_server", "-www", "-accept", &format!("127.0.0.1:{port}")])
            .arg("-cert")
            .arg(&certificate.chain)
            .arg("-key")
            .arg(&certificate.key)
            .args(arguments);
        let process = Process::start(home, command, &[port])?;
        Ok(Self { process, port })
    }

    /// `https://127.0.0.1:PORT/`.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}/", self.port)
    }

    /// The process: its log and its id.
    pub fn process(&self) -> &Process {
        &self.process
    }
}
