//! One large file (a1 to a7), and memory for twice as much.

use std::fs;
use std::path::Path;

use super::compare;
use crate::clients::{Client, To};
use crate::measure::{Output, Sample, interleave, run};
use crate::report::{
    Column,
    Limit::{AtLeast, AtMost},
    Table,
};
use crate::stage::{Protocol, Stage};
use crate::support::peers::folder;

const CPU: &str = "CPU s/GiB";
const SPEED: &str = "MB/s";
const PEAK: &str = "peak MiB";

/// What the goals ask for: README's promise of constant memory, in MiB.
const MEMORY: f64 = 16.0;

fn columns(mib: u32) -> Vec<Column> {
    let (gib, mb) = (f64::from(mib) / 1024.0, f64::from(mib) * 1.048_576);
    vec![
        (CPU, Box::new(move |sample: &Sample| Some(sample.cpu / gib))),
        (SPEED, Box::new(move |sample| Some(mb / sample.wall))),
        (PEAK, Box::new(|sample| sample.peak)),
    ]
}

/// Apache for http: Squid's own http path is slower than any client. Squid for what is tunnelled.
fn proxy(stage: &Stage<'_>, protocol: Protocol) -> String {
    match protocol {
        Protocol::Http => stage.apache().url(),
        Protocol::Https | Protocol::Ftp | Protocol::Ftps => stage.squid().url(),
    }
}

fn measure(
    stage: &Stage<'_>,
    name: &'static str,
    title: &str,
    protocol: Protocol,
    file: Option<&Path>,
) -> Table {
    let mib = stage.options.size;
    let url = stage.url(protocol, &stage.large(mib));
    let proxy = proxy(stage, protocol);
    let clients: Vec<Client> = Client::ALL
        .into_iter()
        .filter(|client| client.speaks(protocol))
        .collect();
    let series = compare(&clients, stage.options.runs, |client| {
        let to = file.map_or(To::Null, To::File);
        let sample = run(client.get(stage, &url, &proxy, &to), Output::AsIs)?;
        if let Some(file) = file {
            let length = fs::metadata(file).map_or(0, |about| about.len());
            let _ = fs::remove_file(file);
            if length != u64::from(mib) << 20 {
                return Err(format!("it wrote {length} bytes"));
            }
        }
        Ok(sample)
    });
    Table::new(name, format!("{mib} MiB, {title}"), &series, columns(mib))
}

pub fn http(stage: &Stage<'_>) -> Table {
    let title = "http through Apache to /dev/null";
    let mut table = measure(stage, "http", title, Protocol::Http, None);
    table.ratio("a1", CPU, "lftp", AtMost(0.60));
    table.ratio("a1", CPU, "curl", AtMost(0.45));
    table.ratio("a5", SPEED, "lftp", AtLeast(1.00));
    table.ratio("a5", SPEED, "curl", AtLeast(1.00));
    memory_goals(&mut table);
    table
}

pub fn https(stage: &Stage<'_>) -> Table {
    let title = "https through Squid to /dev/null";
    let mut table = measure(stage, "https", title, Protocol::Https, None);
    table.ratio("a2", CPU, "curl", AtMost(0.50));
    table.ratio("a5", SPEED, "curl", AtLeast(1.10));
    table.ratio("a5", SPEED, "wget", AtLeast(1.10));
    memory_goals(&mut table);
    table
}

pub fn ftp(stage: &Stage<'_>) -> Table {
    let title = "ftp by CONNECT through Squid to /dev/null";
    let mut table = measure(stage, "ftp", title, Protocol::Ftp, None);
    table.ratio("a3", CPU, "curl", AtMost(0.70));
    table.ratio("a5", SPEED, "curl", AtLeast(1.00));
    table.ratio("a5", SPEED, "lftp", AtLeast(1.00));
    memory_goals(&mut table);
    table
}

pub fn ftps(stage: &Stage<'_>) -> Table {
    let title = "ftps by CONNECT through Squid to /dev/null";
    let mut table = measure(stage, "ftps", title, Protocol::Ftps, None);
    table.ratio("a4", CPU, "curl", AtMost(0.70));
    table.ratio("a4", SPEED, "curl", AtLeast(1.00));
    memory_goals(&mut table);
    table
}

pub fn ftp_to_a_file(stage: &Stage<'_>) -> Table {
    let folder = folder();
    let file = folder.join("ftp.bin");
    let title = "ftp by CONNECT through Squid to a file";
    let mut table = measure(stage, "ftp-file", title, Protocol::Ftp, Some(&file));
    table.ratio("a6", CPU, "lftp", AtMost(0.80));
    table.ratio("a6", CPU, "curl", AtMost(0.80));
    table
}

fn memory_goals(table: &mut Table) {
    table.figure("a7", PEAK, AtMost(8.0));
    table.ratio("a7", PEAK, "curl", AtMost(0.65));
}

/// Peak memory of our program for twice the size, over every protocol.
pub fn memory(stage: &Stage<'_>) -> Table {
    let mib = stage.options.size * 2;
    let folder = folder();
    let file = folder.join("memory.bin");
    let ways = [
        ("http", Protocol::Http, false),
        ("https", Protocol::Https, false),
        ("ftp", Protocol::Ftp, false),
        ("ftps", Protocol::Ftps, false),
        ("http to a file", Protocol::Http, true),
        ("https to a file", Protocol::Https, true),
        ("ftp to a file", Protocol::Ftp, true),
    ];
    let lines = ways.map(|(line, _, _)| line);
    let series = interleave(&lines, 1, |line| {
        let way = ways.into_iter().find(|(name, _, _)| *name == line);
        let (_, protocol, to_file) = way.ok_or("no such way")?;
        let to = if to_file { To::File(&file) } else { To::Null };
        let url = stage.url(protocol, &stage.large(mib));
        let command = Client::Outbound.get(stage, &url, &proxy(stage, protocol), &to);
        let sample = run(command, Output::AsIs);
        let _ = fs::remove_file(&file);
        sample
    });
    let title = format!("{mib} MiB, outbound alone, one run");
    let mut table = Table::new("memory", title, &series, columns(mib));
    for line in lines {
        table.goal("memory", line, PEAK, AtMost(MEMORY));
    }
    table
}
