//! A table of injected faults: each row with the code that `outbound check` must give, whose side it
//! is, and how the program ends; and ways that are well, which have no code.

mod asked_again;
mod codes;
mod fault;
mod ftp;
mod ftp_by_proxy;
mod hop;
mod passed_on;
mod proxy;
mod proxy_rules;
mod target;
mod tls;
mod way;
mod websocket;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use outbound::base::Code;
use serde_json::Value;

use self::fault::Fault;
use crate::kit::Program;

/// What `outbound check` must say.
#[derive(Clone, Copy, Debug)]
enum Want {
    /// This code, this side, and this end of the program.
    Code(&'static str, &'static str, i32),
    /// Nothing.
    Fine,
    /// Nothing failed, but these words stand among the doubts.
    Doubt(&'static str),
}

/// One row.
struct Row {
    name: &'static str,
    want: Want,
    /// Which software does this, or which document.
    source: &'static str,
    inject: fn() -> Fault,
}

const fn row(name: &'static str, want: Want, source: &'static str, inject: fn() -> Fault) -> Row {
    Row {
        name,
        want,
        source,
        inject,
    }
}

/// All rows, by what they are about.
const TABLES: &[&[Row]] = &[
    hop::ROWS,
    proxy::ROWS,
    proxy_rules::ROWS,
    way::ROWS,
    tls::ROWS,
    ftp::ROWS,
    ftp_by_proxy::ROWS,
    target::ROWS,
    passed_on::ROWS,
    websocket::ROWS,
];

/// How many rows run side by side.
const SIDE_BY_SIDE: usize = 6;

/// Checks every row, and tells all that are wrong.
fn check(rows: &[Row]) {
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE.min(rows.len()) {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(how) = judge(row) {
                        wrong.lock().unwrap().push(format!("{}: {how}", row.name));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Runs the program, and says what is not as it must be.
fn judge(row: &Row) -> Result<(), String> {
    let fault = (row.inject)();
    let program = Program::with_settings(&fault.settings);
    for (name, text) in &fault.files {
        std::fs::write(program.file(name), text).unwrap();
    }
    let ran = program.run(&["check", "--json", &fault.url]);
    fault.assert_no_secret(row.name, &format!("{}{}", ran.out, ran.err));
    let told: Value = serde_json::from_str(&ran.out).map_err(|_| format!("{ran:?}"))?;
    let (failure, doubt) = (&told["failure"], told["doubt"].as_str());
    let text = |key: &str| failure[key].as_str().unwrap_or_default();
    let found = (text("code"), text("side"), ran.code.unwrap_or(-1));
    if failure.is_object() && text("hint").is_empty() {
        return Err(format!("nothing is said of what to do: {failure}"));
    }
    let is_right = match row.want {
        Want::Code(code, side, exit) => found == (code, side, exit),
        Want::Fine => found == ("", "", 0) && doubt.is_none(),
        Want::Doubt(words) => {
            found == ("", "", 0) && doubt.is_some_and(|doubt| doubt.contains(words))
        }
    };
    match is_right {
        true => Ok(()),
        false => Err(format!(
            "{:?}, and it was {found:?}, {doubt:?}: {failure}",
            row.want
        )),
    }
}

#[test]
fn the_first_hop() {
    check(hop::ROWS);
}

#[test]
fn the_proxy() {
    check(proxy::ROWS);
}

#[test]
fn the_rules_of_the_proxy() {
    check(proxy_rules::ROWS);
}

#[test]
fn between_proxy_and_target() {
    check(way::ROWS);
}

#[test]
fn trust() {
    check(tls::ROWS);
}

#[test]
fn files_over_ftp() {
    check(ftp::ROWS);
}

#[test]
fn files_over_ftp_by_the_proxy() {
    check(ftp_by_proxy::ROWS);
}

#[test]
fn the_target() {
    check(target::ROWS);
}

#[test]
fn the_target_whose_page_a_proxy_passed_on() {
    check(passed_on::ROWS);
}

#[test]
fn a_websocket() {
    check(websocket::ROWS);
}

#[test]
fn the_table_is_whole_and_explain_knows_every_code() {
    let rows = || TABLES.iter().flat_map(|table| table.iter());
    let faults = rows().filter(|row| matches!(row.want, Want::Code(..)));
    let faults = faults.count();
    assert!(faults >= 60, "{faults} faults");
    let names: BTreeSet<&str> = rows().map(|row| row.name).collect();
    assert_eq!(names.len(), rows().count(), "two rows with one name");
    let listed = Program::new().run(&["explain"]).expect(0).out;
    let mut met = BTreeSet::new();
    for row in rows() {
        assert!(!row.source.is_empty(), "{}", row.name);
        let Want::Code(code, side, _) = row.want else {
            continue;
        };
        met.insert(code);
        assert!(listed.contains(&format!("{code} ")), "{code}");
        let page = Code::find(code).unwrap().page();
        // The page names who mends it mostly; an answer may tell better.
        let differs = page.side.to_string() != side;
        let name = row.name;
        assert_eq!(differs, ELSEWHERE.contains(&name), "{name}: {code}: {side}");
    }
    for name in ELSEWHERE {
        assert!(names.contains(name), "{name} is no row");
    }
    codes::are_met(&met);
}

/// Rows whose answer tells better than the code's page whose side it is.
const ELSEWHERE: &[&str] = &[
    "haproxy has no server",
    "haproxy has no server, plain HTTP",
    // The tunnel stands: whoever is silent in it.
    "no greeting behind Squid",
    // Refused, not filtered.
    "the data port is closed",
    "the data port is closed behind Squid",
    // The proxy says that it is there.
    "the server does not see the data channel",
];
