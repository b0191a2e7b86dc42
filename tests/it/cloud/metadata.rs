//! Instance metadata stays on the machine: outbound's own way, and what other programs make of the
//! variables.

use super::{proxy, python};
use crate::kit::Program;
use crate::support::peers::Squid;
use crate::support::scripted::{Scripted, Step};

const HOSTS: [&str; 6] = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "[fd00:ec2::254]",
    "[fd00:ec2::23]",
    "metadata.google.internal",
];

#[test]
fn route_says_that_it_is_built_in() {
    let words = "built in: instance metadata stays on this machine";
    for settings in [
        "[proxy]\nurl = \"http://p.test:3128\"\n",
        "[proxy]\nurl = \"http://p.test:3128\"\nbypass = []\n[policy]\ndirect = \"bypass-only\"\n",
        "[policy]\ndirect = \"bypass-only\"\n",
    ] {
        let program = Program::with_settings(settings);
        for host in HOSTS {
            let url = format!("http://{host}/latest/meta-data/");
            let ran = program.run(&["route", &url]).expect(0);
            let expected = format!("{url}  direct\n  because     {words}\n");
            assert!(ran.out.starts_with(&expected), "{}", ran.out);
            let passed = "  not         global proxy http://p.test:3128: instance metadata goes to \
                          no proxy, but by a connection at it that names one (";
            let has_proxy = settings.contains("[proxy]");
            assert_eq!(ran.out.contains(passed), has_proxy, "{}", ran.out);
            let ran = program.run(&["route", "--json", "--proxy", "http://q.test", &url]);
            let told = ran.expect(0).json();
            assert_eq!(
                (&told["way"], &told["reason"]),
                (&"direct".into(), &words.into())
            );
        }
    }
}

/// Python's own library, requests, and the one by which boto3 asks for credentials.
const ASKED: &str = "import sys, urllib.request, requests.utils, botocore.utils
for url in sys.argv[1:]:
    host = url.split('/')[2]
    print(url,
        bool(urllib.request.proxy_bypass(host)),
        bool(requests.utils.should_bypass_proxies(url, None)),
        not botocore.utils.get_environ_proxies(url))";

#[test]
fn other_programs_keep_it_too() {
    let (squid, toml) = proxy(false);
    for policy in ["", "[policy]\ndirect = \"bypass-only\"\n"] {
        let program = Program::with_settings(&format!("{toml}{policy}"));
        // Python's rules for IPv6 want brackets, which break other programs: docs/guide.md says so.
        let named: Vec<String> = HOSTS
            .iter()
            .filter(|host| !host.starts_with('['))
            .map(|host| format!("http://{host}/latest/"))
            .collect();
        let mut urls: Vec<&str> = named.iter().map(String::as_str).collect();
        urls.push("http://origin.test/");
        let ran = python(&program, false, ASKED, &urls).expect(0);
        let mut expected: String = named
            .iter()
            .map(|url| format!("{url} True True True\n"))
            .collect();
        expected += "http://origin.test/ False False False\n";
        assert_eq!(ran.out, expected);
    }
    assert_eq!(squid.log(), "");
}

#[test]
fn a_connection_there_may_name_a_proxy() {
    let (squid, toml) = proxy(false);
    let toml = format!(
        "{toml}[connections.imds]\nurl = \"http://169.254.169.254/latest/\"\nproxy = \"global\"\n"
    );
    let program = Program::with_settings(&toml);
    let ran = program.run(&["route", "imds:meta-data/"]).expect(0);
    assert!(
        ran.out.contains(&format!("through {}", squid.url())),
        "{}",
        ran.out
    );
    let ran = program.run(&["env"]).expect(0);
    let list = ran
        .out
        .lines()
        .find(|line| line.contains("no_proxy="))
        .unwrap();
    assert!(!list.contains("169.254.169.254"), "{list}");
    assert!(list.contains("169.254.170.2,"), "{list}");
}

/// A server sends a fetch to where this machine's credentials are.
#[test]
fn no_redirect_leads_there() {
    let (squid, toml): (Squid, _) = proxy(false);
    let hostile = Scripted::each(vec![
        Step::head(),
        Step::write(
            "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/meta-data/\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n",
        ),
        Step::Close,
    ]);
    let program = Program::with_settings(&toml);
    let url = format!("http://origin.test:{}/air.csv", hostile.port());
    program.run(&["fetch", &url]).expect(9).says(
        "the redirect leads to this machine's instance metadata: \
         `http://169.254.169.254/latest/meta-data/`",
    );
    assert_eq!(program.files(), [""; 0]);
    assert!(!squid.log().contains("169.254"), "{}", squid.log());
}
