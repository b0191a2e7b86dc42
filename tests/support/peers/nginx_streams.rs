//! nginx in front of a server of streams.

use std::process::Command;

use super::Certificate;
use super::process::{self, Died, Home, Process, brought, template};
use crate::support::sockets::free_port;

/// A running nginx. What it passes on without a word of its own is buffered, but for `/live/`, and
/// for `/short/`, which ends what is silent for a second.
pub struct NginxStreams {
    process: Process,
    ports: [u16; 3],
}

impl NginxStreams {
    /// Starts one in front of the server at a port of loopback.
    pub fn start(backend: u16, certificate: &Certificate) -> Self {
        process::start(|| Self::attempt(backend, certificate))
    }

    fn attempt(backend: u16, certificate: &Certificate) -> Result<Self, Died> {
        let (home, ports) = (Home::new("nginx"), [free_port(), free_port(), free_port()]);
        let path = |path: &std::path::Path| path.to_str().expect("a UTF-8 path").to_owned();
        let configuration = template(
            "nginx-streams.conf",
            &[
                ("HTTP_PORT", &ports[0].to_string()),
                ("HTTPS_PORT", &ports[1].to_string()),
                ("HTTP2_PORT", &ports[2].to_string()),
                ("BACKEND", &backend.to_string()),
                ("CERTIFICATE", &path(&certificate.chain)),
                ("KEY", &path(&certificate.key)),
                ("DIR", home.text()),
                ("LOG", &home.log()),
            ],
        );
        let mut command = Command::new(brought("usr/sbin/nginx"));
        command
            .args(["-e", "stderr", "-p", home.text(), "-c"])
            .arg(home.write("nginx.conf", &configuration));
        let process = Process::start(home, command, &ports)?;
        Ok(Self { process, ports })
    }

    /// `http://127.0.0.1:PORT` with the path, which starts with `/`.
    pub fn http(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[0])
    }

    /// `https://origin.test:PORT` with the path, where HTTP/1.1 alone is spoken.
    pub fn https(&self, path: &str) -> String {
        format!("https://origin.test:{}{path}", self.ports[1])
    }

    /// The same where HTTP/2 is spoken.
    pub fn http2(&self, path: &str) -> String {
        format!("https://origin.test:{}{path}", self.ports[2])
    }

    /// A line for each request.
    pub fn log(&self) -> String {
        self.process.log()
    }
}
