//! Lists of bypass rules.

use outbound::base::Target;
use outbound::base::bypass::{Bypass, Dialect};

use super::assert_showable;

pub const WORDS: &[&str] = &[
    "*",
    "*.",
    ".",
    ",",
    "corp.example",
    "a.corp.example",
    ":8080",
    "10.0.0.0/8",
    "127.0.0.1",
    "[::1]",
    "fd00::/8",
    "<local>",
    "localhost",
    "/0",
    "::ffff:10.0.0.1",
];

/// Targets to ask about, beside those that the rules themselves name.
const TARGETS: &[&str] = &[
    "http://corp.example/",
    "https://a.corp.example:8080/",
    "http://10.1.2.3/",
    "http://[::1]:8080/",
    "http://[::ffff:10.0.0.1]/",
    "http://localhost/",
    "ftp://printer/",
];

/// A rule that is written anew is the same; the first rule that covers a target is found whatever
/// the index does; every entry becomes a rule or a fault.
pub fn check(bytes: &[u8]) {
    let list = String::from_utf8_lossy(bytes);
    for dialect in [Dialect::Settings, Dialect::Environment] {
        let (bypass, faults) = Bypass::parse(&list, dialect);
        let entries = list.split(',').filter(|entry| !entry.trim().is_empty());
        assert_eq!(bypass.rules().len() + faults.len(), entries.clone().count());
        for fault in &faults {
            assert_showable(&fault.to_string(), 700);
        }
        let alone = entries.clone().map(|entry| Bypass::parse(entry, dialect).0);
        let singles: Vec<Bypass> = alone.filter(|single| !single.is_empty()).collect();
        let rules = singles.iter().flat_map(|single| single.rules());
        assert!(rules.eq(bypass.rules()), "an entry means the same alone");
        for rule in bypass.rules() {
            let shown = rule.to_string();
            assert_showable(&shown, 201);
            // A longer one is cut when it is shown.
            if !shown.ends_with('…') {
                let (again, bad) = Bypass::parse(&shown, dialect);
                assert_eq!(again.rules(), std::slice::from_ref(rule), "{bad:?}");
            }
        }
        let named = entries
            .clone()
            .take(8)
            .map(|entry| format!("http://{}/", entry.trim()));
        let asked = TARGETS.iter().map(|url| (*url).to_owned()).chain(named);
        for target in asked.filter_map(|url| Target::parse(&url).ok()) {
            let first = singles
                .iter()
                .position(|single| single.matches(&target).is_some());
            assert_eq!(bypass.find(&target), first, "{target} in {list:?}");
        }
    }
}
