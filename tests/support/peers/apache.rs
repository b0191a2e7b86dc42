//! Apache httpd as forward proxy, with the sample configuration of Dataiku DSS.

use std::net::SocketAddr;
use std::process::Command;

use super::process::{self, Died, Home, Process, brought, template};
use crate::support::sockets::free_port;

/// A running Apache httpd.
pub struct Apache {
    process: Process,
    port: u16,
}

impl Apache {
    /// Starts one.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// Starts one with further lines in the place of the proxy.
    pub fn start_with(lines: &str) -> Self {
        let end = "</VirtualHost>";
        Self::start_as(|_, sample| sample.replace(end, &format!("{lines}\n{end}")))
    }

    /// Starts one with another virtual host: made from the port, and from the sample.
    pub fn start_as(make: impl Fn(u16, &str) -> String) -> Self {
        process::start(|| Self::attempt(&make))
    }

    fn attempt(make: impl Fn(u16, &str) -> String) -> Result<Self, Died> {
        let (home, port) = (Home::new("apache"), free_port());
        let modules = brought("usr/lib/apache2/modules");
        let configuration = template(
            "apache-forward-proxy.conf",
            &[
                ("PORT", &port.to_string()),
                ("MODULES", modules.to_str().expect("a UTF-8 path")),
                ("DIR", home.text()),
                ("LOG", &home.log()),
            ],
        );
        let (server, sample) = configuration
            .split_once("# The sample")
            .expect("the sample");
        let configuration = format!("{server}{}", make(port, &format!("# The sample{sample}")));
        let mut command = Command::new(brought("usr/sbin/apache2"));
        command
            .arg("-X")
            .arg("-f")
            .arg(home.write("apache.conf", &configuration));
        let process = Process::start(home, command, &[port])?;
        Ok(Self { process, port })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process: its log and its id.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// A line for each request: request line and status. A tunnel is logged when it ends.
    pub fn log(&self) -> String {
        self.process.log()
    }
}
