//! haproxy in the place of a forward proxy.

use std::process::Command;

use super::process::{self, Died, Home, Process, brought, libraries, template};
use crate::support::sockets::free_port;

/// A running haproxy, with four ports.
pub struct Haproxy {
    process: Process,
    denying: u16,
    lonely: u16,
    waiting: u16,
    cutting: u16,
}

impl Haproxy {
    /// Starts one; nothing comes from the server at `silent`, and that at `ending` hangs up.
    pub fn start(silent: u16, ending: u16) -> Self {
        process::start(|| Self::attempt(silent, ending))
    }

    fn attempt(silent: u16, ending: u16) -> Result<Self, Died> {
        let home = Home::new("haproxy");
        let (denying, lonely) = (free_port(), free_port());
        let (waiting, cutting) = (free_port(), free_port());
        let configuration = template(
            "haproxy-forward.cfg",
            &[
                ("DENYING", &denying.to_string()),
                ("LONELY", &lonely.to_string()),
                ("WAITING", &waiting.to_string()),
                ("CUTTING", &cutting.to_string()),
                ("SILENT", &silent.to_string()),
                ("ENDING", &ending.to_string()),
            ],
        );
        let mut command = Command::new(brought("usr/sbin/haproxy"));
        // In the foreground.
        command.arg("-db").arg("-f");
        command.arg(home.write("haproxy.cfg", &configuration));
        command.env("LD_LIBRARY_PATH", libraries());
        let process = Process::start(home, command, &[denying, lonely, waiting, cutting])?;
        Ok(Self {
            process,
            denying,
            lonely,
            waiting,
            cutting,
        })
    }

    /// The URL of the port that refuses everything.
    pub fn denying(&self) -> String {
        format!("http://127.0.0.1:{}", self.denying)
    }

    /// The URL of the port behind which there is no server.
    pub fn lonely(&self) -> String {
        format!("http://127.0.0.1:{}", self.lonely)
    }

    /// The URL of the port whose server is silent.
    pub fn waiting(&self) -> String {
        format!("http://127.0.0.1:{}", self.waiting)
    }

    /// The URL of the port whose server hangs up.
    pub fn cutting(&self) -> String {
        format!("http://127.0.0.1:{}", self.cutting)
    }

    /// The process: its log and its id.
    pub fn process(&self) -> &Process {
        &self.process
    }
}
