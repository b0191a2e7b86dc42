//! Lines for a configuration that runs: they let pass what is declared, and open nothing else.

use super::{declared_pass, file, printed, servers, settings, status};
use crate::kit::{Program, shared};
use crate::support::peers::process::fixture;
use crate::support::peers::{self, Apache, Squid, Tinyproxy, squid};

#[test]
fn for_debians_squid() {
    let printed = printed(&settings(super::nowhere()), &["--for", "squid"]);
    let squid = Squid::stock(&file(&printed, 0));
    // Its own rules let this machine go to every host at 443, and to every http:// host.
    declared_pass(squid.address());
    let https = shared().nginx.https_port();
    for host in ["localhost", "origin.test", "127.0.0.2"] {
        // That one has the data ports of FTP.
        if host != "localhost" {
            assert_eq!(
                status(squid.address(), &format!("CONNECT {host}:{https}")),
                403
            );
        }
        assert_eq!(status(squid.address(), &format!("CONNECT {host}:444")), 403);
    }
}

/// A name that was declared does not count for the address that it has, nor the other way round:
/// without -n Squid looks both up.
#[test]
fn squid_takes_no_address_for_a_name() {
    let https = shared().nginx.https_port();
    for (declared, others) in [
        ("origin.test", ["127.0.0.1", "localhost"]),
        ("localhost", ["127.0.0.1", "origin.test"]),
        ("127.0.0.1", ["localhost", "origin.test"]),
        // As it comes over the wire; Squid takes the dot off.
        ("origin.test.", ["127.0.0.1", "localhost"]),
    ] {
        let url = format!("https://{declared}:{https}/");
        let printed = printed("[proxy]\nurl = \"http://h\"\n", &["--for", "squid", &url]);
        let squid = Squid::stock(&file(&printed, 0));
        let line = |host| status(squid.address(), &format!("CONNECT {host}:{https}"));
        assert_eq!(line(declared), 200, "{declared}");
        for other in others {
            assert_eq!(line(other), 403, "{declared}: {other}");
        }
    }
}

/// The user that the settings show is the only one whom the lines let pass.
#[test]
fn squid_goes_on_to_ask_for_the_password() {
    let https = shared().nginx.https_port();
    let user = |name: &str| {
        let of = |proxy: &str| {
            format!(
                "[proxy]\nurl = \"{proxy}\"\nusername = \"{name}\"\npassword = {{ file = \"secret\" }}\n\
                 [connections.secure]\nurl = \"{}\"\nca_file = \"{}\"\n",
                shared().nginx.https("/"),
                shared().ca.display()
            )
        };
        let printed = printed(&of("http://h"), &["--for", "squid"]);
        let lines = format!("acl localnet src 127.0.0.0/8\n{}", file(&printed, 0));
        let squid = Squid::start(squid::Options {
            password: true,
            tunnel_ports: "1".to_owned(),
            above: Some(("http_access deny !Safe_ports".to_owned(), lines)),
            ..squid::Options::default()
        });
        let line = format!("CONNECT 127.0.0.1:{https}");
        assert_eq!(status(squid.address(), &line), 407, "without a password");
        let settings = of(&squid.url()).replace(name, squid::USER);
        let program = Program::with_settings(&settings);
        let secret = program.file("config/outbound/secret");
        std::fs::write(secret, squid::PASSWORD).unwrap();
        program.run(&["check", "secure:small.bin"])
    };
    user(squid::USER).expect(0);
    user("somebody").expect(6);
}

#[test]
fn for_the_sample_of_apache() {
    let printed = printed(&settings(super::nowhere()), &["--for", "apache"]);
    let apache = Apache::start_with(&file(&printed, 0));
    declared_pass(apache.address());
    // The sample's own AllowConnect had let this pass.
    let ftp = servers().ftp.port();
    assert_eq!(
        status(
            peers::apache().address(),
            &format!("CONNECT 127.0.0.1:{ftp}")
        ),
        200
    );
    assert_eq!(
        status(apache.address(), &format!("CONNECT 127.0.0.1:{ftp}")),
        403
    );
}

/// Where tinyproxy has a list of hosts, the same lines let the hosts pass.
#[test]
fn for_a_tinyproxy_with_a_list() {
    let printed = printed(
        &settings(super::nowhere()),
        &["--for", "tinyproxy", "--connections", "plain,secure"],
    );
    let https = shared().nginx.https_port();
    assert!(file(&printed, 0).contains(&format!("\nConnectPort {https}\n")));
    for urls in ["On", "Off"] {
        let tinyproxy = Tinyproxy::start_as(|port, list| {
            let configuration = fixture("tinyproxy.conf");
            let own = configuration.lines().filter(|line| !line.contains('@'));
            let own: Vec<&str> = own.collect();
            let text = format!(
                "Port {port}\n{}\nFilter \"{list}\"\nFilterURLs {urls}\nFilterExtended On\n\
                 FilterDefaultDeny Yes\nConnectPort 443\n{}",
                own.join("\n"),
                file(&printed, 0)
            );
            (text, file(&printed, 1))
        });
        let program = Program::with_settings(&settings(tinyproxy.address()));
        for url in ["plain:small.bin", "secure:small.bin"] {
            program.run(&["check", url]).expect(0);
        }
        for host in ["localhost", "127.0.0.2"] {
            let line = format!("CONNECT {host}:{https}");
            assert_eq!(status(tinyproxy.address(), &line), 403, "{urls}: {line}");
        }
    }
}
