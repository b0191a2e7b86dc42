//! `--html`, opened in a browser.

use std::fs;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{HOSTILE, ends_in, refusing};
use crate::kit::{Program, shared};
use crate::support::peers::{browser, squid};
use crate::support::scripted::{Scripted, Step};

const VIEWS: [&str; 4] = ["wide", "phone", "dark", "print"];

/// What holds for every page: nothing is loaded, nothing runs, nothing sticks out.
fn is_sound(told: &Value) {
    let elements = [
        "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "p", "table",
        "tbody", "tr", "th", "td", "span", "a", "section", "ol", "li", "b", "dl", "dt", "dd",
        "details", "summary", "div",
    ];
    assert_eq!(
        told["asked"].as_array().unwrap().len(),
        1,
        "{}",
        told["asked"]
    );
    assert_eq!(
        told["said"].as_array().unwrap().len(),
        0,
        "{}",
        told["said"]
    );
    for view in VIEWS {
        let told = &told["views"][view];
        assert_eq!(told["across"], told["width"], "{view}: {}", told["beyond"]);
        for list in ["beyond", "handlers", "loaded"] {
            assert_eq!(
                told[list].as_array().unwrap().len(),
                0,
                "{view}: {}",
                told[list]
            );
        }
        for element in told["elements"].as_array().unwrap() {
            assert!(elements.contains(&element.as_str().unwrap()), "{element}");
        }
        for link in told["links"].as_array().unwrap() {
            assert!(link[0].as_str().unwrap().starts_with('#'), "{link}");
            assert_eq!(link[1], true, "{link}");
        }
        for row in told["rows"].as_array().unwrap() {
            has_a_bar(view, row);
        }
    }
}

/// A bar that can be seen, in its track, where there is a time.
fn has_a_bar(view: &str, row: &Value) {
    let is_timed = row["took"].as_str().unwrap().ends_with('s');
    assert_eq!(row["bar"].is_array(), is_timed, "{view}: {row}");
    if is_timed {
        let of = |name: &str, at: usize| row[name][at].as_f64().unwrap();
        assert!(of("track", 2) > 100.0, "{view}: {row}");
        assert!(of("bar", 2) >= 4.0 && of("bar", 3) > 8.0, "{view}: {row}");
        assert!(of("bar", 0) >= of("track", 0) - 0.5, "{view}: {row}");
        let end = |name: &str| of(name, 0) + of(name, 2);
        assert!(end("bar") <= end("track") + 0.5, "{view}: {row}");
    }
}

#[test]
fn every_end_has_its_verdict_and_its_bars() {
    for (name, program, ran) in ends_in(&["--html", "page.html", "--force"]) {
        let told = browser::look(&program.file("page.html"));
        is_sound(&told);
        let mark = match (name, ran.code) {
            ("doubt", _) => "doubt",
            (_, Some(0)) => "ok",
            _ => "FAIL",
        };
        for view in VIEWS {
            let told = &told["views"][view];
            assert_eq!(told["title"], format!("outbound check: 1 {mark}"), "{name}");
            assert_eq!(
                told["verdicts"].as_array().unwrap().len(),
                1,
                "{name}: {told}"
            );
            // The stages of the text, in its order.
            let rows = told["rows"].as_array().unwrap();
            let marks: Vec<&str> = rows.iter().map(|r| r["mark"].as_str().unwrap()).collect();
            let shown = ran.out.lines().filter_map(|line| {
                let mark = line.strip_prefix("  ")?.split(' ').next()?;
                let is_row = !line.starts_with("  hold     not held: ");
                let is_mark = ["ok", "FAIL", "hold"].contains(&mark);
                (is_row && is_mark).then_some(mark)
            });
            let shown: Vec<&str> = shown
                .map(|m| m.replace("hold", "ok").leak() as &str)
                .collect();
            assert_eq!(marks, shown, "{name}: {}", ran.out);
            let words = told["text"].as_str().unwrap();
            if mark == "FAIL" {
                assert!(words.contains("OUT-"), "{name}: {words}");
            }
        }
    }
}

/// The milliseconds that a row shows.
fn took(row: &Value) -> f64 {
    let shown = row["took"].as_str().unwrap();
    let (number, unit) = shown.split_once(' ').unwrap();
    let number: f64 = number.parse().unwrap();
    match unit {
        "ms" => number,
        "s" => number * 1000.0,
        _ => panic!("{shown}"),
    }
}

/// The bars follow each other, and each is as long as its part of the whole.
#[test]
fn bars_show_where_the_time_went() {
    let proxy = Scripted::each(vec![Step::Stall]);
    let settings = format!(
        "[proxy]\nurl = \"http://localhost:{}\"\n[timeouts]\nconnect = \"200ms\"\n",
        proxy.port()
    );
    let program = Program::with_settings(&settings);
    program
        .run(&["check", "--html", "page.html", "https://h.test/x"])
        .expect(6);
    let told = browser::look(&program.file("page.html"));
    is_sound(&told);
    for view in VIEWS {
        let rows = told["views"][view]["rows"].as_array().unwrap();
        let of = |row: &Value, name: &str, at: usize| row[name][at].as_f64().unwrap();
        let last = rows.last().unwrap();
        assert_eq!(last["mark"], "FAIL");
        let whole: f64 = rows.iter().map(took).sum();
        let mut before = 0.0;
        for row in rows {
            let (long, took) = (of(row, "track", 2), took(row));
            // Times are shown to a tenth of a millisecond, and the shortest bar has four pixels.
            let about = 2.0 + long * 0.1 * rows.len() as f64 / whole;
            let width = (long * took / whole).max(4.0);
            let begin = (long * before / whole).min(long - 4.0);
            let is = [of(row, "bar", 0) - of(row, "track", 0), of(row, "bar", 2)];
            for (is, wanted) in is.iter().zip([begin, width]) {
                assert!((is - wanted).abs() < about, "{view}: {wanted}: {row}");
            }
            before += took;
        }
        let begins: Vec<f64> = rows.iter().map(|row| of(row, "bar", 0)).collect();
        assert!(begins.is_sorted(), "{view}: {begins:?}");
        // On a phone the bar has a line of its own.
        let across = of(last, "track", 2) / told["views"][view]["width"].as_f64().unwrap();
        assert_eq!(across > 0.8, view == "phone", "{view}: {across}");
    }
    let back = |view: &str| told["views"][view]["back"].clone();
    assert_eq!(back("wide"), "rgb(255, 255, 255)");
    assert_eq!(back("print"), back("wide"));
    assert_ne!(back("dark"), back("wide"));
}

/// The tables of times stand on a phone too: each number in a line of its own column.
#[test]
fn numbers_stay_in_their_columns() {
    let proxy = squid().url();
    let url = format!("tcp://localhost:{}", shared().nginx.http_port());
    let program = Program::new();
    let flags = ["--repeat", "2", "--compare", "--html", "page.html"];
    let all = [&["check", "--proxy", &proxy, &url][..], &flags].concat();
    program.run(&all).expect(0);
    let told = browser::look(&program.file("page.html"));
    is_sound(&told);
    for view in VIEWS {
        let tables = told["views"][view]["numbers"].as_array().unwrap();
        assert_eq!(tables.len(), 2, "{view}");
        for table in tables {
            assert_eq!(table["scrolls"], false, "{view}: {table}");
            let rows = table["rows"].as_array().unwrap();
            assert!(rows.len() > 2, "{view}: {table}");
            let head = rows[0].as_array().unwrap();
            for row in rows.iter().map(|row| row.as_array().unwrap()) {
                assert_eq!(row.len(), head.len(), "{view}: {table}");
                for (cell, head) in row.iter().zip(head).skip(1) {
                    assert_eq!(cell["lines"], 1, "{view}: {cell}");
                    assert_eq!(cell["right"], head["right"], "{view}: {cell}");
                }
                // A name may have several, but not one for each letter or two.
                let (name, lines) = (row[0]["text"].as_str().unwrap(), &row[0]["lines"]);
                let most = 1 + name.len() as u64 / 10;
                assert!(lines.as_u64().unwrap() <= most, "{view}: {}", row[0]);
            }
        }
    }
}

#[test]
fn nothing_that_is_said_becomes_markup() {
    let proxies: Vec<_> = HOSTILE.iter().map(|words| refusing(words)).collect();
    let mut settings = String::new();
    for (number, proxy) in proxies.iter().enumerate() {
        settings += &format!(
            "[connections.c{number}]\nurl = \"https://h{number}.test/\"\nproxy = {{ url = \"{}\" }}\n",
            proxy.url()
        );
    }
    let program = Program::with_settings(&settings);
    let mut words: Vec<String> = (0..proxies.len()).map(|n| format!("c{n}:x")).collect();
    words.push("c0:<script>document.title='owned'</script>".to_owned());
    words.push(format!("c0:{}", "long".repeat(200)));
    let flags = ["check", "--html", "page.html"].map(str::to_owned);
    let ran = program.run(&[&flags[..], &words].concat()).expect(6);
    let told = browser::look(&program.file("page.html"));
    is_sound(&told);
    let wide = &told["views"]["wide"];
    let sum = format!("outbound check: {} FAIL", words.len());
    assert_eq!(wide["title"], sum);
    assert_eq!(wide["links"].as_array().unwrap().len(), words.len());
    assert_eq!(wide["verdicts"].as_array().unwrap().len(), words.len());
    // As it was said, escaped as the text form has it.
    let shown = wide["text"].as_str().unwrap();
    for line in ran.out.lines().filter(|line| line.starts_with("  FAIL")) {
        let (_, said) = line.split_once("403 ").unwrap();
        let said: Vec<&str> = said.split_whitespace().collect();
        let shown: Vec<&str> = shown.split_whitespace().collect();
        let found = shown.windows(said.len()).any(|words| words == said);
        assert!(found, "{said:?}: {shown:?}");
    }
}

/// A file is whole, or as it was.
#[test]
fn a_page_that_is_there_stays_without_force() {
    let program = Program::new();
    let url = shared().nginx.http("/small.bin");
    let page = program.file("page.html");
    let check = |more: &[&str]| program.run(&[&["check", &url, "--html"], more].concat());
    let ran = check(&["page.html"]).expect(0);
    assert!(
        ran.err.contains("report written to page.html"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("every stage was passed"), "{}", ran.out);
    let first = fs::read_to_string(&page).unwrap();
    assert!(first.starts_with("<!doctype html>") && first.ends_with("</html>\n"));
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options()
        .write(true)
        .open(&page)
        .unwrap()
        .set_modified(old)
        .unwrap();
    // Nothing is checked first.
    let ran = check(&["page.html"]).expect(13);
    assert_eq!(ran.out, "");
    assert!(
        ran.err.contains("write page.html: the file exists"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("--force"), "{}", ran.err);
    assert_eq!(page.metadata().unwrap().modified().unwrap(), old);
    check(&["page.html", "--force"]).expect(0);
    assert_ne!(page.metadata().unwrap().modified().unwrap(), old);
    for nowhere in ["no/page.html", ".", "/proc/page.html"] {
        let ran = check(&[nowhere, "--force"]).expect(13);
        assert!(ran.err.contains(nowhere), "{}", ran.err);
    }
    assert_eq!(program.files(), ["page.html"]);
    // Standard output has the page, and nothing else.
    let ran = check(&["-", "-q"]).expect(0);
    assert!(ran.out.starts_with("<!doctype html>") && ran.out.ends_with("</html>\n"));
    let ran = check(&["-", "--json"]).expect(2);
    assert!(ran.err.contains("--json and --html -"), "{}", ran.err);
}

/// A link stays one, and a pipe is written to: neither is replaced by a file.
#[test]
fn what_is_no_file_is_not_replaced() {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    let program = Program::new();
    let (target, link) = (program.file("there.html"), program.file("link.html"));
    std::fs::write(&target, "old").unwrap();
    symlink("there.html", &link).unwrap();
    let url = shared().nginx.http("/small.bin");
    program
        .run(&["check", &url, "--html", "link.html", "--force"])
        .expect(0);
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert!(
        std::fs::read_to_string(&target)
            .unwrap()
            .contains("</html>")
    );
    let pipe = program.file("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read_to_string(pipe).unwrap()
    });
    program
        .run(&["check", &url, "--html", "pipe", "--force"])
        .expect(0);
    assert!(reader.join().unwrap().contains("</html>"));
    assert!(pipe.symlink_metadata().unwrap().file_type().is_fifo());
}
