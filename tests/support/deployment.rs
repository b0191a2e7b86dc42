//! An application behind a reverse proxy, by the recipes that people follow.

use std::fs;
use std::process::Command;

use super::peers::Certificate;
use super::peers::process::{self, Died, Home, Process, brought, libraries};
use super::sockets::free_port;

/// Whose recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// nginx, HTTP.
    NginxHttp,
    /// nginx, HTTPS.
    NginxHttps,
    /// Apache httpd, HTTP.
    Apache,
    /// haproxy, which ends TLS, in front of nginx at a port of its own.
    Haproxy,
}

/// A running reverse proxy, or two of them.
pub struct Deployment {
    processes: Vec<Process>,
    scheme: &'static str,
    port: u16,
}

/// What is changed in a recipe: a text that stands in it once, and what takes its place.
pub type Change<'a> = (&'a str, &'a str);

impl Deployment {
    /// Starts the recipe in front of the application at a port of loopback.
    pub fn start(
        recipe: Recipe,
        app: u16,
        certificate: &Certificate,
        changes: &[Change<'_>],
    ) -> Self {
        process::start(|| Self::attempt(recipe, app, certificate, changes))
    }

    fn attempt(
        recipe: Recipe,
        app: u16,
        certificate: &Certificate,
        changes: &[Change<'_>],
    ) -> Result<Self, Died> {
        let (port, inner) = (free_port(), free_port());
        let files: &[(&str, u16)] = match recipe {
            Recipe::NginxHttp => &[("web-nginx-http.conf", port)],
            Recipe::NginxHttps => &[("web-nginx-https.conf", port)],
            Recipe::Apache => &[("web-apache.conf", port)],
            Recipe::Haproxy => &[("web-nginx-8000.conf", inner), ("web-haproxy.cfg", port)],
        };
        let texts: Vec<String> = files
            .iter()
            .map(|(file, _)| process::fixture(file))
            .collect();
        for (old, _) in changes {
            let found = texts.iter().filter(|text| text.contains(old)).count();
            assert_eq!(found, 1, "{old:?} stands in one of {files:?}");
        }
        let mut processes = Vec::new();
        for (file, listens) in files {
            let home = Home::new("web");
            let pem = home.write(
                "both.pem",
                &(fs::read_to_string(&certificate.chain).expect("the certificate")
                    + &fs::read_to_string(&certificate.key).expect("its key")),
            );
            let path = |path: &std::path::Path| path.to_str().expect("a UTF-8 path").to_owned();
            let mut text = process::fixture(file);
            for (old, new) in changes {
                text = text.replace(old, new);
            }
            let text = process::filled(
                text,
                &[
                    ("PORT", &port.to_string()),
                    ("INNER", &inner.to_string()),
                    ("BACKEND", &app.to_string()),
                    ("CERTIFICATE", &path(&certificate.chain)),
                    ("KEY", &path(&certificate.key)),
                    ("PEM", &path(&pem)),
                    ("MODULES", &path(&brought("usr/lib/apache2/modules"))),
                    ("DIR", home.text()),
                    ("LOG", &home.log()),
                ],
            );
            let file = home.write(file, &text);
            let command = command(recipe, &file, &home, *listens == port);
            processes.push(Process::start(home, command, &[*listens])?);
        }
        let scheme = match recipe {
            Recipe::NginxHttp | Recipe::Apache => "http",
            Recipe::NginxHttps | Recipe::Haproxy => "https",
        };
        Ok(Self {
            processes,
            scheme,
            port,
        })
    }

    /// The public URL under a name that leads to loopback, with a path that starts with `/`.
    pub fn url(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.port)
    }

    /// The reverse proxy that clients reach.
    pub fn front(&self) -> &Process {
        self.processes.last().expect("a process")
    }
}

fn command(recipe: Recipe, file: &std::path::Path, home: &Home, is_front: bool) -> Command {
    match recipe {
        Recipe::Haproxy if is_front => {
            let mut command = Command::new(brought("usr/sbin/haproxy"));
            // In the foreground.
            command.arg("-db").arg("-f").arg(file);
            command.env("LD_LIBRARY_PATH", libraries());
            command
        }
        Recipe::Apache => {
            let mut command = Command::new(brought("usr/sbin/apache2"));
            command.arg("-X").arg("-f").arg(file);
            command
        }
        _ => {
            let mut command = Command::new(brought("usr/sbin/nginx"));
            command.args(["-e", "stderr", "-p", home.text(), "-c"]);
            command.arg(file);
            command
        }
    }
}
