//! Each row of `fixtures/no_proxy.tsv`, and what a table cannot say.

use super::*;
use crate::settings::Settings;

const NO_PROXY: &str = include_str!("../../fixtures/no_proxy.tsv");
const ALWAYS: &str = "localhost,127.0.0.1,::1,169.254.169.254,169.254.170.2,169.254.170.23,\
                      fd00:ec2::254,fd00:ec2::23,metadata.google.internal";
const PROXY: &str = "http://p.test:3128";

/// Settings (and variables, one a line) as an export without connection.
fn export(toml: &str, variables: &[(&str, &str)]) -> Result<Export> {
    let values: std::collections::HashMap<_, _> = variables.iter().copied().collect();
    let none: [&str; 0] = [];
    let layers = crate::settings::Layers::new()
        .toml("settings.toml", toml)
        .variables(|name| values.get(name).map(Into::into), none);
    Export::new(&layers.build().unwrap(), None)
}

fn of_rules(rules: &[&str]) -> Export {
    let toml = format!("[proxy]\nurl = \"{PROXY}\"\nbypass = {rules:?}\n");
    export(&toml, &[]).unwrap()
}

pub(super) fn value(export: &Export, name: &str) -> Option<String> {
    let variables = export.variables(&|_| None, None);
    let found = variables.iter().find(|variable| variable.name == name);
    let value = found.unwrap().value.as_ref();
    value.map(|value| value.expose().to_owned())
}

pub(super) fn losses(export: &Export) -> Vec<&str> {
    let losses = export.notes().iter().filter(|note| note.is_loss);
    losses.map(|note| note.text.as_str()).collect()
}

pub(super) fn habits(export: &Export) -> String {
    let habits = export.notes().iter().filter(|note| !note.is_loss);
    let lines: Vec<_> = habits.map(ToString::to_string).collect();
    lines.join("\n")
}

#[test]
fn bypass_rules_in_the_words_of_others() {
    let rows = NO_PROXY.lines().filter(|line| !line.starts_with('#'));
    let mut wrong = Vec::new();
    for row in rows.clone() {
        let cells: Vec<&str> = row.split('\t').collect();
        let [rules, expected, says, _, why] = cells[..] else {
            panic!("{row}");
        };
        let export = of_rules(&rules.split(',').collect::<Vec<_>>());
        let list = value(&export, "no_proxy").unwrap();
        let expected = match expected {
            "-" => ALWAYS.to_owned(),
            entries => format!("{ALWAYS},{entries}"),
        };
        let losses = losses(&export);
        let said = match says {
            "-" => losses.is_empty(),
            words => losses.len() == 1 && losses[0].contains(words),
        };
        if list != expected || !said {
            wrong.push(format!("{rules} ({why}): {list} {losses:?}"));
        }
        assert!(!list.contains([' ', '*', '[', ']']), "{list}");
    }
    assert!(rows.count() > 30);
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_spelling_has_one_value_and_the_rest_is_unset() {
    let export = of_rules(&[]);
    for name in ["http_proxy", "https_proxy", "ftp_proxy", "ftps_proxy"] {
        assert_eq!(value(&export, name).unwrap(), PROXY);
        assert_eq!(value(&export, &name.to_uppercase()).unwrap(), PROXY);
    }
    assert_eq!(value(&export, "NO_PROXY").unwrap(), ALWAYS);
    for name in NEVER {
        assert_eq!(value(&export, name), None);
    }
    let variables = export.variables(&|_| None, None);
    assert!(!variables.iter().any(|v| CA_VARIABLES.contains(&v.name)));
    let variables = export.variables(&|_| None, Some("/ca.pem"));
    let bundle = Some(Secret::new("/ca.pem"));
    let told = variables.iter().filter(|variable| variable.value == bundle);
    assert_eq!(told.count(), CA_VARIABLES.len());
}

#[test]
fn a_star_unsets_everything() {
    for export in [
        of_rules(&["corp.test:80", "*"]),
        export("", &[("http_proxy", PROXY), ("no_proxy", "*")]).unwrap(),
        // A bypassed target does not ask for the proxy.
        export("", &[("http_proxy", "htp://x"), ("no_proxy", "*")]).unwrap(),
        export("", &[]).unwrap(),
        export("", &[("no_proxy", "corp.test:80")]).unwrap(),
    ] {
        let variables = export.variables(&|_| None, None);
        assert!(variables.iter().all(|variable| variable.value.is_none()));
        assert_eq!(losses(&export), [""; 0]);
    }
}

#[test]
fn each_scheme_has_the_proxy_of_its_variable() {
    let variables = [
        ("http_proxy", "u:secret@a.test:1"),
        ("HTTPS_PROXY", "socks5h://b.test"),
        ("no_proxy", ".corp.test"),
    ];
    let export = export("", &variables).unwrap();
    assert_eq!(value(&export, "HTTP_PROXY").unwrap(), "http://a.test:1");
    assert_eq!(
        value(&export, "https_proxy").unwrap(),
        "socks5h://b.test:1080"
    );
    for name in ["ftp_proxy", "FTP_PROXY", "ftps_proxy"] {
        assert_eq!(value(&export, name), None);
    }
    assert_eq!(export.proxies().count(), 2);
    let socks = "socks5h://b.test:1080 (variable HTTPS_PROXY) speaks SOCKS";
    assert!(losses(&export)[0].contains(socks));
    let said = habits(&export);
    assert!(
        said.contains("exempt notcorp.test as well") && !said.contains("GET ftp"),
        "{said}"
    );
}

#[test]
fn all_proxy_becomes_one_for_each_scheme() {
    let export = export("", &[("ALL_PROXY", "p.test"), ("ftp_proxy", "f.test:2121")]).unwrap();
    assert_eq!(value(&export, "http_proxy").unwrap(), "http://p.test:80");
    assert_eq!(value(&export, "ftp_proxy").unwrap(), "http://f.test:2121");
    assert_eq!(value(&export, "ALL_PROXY"), None);
    assert!(habits(&export).contains("GET ftp://"));
}

#[test]
fn what_is_wrong_is_never_direct() {
    let wrong = export("", &[("ftp_proxy", "htp://x")]).unwrap_err();
    assert!(
        wrong.to_string().contains("find the way for ftp: "),
        "{wrong}"
    );
    let strict = "[policy]\ndirect = \"bypass-only\"\n";
    let error = export(strict, &[("http_proxy", PROXY)]).unwrap_err();
    assert_eq!(error.kind(), crate::base::Kind::Policy);
    assert!(
        error
            .to_string()
            .contains("no proxy is configured for https"),
        "{error}"
    );
}

#[test]
fn a_strict_policy_lists_this_machine_and_its_metadata() {
    let toml = format!("[policy]\ndirect = \"bypass-only\"\n[proxy]\nurl = \"{PROXY}\"\n");
    let strict = export(&toml, &[]).unwrap();
    assert_eq!(value(&strict, "no_proxy").unwrap(), ALWAYS);
    assert!(habits(&strict).contains("this machine (localhost, 127.0.0.1, ::1) is listed"));
}

#[test]
fn metadata_with_a_proxy_of_its_own_is_not_listed() {
    for (connection, expected) in [
        ("url = \"http://169.254.169.254/\"", true),
        (
            "url = \"http://169.254.169.254/\"\nproxy = \"direct\"",
            true,
        ),
        (
            "url = \"http://169.254.169.254/\"\nproxy = \"global\"",
            false,
        ),
        (
            "url = \"http://169.254.169.254/x/\"\nproxy = { url = \"http://p.test:3128\" }",
            false,
        ),
        // Others would ask the global one.
        (
            "url = \"http://169.254.169.254/x/\"\nproxy = { url = \"http://q.test\" }",
            true,
        ),
        ("url = \"http://169.254.170.2/\"\nproxy = \"global\"", true),
    ] {
        let toml = format!("[proxy]\nurl = \"{PROXY}\"\n[connections.imds]\n{connection}\n");
        let list = value(&export(&toml, &[]).unwrap(), "no_proxy").unwrap();
        let entries: Vec<&str> = list.split(',').collect();
        assert_eq!(
            entries.contains(&"169.254.169.254"),
            expected,
            "{connection}"
        );
        assert!(entries.contains(&"169.254.170.23"), "{list}");
    }
}

#[test]
fn blocks_are_written_out_up_to_a_bound() {
    let rules: Vec<String> = (0..20).map(|n| format!("10.0.{n}.0/28")).collect();
    let export = of_rules(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    let list = value(&export, "no_proxy").unwrap();
    let entries: Vec<&str> = list.split(',').collect();
    assert_eq!(entries.len(), ALWAYS.split(',').count() + 20 + 256);
    assert!(entries.contains(&"10.0.15.15") && !entries.contains(&"10.0.16.0"));
    assert!(entries.contains(&"10.0.19.0/28"));
    let losses = losses(&export);
    assert_eq!(losses.len(), 4);
    assert!(losses[0].contains("`10.0.16.0/28`") && losses[0].contains("more than 256"));
}

#[test]
fn a_list_fits_into_a_variable() {
    let rules: Vec<String> = (0..10_000).map(|n| format!("host-{n}.corp.test")).collect();
    let export = of_rules(&rules.iter().map(String::as_str).collect::<Vec<_>>());
    let list = value(&export, "no_proxy").unwrap();
    assert!(
        list.len() < 128 * 1024 - "no_proxy=".len(),
        "{}",
        list.len()
    );
    let told = (list.split(',').count() - ALWAYS.split(',').count()) / 2;
    let [said] = losses(&export)[..] else {
        panic!("one line");
    };
    assert!(said.contains(&format!("`host-{told}.corp.test`")), "{said}");
    assert!(
        said.contains(&format!("left out for this: {};", 10_000 - told)),
        "{said}"
    );
}

#[test]
fn credentials_are_told_with_their_password_or_not_at_all() {
    let toml = "[proxy]\nurl = \"http://[fd00::5]:3128\"\nusername = \"us@er\"\n\
                password = \"p:s%s/é ~\"\n";
    let export = export(toml, &[]).unwrap();
    assert_eq!(
        value(&export, "https_proxy").unwrap(),
        "http://[fd00::5]:3128"
    );
    let password = |_: &Proxy| Some(Secret::new("p:s%s/é ~"));
    let variables = export.variables(&password, None);
    let expected = "http://us%40er:p%3As%25s%2F%C3%A9%20~@[fd00::5]:3128";
    assert_eq!(variables[0].value.as_ref().unwrap().expose(), expected);
    assert!(!format!("{variables:?}").contains("p%3As"));
    let bare = of_rules(&[]);
    let variables = bare.variables(&password, None);
    assert_eq!(variables[0].value.as_ref().unwrap().expose(), PROXY);
}

#[test]
fn a_connection_brings_its_proxy_and_its_trust() {
    let policy = Settings::from_toml(
        "[proxy]\nurl = \"http://p.test\"\n\
         [proxies.x]\nurl = \"https://x.test\"\nca_file = \"x.pem\"\ntunnel = \"always\"\n\
         [connections.near]\nurl = \"http://a.test\"\nproxy = \"direct\"\nca_file = \"c.pem\"\n\
         danger_accept_invalid_certs = true\n\
         [connections.far]\nurl = \"http://b.test\"\nproxy = \"x\"\n",
    )
    .unwrap();
    let of = |name: &str| Export::new(&policy, Some(policy.connection(name).unwrap())).unwrap();
    let near = of("near");
    assert_eq!(
        (value(&near, "http_proxy"), value(&near, "no_proxy")),
        (None, None)
    );
    let trusts: Vec<_> = near.trusts().map(|(_, key)| key.to_owned()).collect();
    assert_eq!(trusts, ["connections.near"]);
    assert!(losses(&near)[0].starts_with("connections.near.danger_accept_invalid_certs has no"));
    let far = of("far");
    assert_eq!(value(&far, "ftp_proxy").unwrap(), "https://x.test:443");
    let trusts: Vec<_> = far.trusts().map(|(_, key)| key.to_owned()).collect();
    assert_eq!(trusts, ["proxies.x"]);
    let said = losses(&far).join("\n");
    assert!(
        said.contains("is reached by TLS") && said.contains("in absolute form"),
        "{said}"
    );
    assert!(habits(&far).contains("proxies.x.ca_file x.pem: other programs believe it"));
}

const GLOBAL: &str = "[proxy]\nurl = \"http://p.test:3128\"\n";

#[test]
fn hosts_of_direct_connections_are_exempted() {
    let toml = format!(
        "{GLOBAL}[connections.lake]\nurl = \"https://minio.corp.test:9000/\"\nproxy = \"direct\"\n\
         [connections.store]\nurl = \"http://10.0.0.7/\"\nuse_global_proxy = false\n\
         [connections.out]\nurl = \"https://data.example/\"\n"
    );
    let export = export(&toml, &[]).unwrap();
    let list = value(&export, "no_proxy").unwrap();
    for entry in ["minio.corp.test", ".minio.corp.test", "10.0.0.7"] {
        assert!(list.split(',').any(|other| other == entry), "{list}");
    }
    assert!(!list.contains("data.example"), "{list}");
    assert_eq!(losses(&export), [""; 0]);
    assert!(habits(&export).contains("minio.corp.test is exempted at every port"));
}

#[test]
fn what_connections_do_that_variables_cannot_say_is_told() {
    let cases = [
        (
            "[connections.lake]\nurl = \"http://corp.test/a/\"\nproxy = \"direct\"\n\
             [connections.out]\nurl = \"http://www.corp.test/\"\n",
            "connection `lake` goes directly to corp.test, other programs through the proxy: an \
             entry for it would be one for www.corp.test of `out`",
        ),
        (
            "[policy]\ndirect = \"bypass-only\"\n\
             [connections.lake]\nurl = \"http://corp.test/a/\"\nproxy = \"direct\"\n",
            "a bypass rule `corp.test` allows them",
        ),
        (
            "[policy]\ndirect = \"bypass-only\"\n\
             [connections.lake]\nurl = \"http://10.0.0.7:9000/a/\"\nproxy = \"direct\"\n",
            "a bypass rule `10.0.0.7` allows them",
        ),
        (
            "[connections.partner]\nurl = \"https://partner.test/\"\n\
             proxy = { url = \"http://egress.test:8080\" }\n",
            "connection `partner` goes through http://egress.test:8080",
        ),
    ];
    for (toml, words) in cases {
        let export = export(&format!("{GLOBAL}{toml}"), &[]).unwrap();
        let losses = losses(&export);
        assert!(losses.len() == 1 && losses[0].contains(words), "{losses:?}");
        assert_eq!(value(&export, "no_proxy").unwrap(), ALWAYS, "{toml}");
    }
    // A rule says it already.
    let toml = "[proxy]\nurl = \"http://p.test:3128\"\nbypass = [\"corp.test\"]\n\
                [connections.lake]\nurl = \"http://corp.test/\"\nproxy = \"direct\"\n";
    let export = export(toml, &[]).unwrap();
    assert_eq!(losses(&export), [""; 0]);
    let list = value(&export, "no_proxy").unwrap();
    assert_eq!(list, format!("{ALWAYS},corp.test,.corp.test"));
}

/// A direct policy, and one connection that is none.
#[test]
fn a_proxy_of_one_connection_alone_is_told_on_request() {
    let toml = "[connections.partner]\nurl = \"https://partner.test/\"\n\
                proxy = { url = \"http://egress.test:8080\" }\n\
                [connections.lake]\nurl = \"http://lake.test/\"\nproxy = \"direct\"\n";
    let all = export(toml, &[]).unwrap();
    assert_eq!(value(&all, "https_proxy"), None);
    assert!(losses(&all)[0].contains("`--connection partner` tells them its proxy"));
    let policy = crate::settings::Settings::from_toml(toml).unwrap();
    let partner = policy.connection("partner").unwrap();
    let own = Export::new(&policy, Some(partner)).unwrap();
    assert_eq!(losses(&own), [""; 0]);
    let list = value(&own, "no_proxy").unwrap();
    assert!(list.ends_with("lake.test,.lake.test"), "{list}");
}

/// An entry for a direct host must send nobody past a proxy: neither the connection that was asked
/// for, nor one with a proxy of its own.
#[test]
fn no_entry_for_what_goes_through_any_proxy() {
    let lake = "[connections.lake]\nurl = \"http://corp.test/a/\"\nproxy = \"direct\"\n";
    let own = format!("{GLOBAL}{lake}[connections.out]\nurl = \"http://www.corp.test/\"\n");
    let policy = crate::settings::Settings::from_toml(&own).unwrap();
    let out = policy.connection("out").unwrap();
    let told = Export::new(&policy, Some(out)).unwrap();
    assert_eq!(value(&told, "no_proxy").unwrap(), ALWAYS);
    let other = "[connections.x]\nurl = \"http://x.corp.test/\"\n\
                 proxy = { url = \"http://egress.test:8080\" }\n";
    let told = export(&format!("{GLOBAL}{lake}{other}"), &[]).unwrap();
    assert_eq!(value(&told, "no_proxy").unwrap(), ALWAYS);
    // One proxy written twice, and a scheme without variables: nothing to say.
    let same = "[connections.y]\nurl = \"http://y.test/\"\nproxy = { url = \"http://p.test:3128\" }\n\
                [connections.w]\nurl = \"ws://w.test/\"\n";
    let told = export(&format!("{GLOBAL}{same}"), &[]).unwrap();
    assert_eq!(losses(&told), [""; 0]);
}
