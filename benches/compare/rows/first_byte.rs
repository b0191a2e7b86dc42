//! Time to the first byte over a long line, in round trips (c1 to c4).

use crate::clients::{Client, To};
use crate::link::{self, ROUND_TRIP};
use crate::measure::{Output, interleave};
use crate::report::{Column, Limit::AtMost, Table};
use crate::stage::{Protocol, Stage};

const FIRST: &str = "first byte, round trips";
const END: &str = "end, round trips";

/// `CLIENT PROTOCOL`, as the lines are called.
const LINES: &[(&str, Client, Protocol)] = &[
    ("outbound http", Client::Outbound, Protocol::Http),
    ("curl http", Client::Curl, Protocol::Http),
    ("wget http", Client::Wget, Protocol::Http),
    ("lftp http", Client::Lftp, Protocol::Http),
    ("outbound https", Client::Outbound, Protocol::Https),
    ("curl https", Client::Curl, Protocol::Https),
    ("wget https", Client::Wget, Protocol::Https),
    ("lftp https", Client::Lftp, Protocol::Https),
    ("outbound ftp", Client::Outbound, Protocol::Ftp),
    ("curl ftp", Client::Curl, Protocol::Ftp),
    ("lftp ftp", Client::Lftp, Protocol::Ftp),
    ("outbound ftps", Client::Outbound, Protocol::Ftps),
    ("curl ftps", Client::Curl, Protocol::Ftps),
    ("lftp ftps", Client::Lftp, Protocol::Ftps),
];

pub fn run(stage: &Stage<'_>) -> Table {
    let line = link::start(stage.squid().address());
    let proxy = format!("http://{line}");
    let here: Vec<&'static str> = LINES
        .iter()
        .filter(|(_, client, _)| client.is_here())
        .map(|(name, _, _)| *name)
        .collect();
    let series = interleave(&here, stage.options.runs, |name| {
        let (_, client, protocol) = LINES
            .iter()
            .find(|(line, _, _)| *line == name)
            .ok_or("no such line")?;
        let url = stage.url(*protocol, "medium.bin");
        let command = client.get(stage, &url, &proxy, &To::Stdout);
        crate::measure::run(command, Output::FirstByte)
    });
    let trips = |seconds: f64| seconds / ROUND_TRIP.as_secs_f64();
    let columns: Vec<Column> = vec![
        (FIRST, Box::new(move |sample| sample.first.map(trips))),
        (END, Box::new(move |sample| Some(trips(sample.wall)))),
    ];
    let title = format!(
        "a new process over a line of {} ms to Squid",
        ROUND_TRIP.as_millis()
    );
    let mut table = Table::new("first-byte", title, &series, columns);
    // The trips, and the milliseconds that are granted for the program itself.
    let within = |count: f64, ms: f64| AtMost(count + ms / 1000.0 / ROUND_TRIP.as_secs_f64());
    table.goal("c1", "outbound http", FIRST, within(2.0, 6.0));
    table.goal("c2", "outbound https", FIRST, within(4.0, 10.0));
    table.goal("c4", "outbound ftps", END, AtMost(10.0));
    table.goal("c3", "outbound ftp", FIRST, within(4.0, 10.0));
    table
}
