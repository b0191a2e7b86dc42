//! Settings files.

use outbound::Settings;
use outbound::base::{Scheme, Target};
use outbound::route;

use super::assert_showable;

pub const WORDS: &[&str] = &[
    "[proxy]\n",
    "[proxies.partner]\n",
    "[connections.census]\n",
    "url = \"http://proxy.example:3128\"\n",
    "url = \"ftp://ftp.example/pub/\"\n",
    "username = \"ann\"\n",
    "password = \"x\"\n",
    "password = { env = \"P\" }\n",
    "password = { command = [\"pass\", \"x\"] }\n",
    "bypass = [\"localhost\", \".corp.example\"]\n",
    "proxy = \"direct\"\n",
    "proxy = { url = \"http://p.example\" }\n",
    "use_global_proxy = true\n",
    "[policy]\ndirect = \"bypass-only\"\n",
    "[timeouts]\nreply = \"2s\"\n",
    "[retry]\nattempts = 3\n",
    "ca_file = \"ca.pem\"\n",
    "tunnel = \"always\"\n",
    "\"\"\"",
    "'",
    "=",
    "\\",
];

const SECRET: &str = "Zq7-never-shown-9xW";

/// Problems are shown in one line each; what is good decides ways; a password behind it, in a table
/// of its own, is not shown whatever is wrong before.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match Settings::from_toml(&text) {
        Ok(policy) => {
            for scheme in [Scheme::Http, Scheme::Https, Scheme::Ftp] {
                let target = Target::parse(&format!("{scheme}://data.example/")).expect("a URL");
                let route = route::resolve(&policy, None, &target);
                // The same question has the same answer.
                let shown = |r: outbound::Result<_>| format!("{r:?}");
                assert_eq!(shown(route), shown(route::resolve(&policy, None, &target)));
            }
        }
        Err(problems) => {
            assert!(problems.errors().count() > 0);
            for problem in problems.iter() {
                assert_showable(&problem.to_string(), 1200);
                assert_showable(&problem.hint.clone().unwrap_or_default(), 1200);
            }
        }
    }
    with_secret(&text);
}

fn with_secret(text: &str) {
    // A fuzzer learns the word from the comparison with it.
    if text.contains(SECRET) {
        return;
    }
    let more = format!(
        "{text}\n[proxies.fuzzed-secret]\nurl = \"http://h.example\"\nusername = \"ann\"\n\
         password = \"{SECRET}\"\n"
    );
    let shown = match Settings::from_toml(&more) {
        Ok(policy) => format!("{policy:?} {:?} {:?}", policy.warnings(), policy.shown()),
        Err(problems) => format!("{problems} {problems:?}"),
    };
    assert!(!shown.contains(SECRET), "{text:?}: {shown}");
}
