//! What two tables of settings cannot show: hosts that connections share, and ways that are alike.

use crate::export::Export;
use crate::export::tests::{habits, losses, value};
use crate::settings::{Policy, Settings};

const PROXIES: &str = "[proxy]\nurl = \"http://p.test:3128\"\nbypass = [\"ruled.test\"]\n\
                       [proxies.x]\nurl = \"http://x.test:3128\"\n";
const DIRECT: &str = "proxy = \"direct\"";
const X: &str = "proxy = \"x\"";

/// Settings with the two proxies and these connections: name, URL, and the rest.
fn policy(before: &str, connections: &[(&str, &str, &str)]) -> Policy {
    let tables = connections
        .iter()
        .map(|(name, url, rest)| format!("[connections.{name}]\nurl = \"{url}\"\n{rest}\n"));
    Settings::from_toml(&format!("{before}{PROXIES}{}", tables.collect::<String>())).unwrap()
}

fn all(connections: &[(&str, &str, &str)]) -> Export {
    Export::new(&policy("", connections), None).unwrap()
}

/// What the connections add to the list.
fn added(export: &Export) -> String {
    let list = value(export, "no_proxy").unwrap();
    let (_, added) = list.split_once("ruled.test,.ruled.test").unwrap();
    added.trim_start_matches(',').to_owned()
}

#[test]
fn a_host_is_listed_as_other_programs_write_it_and_once() {
    for (url, expected) in [
        ("https://NEAR.test./data/", "near.test,.near.test"),
        ("http://[::ffff:10.1.2.3]/", "10.1.2.3"),
        ("http://[fd00::1]/", "fd00::1"),
        // Always there, or by a rule.
        ("http://localhost:9000/", ""),
        ("http://169.254.169.254/", ""),
        ("http://below.ruled.test/", ""),
    ] {
        let export = all(&[("a", url, DIRECT), ("b", &format!("{url}b/"), DIRECT)]);
        assert_eq!(added(&export), expected, "{url}");
        let (lost, said) = (losses(&export), habits(&export));
        match url.contains("fd00") {
            true => assert!(
                lost.len() == 1 && lost[0].contains("do not understand an IPv6 address"),
                "{lost:?}"
            ),
            false => assert_eq!(lost, [""; 0], "{url}"),
        }
        let exempted = usize::from(!expected.is_empty());
        assert_eq!(said.matches("is exempted at every port").count(), exempted);
    }
}

#[test]
fn a_strict_policy_is_not_broken_by_what_a_rule_allows() {
    let strict = policy(
        "[policy]\ndirect = \"bypass-only\"\n",
        &[
            ("a", "http://a.ruled.test/", DIRECT),
            ("b", "http://localhost/", DIRECT),
        ],
    );
    let export = Export::new(&strict, None).unwrap();
    assert_eq!((added(&export), losses(&export)), (String::new(), vec![]));
}

#[test]
fn nobody_is_sent_past_a_proxy_whichever_it_is() {
    for (url, rest) in [
        ("https://near.test/", ""),
        ("http://near.test/far/", X),
        ("http://below.near.test:81/", X),
    ] {
        let export = all(&[
            ("near", "http://near.test/data/", DIRECT),
            ("other", url, rest),
        ]);
        assert_eq!(added(&export), "", "{url}");
        let words =
            "connection `near` goes directly to near.test, other programs through the proxy";
        let lost = losses(&export);
        assert!(lost.iter().any(|lost| lost.starts_with(words)), "{lost:?}");
    }
    // Neither a name above, nor one that only ends alike.
    let export = all(&[
        ("a", "http://above.test/", ""),
        ("b", "http://notnear.above.test/", ""),
        ("c", "http://near.above.test/", DIRECT),
    ]);
    assert_eq!(added(&export), "near.above.test,.near.above.test");
}

#[test]
fn the_connection_that_is_told_is_not_sent_past_its_proxy() {
    let policy = policy(
        "",
        &[
            ("far", "http://far.test/", X),
            ("near", "http://near.test/", DIRECT),
            ("under", "http://far.test/under/", DIRECT),
        ],
    );
    let far = Export::new(&policy, Some(policy.connection("far").unwrap())).unwrap();
    assert_eq!(added(&far), "near.test,.near.test");
    let words = "an entry for it would be one for far.test of `far`";
    assert!(habits(&far).contains(words), "{}", habits(&far));
}

#[test]
fn a_bucket_is_reached_at_its_endpoint() {
    let minio = "endpoint = \"https://minio.test:9000/\"\n";
    for (rest, expected) in [
        (format!("{minio}{DIRECT}"), "minio.test,.minio.test"),
        (
            format!("{minio}path_style = false\n{DIRECT}"),
            "data.minio.test,.data.minio.test",
        ),
        // At Amazon, by the proxy that is told.
        (String::new(), ""),
        (format!("{minio}region = \"eu\""), ""),
    ] {
        let export = all(&[("lake", "s3://data/in/", &rest)]);
        assert_eq!(added(&export), expected, "{rest}");
        assert_eq!(losses(&export), [""; 0], "{rest}");
    }
    let export = all(&[("lake", "s3://data/in/", DIRECT)]);
    assert_eq!(added(&export), "");
    let words = "connection `lake` goes directly to its bucket, other programs through the proxy: ";
    assert!(
        losses(&export)[0].starts_with(words),
        "{:?}",
        losses(&export)
    );
    let export = all(&[("lake", "s3://data/in/", X)]);
    let words = "connection `lake` goes through http://x.test:3128";
    let lost = losses(&export)[0];
    assert!(lost.starts_with(words), "{lost}");
    assert!(
        lost.contains("other programs take http://p.test:3128;"),
        "{lost}"
    );
}

/// Other programs know one proxy: that of the connection alone may be asked for metadata.
#[test]
fn metadata_goes_to_the_proxy_that_was_meant_or_to_none() {
    let imds = |rest| [("imds", "http://169.254.169.254/", rest)];
    let listed = |export: &Export| {
        let list = value(export, "no_proxy").unwrap();
        list.split(',').any(|entry| entry == "169.254.169.254")
    };
    assert!(!listed(&all(&imds("proxy = \"global\""))));
    let other = all(&imds(X));
    assert!(listed(&other), "the global proxy was not meant");
    let lost = losses(&other)[0];
    assert!(
        lost.contains("other programs go directly; `--connection imds`"),
        "{lost}"
    );
    let policy = policy("", &imds(X));
    let own = Export::new(&policy, Some(policy.connection("imds").unwrap())).unwrap();
    assert!(!listed(&own));
}

#[test]
fn connections_of_one_proxy_are_one_line() {
    let export = all(&[
        ("a", "http://a.test/", X),
        // The same as is told, in other words.
        (
            "b",
            "http://b.test/",
            "proxy = { url = \"http://p.test:3128\" }",
        ),
        ("c", "https://c.test/", X),
    ]);
    let [said] = losses(&export)[..] else {
        panic!("{:?}", losses(&export))
    };
    let words = "connections `a`, `c` go through http://x.test:3128";
    let others = "other programs take http://p.test:3128; `--connection a` tells them its proxy";
    assert!(said.starts_with(words) && said.ends_with(others), "{said}");
    let names: Vec<_> = (0..7)
        .map(|n| (format!("n{n}"), format!("http://n{n}.test/")))
        .collect();
    let seven: Vec<_> = names.iter().map(|(n, u)| (&**n, &**u, X)).collect();
    let export = all(&seven);
    let words = "connections `n0`, `n1`, `n2`, `n3`, `n4` and 2 more go through";
    assert!(
        losses(&export)[0].starts_with(words),
        "{:?}",
        losses(&export)
    );
}
