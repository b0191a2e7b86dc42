//! Every code is met: by a row, or by a test of what no check of one URL meets.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use outbound::base::{Code, Target};

use crate::kit::{Program, connector, shared};

/// The codes that no row has, each with the file whose tests demand it.
const LISTED: &[(&str, &str)] = &[
    ("OUT-LOCAL-FILE", "tests/it/verdicts/codes.rs"),
    ("OUT-INTERRUPTED", "tests/it/cli_check/several.rs"),
    ("OUT-RESOLVER-SILENT", "tests/it/verdicts/codes.rs"),
    ("OUT-RESOLVER-TROUBLE", "src/dial/mod.rs"),
    ("OUT-CONNECT-FORBIDDEN", "tests/it/verdicts/asked_again.rs"),
    ("OUT-TUNNEL-IDLE-CUT", "tests/it/cli_check/options.rs"),
    ("OUT-TLS-INSPECTED", "tests/it/cli_check/inspected.rs"),
    ("OUT-FTP-EPSV-REFUSED", "tests/it/cli_check/remarks.rs"),
    ("OUT-FTP-PRIVATE-ADDRESS", "tests/it/cli_check/remarks.rs"),
    ("OUT-WS-IDLE-CUT", "tests/it/cli_check/options.rs"),
    ("OUT-CHANGED", "tests/it/resume.rs"),
    ("OUT-MISMATCH", "tests/it/verdicts/codes.rs"),
    ("OUT-WEB-NO-UPGRADE", "tests/it/web/lines/mod.rs"),
    ("OUT-WEB-IDLE-CUT", "tests/it/web/lines/mod.rs"),
    ("OUT-WEB-REDIRECT-HOST", "tests/it/web/lines/mod.rs"),
    ("OUT-WEB-REDIRECT-SCHEME", "tests/it/web/lines/mod.rs"),
    ("OUT-WEB-PREFIX", "tests/it/web/ways.rs"),
    ("OUT-WEB-UPLOAD-REFUSED", "tests/it/web/lines/mod.rs"),
    ("OUT-WEB-DOWNLOAD-CUT", "tests/it/web/lines/mod.rs"),
    ("OUT-WEB-REQUEST-CUT", "tests/it/web/lines/mod.rs"),
];

/// Each code is in a row or in the list, and not in both; and the file of the list has it.
pub fn are_met(rows: &BTreeSet<&str>) {
    let listed: BTreeSet<&str> = LISTED.iter().map(|(code, _)| *code).collect();
    let all: BTreeSet<&str> = Code::ALL.iter().map(|(_, code)| code.as_str()).collect();
    let both: Vec<_> = listed.intersection(rows).collect();
    assert!(both.is_empty(), "{both:?} have rows");
    let met: BTreeSet<&str> = listed.union(rows).copied().collect();
    let unmet: Vec<_> = all.symmetric_difference(&met).collect();
    assert!(unmet.is_empty(), "no test meets {unmet:?}");
    for (code, file) in LISTED {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = fs::read_to_string(path).unwrap();
        // Nor is a comment.
        let code_alone = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let mut text: String = code_alone.flat_map(|line| [line, "\n"]).collect();
        // This list is no test.
        if let Some((before, rest)) = text.split_once("const LISTED") {
            text = format!("{before}{}", rest.split_once("];").unwrap().1);
        }
        // Of `OUT-A-B`, `OUT-A` is another.
        let mut parts = text.split(code).skip(1);
        let is_there =
            parts.any(|after| !after.starts_with(|c: char| c == '-' || c.is_alphanumeric()));
        assert!(is_there, "{file} has no {code}");
    }
}

#[test]
fn what_a_fetch_alone_meets() {
    let program = Program::new();
    let url = shared().nginx.http("/small.bin");
    fs::write(program.file("there.bin"), "mine").unwrap();
    let sum = format!("md5:{}", "0".repeat(32));
    for (flags, exit, code) in [
        (&["-o", "there.bin/x"][..], 13, "OUT-LOCAL-FILE"),
        (&["-o", "new.bin", "--checksum", &sum], 12, "OUT-MISMATCH"),
    ] {
        let ran = program.run(&[&["fetch", "--json", &url], flags].concat());
        assert_eq!(ran.expect(exit).json()["error"]["code"], code);
    }
}

/// The one thread in which names may be looked up has something else to do.
#[test]
fn a_name_server_that_says_nothing() {
    let mut one = tokio::runtime::Builder::new_current_thread();
    let runtime = one.enable_all().max_blocking_threads(1).build().unwrap();
    let (busy, until_dropped) = std::sync::mpsc::channel::<()>();
    runtime.spawn_blocking(move || until_dropped.recv());
    let connector = connector("[timeouts]\nresolve = \"50ms\"\n");
    let target = Target::parse("http://localhost:9/").unwrap();
    let error = runtime.block_on(connector.connect(&target)).err().unwrap();
    assert_eq!(error.code().as_str(), "OUT-RESOLVER-SILENT", "{error}");
    assert_eq!(error.limit().unwrap().setting, "timeouts.resolve");
    // What still waits for the thread does not begin.
    runtime.shutdown_background();
    drop(busy);
}
