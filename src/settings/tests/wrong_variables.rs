//! Environment variables that say nothing, or nothing that can be read.

use super::*;

#[test]
fn variables_that_mean_nothing_draw_a_warning_and_misspelt_ones_an_error() {
    let known = "known are OUTBOUND_CONFIG, OUTBOUND_PROXY, OUTBOUND_NO_PROXY, OUTBOUND_LOG";
    let nothing = "no setting has this variable, it is ignored";
    // The name; what is meant by it.
    let cases = [
        ("OUTBOUND_PROXI", Some("OUTBOUND_PROXY")),
        ("OUTBOUND_PORXY", Some("OUTBOUND_PROXY")),
        ("OUTBOUND_NOPROXY", Some("OUTBOUND_NO_PROXY")),
        ("OUTBOUND_CONFG", Some("OUTBOUND_CONFIG")),
        ("OUTBOUND_LOGS", Some("OUTBOUND_LOG")),
        ("OUTBOUND_proxy", Some("OUTBOUND_PROXY")),
        ("outbound_proxy", Some("OUTBOUND_PROXY")),
        // Not near, although most letters agree.
        ("OUTBOUND_DIR", None),
        ("OUTBOUND_PEERS", None),
        ("OUTBOUND_", None),
    ];
    for (name, meant) in cases {
        let built = variables(Layers::new(), &[(name, "p")]).build();
        match (meant, built) {
            (Some(meant), Err(problems)) => {
                let expected = format!(
                    "variable {name}: no setting has this variable; did you mean `{meant}`?"
                );
                assert_eq!(said(problems.iter()), [expected]);
            }
            (None, Ok(policy)) => {
                let expected = format!("warning variable {name}: {nothing}; {known}");
                assert_eq!(said(policy.warnings()), [expected]);
            }
            (_, built) => panic!("{name}: {built:?}"),
        }
    }
    // Known ones, those that keep a secret, and those of others.
    let text = "[proxy]\nurl = \"p\"\nusername = \"u\"\npassword = { env = \"OUTBOUND_PROXI\" }\n";
    let layers = Layers::new().toml("/etc/f.toml", text);
    let given = [
        ("OUTBOUND_PROXI", "x"),
        ("OUTBOUND_LOG", "info"),
        ("HOME", "/"),
    ];
    let policy = variables(layers, &given).build().unwrap();
    assert_eq!(policy.warnings(), []);
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf8_names_its_variable() {
    use std::os::unix::ffi::OsStringExt;
    let value = || std::ffi::OsString::from_vec(b"http://p\xff".to_vec());
    let none: [&str; 0] = [];
    let layers = Layers::new().variables(|name| (name == "OUTBOUND_PROXY").then(value), none);
    let lines = said(layers.build().unwrap_err().iter());
    assert_eq!(lines, ["variable OUTBOUND_PROXY: the value is not UTF-8"]);

    let layers = Layers::new().variables(|name| (name == "http_proxy").then(value), none);
    let policy = layers.build().unwrap();
    assert_eq!(policy.warnings(), []);
    let doubts = said(&policy.doubts());
    assert_eq!(
        doubts,
        ["warning variable http_proxy: the value is not UTF-8"]
    );
}
