//! How each program is told to bring a file through a proxy.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::stage::{Protocol, Stage};
use crate::support::peers::process::libraries;
use crate::support::peers::tool;

/// A program that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    Outbound,
    Curl,
    Wget,
    Lftp,
}

/// Where the bytes go.
pub enum To<'a> {
    Null,
    Stdout,
    File(&'a Path),
}

impl Client {
    /// Ours first, then its peers.
    pub const ALL: [Self; 4] = [Self::Outbound, Self::Curl, Self::Wget, Self::Lftp];

    pub fn name(self) -> &'static str {
        match self {
            Self::Outbound => "outbound",
            Self::Curl => "curl",
            Self::Wget => "wget",
            Self::Lftp => "lftp",
        }
    }

    /// Whether the machine has it.
    pub fn is_here(self) -> bool {
        is_here(self.name())
    }

    /// Whether it can bring a file of that protocol through an HTTP proxy without the proxy's help:
    /// wget leaves FTP to the proxy.
    pub fn speaks(self, protocol: Protocol) -> bool {
        self != Self::Wget || !matches!(protocol, Protocol::Ftp | Protocol::Ftps)
    }

    /// The program with no arguments and nothing of this process's environment.
    pub fn command(self, stage: &Stage<'_>) -> Command {
        let command = match self {
            Self::Outbound => Command::new(&stage.options.program),
            other => tool(other.name()),
        };
        bare(command, stage)
    }

    /// Brings one file, and believes the origin's authority alone.
    pub fn get(self, stage: &Stage<'_>, url: &str, proxy: &str, to: &To<'_>) -> Command {
        self.get_trusting(stage, &stage.authority, url, proxy, to)
    }

    /// Brings one file, and believes the authorities in `trust`.
    pub fn get_trusting(
        self,
        stage: &Stage<'_>,
        trust: &Path,
        url: &str,
        proxy: &str,
        to: &To<'_>,
    ) -> Command {
        let mut command = self.command(stage);
        command.env("SSL_CERT_FILE", trust);
        let null = Path::new("/dev/null");
        let file = match to {
            To::Null => Some(null),
            To::File(file) => Some(*file),
            To::Stdout => None,
        };
        match self {
            Self::Outbound => {
                command.args(["fetch", "-q", "--proxy", proxy, "--no-proxy", "", url, "-o"]);
                command.arg(file.unwrap_or(Path::new("-")));
            }
            Self::Curl => {
                // `-p`: FTP by CONNECT; it is how https goes anyway. `-N`: nothing held back.
                command.args(["-q", "-sSf", "-N", "-x", proxy, "--noproxy", ""]);
                command.arg("--cacert").arg(trust);
                if url.starts_with("ftp") {
                    command.arg("-p");
                }
                if let Some(file) = file {
                    command.arg("-o").arg(file);
                }
                command.arg(url);
            }
            Self::Wget => {
                command.args(["-nv", "-q", "--no-config", "-e", "use_proxy=yes"]);
                for variable in ["http_proxy", "https_proxy"] {
                    command.args(["-e", &format!("{variable}={proxy}")]);
                }
                command.arg("--ca-certificate").arg(trust);
                command.arg("-O").arg(file.unwrap_or(Path::new("-")));
                command.arg(url);
            }
            Self::Lftp => {
                let bring = match file {
                    Some(file) => format!("get {url} -o {}", file.display()),
                    None => format!("cat {url}"),
                };
                command.args(["--norc", "-c"]);
                command.arg(format!("{}; {bring}", lftp_settings(trust, proxy)));
            }
        }
        command
    }

    /// Follows a stream to the standard output: ours alone can.
    pub fn follow(self, stage: &Stage<'_>, url: &str, proxy: &str) -> Command {
        let mut command = self.command(stage);
        command.args(["fetch", "-q", "--follow", "--proxy", proxy]);
        command.args(["--no-proxy", "", url]);
        command
    }

    /// Brings many files into a folder, 32 at a time.
    pub fn get_many(
        self,
        stage: &Stage<'_>,
        urls: &[String],
        proxy: &str,
        into: &Path,
    ) -> Option<Command> {
        let mut command = self.command(stage);
        match self {
            Self::Outbound => {
                command.args([
                    "fetch",
                    "-q",
                    "--proxy",
                    proxy,
                    "--no-proxy",
                    "",
                    "-j",
                    "32",
                ]);
                command.arg("--output-dir").arg(into);
                if takes_a_list(stage) {
                    let text = urls.iter().map(|url| format!("{url}\n")).collect();
                    command.arg("--from-file").arg(list(stage, "urls", text));
                } else {
                    command.args(urls);
                }
            }
            Self::Curl => {
                if urls.first().is_some_and(|url| url.starts_with("ftp")) {
                    command.arg("-p");
                }
                let entry = |url: &String| {
                    let (_, name) = url.rsplit_once('/').unwrap();
                    format!("url = {url}\noutput = {}\n", into.join(name).display())
                };
                command.args(["-q", "-sSf", "-Z", "--parallel-max", "32"]);
                command.args(["-x", proxy, "--noproxy", ""]);
                command.arg("--cacert").arg(&stage.authority);
                let text = urls.iter().map(entry).collect();
                command.arg("-K").arg(list(stage, "curl.config", text));
            }
            Self::Wget | Self::Lftp => return None,
        }
        Some(command)
    }

    /// Brings all that is in an FTP folder into a folder, 32 at a time. curl lists nothing, and is
    /// told the files.
    pub fn get_folder(
        self,
        stage: &Stage<'_>,
        url: &str,
        names: &[String],
        proxy: &str,
        into: &Path,
    ) -> Option<Command> {
        let mut command = self.command(stage);
        match self {
            Self::Outbound => {
                command.args(["fetch", "-r", "-q", "--proxy", proxy, "--no-proxy", ""]);
                command.args(["-j", "32", url, "--output-dir"]).arg(into);
            }
            Self::Curl => {
                let file = |name: &String| format!("{url}{}", name.rsplit('/').next().unwrap());
                let urls: Vec<String> = names.iter().map(file).collect();
                return self.get_many(stage, &urls, proxy, into);
            }
            Self::Lftp => {
                command.args(["--norc", "-c"]);
                command.arg(format!(
                    "{}; set ftp:sync-mode off; set net:connection-limit 0; \
                     mirror -P32 --no-perms {url} {}/",
                    lftp_settings(&stage.authority, proxy),
                    into.display()
                ));
            }
            Self::Wget => return None,
        }
        Some(command)
    }
}

/// The program with nothing of this process's environment but what it runs by.
pub fn bare(mut command: Command, stage: &Stage<'_>) -> Command {
    let needed: Vec<(OsString, OsString)> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    command
        .env_clear()
        .envs(needed)
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("HOME", &stage.home)
        .env("LC_ALL", "C")
        .env("SSL_CERT_FILE", &stage.authority)
        .current_dir(&stage.home)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// Whether the machine has a program of that name; our own was built with this one.
pub fn is_here(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let brought = libraries().join("../../bin");
    name == Client::Outbound.name()
        || std::env::split_paths(&path)
            .chain([brought])
            .any(|folder| folder.join(name).is_file())
}

fn lftp_settings(trust: &Path, proxy: &str) -> String {
    let trust = trust.display();
    // By CONNECT, at once, and over a file that is there.
    format!(
        "set http:proxy {proxy}; set https:proxy {proxy}; set ftp:proxy {proxy}; \
         set ftp:use-hftp no; set net:no-proxy ''; set ssl:ca-file {trust}; \
         set xfer:clobber yes; set net:max-retries 1; set cmd:fail-exit yes"
    )
}

/// Whether our program takes its URLs from a file.
fn takes_a_list(stage: &Stage<'_>) -> bool {
    let help = Client::Outbound
        .command(stage)
        .args(["fetch", "--help"])
        .stdout(Stdio::piped())
        .output();
    help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--from-file"))
}

fn list(stage: &Stage<'_>, name: &str, text: String) -> PathBuf {
    let file = stage.home.join(name);
    fs::write(&file, text).unwrap();
    file
}
