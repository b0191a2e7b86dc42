//! tinyproxy as open forward proxy.

use std::net::SocketAddr;
use std::process::Command;

use super::process::{self, Died, Home, Process, brought, is_root, template};
use crate::support::sockets::free_port;

/// A running tinyproxy.
pub struct Tinyproxy {
    process: Process,
    port: u16,
}

impl Tinyproxy {
    /// Starts one.
    pub fn start() -> Self {
        Self::with_timeout(600)
    }

    /// Starts one that ends what is idle for so many seconds.
    pub fn with_timeout(seconds: u32) -> Self {
        process::start(|| Self::attempt(seconds, "", ""))
    }

    /// Starts one with further lines, `@DIR@` in them for its folder, where the names of hosts that it
    /// filters stand in the file `filter`.
    pub fn start_with(lines: &str, filtered: &str) -> Self {
        process::start(|| Self::attempt(600, lines, filtered))
    }

    /// Starts one with other files, made from its port and from where its list is to be.
    pub fn start_as(make: impl Fn(u16, &str) -> (String, String)) -> Self {
        process::start(|| {
            let (home, port) = (Home::new("tinyproxy"), free_port());
            let place = home.path().join("list");
            let (configuration, list) = make(port, place.to_str().expect("a UTF-8 path"));
            home.write("list", &list);
            Self::launch(home, port, &configuration)
        })
    }

    fn attempt(timeout: u32, lines: &str, filtered: &str) -> Result<Self, Died> {
        let (home, port) = (Home::new("tinyproxy"), free_port());
        home.writable("run");
        home.write("run/filter", filtered);
        let configuration = template(
            "tinyproxy.conf",
            &[
                ("EXTRA", lines),
                ("PORT", &port.to_string()),
                ("TIMEOUT", &timeout.to_string()),
                (
                    "USER",
                    if is_root() {
                        "User nobody\nGroup nogroup"
                    } else {
                        ""
                    },
                ),
                ("DIR", &format!("{}/run", home.text())),
                ("LOG", &home.log()),
            ],
        );
        Self::launch(home, port, &configuration)
    }

    fn launch(home: Home, port: u16, configuration: &str) -> Result<Self, Died> {
        let mut command = Command::new(brought("usr/bin/tinyproxy"));
        command
            .args(["-d", "-c"])
            .arg(home.write("tinyproxy.conf", configuration));
        let process = Process::start(home, command, &[port])?;
        Ok(Self { process, port })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port).into()
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process: its log and its id.
    pub fn process(&self) -> &Process {
        &self.process
    }
}
