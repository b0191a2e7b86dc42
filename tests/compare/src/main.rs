//! Asks several clients for a URL through eleven faulty proxies, and writes what they tell as
//! Markdown: run.sh.

mod clients;
mod proxies;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use clients::{CLIENTS, HOST, PASSWORD, Told};
use proxies::Fault;

/// The facts, in the order of the columns.
const FACTS: [&str; 7] = [
    "target", "proxy", "setting", "said", "limit", "side", "next",
];

fn main() {
    let folder = std::env::temp_dir().join(format!("compare-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    println!("\n## Versions\n\n{}\n\n## What is told\n", versions());
    let mut details = String::new();
    println!(
        "| fault | {} |",
        CLIENTS.iter().map(|c| c.0).collect::<Vec<_>>().join(" | ")
    );
    println!("|---|{}", "---|".repeat(CLIENTS.len()));
    for fault in proxies::faults().into_iter().map(Arc::new) {
        let mut cells = Vec::new();
        details.push_str(&format!("\n### {}\n\n", fault.name));
        details.push_str("| | ends | prints |\n|---|---|---|\n");
        for (name, ask) in CLIENTS {
            let proxy = fault.start();
            let url = format!("http://{}", proxy.address);
            let told = ask(&url, &folder);
            let came = proxy.connections.load(Ordering::SeqCst);
            let place = folder.display().to_string();
            let text = told.text.replace(&place, "/etc/outbound");
            let text = text.replace(&proxy.address.to_string(), "127.0.0.1:3128");
            let port = format!("port {}", proxy.address.port());
            let text = text.replace(&port, "port 3128");
            let told = Told { text, ..told };
            cells.push(facts(&fault, &told).join(" "));
            let exit = told
                .exit
                .map_or("error".to_owned(), |code| format!("exit {code}"));
            let ends =
                format!("{exit}, {came} connections").replace(" 1 connections", " 1 connection");
            details.push_str(&format!("| {name} | {ends} | {} |\n", cell(&told.text)));
        }
        println!("| {} | {} |", fault.name, cells.join(" | "));
    }
    println!("\n## What is printed\n{}", details.trim_end());
    let _ = std::fs::remove_dir_all(folder);
}

/// Which facts the text tells.
fn facts(fault: &Fault, told: &Told) -> Vec<String> {
    let text = told.text.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let host = text.contains(HOST);
    let found = [
        host,
        text.contains("127.0.0.1"),
        any(&["proxy.url"]),
        any(fault.said),
        any(fault.limit),
        any(&["side: "]) && any(&["trying again"]),
        any(&["hint: "]),
    ];
    let mut facts: Vec<String> = FACTS
        .iter()
        .zip(found)
        .filter(|(_, found)| *found)
        .map(|(fact, _)| (*fact).to_owned())
        .collect();
    if told.text.contains(PASSWORD) {
        facts.push("**the password**".to_owned());
    }
    if facts.is_empty() {
        facts.push("none".to_owned());
    }
    facts
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line: String = line.chars().flat_map(shown).collect();
        let cut: String = line.trim_end().chars().take(400).collect();
        let cut = cut
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('|', "&#124;");
        format!("<code>{cut}</code>")
    });
    lines.collect::<Vec<_>>().join("<br>")
}

fn shown(c: char) -> Vec<char> {
    match c.is_control() {
        true => c.escape_default().collect(),
        false => vec![c],
    }
}

/// The programs' and libraries' versions, and the day.
fn versions() -> String {
    let first_line = |program: &std::ffi::OsStr| {
        let output = std::process::Command::new(program)
            .arg("--version")
            .output();
        let output = output.expect("a version");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let words: Vec<&str> = text.split_whitespace().take(2).collect();
        words.join(" ")
    };
    let lock = include_str!("../Cargo.lock");
    let of = |name: &str| {
        let at = lock
            .find(&format!("name = \"{name}\"\n"))
            .expect("a dependency");
        let version = lock[at..].split('"').nth(3).expect("its version");
        format!("{name} {version}")
    };
    let outbound = std::env::var_os("OUTBOUND").expect("OUTBOUND is the program's path");
    [
        first_line(&outbound),
        first_line("curl".as_ref()),
        of("reqwest"),
        of("ureq"),
        of("object_store"),
        std::env::var("DAY").unwrap_or_default(),
    ]
    .join(", ")
}
