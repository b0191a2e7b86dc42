//! `--json`, by the schema in docs/reference.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use super::{HOSTILE, ends, refusing};
use crate::kit::Program;
use crate::support::peers::clients::python;

/// Reads a line with the schema and lines with objects. The schema is taken strictly: what it does
/// not name is a mistake here, where it may be of a later version elsewhere.
const VALIDATE: &str = "import json, sys
from jsonschema import Draft202012Validator as Draft
def strict(node):
    if isinstance(node, list):
        for one in node: strict(one)
    if isinstance(node, dict):
        if 'properties' in node: node['additionalProperties'] = False
        if 'examples' in node: node['enum'] = node['examples']
        for one in list(node.values()): strict(one)
schema = json.loads(open(sys.argv[1]).read())
Draft.check_schema(schema)
strict(schema)
for line in sys.stdin:
    for error in Draft(schema).iter_errors(json.loads(line)):
        print(list(error.absolute_path), error.message[:300], [e.message[:200] for e in error.context])";

fn problems(lines: &str) -> String {
    problems_by("check.schema.json", lines)
}

/// What a schema in docs/reference has against these lines.
pub fn problems_by(schema: &str, lines: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut validator = python();
    let mut validator = validator
        .args(["-c", VALIDATE])
        .arg(root.join("docs/reference").join(schema))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = validator.stdin.take().unwrap();
    input.write_all(lines.as_bytes()).unwrap();
    drop(input);
    let done = validator.wait_with_output().unwrap();
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn what_is_printed_is_what_the_schema_says() {
    let mut lines: String = ends(&["--json"]).iter().map(|(_, ran)| &*ran.out).collect();
    for words in HOSTILE {
        let proxy = refusing(words);
        let ran = Program::new().run(&[
            "check",
            "--json",
            "--proxy",
            &proxy.url(),
            "https://h.test/x",
        ]);
        lines.push_str(&ran.expect(6).out);
    }
    assert_eq!(lines.lines().count(), 13 + HOSTILE.len());
    assert_eq!(problems(&lines), "");
    let mut silences = 0;
    for line in lines.lines() {
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(told["schema"], 1, "{told}");
        if told["failure"]["limit"]["setting"] == "timeouts.connect" {
            silences += 1;
            // The stage that failed is in the whole, as long as it took.
            assert!(told["ms"].as_f64().unwrap() >= 100.0, "{told}");
        }
    }
    assert_eq!(silences, 1, "{lines}");
    // The validator sees what is wrong.
    let first = lines.lines().next().unwrap();
    for (from, to) in [
        ("\"schema\":1", "\"schema\":2"),
        ("\"ok\":", "\"okay\":"),
        ("\"way\":\"proxy\"", "\"way\":\"by-way\""),
        ("\"stage\":\"dial\"", "\"stage\":4"),
    ] {
        assert!(first.contains(from), "{from}: {first}");
        assert_ne!(problems(&first.replacen(from, to, 1)), "", "{to}");
    }
}
