use std::time::Duration;

use super::*;
use crate::base::Steps;
use crate::route;
use crate::settings::Settings;

fn answer(code: u16, server: &str, squid_error: &str) -> Answer {
    let mut answer = Answer::new(code, "");
    let told = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    answer.server = told(server);
    answer.squid_error = told(squid_error);
    answer
}

#[test]
fn the_line_to_add_is_for_the_port_the_host_and_the_product() {
    let both = answer(403, "", "");
    let cases = [
        (
            "ftp://ftp.example",
            &both,
            "AllowConnect 20 21 443 1024-65535",
        ),
        (
            "ftp://ftp.example",
            &both,
            "acl ftp_ports port 21 1024-65535; acl ftp_site dstdomain ftp.example;",
        ),
        (
            "ftp://ftp.example:990",
            &both,
            "AllowConnect 20 21 990 443 1024-65535",
        ),
        (
            "ftp://192.0.2.1:50000",
            &both,
            "acl ftp_data port 1024-65535; acl ftp_site dst 192.0.2.1;",
        ),
        (
            "ftp://[2001:db8::1]:50000",
            &both,
            "acl ftp_site dst 2001:db8::1;",
        ),
        ("https://h.example", &both, "AllowConnect 443\n"),
        ("https://h.example:8443", &both, "AllowConnect 443 8443\n"),
        (
            "https://h.example:8443",
            &both,
            "acl SSL_ports port 8443; acl site dstdomain h.example;",
        ),
    ];
    for (url, answer, line) in cases {
        let advice = refused(&Target::parse(url).unwrap(), answer);
        assert!(advice.contains(line), "{url}: {line} is not in: {advice}");
    }
    let target = Target::parse("https://h.example").unwrap();
    for (server, apache, squid) in [
        ("", true, true),
        ("squid/5.7", false, true),
        ("Apache/2.4 (Debian)", true, false),
    ] {
        let advice = refused(&target, &answer(403, server, ""));
        assert_eq!(advice.contains("AllowConnect"), apache, "{server}");
        assert_eq!(advice.contains("http_access"), squid, "{server}");
    }
}

#[test]
fn what_opened_a_tunnel_is_told_of_a_fault_right_behind_it() {
    let policy = Settings::from_toml("[proxy]\nurl = \"http://proxy.example\"\n").unwrap();
    let target = Target::parse("ftp://ftp.example").unwrap();
    let route = route::resolve(&policy, None, &target).unwrap();
    let proxy = route.proxy().unwrap();
    let behind = |kind, stages: &[(Stage, &str)], reply: Option<u16>| {
        let mut steps = Steps::default();
        for (stage, answer) in stages {
            steps.pass(*stage, "", answer, Duration::ZERO);
        }
        let error = Error::new(kind, Stage::Request, "it failed").after(steps);
        let error = match reply {
            Some(code) => error.with_answer(Answer::new(code, "")),
            None => error,
        };
        behind_tunnel(error, proxy, &target)
    };
    let connect = (Stage::Connect, "200");
    let (login, data) = ((Stage::Login, "230"), (Stage::Data, "200"));
    for (kind, stages, reply, side, also) in [
        (Kind::Cut, vec![connect], None, Side::Network, "200"),
        (Kind::Tls, vec![connect], None, Side::Target, ""),
        (
            Kind::Tls,
            vec![(Stage::Connect, "204")],
            None,
            Side::Proxy,
            "204",
        ),
        (
            Kind::TargetRefused,
            vec![connect],
            Some(403),
            Side::Target,
            "",
        ),
        // The target had spoken.
        (Kind::Timeout, vec![connect, login], None, Side::Target, ""),
        (
            Kind::TargetUnavailable,
            vec![connect, login, data],
            Some(425),
            Side::Proxy,
            "200",
        ),
        (
            Kind::TargetUnavailable,
            vec![connect, login, data],
            Some(450),
            Side::Target,
            "",
        ),
        (
            Kind::Timeout,
            vec![connect, login, data],
            None,
            Side::Network,
            "200",
        ),
    ] {
        let error = behind(kind, &stages, reply);
        let said = match also {
            "" => "it failed".to_owned(),
            also => format!("it failed; the proxy had answered CONNECT with {also}"),
        };
        assert_eq!(
            (error.what(), error.side()),
            (&*said, side),
            "{kind:?} {stages:?}"
        );
    }
}

#[test]
fn a_5xx_is_the_targets_where_the_proxy_says_so() {
    let target = Target::parse("https://h.example").unwrap();
    let cases = [
        (
            503,
            "squid",
            "ERR_CONNECT_FAIL 111",
            Side::Target,
            "refused the proxy's connection",
        ),
        (
            503,
            "squid",
            "ERR_CONNECT_FAIL 110",
            Side::Target,
            "could not reach h.example:443",
        ),
        (
            503,
            "squid",
            "ERR_DNS_FAIL 0",
            Side::Target,
            "does not know the name h.example",
        ),
        (
            502,
            "squid",
            "ERR_ZERO_SIZE_OBJECT 0",
            Side::Target,
            "may want TLS",
        ),
        (503, "Apache", "", Side::Target, "not reach h.example:443"),
        (503, "", "", Side::Proxy, "cannot reach h.example:443"),
        (502, "", "", Side::Target, "could not reach h.example:443"),
        (504, "", "", Side::Target, "could not reach h.example:443"),
        (500, "", "", Side::Proxy, "overloaded"),
    ];
    for (code, server, error, side, words) in cases {
        let (_, found, hint) = unavailable(&target, &answer(code, server, error));
        assert_eq!(found, side, "{code} {server} {error}");
        assert!(hint.contains(words), "{code} {server} {error}: {hint}");
    }
}
