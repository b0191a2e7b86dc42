//! nginx as HTTP and HTTPS origin of a folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::{self, Died, Home, Process, brought, fixture, share, template, tool};
use crate::support::sockets::free_port;

/// Who may read `/private/`.
pub const USER: &str = "ann";
/// That user's password.
pub const PASSWORD: &str = "s3cret pw:%";

/// PEM files of a server certificate.
pub struct Certificate {
    /// The chain, the server's own certificate first.
    pub chain: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Certificate {
    /// Makes a self-signed one for `localhost`, `origin.test` and 127.0.0.1 in the folder, with
    /// the `openssl` command; clients trust it by taking `chain` as their CA file.
    pub fn self_signed(folder: &Path) -> Self {
        let (chain, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        let made = tool("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
            ])
            .args(["-nodes", "-days", "2", "-subj", "/CN=origin.test"])
            .args([
                "-addext",
                "subjectAltName=DNS:localhost,DNS:origin.test,IP:127.0.0.1",
            ])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&chain)
            .output()
            .expect("openssl");
        assert!(
            made.status.success(),
            "openssl: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        Self { chain, key }
    }
}

/// A running nginx.
pub struct Nginx {
    process: Process,
    http_port: u16,
    https_port: u16,
    https1_port: u16,
}

impl Nginx {
    /// Starts one that serves the folder; `/away/NAME` redirects to `away` (an origin such as
    /// `http://127.0.0.1:8080`) followed by `/NAME`.
    pub fn start(root: &Path, certificate: &Certificate, away: &str) -> Self {
        share(root);
        process::start(|| Self::attempt(root, certificate, away))
    }

    fn attempt(root: &Path, certificate: &Certificate, away: &str) -> Result<Self, Died> {
        let (home, http_port) = (Home::new("nginx"), free_port());
        let (https_port, https1_port) = (free_port(), free_port());
        home.write("nginx.passwd", &fixture("nginx.passwd"));
        let configuration = template(
            "nginx.conf",
            &[
                ("HTTP_PORT", &http_port.to_string()),
                ("HTTPS_PORT", &https_port.to_string()),
                ("HTTPS1_PORT", &https1_port.to_string()),
                (
                    "CERTIFICATE",
                    certificate.chain.to_str().expect("a UTF-8 path"),
                ),
                ("KEY", certificate.key.to_str().expect("a UTF-8 path")),
                ("ROOT", root.to_str().expect("a UTF-8 path")),
                ("AWAY", away),
                ("DIR", home.text()),
                ("LOG", &home.log()),
            ],
        );
        let mut command = Command::new(brought("usr/sbin/nginx"));
        command
            .args(["-e", "stderr", "-p", home.text(), "-c"])
            .arg(home.write("nginx.conf", &configuration));
        let process = Process::start(home, command, &[http_port, https_port, https1_port])?;
        Ok(Self {
            process,
            http_port,
            https_port,
            https1_port,
        })
    }

    /// The port for HTTP.
    pub fn http_port(&self) -> u16 {
        self.http_port
    }

    /// The port for HTTPS.
    pub fn https_port(&self) -> u16 {
        self.https_port
    }

    /// `http://127.0.0.1:PORT` with the path, which starts with `/`.
    pub fn http(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.http_port)
    }

    /// `https://127.0.0.1:PORT` with the path, which starts with `/`.
    pub fn https(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.https_port)
    }

    /// The same where HTTP/1.1 alone is spoken.
    pub fn https1(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.https1_port)
    }

    /// The process: its log and its id.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// A line for each request: scheme, protocol, method, path, status, bytes of the body, and
    /// the headers host, range, if-range, authorization and proxy-authorization (`-` if none).
    pub fn log(&self) -> String {
        self.process.log()
    }
}
