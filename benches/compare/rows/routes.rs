//! How long the way of one URL takes to be decided, in this process.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use outbound::base::Target;
use outbound::route;
use outbound::settings::Settings;

use crate::report::{Limit::AtMost, Table};
use crate::stage::Stage;

const TURNS: u32 = 2_000;

/// What is asked for, and the URL. Every third rule is a name, a name with a star, a block.
const ASKED: &[(&str, &str)] = &[
    (
        "ns, a name without a rule",
        "https://data.example.org/air.csv",
    ),
    (
        "ns, the last name of the list",
        "https://a.b.last.test/air.csv",
    ),
    ("ns, an address without a rule", "http://192.0.2.7/air.csv"),
    (
        "ns, an address of the last block",
        "http://203.0.113.9/air.csv",
    ),
];

pub fn run(stage: &Stage<'_>) -> Table {
    let title = "route::resolve with a global proxy and a bypass list".to_owned();
    let mut table = Table::new("routes", title, &[], Vec::new());
    table.set_columns(ASKED.iter().map(|(column, _)| *column).collect());
    for (line, rules, most) in [
        ("10 rules", 10, 1_000.0),
        ("10,000 rules", 10_000, 20_000.0),
    ] {
        let policy = Settings::from_toml(&settings(rules)).unwrap();
        let cells = ASKED.iter().map(|(_, url)| {
            let target = Target::parse(url).unwrap();
            let once = || {
                let start = Instant::now();
                for _ in 0..TURNS {
                    let _ = black_box(route::resolve(black_box(&policy), None, black_box(&target)));
                }
                start.elapsed().as_secs_f64() * 1e9 / f64::from(TURNS)
            };
            (0..stage.options.runs).map(|_| once()).collect()
        });
        table.line(line, cells.collect());
        for (column, _) in ASKED {
            table.goal("routes", line, column, AtMost(most));
        }
    }
    table
}

fn settings(rules: usize) -> String {
    let mut list = String::new();
    for number in 0..rules - 2 {
        let (high, low) = (number / 256, number % 256);
        let _ = match number % 3 {
            0 => write!(list, "\"host{number}.corp.test\", "),
            1 => write!(list, "\"*.zone{number}.corp.test\", "),
            _ => write!(list, "\"10.{high}.{low}.0/24\", "),
        };
    }
    format!(
        "[proxy]\nurl = \"http://proxy.test:3128\"\n\
         bypass = [{list} \"last.test\", \"203.0.113.0/24\"]\n"
    )
}
