//! moto, AWS as a server: S3, EC2, STS. It keeps everything in memory and checks no signature.

use std::net::SocketAddr;

use super::clients;
use super::process::{self, Died, Home, Process};
use crate::support::sockets::free_port;

/// A running moto.
pub struct Moto {
    process: Process,
    port: u16,
}

impl Moto {
    /// Starts one, with nothing in it.
    pub fn start() -> Self {
        process::start(Self::attempt)
    }

    fn attempt() -> Result<Self, Died> {
        let (home, port) = (Home::new("moto"), free_port());
        let mut command = clients::pypi();
        command
            .args(["-m", "moto.server", "--host", "127.0.0.1", "--port"])
            .arg(port.to_string())
            // It would take its own requests for those of a client of a real AWS otherwise.
            .envs([
                ("AWS_ACCESS_KEY_ID", "moto"),
                ("AWS_SECRET_ACCESS_KEY", "moto"),
            ]);
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

    /// `http://127.0.0.1:PORT`: the endpoint of every service.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process: its id, and what it left.
    pub fn process(&self) -> &Process {
        &self.process
    }
}
