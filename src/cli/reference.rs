//! The pages of `docs/reference`, made from the tables of the code. `outbound reference DIR`, a
//! hidden command, writes them; a test says when those that are kept are old.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Command, CommandFactory as _};

use super::args::Cli;
use super::check::report::schema;
use super::exit::Exit;
use super::explain;
use crate::base::{Code, Error, Kind, Result, Stage, Target};
use crate::dataset::local;
use crate::route::resolve;
use crate::settings::Settings;
use crate::settings::keys::KEYS;

/// Writes every page into a folder.
pub fn run(folder: &Path) -> Result<Exit> {
    let pages = [
        ("settings.md", settings()),
        ("cli.md", commands()),
        ("exit-codes.md", exit_codes()),
        ("errors.md", errors()?),
        ("verdicts.md", verdicts()),
        ("check.schema.json", format!("{:#}\n", schema::check())),
        ("check-web.schema.json", format!("{:#}\n", schema::web())),
    ];
    std::fs::create_dir_all(folder).map_err(|cause| local(folder, "make", cause))?;
    for (name, text) in pages {
        let file = folder.join(name);
        std::fs::write(&file, text).map_err(|cause| local(&file, "write", cause))?;
    }
    Ok(Exit::Success)
}

/// The head of a page and of its table.
fn page(title: &str, about: &str, columns: &[&str]) -> String {
    let rule = "---|".repeat(columns.len());
    let columns = columns.join(" | ");
    format!(
        "# {title}\n\nMade by `cargo run -- reference docs/reference`. {about}\n\n| {columns} |\n|{rule}\n"
    )
}

fn row(page: &mut String, cells: &[&str]) {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn settings() -> String {
    let about = "How the layers come together is in the [guide](../guide.md#settings). `NAME` is \
                 yours to choose.";
    let columns = ["key", "what it is", "what to write", "default"];
    let mut page = page("Settings", about, &columns);
    for key in KEYS {
        let name = format!("`{}`", key.pattern.replace('*', "NAME"));
        let default = key.default.map(|default| format!("`{default}`"));
        let wants = key.kind.wants();
        row(
            &mut page,
            &[
                &name,
                key.doc,
                &wants,
                default.as_deref().unwrap_or_default(),
            ],
        );
    }
    page
}

fn exit_codes() -> String {
    let about = "With several URLs the code is that of the first that failed.";
    let mut page = page("Exit codes", about, &["code", "meaning"]);
    for (exit, meaning) in Exit::ALL {
        row(&mut page, &[&exit.code().to_string(), meaning]);
    }
    page
}

fn errors() -> Result<String> {
    let about = "The kinds are those of `--json`. Side and exit code are the usual ones of a kind, by \
                 stage and route; [verdicts](verdicts.md) has the side of each code, and a single \
                 error may know better, and says so.";
    let columns = [
        "kind",
        "what it means",
        "side",
        "again",
        "exit code",
        "what to do",
    ];
    let mut page = page("Errors", about, &columns);
    let policy = Settings::from_toml("[proxy]\nurl = \"http://proxy.corp.example:3128\"\n")?;
    let target = url::Url::parse("https://data.example.org/");
    let target = target.map_err(|_| Error::new(Kind::Usage, Stage::Settings, "no URL"))?;
    let through = resolve(&policy, None, &Target::from_url(&target)?)?;
    for kind in Kind::ALL {
        let (mut sides, mut codes) = (Vec::new(), Vec::new());
        for stage in Stage::ALL {
            let error = Error::new(kind, stage, "");
            for error in [error.clone(), error.with_route(&through)] {
                let (side, code) = (error.side().to_string(), Exit::of(&error).code());
                if !sides.contains(&side) {
                    sides.push(side);
                }
                if !codes.contains(&code) {
                    codes.push(code);
                }
            }
        }
        let (meaning, advice) = kind.about();
        let again = if kind.is_transient() {
            "may help"
        } else {
            "no"
        };
        let name = format!("`{}`", kind.as_str());
        codes.sort_unstable();
        let codes: Vec<String> = codes.iter().map(u8::to_string).collect();
        let (sides, codes) = (sides.join(", "), codes.join(", "));
        row(&mut page, &[&name, meaning, &sides, again, &codes, advice]);
    }
    page.push_str("\n## Stages\n\nIn the order in which they come:\n\n");
    for stage in Stage::ALL {
        let _ = writeln!(page, "- `{stage}`: {}", stage.about());
    }
    Ok(page)
}

fn verdicts() -> String {
    let mut page = "# Verdicts\n\nMade by `cargo run -- reference docs/reference`: what `outbound \
                    explain CODE` prints. `check` and `--json` name every error by one of these; a \
                    code never gets another meaning. The side is who can mend it mostly; a single \
                    error may know better, and says so.\n"
        .to_owned();
    let mut last = "";
    for (group, code) in Code::ALL {
        if *group != last {
            let _ = writeln!(page, "\n## {group}");
            last = group;
        }
        let about = code.page();
        let _ = writeln!(
            page,
            "\n### {code}\n\n{}. Side: {}.",
            capital(about.title),
            about.side
        );
        for (label, words) in explain::parts(about) {
            let _ = writeln!(page, "\n*{label}.* {words}");
        }
    }
    page
}

fn capital(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + rest.as_str()
}

fn commands() -> String {
    let mut command = Cli::command().term_width(100).disable_help_subcommand(true);
    command.build();
    let mut page = "# Command line\n\nMade by `cargo run -- reference docs/reference`: what \
                    `--help` prints, with the options of every command once.\n"
        .to_owned();
    describe(&mut command, &mut page, true);
    page
}

fn describe(command: &mut Command, page: &mut String, first: bool) {
    let name = command.get_bin_name().unwrap_or("outbound").to_owned();
    let help = command.render_long_help().to_string();
    // The same for all of them.
    let help = match help.split_once("Options of every command:\n") {
        Some((before, common)) if !first => {
            let after = common.split_once("\n\nExamples").map(|(_, after)| after);
            let after = after.map(|after| format!("Examples{after}"));
            before.to_owned() + after.as_deref().unwrap_or_default()
        }
        _ => help,
    };
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    let _ = write!(page, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n"));
    for below in command.get_subcommands_mut().filter(|c| !c.is_hide_set()) {
        describe(below, page, false);
    }
}
