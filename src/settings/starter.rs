//! A settings file to begin with, made from the table of keys: it has all of them, as comments.

use super::keys::{KEYS, Key, Type};
use super::s3::is_for_s3;

const HEAD: &str = "\
# Settings of outbound. What begins with # is a comment; a line such as `#url = …` or `#[proxy]`
# is an example: take its # away, and that of the [table] above it.
# `outbound config check` says what is wrong, `outbound config show` what is in force.
";

/// What stands above each table, and the name that the example has where the user chooses one.
const TABLES: [(&str, &str, &str); 7] = [
    ("proxy", "", "The global proxy."),
    (
        "proxies.*",
        "partner",
        "A further proxy, for connections that name it; as many as need be.",
    ),
    (
        "connections.*",
        "census",
        "A dataset connection; as many as need be.",
    ),
    (
        BUCKETS,
        "lake",
        "A bucket of S3: what is for it alone, beside all of the above.",
    ),
    ("policy", "", "What is allowed."),
    ("timeouts", "", "How long each step may take."),
    ("retry", "", "How often it is tried, and with which pauses."),
];

/// The table of connections once more, for keys that no other kind of connection has.
const BUCKETS: &str = "connections.* of s3";

/// The table that a key stands in here, and its name in that.
fn place(key: &Key) -> (&'static str, &'static str) {
    match key.pattern.rsplit_once('.') {
        Some((_, name)) if is_for_s3(key.pattern) => (BUCKETS, name),
        Some(place) => place,
        None => ("", key.pattern),
    }
}

/// A settings file in which everything is a comment: what each setting is for, and an example of
/// it, which is the default where there is one.
pub fn starter() -> String {
    let mut file = HEAD.to_owned();
    let mut table = "";
    for key in keys() {
        let (of, name) = place(key);
        if of != table {
            table = of;
            file.push_str(&heading(table));
        } else if table.is_empty() {
            file.push('\n');
        }
        let doc = key.doc;
        file.push_str(&format!("# {doc}\n#{name} = {}\n", example(key)));
    }
    file
}

/// All but those of a connection's inline proxy, which are the global proxy's; those without a
/// table first, as TOML wants it.
fn keys() -> impl Iterator<Item = &'static Key> {
    let told = |key: &&Key| !key.pattern.starts_with("connections.*.proxy.");
    let (alone, below): (Vec<&Key>, Vec<&Key>) = KEYS
        .iter()
        .filter(told)
        .partition(|key| !key.pattern.contains('.'));
    alone.into_iter().chain(below)
}

fn heading(table: &str) -> String {
    let known = TABLES.iter().find(|(pattern, ..)| *pattern == table);
    let (name, about) = known.map_or(("name", ""), |(_, name, about)| (*name, *about));
    let head = match table {
        BUCKETS => "#url = \"s3://lake/in/\"\n#username = \"ACCESS KEY ID\"\n",
        _ => "",
    };
    let table = table.replace(" of s3", "").replace('*', name);
    match about {
        "" => format!("\n#[{table}]\n"),
        about => format!("\n# {about}\n#[{table}]\n{head}"),
    }
}

/// A value as it is written in TOML.
fn example(key: &Key) -> String {
    let quoted = |text: &str| format!("\"{text}\"");
    match (key.kind, key.default) {
        (Type::Flag | Type::Count, Some(default)) => default.to_owned(),
        (_, Some(default)) => quoted(default),
        (Type::Flag, None) => "false".into(),
        (Type::BaseUrl, None) if is_for_s3(key.pattern) => quoted("https://s3.corp.example:9000"),
        (Type::Text, None) if key.pattern.ends_with(".region") => quoted("eu-west-1"),
        (Type::Count, None) => "1".into(),
        (Type::ProxyUrl, None) => quoted("http://proxy.corp.example:3128"),
        (Type::BaseUrl, None) => quoted("ftp://ftp.census.example/pub/"),
        (Type::Secret, None) => secret(key),
        (Type::Path, None) => quoted("corp-ca.pem"),
        (Type::Word(words), None) => quoted(words.first().copied().unwrap_or_default()),
        (Type::Limit | Type::Pause, None) => quoted("30s"),
        (Type::Bypass, None) => r#"["localhost", ".corp.example", "10.0.0.0/8"]"#.into(),
        // The same as what `use_global_proxy = false` says.
        (Type::Choice, None) => quoted("direct"),
        (Type::Text, None) if key.pattern == "log" => quoted("info"),
        (Type::Text, None) => quoted("svc-data"),
        (Type::Encoding, None) => quoted("windows-1252"),
    }
}

fn secret(key: &Key) -> String {
    let variable = match key.pattern.starts_with("connections.") {
        _ if is_for_s3(key.pattern) => "SESSION_TOKEN",
        true => "CENSUS_PASSWORD",
        false => "PROXY_PASSWORD",
    };
    format!(
        "{{ env = \"{variable}\" }}  # or {{ file = \"PATH\" }}, {{ command = [\"PROGRAM\", \"ARGUMENT\"] }}"
    )
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    /// With the # taken away from every example.
    fn uncommented() -> String {
        let lines = starter();
        let lines = lines.lines().map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn it_is_good_as_it_stands_and_with_its_examples() {
        for text in [starter(), uncommented()] {
            let policy = Settings::from_toml(&text).unwrap_or_else(|p| panic!("{p}\n{text}"));
            let doubts: Vec<String> = policy.doubts().iter().map(ToString::to_string).collect();
            assert!(doubts.is_empty(), "{doubts:?}");
        }
        assert!(
            starter()
                .lines()
                .all(|l| l.is_empty() || l.starts_with('#'))
        );
    }

    #[test]
    fn it_has_every_setting() {
        let policy = Settings::from_toml(&uncommented()).unwrap();
        let shown: Vec<&str> = policy.shown().iter().map(|row| row.key.as_str()).collect();
        for key in keys() {
            let (table, name) = place(key);
            let chosen = TABLES.iter().find(|(pattern, ..)| *pattern == table);
            // Another table needs its words in TABLES.
            assert!(table.is_empty() || chosen.is_some(), "{table}");
            let table = table.replace(" of s3", "");
            let table = table.replace('*', chosen.map_or("", |(_, name, _)| name));
            let full = format!("{table}.{name}");
            let full = full.trim_start_matches('.');
            // Two spellings of one setting.
            if name != "use_global_proxy" {
                assert!(shown.contains(&full), "{full} is not in {shown:?}");
            }
            assert!(uncommented().contains(&format!("\n{name} = ")), "{name}");
        }
    }
}
