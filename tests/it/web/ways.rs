//! Through a forward proxy, and what goes wrong before the deployment can be judged.

use std::io::{BufRead as _, BufReader};

use super::{MEANS, Site, findings, of, trusted};
use crate::kit::{Program, Ran, Running, signal};
use crate::support::deployment::{Deployment, Recipe};
use crate::support::peers::squid;
use crate::support::peers::squid::{Options, Squid};
use crate::support::sockets::Closed;
use crate::support::web_app::Manner;

fn through(site: &Site, proxy: &str, arguments: &[&str]) -> Ran {
    let proxy = format!("[proxy]\nurl = \"{proxy}\"\n");
    let program = Program::with_settings(&site.settings("origin.test", &proxy));
    let url = site.deployment.url("origin.test", "/");
    let mut all = vec!["check", "--web", &url];
    all.extend(arguments);
    program.run(&all)
}

/// In a tunnel, and in absolute form: a WebSocket goes by CONNECT both times.
#[test]
fn through_squid() {
    for (recipe, passed) in [(Recipe::NginxHttps, 9), (Recipe::NginxHttp, 8)] {
        let site = Site::start(
            recipe,
            Manner {
                checks_origin: true,
                ..Manner::default()
            },
            &[],
        );
        let mut arguments = MEANS.to_vec();
        arguments.push("--json");
        let ran = through(&site, &squid().url(), &arguments).expect(0);
        let found = findings(&ran);
        let mut good = of(&found, &["ok"]);
        good.dedup();
        assert_eq!(good.len(), passed, "{}", ran.out);
        assert!(ran.out.contains("\"way\":\"proxy\""), "{}", ran.out);
    }
}

/// What is missing behind a forward proxy is named as well; for what is silent, the proxy may be it.
#[test]
fn through_squid_with_lines_missing() {
    let changes = [
        ("proxy_read_timeout 3600;", "proxy_read_timeout 1s;"),
        ("client_max_body_size 0;", ""),
        ("proxy_redirect http://$host https://$host;", ""),
    ];
    let site = Site::start(Recipe::NginxHttps, Manner::default(), &changes);
    let ran = through(&site, &squid().url(), &MEANS).expect(9);
    for line in [
        "FAIL   redirects ",
        "FAIL   idle ",
        "FAIL   request ",
        "FAIL   upload ",
        "nginx       client_max_body_size 0;",
        "code        OUT-WEB-UPLOAD-REFUSED",
        "or          it is the proxy on the way, http://127.0.0.1:",
    ] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
}

/// A proxy that does not let WebSocket's tunnel through says nothing of the deployment.
#[test]
fn a_proxy_that_refuses_the_tunnel_is_a_doubt() {
    let strict = Squid::start(Options {
        tunnel_ports: "1".to_owned(),
        ..Options::default()
    });
    let site = Site::start(Recipe::NginxHttp, Manner::default(), &[]);
    let ran = through(&site, &strict.url(), &["--json"]).expect(0);
    let found = findings(&ran);
    assert_eq!(of(&found, &["doubt"]), ["websocket"], "{}", ran.out);
    assert!(ran.out.contains("the proxy answered 403"), "{}", ran.out);
    // The lines for it stand as lines, in both forms.
    let doubtful = found.iter().find(|one| one["item"] == "websocket").unwrap();
    let means = doubtful["means"].as_str().unwrap();
    let lines: Vec<&str> = means.lines().map(str::trim_start).collect();
    let rule = lines.iter().find(|line| line.starts_with("acl host_"));
    assert!(rule.is_some() && !means.contains('\\'), "{means}");
    let text = through(&site, &strict.url(), &[]).expect(0).out;
    let mut shown = text.lines().map(str::trim_start);
    assert!(shown.any(|line| Some(&line) == rule), "{text}");
    assert!(!text.contains("\\n"), "{text}");
}

/// The reverse proxy is there, the application is not.
#[test]
fn an_application_that_is_down() {
    for recipe in [Recipe::NginxHttp, Recipe::Apache] {
        let app = Closed::new();
        let deployment = Deployment::start(recipe, app.port(), &trusted().0, &[]);
        let url = deployment.url("127.0.0.1", "/");
        let ran = Program::new()
            .run(&["check", "--web", &url, "--idle", "1"])
            .expect(9);
        for line in [
            "  FAIL   reach       GET /: 50",
            "means       the reverse proxy is reached, and the application behind it does not answer",
            "  -      redirects, prefix, websocket, idle, request, download, upload\n",
            "                     not tested: the deployment is not reached\n",
            "FAIL: 1 failed, 0 in doubt, 0 passed, 8 not tested",
        ] {
            assert!(ran.out.contains(line), "{line}: {}", ran.out);
        }
    }
}

#[test]
fn a_deployment_that_is_not_there() {
    let closed = Closed::new();
    let url = closed.url();
    let ran = Program::new()
        .run(&["check", "--web", &url, "--json"])
        .expect(5);
    let found = findings(&ran);
    assert_eq!(of(&found, &["fail"]), ["reach"], "{}", ran.out);
    assert_eq!(of(&found, &["not-tested"]).len(), 8, "{}", ran.out);
}

/// For another name, through a proxy that resolves it, and of an authority that is not trusted.
#[test]
fn a_certificate_that_is_not_the_right_one() {
    let site = Site::start(Recipe::NginxHttps, Manner::default(), &[]);
    let is_wrong = |settings: &str, host: &str, code: &str| {
        let url = site.deployment.url(host, "/");
        let program = Program::with_settings(settings);
        let ran = program.run(&["check", "--web", &url, "--json"]).expect(8);
        let found = findings(&ran);
        assert_eq!(of(&found, &["fail"]), ["certificate"], "{}", ran.out);
        assert_eq!(of(&found, &["not-tested"]).len(), 8, "{}", ran.out);
        assert!(ran.out.contains(code), "{code}: {}", ran.out);
    };
    let proxy = format!("[proxy]\nurl = \"{}\"\n", squid().url());
    is_wrong(
        &site.settings("ftp.test", &proxy),
        "ftp.test",
        "OUT-TLS-WRONG-NAME",
    );
    is_wrong("", "localhost", "OUT-TLS-UNKNOWN-ISSUER");
}

/// A prefix that the application knows nothing of.
#[test]
fn a_prefix_before_the_application() {
    let changes = [("location / {", "location /dss/ {")];
    let site = Site::start(Recipe::NginxHttp, Manner::default(), &changes);
    let ran = site.check("/dss/home/", &["--json"]);
    let found = findings(&ran);
    assert_eq!(of(&found, &["fail"]), ["prefix"], "{}", ran.out);
    assert!(ran.out.contains("OUT-WEB-PREFIX"), "{}", ran.out);
    // Its redirect leads out of the prefix, to where nothing is.
    let ran = site.check("/dss/", &["--json"]);
    assert_eq!(of(&findings(&ran), &["fail"]), ["prefix"], "{}", ran.out);
    // At the root it is a path like others.
    let site = Site::start(Recipe::NginxHttp, Manner::default(), &[]);
    let ran = site.check("/home/", &["--json"]).expect(0);
    assert!(
        of(&findings(&ran), &["ok"]).contains(&"prefix".to_owned()),
        "{}",
        ran.out
    );
}

/// Where redirects lead that are no page of the application's, and what that shows.
#[test]
fn redirects_that_leave() {
    let (http, https) = (Recipe::NginxHttp, Recipe::NginxHttps);
    for (recipe, line, verdict, told) in [
        (
            http,
            "return 302 https://login.example.com/?t=token;",
            "doubt",
            "to https://login.example.com/?…",
        ),
        (
            http,
            "return 301 https://$http_host$request_uri;",
            "ok",
            "to https://localhost:",
        ),
        (
            http,
            "return 302 http://10.1.2.3/;",
            "fail",
            "OUT-WEB-REDIRECT-HOST",
        ),
        (
            https,
            "return 302 https://$http_host$request_uri;",
            "fail",
            "OUT-WEB-REDIRECT-SCHEME",
        ),
        (
            https,
            "add_header Set-Cookie a=b always; return 302 https://$http_host$request_uri;",
            "doubt",
            "where it was before",
        ),
    ] {
        let site = Site::start(recipe, Manner::default(), &[("# Allow long queries", line)]);
        let ran = site.check("/", &["--json"]);
        let found = findings(&ran);
        assert_eq!(found[2]["item"], "redirects");
        assert_eq!(found[2]["verdict"], verdict, "{line}: {}", found[2]);
        assert!(found[2].to_string().contains(told), "{told}: {}", found[2]);
        assert!(!ran.out.contains("token"), "{}", ran.out);
    }
}

/// The rest of the deployment answers, and where the WebSocket is, nothing does.
#[test]
fn a_websocket_whose_application_is_down() {
    let closed = Closed::new();
    let port = closed.port();
    let dead = format!(
        "location /socket.io/ {{ proxy_pass http://127.0.0.1:{port}; }}\n    location / {{"
    );
    let site = Site::start(
        Recipe::NginxHttp,
        Manner::default(),
        &[("location / {", &dead)],
    );
    let ran = site.check("/", &[]).expect(0);
    let line = "  doubt  websocket   GET /socket.io/?…: 502 Bad Gateway";
    assert!(ran.out.contains(line), "{}", ran.out);
    let means = "the reverse proxy says that the application does not answer there";
    assert!(ran.out.contains(means), "{}", ran.out);
}

/// What was found until then is told, what is under way, and what had no turn.
#[test]
fn a_check_that_is_stopped() {
    let site = Site::start(Recipe::NginxHttp, Manner::default(), &[]);
    let url = site.deployment.url("localhost", "/");
    for flag in [None, Some("--json")] {
        let program = Program::new();
        let mut arguments = vec![
            "check",
            "-v",
            "--web",
            &url,
            "--idle",
            "600",
            "--probe-url",
            "/slow",
        ];
        arguments.extend(flag);
        let mut command = program.command(&arguments);
        let mut child = Running::start(&mut command);
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        // The log tells of the 101.
        said.find(|line| line.as_ref().unwrap().contains("101 Switching"))
            .unwrap()
            .unwrap();
        signal(&child, "INT");
        let rest = std::thread::spawn(move || said.count());
        let ran = child.end().expect(130);
        rest.join().unwrap();
        if flag.is_some() {
            let found = findings(&ran);
            assert!(
                of(&found, &["ok"]).contains(&"reach".to_owned()),
                "{}",
                ran.out
            );
            let told = ran.json();
            assert_eq!(told["ok"], false, "{told}");
            assert_eq!(told["failure"]["code"], "OUT-INTERRUPTED", "{told}");
            assert_eq!(told["failure"]["kind"], "interrupted", "{told}");
            let waiting = found.iter().find(|one| one["item"] == "request").unwrap();
            assert_eq!(waiting["verdict"], "waiting", "{waiting}");
            assert_eq!(waiting["did"], "GET /slow", "{waiting}");
            assert!(waiting["ms"].as_f64().unwrap() > 0.0, "{waiting}");
            assert_eq!(super::told::problems(&ran.out), "");
            continue;
        }
        for line in [
            "  ok     reach ",
            "  ok     redirects ",
            "  WAIT   request     GET /slow: stopped by SIGINT after ",
            "  -      upload      not tested: stopped by SIGINT before its turn",
        ] {
            assert!(ran.out.contains(line), "{line}: {}", ran.out);
        }
    }
}

/// A probe of somebody else's would get the login.
#[test]
fn means_of_another_origin_are_refused() {
    for (argument, what) in [
        (
            ["--probe-url", "https://other.test/"],
            "is not of http://127.0.0.1:9",
        ),
        (
            ["--ws-path", "ws://other.test/"],
            "is not of http://127.0.0.1:9",
        ),
    ] {
        let mut arguments = vec!["check", "--web", "http://127.0.0.1:9"];
        arguments.extend(argument);
        Program::new().run(&arguments).expect(2).says(what);
    }
    Program::new()
        .run(&["check", "--web", "wss://h.test/"])
        .expect(2)
        .says("not at wss://");
    Program::new()
        .run(&["check", "--web", "tcp://h.test:1"])
        .expect(2)
        .says("a deployment is at http:// or https://, not at tcp://");
    Program::new()
        .run(&["check", "http://127.0.0.1:9", "--idle", "5"])
        .expect(2)
        .says("--web");
}
