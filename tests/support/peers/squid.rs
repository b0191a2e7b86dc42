//! Squid as forward proxy, open or with a password.

use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use super::process::{self, Died, Home, Process, brought, fixture, template};
use crate::support::sockets::free_port;

/// Who may use the Squid with a password.
pub const USER: &str = "svc-data";
/// That user's password; `@`, `:` and `%` are there to be escaped in URLs.
pub const PASSWORD: &str = "p@ss:w%rd";

/// How a Squid differs from the open one.
pub struct Options {
    /// Whether it demands [`USER`] and [`PASSWORD`].
    pub password: bool,
    /// Ports besides 443 that CONNECT may go to, as in an `acl … port` line.
    pub tunnel_ports: String,
    /// Names that this proxy alone resolves, all to 127.0.0.1.
    pub hosts: Vec<String>,
    /// A line of its configuration, and lines to stand above that.
    pub above: Option<(String, String)>,
    /// Further lines.
    pub more: String,
    /// A page of its own for refusals: its name (`ERR_…`) and text.
    pub page: Option<(&'static str, &'static str)>,
    /// In place of the rules above: a file for that port.
    pub whole: Option<Box<dyn Fn(u16) -> String>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            password: false,
            tunnel_ports: "1024-65535".to_owned(),
            hosts: vec!["origin.test".to_owned(), "ftp.test".to_owned()],
            above: None,
            more: String::new(),
            page: None,
            whole: None,
        }
    }
}

/// A running Squid.
pub struct Squid {
    process: Process,
    port: u16,
}

impl Squid {
    /// Starts one.
    pub fn start(options: Options) -> Self {
        process::start(|| Self::attempt(&options))
    }

    /// One with Debian's own file, whose `localnet` is this machine, and lines above those that its
    /// rules begin with.
    pub fn stock(lines: &str) -> Self {
        let lines = lines.to_owned();
        let make = move |port: u16| {
            let stock =
                fs::read_to_string(brought("etc/squid/squid.conf")).expect("Debian's squid.conf");
            let rules = stock
                .lines()
                .filter(|line| !line.starts_with('#') && !line.is_empty());
            let mut text = String::new();
            for line in rules {
                let line = match line {
                    "http_access deny !Safe_ports" => &format!("{lines}\n{line}"),
                    "http_port 3128" => &format!("http_port 127.0.0.1:{port}"),
                    line if line.starts_with("include ") => "",
                    line => line,
                };
                text += &format!("{line}\n");
            }
            format!("acl localnet src 127.0.0.0/8\n{text}visible_hostname squid.test\n")
        };
        Self::start(Options {
            whole: Some(Box::new(make)),
            ..Options::default()
        })
    }

    fn attempt(options: &Options) -> Result<Self, Died> {
        let program = brought("usr/sbin/squid");
        let (mut home, port) = (Home::new("squid"), free_port());
        // What Squid reads after it became `nobody`, who may not reach the folder of the peers.
        home.write(
            "mime.conf",
            &fs::read_to_string(brought("usr/share/squid/mime.conf")).expect("mime.conf"),
        );
        copy(
            brought("usr/share/squid-langpack/templates"),
            home.path().join("errors"),
        );
        copy(brought("usr/share/squid/icons"), home.path().join("icons"));
        if let Some((name, text)) = options.page {
            home.write(&format!("errors/{name}"), text);
        }
        let mut configuration = String::new();
        let mut allow = "localhost";
        if options.password {
            allow = "localhost password";
            configuration += &template("squid-password.conf", &[("DIR", home.text())]);
            home.write("squid.passwd", &fixture("squid.passwd"));
            let helper = home.path().join("basic_ncsa_auth");
            fs::copy(brought("usr/lib/squid/basic_ncsa_auth"), helper).expect("the helper");
            copy_some(process::libraries(), home.path().join("lib"), "libnettle");
        }
        configuration += &template(
            "squid.conf",
            &[
                ("PORT", &port.to_string()),
                ("TUNNEL_PORTS", &options.tunnel_ports),
                ("ALLOW", allow),
                ("DIR", home.text()),
                ("LOG", &home.log()),
            ],
        );
        if let Some(whole) = &options.whole {
            let (_, surroundings) = configuration
                .split_once("# Names of its own")
                .expect("what is no rule");
            configuration = format!("{}\n# {surroundings}", whole(port));
        }
        if let Some((line, above)) = &options.above {
            assert!(configuration.contains(line), "no line `{line}`");
            configuration = configuration.replace(line, &format!("{above}\n{line}"));
        }
        configuration += &options.more;
        home.write(
            "hosts",
            &format!("127.0.0.1 localhost {}\n", options.hosts.join(" ")),
        );
        // Shared memory goes by the service's name: two with one name would use the same.
        let name = home.name();
        for part in ["metadata", "queues", "readers"] {
            home.remove_later(format!("/dev/shm/{name}-cf__{part}.shm"));
        }
        let mut command = Command::new(program);
        command
            .args(["-N", "-n", &name])
            .arg("-f")
            .arg(home.write("squid.conf", &configuration));
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

    /// `http://127.0.0.1:PORT`, without credentials.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process: its log and its id.
    pub fn process(&self) -> &Process {
        &self.process
    }

    /// A line for each request: method, target, status, Squid's result, user. A tunnel is
    /// logged when it ends.
    pub fn log(&self) -> String {
        self.process.log()
    }
}

fn copy(from: impl AsRef<std::path::Path>, to: impl AsRef<std::path::Path>) {
    copy_some(from, to, "");
}

/// Copies the files whose names start so; none when there is no such folder.
fn copy_some(from: impl AsRef<std::path::Path>, to: impl AsRef<std::path::Path>, start: &str) {
    fs::create_dir_all(to.as_ref()).expect("a folder of the server");
    for entry in fs::read_dir(from).into_iter().flatten().flatten() {
        if entry.path().is_file() && entry.file_name().to_string_lossy().starts_with(start) {
            fs::copy(entry.path(), to.as_ref().join(entry.file_name())).expect("a copied file");
        }
    }
}
