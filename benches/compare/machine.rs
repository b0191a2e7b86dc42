//! What the figures hold for: machine and versions.

use std::fs;
use std::process::Stdio;

use crate::clients::Client;
use crate::stage::Stage;
use crate::support::peers::process::{brought, libraries};

/// A paragraph for the head of the report.
pub fn describe(stage: &Stage<'_>) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    let mut text = format!(
        "{} ({cores} cores), Linux {}, load {load} at the start. {} runs of each, {} MiB, {} small files.\n\n",
        processor(),
        kernel.trim(),
        stage.options.runs,
        stage.options.size,
        stage.options.files,
    );
    let clients = Client::ALL.into_iter().map(|client| {
        let name = client.name();
        if client.is_here() {
            version(stage, client).unwrap_or_else(|| format!("{name} (version unknown)"))
        } else {
            format!("no {name} on this machine")
        }
    });
    text += &clients.chain(servers()).collect::<Vec<_>>().join("; ");
    text + ".\n"
}

fn processor() -> String {
    let all = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = all.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(": "));
    name.map_or("an unknown processor", |(_, name)| name)
        .to_owned()
}

fn version(stage: &Stage<'_>, client: Client) -> Option<String> {
    let mut command = client.command(stage);
    let said = command
        .arg("--version")
        .stdout(Stdio::piped())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&said.stdout);
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    // `LFTP | Version 4.9.2 | Copyright …`, `GNU Wget 1.21.3 built on …`, `curl 7.88.1 (…) libcurl/… OpenSSL/…`
    let library = text
        .split_whitespace()
        .find(|word| word.starts_with("OpenSSL/"));
    let number = line
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let library = library
        .map(|library| format!(" ({library})"))
        .unwrap_or_default();
    Some(format!("{} {number}{library}", client.name()))
}

/// The servers' packages, as their files say.
fn servers() -> Vec<String> {
    let program = |path: &str, argument: &str| {
        let said = std::process::Command::new(brought(path))
            .arg(argument)
            .env("LD_LIBRARY_PATH", libraries())
            .output()
            .ok()?;
        let text = [said.stdout, said.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        text.lines()
            .next()
            .map(|line| line.trim_end_matches('.').to_owned())
    };
    [
        program("usr/sbin/squid", "-v"),
        program("usr/sbin/apache2", "-v"),
        program("usr/sbin/nginx", "-v"),
        // vsftpd says its version on its standard input.
    ]
    .into_iter()
    .flatten()
    .collect()
}
