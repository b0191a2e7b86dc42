//! What stands in front of WebSocket servers, with short limits on idle tunnels.

use std::process::Command;

use super::process::{self, Died, Home, Process, brought, libraries, template};
use crate::support::sockets::free_port;

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Product {
    Nginx,
    Haproxy,
}

/// A running gateway. What is idle for two seconds is ended by it.
pub struct Gateway {
    process: Process,
    port: u16,
}

/// haproxy with a configuration made for its port. Gives the process and the port.
pub fn haproxy(make: impl Fn(u16) -> String) -> (Process, u16) {
    process::start(|| {
        let (home, port) = (Home::new("haproxy"), free_port());
        let mut command = Command::new(brought("usr/sbin/haproxy"));
        command
            .arg("-db")
            .arg("-f")
            .arg(home.write("haproxy.cfg", &make(port)));
        command.env("LD_LIBRARY_PATH", libraries());
        Ok((Process::start(home, command, &[port])?, port))
    })
}

impl Gateway {
    /// Starts one in front of the server at a port of loopback.
    pub fn start(product: Product, backend: u16) -> Self {
        process::start(|| Self::attempt(product, backend))
    }

    fn attempt(product: Product, backend: u16) -> Result<Self, Died> {
        let (home, port) = (Home::new("gateway"), free_port());
        let fixture = match product {
            Product::Nginx => "nginx-websocket.conf",
            Product::Haproxy => "haproxy.cfg",
        };
        let configuration = template(
            fixture,
            &[
                ("PORT", &port.to_string()),
                ("BACKEND", &backend.to_string()),
                ("DIR", home.text()),
                ("LOG", &home.log()),
            ],
        );
        let file = home.write(fixture, &configuration);
        let command = match product {
            Product::Nginx => {
                let mut command = Command::new(brought("usr/sbin/nginx"));
                command.args(["-e", "stderr", "-p", home.text(), "-c"]);
                command.arg(file);
                command
            }
            Product::Haproxy => {
                let mut command = Command::new(brought("usr/sbin/haproxy"));
                // In the foreground.
                command.arg("-db").arg("-f").arg(file);
                command.env("LD_LIBRARY_PATH", libraries());
                command
            }
        };
        let process = Process::start(home, command, &[port])?;
        Ok(Self { process, port })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process: its log and its id.
    pub fn process(&self) -> &Process {
        &self.process
    }
}
