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
fn the_lines_to_add_are_for_the_port_the_host_and_the_product() {
    let proxy = Proxy::new(
        crate::base::ProxyScheme::Http,
        url::Host::Domain("proxy.example".into()),
        3128,
        Origin::Default,
    );
    let both = answer(403, "", "");
    for (url, lines) in [
        (
            "ftp://ftp.example",
            [
                "AllowConnect 21 443 1024-65535",
                "acl port_21_1024-65535 port 21 1024-65535",
            ],
        ),
        (
            "ftp://ftp.example:990",
            [
                "AllowConnect 443 990 1024-65535",
                "acl host_ftp.example dstdomain -n ftp.example",
            ],
        ),
        (
            "ftp://192.0.2.1:50000",
            [
                "AllowConnect 443 1024-65535",
                "acl port_1024-65535 port 1024-65535",
            ],
        ),
        (
            "ftp://[2001:db8::1]:50000",
            [
                "<ProxyMatch \"(?i)^(?!\\[2001:db8::1\\]:)[^/]*:(102[4-9]|",
                "acl host_2001:db8::1 dst -n 2001:db8::1",
            ],
        ),
        (
            "https://h.example",
            [
                "AllowConnect 443\n  squid ",
                "http_access allow localnet CONNECT host_h.example port_443",
            ],
        ),
        (
            "https://h.example:8443",
            [
                "AllowConnect 443 8443\n",
                "<ProxyMatch \"(?i)^(?!h[.]example:)[^/]*:8443$\">",
            ],
        ),
    ] {
        let advice = refused(&proxy, &Target::parse(url).unwrap(), &both);
        for line in lines {
            assert!(advice.contains(line), "{url}: {line} is not in: {advice}");
        }
    }
    let target = Target::parse("https://h.example").unwrap();
    for (server, apache, squid) in [
        ("", true, true),
        ("squid/5.7", false, true),
        ("Apache/2.4 (Debian)", true, false),
        ("Zscaler/6.2", false, false),
    ] {
        let advice = refused(&proxy, &target, &answer(403, server, ""));
        assert_eq!(advice.contains("AllowConnect"), apache, "{server}");
        assert_eq!(advice.contains("http_access"), squid, "{server}");
    }
    // What is no matter of a list has no lines either.
    let advice = refused(&proxy, &target, &answer(426, "squid/5.7", ""));
    assert_eq!(
        advice,
        "ask the proxy's administrator to allow CONNECT to h.example:443"
    );
    // A name that no configuration can have is named, and has no lines.
    let odd = Target::new(Scheme::Https, url::Host::Domain("a*b".into()), 443);
    let advice = refused(&proxy, &odd, &both);
    assert_eq!(
        advice,
        "ask the proxy's administrator to allow CONNECT to a*b:443"
    );
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
