//! The rooms and the one-way flow between them.

use std::fs;
use std::path::{Path, PathBuf};

/// Every room with its rank: it may import from lower ranks, and from itself.
const RANKS: &[(&str, u8)] = &[
    ("base", 0),
    ("settings", 1),
    ("proto", 1),
    ("rules", 1),
    ("route", 2),
    ("export", 3),
    ("dial", 3),
    ("tls", 3),
    ("tunnel", 3),
    ("connector", 4),
    ("http", 5),
    ("ftp", 5),
    ("ws", 5),
    ("s3", 6),
    ("dataset", 7),
    ("adapters", 8),
    ("check", 8),
    ("lab", 8),
    ("cli", 9),
];

/// Of the same rank, but allowed: TLS and a tunnel are layers over dial's stream.
const EXCEPTIONS: &[(&str, &str)] = &[("tls", "dial"), ("tunnel", "dial")];

/// Rooms without I/O.
const PURE: &[&str] = &["base", "settings", "route", "proto", "export", "rules"];

/// What a room without I/O cannot have. Addresses, durations and paths are values.
const IMPURE: &[&str] = &[
    "tokio",
    "async ",
    ".await",
    "std::fs",
    "fs::",
    "std::net::Tcp",
    "std::net::Udp",
    "TcpStream",
    "ToSocketAddrs",
    "std::env::",
    "env::var",
    "Instant::now",
    "SystemTime::now",
    ".elapsed()",
    "std::process",
    "std::thread",
    "std::io::stdin",
    "println!",
    "rand::",
];

fn rank(room: &str) -> Option<u8> {
    let known = RANKS.iter().find(|(name, _)| *name == room);
    known.map(|(_, rank)| *rank)
}

/// The code of a line: comments say what they like.
fn code(line: &str) -> &str {
    let trimmed = line.trim_start();
    if trimmed.starts_with("//") {
        return "";
    }
    line.split(" // ").next().unwrap_or(line)
}

/// The first path segments after every `crate::`, those of `crate::{a, b::c}` too.
fn imports(code: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let ident = |text: &str| text.find(|c| !is_part(c)).unwrap_or(text.len());
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(&rest[..ident(rest)]),
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && depth == 0 && !c.is_whitespace() => {
                            found.push(&group[at..at + ident(&group[at..])]);
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

/// What is wrong with a file of `room`: for each offence the line and what it is.
fn offences(room: &str, text: &str, is_test: bool) -> Vec<String> {
    let Some(own) = rank(room) else {
        return vec![format!("`{room}` is no room: give it a rank")];
    };
    let mut found = Vec::new();
    // Statements can go over several lines: `use crate::{` … `};`
    let joined: String = text.lines().map(code).collect::<Vec<_>>().join("\n");
    for import in imports(&joined) {
        let allowed = match rank(import) {
            Some(other) => other < own || import == room || EXCEPTIONS.contains(&(room, import)),
            // Values of the crate's root: macros and constants.
            None => false,
        };
        if !allowed {
            found.push(format!("{room} (rank {own}) imports `crate::{import}`"));
        }
    }
    if PURE.contains(&room) && !is_test {
        for (number, line) in text.lines().enumerate() {
            // What follows is the tests of the file, which stand at its end.
            if line.trim() == "#[cfg(test)]" && is_inline_module(text, number) {
                break;
            }
            for word in IMPURE {
                if code(line).contains(word) {
                    found.push(format!("line {}: {room} has `{}`", number + 1, word.trim()));
                }
            }
        }
    }
    found
}

/// Whether the line after is `mod tests {`: then the rest of the file is tests.
fn is_inline_module(text: &str, number: usize) -> bool {
    let mut after = text.lines().skip(number + 1);
    after
        .next()
        .is_some_and(|line| line.starts_with("mod ") && line.ends_with('{'))
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn no_room_imports_from_above() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 80, "the sources were found: {}", files.len());
    let mut all = Vec::new();
    let mut rooms = std::collections::BTreeSet::new();
    for path in files {
        let relative = path.strip_prefix(&root).unwrap();
        let mut parts = relative.components();
        let first = parts.next().unwrap().as_os_str().to_str().unwrap();
        if parts.next().is_none() {
            // lib.rs and main.rs see every room; they only name them.
            assert!(
                ["lib.rs", "main.rs"].contains(&first),
                "{first} belongs into a room"
            );
            continue;
        }
        rooms.insert(first.to_owned());
        let name = relative.to_string_lossy();
        let is_test = name.contains("tests/") || name.ends_with("tests.rs");
        let text = fs::read_to_string(&path).unwrap();
        let found = offences(first, &text, is_test);
        all.extend(
            found
                .into_iter()
                .map(|offence| format!("src/{name}: {offence}")),
        );
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
    assert!(rooms.len() >= 13, "{rooms:?}");
}

#[test]
fn an_offence_is_found() {
    let bad = [
        ("base", "use crate::settings::Policy;"),
        ("settings", "use crate::proto::auth;"),
        ("proto", "fn x(policy: &crate::settings::Policy) {}"),
        ("route", "use crate::{base::Target, connector::Connector};"),
        ("dial", "use crate::tls::secure;"),
        ("tls", "use crate::tunnel::open;"),
        ("tunnel", "use crate::{\n    base::Error,\n    tls,\n};"),
        ("connector", "use crate::http;"),
        ("http", "use crate::ftp::Client;"),
        ("dataset", "    pub(crate) use crate::lab::Origin;"),
        ("lab", "use crate::check::check;"),
        ("check", "use crate::cli::main;"),
        ("nowhere", ""),
        ("base", "    use tokio::io::AsyncRead;"),
        ("settings", "pub async fn load() {}"),
        ("proto", "let now = Instant::now();"),
        ("route", "let set = std::env::var(\"http_proxy\");"),
        ("base", "let socket = std::net::TcpStream::connect(x);"),
        ("proto", "let at = SystemTime::now(); // the time"),
        (
            "proto",
            "#[cfg(test)]\nmod tests;\nlet at = SystemTime::now();",
        ),
    ];
    for (room, text) in bad {
        assert_eq!(
            offences(room, text, false).len().min(1),
            1,
            "{room}: {text}"
        );
    }
    let good = [
        (
            "cli",
            "use crate::{base::Error, dataset::{Client, Dataset}, settings::Policy};",
        ),
        ("tls", "use crate::dial::Stream;"),
        (
            "tunnel",
            "use crate::dial::Stream;\nuse crate::proto::connect;",
        ),
        ("http", "use crate::http::body;"),
        (
            "lab",
            "/// use crate::cli;\nuse crate::dial::stream::Transport;",
        ),
        ("proto", "// tokio would be Instant::now()"),
        (
            "base",
            "x();\n#[cfg(test)]\nmod tests {\n    use tokio::io;\n}",
        ),
        ("route", "pub(crate) fn x() {}"),
    ];
    for (room, text) in good {
        assert_eq!(
            offences(room, text, false),
            Vec::<String>::new(),
            "{room}: {text}"
        );
    }
}

/// Where the compiler does not check what is done, with the reason in the file's own words.
const UNSAFE: &[&str] = &["src/dial/lowat.rs"];

#[test]
fn unsafe_code_stays_in_its_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut found, mut files) = (Vec::new(), Vec::new());
    sources(&root.join("src"), &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        if text.contains("allow(unsafe_code)")
            || text.lines().any(|line| code(line).contains("unsafe {"))
        {
            let path = file.strip_prefix(root).unwrap();
            found.push(path.to_string_lossy().into_owned());
        }
    }
    assert_eq!(found, UNSAFE);
}
