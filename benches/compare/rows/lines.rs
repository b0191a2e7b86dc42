//! The small lines of a stream (e1).

use crate::clients::{Client, To};
use crate::measure::{Output, Sample, interleave, run};
use crate::report::{Column, Limit::AtLeast, Table};
use crate::stage::{LINE, Protocol, Stage};

/// How many.
const LINES: u32 = 2_000_000;

const RATE: &str = "lines/s";

/// curl knows nothing of lines, and passes on what comes: more than that nobody can.
pub fn run_all(stage: &Stage<'_>) -> Table {
    let url = stage.url(Protocol::Http, &stage.lines(LINES));
    let proxy = stage.apache().url();
    let mut clients = vec!["outbound", "outbound json"];
    clients.extend(Client::Curl.is_here().then_some("curl"));
    let series = interleave(&clients, stage.options.runs, |client| {
        let mut command = match client {
            "curl" => Client::Curl.get(stage, &url, &proxy, &To::Stdout),
            _ => Client::Outbound.follow(stage, &url, &proxy),
        };
        if client == "outbound json" {
            command.arg("--json");
        }
        run(command, Output::FirstByte)
    });
    let lines = f64::from(LINES);
    let columns: Vec<Column> = vec![
        (
            RATE,
            Box::new(move |sample: &Sample| Some(lines / sample.wall)),
        ),
        (
            "CPU µs/line",
            Box::new(move |sample| Some(sample.cpu * 1e6 / lines)),
        ),
        ("peak MiB", Box::new(|sample| sample.peak)),
    ];
    let title = format!(
        "{LINES} lines of {LINE} bytes, http through Apache to a pipe (fetch --follow, curl -N)"
    );
    let mut table = Table::new("lines", title, &series, columns);
    table.figure("e1", RATE, AtLeast(500_000.0));
    table.goal("e1", "outbound json", RATE, AtLeast(500_000.0));
    table
}
