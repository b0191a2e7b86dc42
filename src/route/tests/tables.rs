//! Each row of `fixtures/bypass.tsv` and `fixtures/environment.tsv`.

use percent_encoding::percent_decode_str;

use super::*;
use crate::base::{Secret, SecretSource};

const BYPASS: &str = include_str!("../../../fixtures/bypass.tsv");
const ENVIRONMENT: &str = include_str!("../../../fixtures/environment.tsv");

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}

#[test]
fn together_the_tables_hold_at_least_150_rows() {
    let (bypass, environment) = (rows(BYPASS).count(), rows(ENVIRONMENT).count());
    assert!(bypass + environment >= 150, "{bypass} + {environment}");
    for row in rows(BYPASS) {
        assert_eq!(row.len(), 6, "{row:?}");
    }
    for row in rows(ENVIRONMENT) {
        assert_eq!(row.len(), 8, "{row:?}");
    }
}

/// `\xNN` is the character NN.
fn unescape(cell: &str) -> String {
    if cell == "<empty>" {
        return String::new();
    }
    let mut parts = cell.split("\\x");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_at(2);
        text.push(char::from(u8::from_str_radix(code, 16).unwrap()));
        text.push_str(rest);
    }
    text
}

#[test]
fn bypass_rules() {
    let mut wrong = Vec::new();
    for row in rows(BYPASS) {
        let [list, url, settings, environment, _, why] = row[..] else {
            unreachable!()
        };
        let target = Target::parse(url).unwrap_or_else(|e| panic!("{url}: {e}"));
        let text = unescape(list);
        for (dialect, expected) in [
            (Dialect::Settings, settings),
            (Dialect::Environment, environment),
        ] {
            let (bypass, faults) = Bypass::parse(&text, dialect);
            let way = match bypass.matches(&target) {
                Some(_) => "bypass",
                None => "proxy",
            };
            let got = match (dialect, faults.is_empty()) {
                (Dialect::Settings, false) => "error".to_owned(),
                (Dialect::Environment, false) => format!("{way}+warn"),
                (_, true) => way.to_owned(),
            };
            if got != expected {
                wrong.push(format!(
                    "{list}\t{url}: {dialect:?} gives {got}, not {expected}: {why}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// One row's outcome in the words of the table: expect, userinfo, decided_by, warn.
fn outcome(variables: &str, url: &str) -> [String; 4] {
    let variables: Vec<(&str, String)> = match variables {
        "-" => Vec::new(),
        list => list
            .split(' ')
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap();
                let value = percent_decode_str(value).decode_utf8().unwrap();
                (name, value.into_owned())
            })
            .collect(),
    };
    let borrowed: Vec<_> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let policy = policy("", &borrowed, &Flags::default()).unwrap();
    let target = Target::parse(url).unwrap();
    let mut warn: Vec<String> = policy
        .warnings()
        .iter()
        .map(|warning| match &warning.origin {
            Origin::Variable(name) => name.clone(),
            other => panic!("{other}"),
        })
        .filter(|name| name.eq_ignore_ascii_case("no_proxy"))
        .collect();
    let none = || "-".to_owned();
    let (expect, userinfo, decided) = match resolve(&policy, None, &target) {
        Err(error) => {
            assert_eq!(error.kind(), Kind::Settings, "{error}");
            let at = error.what().strip_prefix("variable ").unwrap();
            let name = at.split(':').next().unwrap().to_owned();
            (format!("error {name}"), none(), name)
        }
        Ok(route) => {
            let cgi = |r: &&Rejected| r.why.starts_with("REQUEST_METHOD");
            warn.extend(route.rejected.iter().find(cgi).map(|r| r.candidate.clone()));
            let decided = match &route.origin {
                Origin::Variable(name) => name.clone(),
                Origin::Default => none(),
                other => panic!("{other}"),
            };
            match route.proxy() {
                None => ("direct".to_owned(), none(), decided),
                Some(proxy) => {
                    assert_eq!(route.reason, Reason::Variable(decided.clone()));
                    (proxy.to_string(), shown_userinfo(proxy), decided)
                }
            }
        }
    };
    let warn = warn.pop().unwrap_or_else(none);
    [expect, userinfo, decided, warn]
}

fn shown_userinfo(proxy: &Proxy) -> String {
    let Some(credentials) = &proxy.credentials else {
        return "-".into();
    };
    match &credentials.password {
        None => credentials.username.clone(),
        Some(password) => match &password.source {
            SecretSource::Inline(secret) => {
                format!("{}:{}", credentials.username, Secret::expose(secret))
            }
            other => panic!("{other:?}"),
        },
    }
}

/// `us%40er:p%3As`, each part decoded once.
fn decoded_userinfo(cell: &str) -> String {
    let decode = |part: &str| percent_decode_str(part).decode_utf8().unwrap().into_owned();
    match cell.split_once(':') {
        Some((user, password)) => format!("{}:{}", decode(user), decode(password)),
        None => decode(cell),
    }
}

#[test]
fn environment_variables() {
    let mut wrong = Vec::new();
    for row in rows(ENVIRONMENT) {
        let [variables, url, expect, userinfo, decided_by, warn, _, why] = row[..] else {
            unreachable!()
        };
        let got = outcome(variables, url);
        let expected = [
            expect.to_owned(),
            decoded_userinfo(userinfo),
            decided_by.to_owned(),
            warn.to_owned(),
        ];
        if got != expected {
            wrong.push(format!(
                "{variables}\t{url}: {got:?}, not {expected:?}: {why}"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
