//! `outbound` beside curl, wget and lftp, each through the same real servers, turn by turn.
//!
//! `cargo bench --bench compare -- --help` tells the options; docs/performance.md tells what is
//! measured and how.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../tests/it/kit.rs"]
mod kit;
#[path = "../../tests/support/mod.rs"]
mod support;

mod clients;
mod link;
mod machine;
mod measure;
mod options;
mod pages;
mod report;
mod rows;
mod stage;

use clap::Parser as _;

fn main() {
    let mut options = options::Options::parse();
    // `cargo test --all-targets` starts this program too, without `--bench`.
    if !options.bench {
        eprintln!("compare: measures by `cargo bench --bench compare` only");
        return;
    }
    let names: Vec<&str> = rows::ALL.iter().map(|row| row.name).collect();
    if let Some(unknown) = options
        .only
        .iter()
        .find(|only| !names.contains(&only.as_str()))
    {
        eprintln!(
            "compare: no row is called {unknown}; known are {}",
            names.join(", ")
        );
        std::process::exit(2);
    }
    // The clients run in a folder of their own.
    match options.program.canonicalize() {
        Ok(program) => options.program = program,
        Err(error) => {
            eprintln!("compare: {}: {error}", options.program.display());
            std::process::exit(2);
        }
    }
    let stage = stage::Stage::new(&options);
    println!("{}", machine::describe(&stage));
    let mut tables = Vec::new();
    for row in rows::ALL {
        if options.only.is_empty() || options.only.iter().any(|only| only == row.name) {
            eprintln!("compare: {}", row.name);
            let table = (row.run)(&stage);
            print!("{}", report::markdown(&table));
            tables.push(table);
        }
    }
    print!("{}", report::goals(&tables));
    if let Some(file) = &options.json {
        report::write_json(file, &stage, &tables);
    }
}
