//! HTTP servers that show folders as index pages, each in one of its forms.

use std::path::Path;
use std::process::Command;

use super::clients::python;
use super::process::{self, Died, Home, Process, brought, share, template};
use crate::support::sockets::free_port;

/// Whose pages, and of which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pages {
    Nginx,
    NginxRounded,
    NginxJson,
    ApachePlain,
    ApacheFancy,
    ApacheTable,
    Python,
}

impl Pages {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Nginx,
        Self::NginxRounded,
        Self::NginxJson,
        Self::ApachePlain,
        Self::ApacheFancy,
        Self::ApacheTable,
        Self::Python,
    ];

    fn options(self) -> &'static str {
        match self {
            Self::NginxRounded => "autoindex_exact_size off; autoindex_localtime on;",
            Self::NginxJson => "autoindex_format json;",
            Self::ApacheFancy => "FancyIndexing NameWidth=*",
            Self::ApacheTable => "FancyIndexing HTMLTable VersionSort XHTML",
            Self::Nginx | Self::ApachePlain | Self::Python => "",
        }
    }
}

/// A running server.
pub struct IndexServer {
    process: Process,
    port: u16,
}

impl IndexServer {
    /// Starts one that serves the folder.
    pub fn start(pages: Pages, root: &Path) -> Self {
        share(root);
        process::start(|| Self::attempt(pages, root))
    }

    fn attempt(pages: Pages, root: &Path) -> Result<Self, Died> {
        let (home, port) = (Home::new("index"), free_port());
        let modules = brought("usr/lib/apache2/modules");
        let values = [
            ("PORT", &*port.to_string()),
            ("ROOT", root.to_str().expect("a UTF-8 path")),
            ("MODULES", modules.to_str().expect("a UTF-8 path")),
            ("OPTIONS", pages.options()),
            ("DIR", home.text()),
            ("LOG", &*home.log()),
        ];
        let command = match pages {
            Pages::Python => {
                let mut command = python();
                command
                    .args(["-m", "http.server", "--bind", "127.0.0.1", "--directory"])
                    .arg(root)
                    .arg(port.to_string());
                command
            }
            Pages::Nginx | Pages::NginxRounded | Pages::NginxJson => {
                let mut command = Command::new(brought("usr/sbin/nginx"));
                command
                    .args(["-e", "stderr", "-p", home.text(), "-c"])
                    .arg(home.write("nginx.conf", &template("nginx-index.conf", &values)));
                command
            }
            Pages::ApachePlain | Pages::ApacheFancy | Pages::ApacheTable => {
                let mut command = Command::new(brought("usr/sbin/apache2"));
                command
                    .arg("-X")
                    .arg("-f")
                    .arg(home.write("apache.conf", &template("apache-index.conf", &values)));
                command
            }
        };
        let process = Process::start(home, command, &[port])?;
        Ok(Self { process, port })
    }

    /// `http://127.0.0.1:PORT` with the path, which starts with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// A line for each request, of nginx and Apache: method, path and status.
    pub fn log(&self) -> String {
        self.process.log()
    }
}
