//! What the pages say is what the program does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use outbound::Settings;
use outbound::settings::keys::KEYS;

use crate::kit::{Program, shared};
use crate::support::peers::{Vsftpd, squid};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(page: &str) -> String {
    fs::read_to_string(repository().join(page)).unwrap()
}

/// The README, and every page below `docs`.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![repository().join("README.md")];
    let mut folders = vec![repository().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    assert!(pages.contains(&repository().join("docs/reference/settings.md")));
    pages
}

/// The rows of the first table below a heading, as cells.
fn table(page: &str, heading: &str) -> Vec<Vec<String>> {
    let text = read(page);
    let (_, section) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let lines = section.lines().skip_while(|line| !line.starts_with('|'));
    lines
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells = line.trim_matches('|').split(" | ");
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

/// The words in code quotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Every Rust source below the folder.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let texts = entries.map(|path| match path.is_dir() {
        true => sources(&path),
        false if path.extension().is_some_and(|extension| extension == "rs") => {
            fs::read_to_string(path).unwrap()
        }
        false => String::new(),
    });
    texts.collect()
}

/// Each row about an awkward server is held by a test.
#[test]
fn the_tests_of_awkward_servers_exist() {
    let sources = sources(&repository().join("src")) + &sources(&repository().join("tests/it"));
    for heading in [
        "Connecting",
        "The data channel",
        "The end of a file",
        "Folders",
        "Names",
    ] {
        let rows = table("docs/awkward-servers.md", heading);
        assert!(rows.len() > 1, "{heading}");
        for row in rows {
            let tests = quoted(&row[2]);
            assert!(!tests.is_empty(), "{row:?}");
            for test in tests {
                assert!(sources.contains(&format!("fn {test}()")), "{test}");
            }
        }
    }
}

/// What the tables of the code say now is what the pages say.
#[test]
fn the_reference_is_fresh() {
    let program = Program::new();
    program.run(&["reference", "made"]).expect(0);
    for entry in fs::read_dir(program.file("made")).unwrap() {
        let made = entry.unwrap().path();
        let name = made.file_name().unwrap().to_str().unwrap();
        let kept = fs::read_to_string(repository().join("docs/reference").join(name));
        assert!(
            kept.is_ok_and(|kept| kept == fs::read_to_string(&made).unwrap()),
            "docs/reference/{name} is old: cargo run -- reference docs/reference"
        );
    }
    let settings = read("docs/reference/settings.md");
    for key in KEYS {
        let key = format!("| `{}` |", key.pattern.replace('*', "NAME"));
        assert!(settings.contains(&key), "{key}");
    }
}

#[test]
fn commands_in_the_pages_exist_with_their_flags() {
    let program = Program::new();
    let help = program.run(&["--help"]).expect(0).out;
    let (_, listed) = help.split_once("Commands:\n").unwrap();
    let listed: BTreeSet<&str> = listed
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let mut seen = BTreeSet::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for (at, _) in text.match_indices("outbound ") {
            // A command, not the name in a sentence.
            let line_start = text[..at].ends_with('\n');
            if !line_start && !text[..at].ends_with('`') && !text[..at].ends_with("$ ") {
                continue;
            }
            let line = text[at..].split(['\n', '`', '|']).next().unwrap();
            let mut words = line.split_whitespace().skip(1);
            let command = words.next().unwrap();
            if !command.starts_with(char::is_alphabetic) {
                continue;
            }
            assert!(listed.contains(command), "{}: {line}", page.display());
            seen.insert(command.to_owned());
            let of_command = program.run(&[command, "--help"]).expect(0).out;
            for flag in words.filter(|word| word.starts_with('-') && word.len() > 1) {
                assert!(
                    of_command.contains(flag),
                    "{}: {line}: {flag}",
                    page.display()
                );
            }
        }
    }
    let told: BTreeSet<String> = table("docs/guide.md", "Commands")
        .iter()
        .map(|row| quoted(&row[0])[0].split(' ').nth(1).unwrap().to_owned())
        .collect();
    let mut listed: BTreeSet<String> = listed.iter().map(|&c| c.to_owned()).collect();
    listed.remove("help");
    assert_eq!(told, listed, "the guide's table of commands");
    assert!(seen.contains("fetch") && seen.contains("check"), "{seen:?}");
}

#[test]
fn every_link_between_the_pages_leads_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.contains("://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => page.clone(),
                path => page.parent().unwrap().join(path),
            };
            assert!(target.exists(), "{}: {link}", page.display());
            if !anchor.is_empty() {
                let text = fs::read_to_string(&target).unwrap();
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                let found = headings.any(|heading| {
                    // As GitHub makes them.
                    let words = heading.trim_start_matches('#').trim().to_lowercase();
                    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
                    words
                        .chars()
                        .filter(kept)
                        .collect::<String>()
                        .replace(' ', "-")
                        == anchor
                });
                assert!(found, "{}: {link}", page.display());
            }
        }
    }
}

/// Files that the pages name in code quotes are there.
#[test]
fn every_fixture_that_the_pages_name_is_there() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for word in text.split('`').skip(1).step_by(2) {
            let ours = ["fixtures/", "tests/", "src/", "docs/"];
            if ours.iter().any(|root| word.starts_with(root))
                && !word.contains([' ', '*', '{', '\n'])
            {
                assert!(
                    repository().join(word).exists(),
                    "{}: {word}",
                    page.display()
                );
            }
        }
    }
}

/// What the pages of datasets quote of `check` is what the program can say.
#[test]
fn what_the_pages_quote_of_check_stands_in_the_code() {
    let sources = sources(&repository().join("src"));
    // A text that goes on in the next line.
    let mut parts = sources.split("\\\n");
    let first = parts.next().unwrap().to_owned();
    let texts = parts.fold(first, |text, part| text + part.trim_start());
    for page in ["docs/http.md", "docs/ftp.md"] {
        let rows = table(page, "What `check` says when it fails");
        assert!(rows.len() > 10, "{page}");
        for row in rows {
            for words in quoted(&row[0]) {
                assert!(texts.contains(words), "{page}: {words}");
            }
        }
    }
}

/// The stages that the pages of datasets show are those that are passed, in this order.
#[test]
fn the_pages_show_the_stages_of_a_check() {
    let nginx = &shared().nginx;
    let vsftpd = Vsftpd::start(&shared().root, &[]);
    let settings = format!(
        "[proxy]\nurl = \"http://localhost:{}\"\n[connections.data]\nurl = {:?}\nca_file = {:?}\n",
        squid().port(),
        nginx.https("/"),
        shared().ca
    );
    let program = Program::with_settings(&settings);
    for (page, url) in [
        ("docs/http.md", "data:small.bin".to_owned()),
        ("docs/ftp.md", vsftpd.url("/small.bin")),
    ] {
        let text = read(page);
        let (_, shown) = text.split_once("\n$ outbound check ").unwrap();
        let shown = shown.split_once("```").unwrap().0;
        let ran = program.run(&["check", &url]).expect(0);
        let stages = |told: &str| -> Vec<String> {
            let lines = told
                .lines()
                .filter(|line| line.starts_with("  ok ") || line.starts_with("  FAIL "));
            let words = lines.map(|line| line.split_whitespace().take(2).collect::<Vec<_>>());
            words.map(|words| words.join(" ")).collect()
        };
        assert_eq!(stages(shown), stages(&ran.out), "{page}");
        let last = |told: &str| {
            told.lines()
                .last()
                .unwrap()
                .split(',')
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(last(shown), last(&ran.out), "{page}");
    }
}

/// The settings that the pages show are good ones.
#[test]
fn the_settings_of_the_pages_are_good() {
    let mut seen = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for block in text.split("```toml\n").skip(1) {
            let block = block.split("```").next().unwrap();
            // Not a manifest of Cargo's.
            let sections = [
                "[proxy]",
                "[proxies.",
                "[connections.",
                "[policy]",
                "[retry]",
            ];
            if sections.iter().any(|section| block.contains(section)) {
                let built = Settings::from_toml(block);
                assert!(built.is_ok(), "{}: {block}\n{built:?}", page.display());
                seen += 1;
            }
        }
    }
    assert!(seen > 8, "{seen}");
}

/// Every public module is promised, or said to be free to change and then hidden.
#[test]
fn the_page_about_stability_names_every_module() {
    let page = read("docs/stability.md");
    let (promised, free) = page.split_once("## What is not").unwrap();
    let (free, _) = free.split_once("\n## ").unwrap();
    let names = |section: &str| -> BTreeSet<String> {
        let words = quoted(section).into_iter();
        words.map(str::to_owned).collect()
    };
    let (promised, free) = (names(promised), names(free));
    let source = read("src/lib.rs");
    let mut modules = 0;
    for (number, line) in source.lines().enumerate() {
        let Some(name) = line.strip_prefix("pub mod ") else {
            continue;
        };
        let name = name.trim_end_matches(';');
        let before: Vec<&str> = source.lines().take(number).collect();
        let hidden = before.last() == Some(&"#[doc(hidden)]");
        assert!(promised.contains(name) != free.contains(name), "{name}");
        assert!(hidden == free.contains(name) || name == "lab", "{name}");
        modules += 1;
    }
    assert!(modules > 10, "{modules}");
}

/// The README's example is the one that is compiled with the tests.
#[test]
fn the_example_of_the_readme_is_one() {
    let text = read("README.md");
    let (_, example) = text.split_once("```rust\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    assert!(read("examples/read.rs").ends_with(example), "{example}");
}

/// What the README shows of `route` is what is printed with its settings.
#[test]
fn the_readme_shows_what_route_prints() {
    let text = read("README.md");
    let block = |before: &str| {
        let (_, block) = text.split_once(before).unwrap();
        block.split_once("```").unwrap().0.to_owned()
    };
    let program = Program::with_settings(&block("```toml\n"));
    let shown = block("$ outbound route ");
    let (urls, shown) = shown.split_once('\n').unwrap();
    let arguments: Vec<&str> = ["route"].into_iter().chain(urls.split(' ')).collect();
    let printed = program.run(&arguments).expect(0).out;
    let file = program.file("config/outbound/outbound.toml");
    let printed = printed.replace(file.to_str().unwrap(), "/etc/outbound/outbound.toml");
    assert_eq!(printed, shown);
}
