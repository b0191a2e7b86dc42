//! How long the program takes to start, and to bring next to nothing (d1, d2).

use std::process::Command;

use crate::clients::{Client, To};
use crate::measure::{Output, Sample, interleave, run};
use crate::report::{Column, Limit::AtMost, Table};
use crate::stage::{Protocol, Stage};

const WALL: &str = "ms";

/// Short runs scatter more, and cost less.
const MORE: u32 = 6;

fn columns() -> Vec<Column> {
    vec![
        (WALL, Box::new(|sample: &Sample| Some(sample.wall * 1000.0))),
        ("CPU ms", Box::new(|sample| Some(sample.cpu * 1000.0))),
    ]
}

pub fn start(stage: &Stage<'_>) -> Table {
    let mut names = vec!["true"];
    names.extend(Client::ALL.iter().filter(|c| c.is_here()).map(|c| c.name()));
    let series = interleave(&names, stage.options.runs * MORE, |name| {
        let client = Client::ALL.into_iter().find(|client| client.name() == name);
        let mut command = client.map_or_else(|| Command::new("true"), |c| c.command(stage));
        command.arg("--version").stdout(std::process::Stdio::null());
        run(command, Output::AsIs)
    });
    let mut table = Table::new("start", "`--version`".to_owned(), &series, columns());
    if let Some(least) = table.median("true", WALL) {
        table.note("The goal in ms is that of `true` and one more");
        table.figure("d1", WALL, AtMost(least + 1.0));
    }
    table.ratio("d1", WALL, "curl", AtMost(0.30));
    table
}

/// How the lines of one row are called; the last is https with the system's authorities too.
const LINES: &[(&str, Client, Protocol, bool)] = &[
    ("outbound http", Client::Outbound, Protocol::Http, false),
    ("curl http", Client::Curl, Protocol::Http, false),
    ("wget http", Client::Wget, Protocol::Http, false),
    ("lftp http", Client::Lftp, Protocol::Http, false),
    ("outbound https", Client::Outbound, Protocol::Https, false),
    ("curl https", Client::Curl, Protocol::Https, false),
    ("wget https", Client::Wget, Protocol::Https, false),
    ("lftp https", Client::Lftp, Protocol::Https, false),
    (
        "outbound https, whole store",
        Client::Outbound,
        Protocol::Https,
        true,
    ),
    (
        "curl https, whole store",
        Client::Curl,
        Protocol::Https,
        true,
    ),
    (
        "wget https, whole store",
        Client::Wget,
        Protocol::Https,
        true,
    ),
];

pub fn one_small(stage: &Stage<'_>) -> Table {
    let proxy = stage.squid().url();
    let lines: Vec<&'static str> = LINES
        .iter()
        .filter(|(_, client, ..)| client.is_here())
        .map(|(line, ..)| *line)
        .collect();
    let series = interleave(&lines, stage.options.runs * MORE, |name| {
        let (_, client, protocol, whole) = LINES
            .iter()
            .find(|(line, ..)| *line == name)
            .ok_or("no such line")?;
        let url = stage.url(*protocol, "1k.bin");
        let trust = if *whole {
            &stage.store
        } else {
            &stage.authority
        };
        let command = client.get_trusting(stage, trust, &url, &proxy, &To::Null);
        run(command, Output::AsIs)
    });
    let title = "1 KiB through Squid".to_owned();
    let mut table = Table::new("one-small", title, &series, columns());
    table.note("The whole store is the system's authorities; the other lines believe one");
    table.compare("d2", WALL, "outbound http", "wget http", AtMost(0.75));
    table.compare("d2", WALL, "outbound https", "curl https", AtMost(0.50));
    let whole = ["outbound https, whole store", "curl https, whole store"];
    table.compare("d2", WALL, whole[0], whole[1], AtMost(0.50));
    table
}
