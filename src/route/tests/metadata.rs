//! Instance metadata goes to no proxy, whoever chose one, unless it is meant itself.

use super::*;

const KEPT: &str = "directly (built in: instance metadata stays on this machine)";

/// What stands in the settings, in the variables and in the flags, and which way
/// `http://169.254.169.254/latest/` then goes, under the connection `imds` where there is one.
const WAYS: &[(&str, &str, &str, &str)] = &[
    ("", "", "", KEPT),
    ("", "http_proxy=http://p.test", "", KEPT),
    ("", "all_proxy=socks5://p.test", "", KEPT),
    // What is wrong is not asked.
    ("", "http_proxy=htp://p.test", "", KEPT),
    ("[proxy]\nurl = \"http://p.test\"", "", "", KEPT),
    (
        "[proxy]\nurl = \"http://p.test\"\nbypass = []",
        "",
        "",
        KEPT,
    ),
    ("", "", "http://p.test", KEPT),
    // A policy forbids to leave the machine without a proxy: this does not leave it.
    ("[policy]\ndirect = \"bypass-only\"", "", "", KEPT),
    (
        "[policy]\ndirect = \"bypass-only\"\n[proxy]\nurl = \"http://p.test\"",
        "",
        "",
        KEPT,
    ),
    // Somebody's own rule is named first.
    (
        "[proxy]\nurl = \"http://p.test\"\nbypass = [\"169.254.0.0/16\"]",
        "",
        "",
        "directly (bypass rule `169.254.0.0/16`, /etc/outbound.toml:3: proxy.bypass)",
    ),
    // A connection without a word on proxies is not about them.
    (
        "[proxy]\nurl = \"http://p.test\"\n[connections.imds]\nurl = \"http://169.254.169.254/\"",
        "",
        "",
        KEPT,
    ),
    (
        "[connections.imds]\nurl = \"http://169.254.169.254/\"\nproxy = \"direct\"",
        "",
        "",
        "directly (told to go direct, /etc/outbound.toml:3: connections.imds.proxy)",
    ),
    (
        "[proxy]\nurl = \"http://p.test\"\n\
         [connections.imds]\nurl = \"http://169.254.169.254/\"\nproxy = \"global\"",
        "",
        "",
        "through http://p.test:80 (global proxy, /etc/outbound.toml:2: proxy.url)",
    ),
    (
        "[connections.imds]\nurl = \"http://169.254.169.254/\"\nproxy = { url = \"http://q.test\" }",
        "",
        "",
        "through http://q.test:80 (the connection's own proxy, /etc/outbound.toml:3: \
         connections.imds.proxy.url)",
    ),
    (
        "[connections.imds]\nurl = \"http://169.254.169.254/\"\nproxy = \"environment\"",
        "http_proxy=http://p.test",
        "",
        "through http://p.test:80 (proxy from the environment, variable http_proxy)",
    ),
    // Another way to write the same host.
    (
        "[connections.imds]\nurl = \"http://2852039166/\"\nproxy = { url = \"http://q.test\" }",
        "",
        "",
        "through http://q.test:80 (the connection's own proxy, /etc/outbound.toml:3: \
         connections.imds.proxy.url)",
    ),
    // A flag that names another proxy does not take back that there is one.
    (
        "[connections.imds]\nurl = \"http://169.254.169.254/\"\nproxy = { url = \"http://q.test\" }",
        "",
        "http://p.test",
        "through http://p.test:80 (proxy given on the command line, flag --proxy)",
    ),
    // The bypass list has the last word, here too.
    (
        "[proxy]\nurl = \"http://p.test\"\nbypass = [\"169.254.169.254\"]\n\
         [connections.imds]\nurl = \"http://169.254.169.254/\"\nproxy = \"global\"",
        "",
        "",
        "directly (bypass rule `169.254.169.254`, /etc/outbound.toml:3: proxy.bypass)",
    ),
    // A connection elsewhere says nothing of this host.
    (
        "[connections.imds]\nurl = \"http://169.254.170.2/\"\nproxy = { url = \"http://q.test\" }",
        "",
        "",
        KEPT,
    ),
];

#[test]
fn instance_metadata_goes_to_no_proxy_unless_a_connection_says_so() {
    let target = Target::parse("http://169.254.169.254/latest/").unwrap();
    for (toml, variable, proxy, expected) in WAYS {
        let variables: Vec<_> = variable.split_once('=').into_iter().collect();
        let flags = Flags {
            proxy: (!proxy.is_empty()).then(|| (*proxy).into()),
            ..Flags::default()
        };
        let policy = policy(toml, &variables, &flags).unwrap_or_else(|e| panic!("{toml}: {e}"));
        let connection = policy.connections().next();
        let route = resolve(&policy, connection.map(AsRef::as_ref), &target).unwrap();
        assert_eq!(route.to_string(), *expected, "{toml} {variable} {proxy}");
    }
}

#[test]
fn what_was_passed_over_for_it_is_said() {
    let policy = policy("[proxy]\nurl = \"http://p.test\"", &[], &Flags::default()).unwrap();
    for host in crate::base::metadata::HOSTS {
        let host = match host.contains(':') {
            true => format!("[{host}]"),
            false => host.to_owned(),
        };
        let target = Target::parse(&format!("http://{host}/")).unwrap();
        let route = resolve(&policy, None, &target).unwrap();
        assert_eq!(route.reason, Reason::Metadata, "{host}");
        let [passed] = &route.rejected[..] else {
            panic!("{:?}", route.rejected);
        };
        assert_eq!(passed.candidate, "global proxy http://p.test:80");
        assert!(passed.why.contains("by a connection at it"), "{passed:?}");
    }
}
