//! Secrets stay where they belong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use outbound::base::{Kind, SecretRef};
use outbound::dataset::Client;
use outbound::lab::{Ca, Origin, Proxy, Tree, http as origin, login, proxy};
use outbound::settings::{Flags, Layers};

use crate::kit::{self, Program, connector, policy};
use crate::support::peers::{self, nginx, squid};
use crate::support::scripted::{Scripted, Step};

const NAME: &str = "svc-data";
const PASSWORD: &str = "Zx9:p@ss/w%rd\"'\\é";

/// A password in every spelling that it could leak in.
fn spellings(user: &str, password: &str) -> Vec<String> {
    let percent = |keep: &dyn Fn(u8) -> bool| {
        let bytes = password.bytes();
        bytes
            .map(|b| match keep(b) {
                true => char::from(b).to_string(),
                false => format!("%{b:02X}"),
            })
            .collect::<String>()
    };
    let mut all = vec![
        password.to_owned(),
        STANDARD.encode(format!("{user}:{password}")),
        STANDARD.encode(password),
        percent(&|b| b.is_ascii_alphanumeric()),
        percent(&|b| b.is_ascii_graphic() && !b"%@:/\"".contains(&b)),
        format!("{password:?}").trim_matches('"').to_owned(),
        password.escape_default().to_string(),
        // Its beginning, wherever it was cut or escaped behind.
        password.chars().take(6).collect(),
    ];
    all.extend(all.clone().iter().map(|text| text.to_lowercase()));
    all
}

#[track_caller]
fn assert_absent(text: &str, user: &str, password: &str) {
    for spelling in spellings(user, password) {
        assert!(!text.contains(&spelling), "{spelling:?} leaked: {text}");
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn lab_login() -> login::Login {
    login::Login::new(NAME, PASSWORD)
}

/// A proxy of the lab with the password, which reaches every loopback port.
async fn lab_proxy(names: proxy::Names) -> Proxy {
    Proxy::start(proxy::Options {
        login: Some(lab_login()),
        names,
        ports: proxy::Ports::any(),
        ..proxy::Options::default()
    })
    .await
    .unwrap()
}

/// The proxy's credentials show up in no log, no message and no answer of the program.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_at_any_level_has_the_password() {
    let shared = kit::shared();
    let proxy = lab_proxy(proxy::Names::new()).await;
    let wrong = Proxy::start(proxy::Options {
        login: Some(login::Login::new(NAME, "another")),
        ports: proxy::Ports::any(),
        ..proxy::Options::default()
    })
    .await
    .unwrap();
    let mut runs = 0;
    for (address, works) in [(proxy.addr(), true), (wrong.addr(), false)] {
        for auth in ["auto", "basic"] {
            let toml = format!(
                "[proxy]\nurl = \"http://{address}\"\nusername = \"{NAME}\"\npassword = {}\nauth = \"{auth}\"\n\
                 bypass = []\n\
                 [connections.secure]\nurl = \"{}\"\nca_file = \"{}\"\nusername = \"{NAME}\"\npassword = {}\n",
                quoted(PASSWORD),
                shared.nginx.https("/"),
                shared.ca.display(),
                quoted(PASSWORD),
            );
            let program = Program::with_settings(&toml);
            for url in [
                shared.nginx.http("/small.bin"),
                shared.nginx.https("/small.bin"),
            ] {
                for command in ["fetch", "stat", "check", "route"] {
                    for flags in [&["-vvv"][..], &["--json", "-vvv"], &[]] {
                        let mut run = program.command(&[&[command, url.as_str()], flags].concat());
                        let ran = kit::Ran::of(run.env("OUTBOUND_LOG", "trace").output().unwrap());
                        let all = format!("{}{}", ran.out, ran.err);
                        assert_absent(&all, NAME, PASSWORD);
                        let good = works || command == "route";
                        assert_eq!(ran.code == Some(0), good, "{command} {flags:?}: {all}");
                        runs += 1;
                        let _ = std::fs::remove_file(program.file("small.bin"));
                    }
                }
            }
        }
    }
    assert_eq!(runs, 2 * 2 * 2 * 4 * 3);
    // The trace is a trace: something was logged.
    let program = Program::new();
    let mut run = program.command(&["stat", &shared.nginx.http("/redirect/small.bin")]);
    let ran = kit::Ran::of(run.env("OUTBOUND_LOG", "trace").output().unwrap());
    assert!(ran.err.contains("redirect"), "{ran:?}");
}

/// Credentials in URLs: of the target, of the proxy flag and of the variables.
#[test]
fn userinfo_is_never_shown() {
    let secret = "s3cr3t-Value";
    let program = Program::with_settings("[retry]\nattempts = 1\n");
    let dead = format!("127.0.0.1:{}", crate::support::sockets::free_port());
    let places = [
        format!("http://ann:{secret}@{dead}/x"),
        format!("ftp://ann:{secret}@{dead}/x"),
        // What is no URL is shown as it was typed, but for this.
        format!("http://ann:{secret}@host:99999/x"),
        format!("http://ann:{secret}@ho st/x"),
        format!("htp://ann:{secret}@{dead}/x"),
        format!("http:ann:{secret}@{dead}/x"),
        format!("http://ann:a@{secret}@host:99999/x"),
        format!("ann:{secret}@{dead}"),
    ];
    for url in &places {
        for command in ["fetch", "stat", "check", "route"] {
            for flags in [&["-vvv"][..], &["--json"]] {
                let ran = program.run(&[&[command, url.as_str()], flags].concat());
                let all = format!("{}{}", ran.out, ran.err);
                assert_absent(&all, "ann", secret);
            }
        }
    }
    for proxy in [
        format!("http://svc:{secret}@{dead}"),
        format!("http://svc:{secret}@{dead}:1:2"),
        format!("http://svc:{secret}@ho st"),
        format!("svc:{secret}@{dead}"),
        format!("htp://svc:{secret}@{dead}"),
        format!("http://svc:{secret}/x@{dead}"),
    ] {
        for command in ["stat", "check", "route"] {
            for flags in [&["-vvv"][..], &["--json"]] {
                let arguments = [&[command, "http://h.example/x"], flags].concat();
                let ran = program.run(&[&arguments[..], &["--proxy", &proxy]].concat());
                assert_absent(&format!("{}{}", ran.out, ran.err), "svc", secret);
                let mut run = program.command(&arguments);
                let ran = kit::Ran::of(run.env("http_proxy", &proxy).output().unwrap());
                assert_absent(&format!("{}{}", ran.out, ran.err), "svc", secret);
            }
        }
    }
}

#[tokio::test]
async fn no_debug_output_has_a_secret() {
    let proxy = lab_proxy(proxy::Names::new()).await;
    let toml = format!(
        "[proxy]\nurl = \"http://{}\"\nusername = \"{NAME}\"\npassword = {p}\nauth = \"basic\"\n\
         [connections.x]\nurl = \"http://127.0.0.1:1/\"\nusername = \"{NAME}\"\npassword = {p}\n",
        proxy.addr(),
        p = quoted(PASSWORD)
    );
    let policy = policy(&toml);
    let client = Client::new(policy.clone());
    let mut headers = http::HeaderMap::new();
    headers.insert("x-api-key", "key-0123456789".parse().unwrap());
    headers.insert("authorization", "Bearer token-0123456789".parse().unwrap());
    let dataset = client.dataset("x:file").unwrap().with_headers(headers);
    let error = dataset.open().await.unwrap_err();
    let with_userinfo = client
        .dataset("http://ann:Zx9-in-url@h.example/x?sig=1")
        .unwrap();
    let all = format!(
        "{policy:?} {policy:#?} {client:?} {:?} {dataset:?} {error:?} {error} {with_userinfo:?}",
        client.connector()
    );
    assert_absent(&all, NAME, PASSWORD);
    for secret in ["key-0123456789", "token-0123456789", "Zx9-in-url"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    let place = SecretRef::inline(PASSWORD, outbound::base::Origin::Url);
    let read = client
        .connector()
        .secrets()
        .read(&place, std::time::Duration::from_secs(1))
        .await;
    let request = outbound::http::Request {
        authorization: Some(outbound::base::Secret::new(PASSWORD)),
        ..outbound::http::Request::get("http://h.example/".parse().unwrap())
    };
    assert_absent(
        &format!("{place:?} {:?} {request:?}", read.unwrap()),
        NAME,
        PASSWORD,
    );
}

/// nginx notes what it got: never what is for the proxy.
#[tokio::test]
async fn the_origin_never_sees_the_proxys_credentials() {
    let shared = kit::shared();
    let proxy = peers::squid_with_password();
    for (number, tunnel) in ["auto", "always"].into_iter().enumerate() {
        for auth in ["auto", "basic"] {
            let toml = format!(
                "[proxy]\nurl = \"{}\"\nusername = \"{}\"\npassword = \"{}\"\nauth = \"{auth}\"\ntunnel = \"{tunnel}\"\n\
                 [connections.secure]\nurl = \"{}\"\nca_file = \"{}\"\n",
                proxy.url(),
                squid::USER,
                squid::PASSWORD,
                shared.nginx.https("/"),
                shared.ca.display()
            );
            let client = Client::new(policy(&toml));
            for url in [
                shared.nginx.http("/redirect/small.bin"),
                shared.nginx.https("/redirect/small.bin"),
            ] {
                // Twice, so that credentials go unasked, and over a kept connection.
                for _ in 0..2 {
                    let url = format!("{url}?leak{number}{auth}");
                    client.dataset(&url).unwrap().stat().await.unwrap();
                }
            }
        }
    }
    let log = shared.nginx.log();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("/redirect/small.bin?leak"))
        .collect();
    assert_eq!(lines.len(), 2 * 2 * 2 * 2, "{lines:?}");
    for line in log.lines() {
        assert!(line.ends_with("proxy-authorization=\"-\""), "{line}");
    }
    assert_absent(&log, squid::USER, squid::PASSWORD);
    // The lab's origin sees every field: nothing there names the proxy either.
    let origin = Origin::start(origin::Options {
        tree: Tree::datasets("/"),
        ..origin::Options::default()
    })
    .await
    .unwrap();
    let lab = lab_proxy(proxy::Names::new()).await;
    let toml = format!(
        "[proxy]\nurl = \"http://{}\"\nusername = \"{NAME}\"\npassword = {}\n",
        lab.addr(),
        quoted(PASSWORD)
    );
    for tunnel in ["auto", "always"] {
        let client = Client::new(policy(&format!("{toml}tunnel = \"{tunnel}\"\n")));
        let _ = client
            .dataset(&origin.url("/nothing"))
            .unwrap()
            .open()
            .await;
    }
    for received in origin.requests() {
        assert_absent(&format!("{received:?}"), NAME, PASSWORD);
        assert!(
            !received
                .headers
                .iter()
                .any(|(name, _)| name.starts_with("proxy-")),
            "{received:?}"
        );
    }
    assert_eq!(origin.requests().len(), 2);
}

/// A proxy that keeps what it is told, and answers with a redirect or a body.
fn recorder(answer: &str) -> Scripted {
    Scripted::each(vec![Step::head(), Step::write(answer), Step::Close])
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/// A redirect to a target that has another proxy.
#[tokio::test]
async fn another_proxy_never_gets_the_first_ones_credentials() {
    let first = recorder(
        "HTTP/1.1 302 Found\r\nLocation: http://b.example/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    let second = recorder(OK);
    let toml = format!(
        "[proxy]\nurl = \"{}\"\n\
         [connections.a]\nurl = \"http://a.example/\"\nusername = \"ann\"\npassword = \"target-pw\"\n\
         proxy = {{ url = \"{}\", username = \"{NAME}\", password = {}, auth = \"basic\" }}\n",
        second.url(),
        first.url(),
        quoted(PASSWORD)
    );
    let client = Client::new(policy(&toml));
    client.open("a:x").await.unwrap();
    assert!(
        first
            .received()
            .concat()
            .contains("Proxy-Authorization: Basic ")
            || first
                .received()
                .concat()
                .contains("proxy-authorization: Basic ")
    );
    let told = second.received_with("\r\n\r\n");
    assert!(
        told.starts_with("GET http://b.example/x HTTP/1.1\r\n"),
        "{told}"
    );
    assert!(!told.to_lowercase().contains("authorization"), "{told}");
    // The same through tunnels.
    let refusing = recorder("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    let flags = connector(&format!("[proxy]\nurl = \"{}\"\n", refusing.url()));
    let target = outbound::base::Target::parse("https://a.example/").unwrap();
    flags.connect(&target).await.unwrap_err();
    assert!(
        !refusing
            .received()
            .concat()
            .to_lowercase()
            .contains("authorization")
    );
}

/// A layer or a flag that changes the proxy's URL takes no password along.
#[tokio::test]
async fn another_url_for_the_proxy_drops_the_password() {
    let other = recorder(
        "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    let low = format!(
        "[proxy]\nurl = \"http://real.example:3128\"\nusername = \"{NAME}\"\npassword = {}\nauth = \"basic\"\n",
        quoted(PASSWORD)
    );
    let high = format!("[proxy]\nurl = \"{}\"\n", other.url());
    let flags = Flags {
        proxy: Some(other.url()),
        ..Flags::default()
    };
    let none: [&str; 0] = [];
    let layered = Layers::new()
        .toml("low.toml", &low)
        .toml("high.toml", &high)
        .build()
        .unwrap();
    let flagged = Layers::new()
        .toml("low.toml", &low)
        .flags(&flags)
        .build()
        .unwrap();
    let variable = |name: &str| (name == "OUTBOUND_PROXY").then(|| other.url().into());
    let by_variable = Layers::new()
        .toml("low.toml", &low)
        .variables(variable, none)
        .build()
        .unwrap();
    for policy in [layered, flagged, by_variable] {
        let client = Client::new(policy);
        for url in ["http://h.example/x", "https://h.example/x"] {
            let error = client.open(url).await.unwrap_err();
            assert_eq!(error.kind(), Kind::ProxyAuth, "{error}");
            assert!(
                error.to_string().contains("wants a user name and password"),
                "{error}"
            );
        }
    }
    let all = other.received().concat();
    assert_eq!(other.connections(), 6);
    assert!(!all.to_lowercase().contains("authorization"), "{all}");
    let program = Program::with_settings(&low);
    program
        .run(&["fetch", "--proxy", &other.url(), "http://h.example/x"])
        .expect(7);
    assert!(
        !other
            .received()
            .concat()
            .to_lowercase()
            .contains("authorization")
    );
}

/// What a redirect off the origin, and off a connection's base, leaves behind.
#[tokio::test]
async fn a_redirect_leaves_credentials_fields_trust_and_proxy_behind() {
    let ca = Ca::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    ca.write_pem(&folder.path().join("ca.pem")).unwrap();
    let tls = || {
        Some(
            ca.server_config(&["localhost", "127.0.0.1"], &["http/1.1"])
                .unwrap(),
        )
    };
    let tree = || {
        let tree = Tree::new();
        tree.put("/x.csv", "data");
        tree
    };
    let other = Origin::start(origin::Options {
        tree: tree(),
        ..Default::default()
    })
    .await
    .unwrap();
    let other_tls = Origin::start(origin::Options {
        tree: tree(),
        tls: tls(),
        ..Default::default()
    })
    .await
    .unwrap();
    let to = |from: &str, to: String| origin::Redirect {
        from: from.into(),
        status: 302,
        to,
    };
    let first = Origin::start(origin::Options {
        tree: tree(),
        redirects: vec![
            to("/base/away", other.url("/x.csv")),
            to("/base/tls", other_tls.url("/x.csv")),
            to("/base/out", "/x.csv".into()),
            to("/base/in", "/base/x.csv".into()),
        ],
        ..Default::default()
    })
    .await
    .unwrap();
    // The connection goes direct; everything else goes through this.
    let global = lab_proxy(proxy::Names::new()).await;
    let toml = format!(
        "[proxy]\nurl = \"http://{}\"\nusername = \"{NAME}\"\npassword = {}\n\
         [connections.in]\nurl = \"{}\"\nproxy = \"direct\"\nusername = \"ann\"\npassword = \"target-pw\"\nca_file = \"{}\"\n",
        global.addr(),
        quoted(PASSWORD),
        first.url("/base/"),
        folder.path().join("ca.pem").display()
    );
    let client = Client::new(policy(&toml));
    let mut headers = http::HeaderMap::new();
    headers.insert("x-api-key", "key".parse().unwrap());
    headers.insert("cookie", "session=1".parse().unwrap());
    headers.insert("accept-language", "de".parse().unwrap());
    let dataset = |path: &str| client.dataset(path).unwrap().with_headers(headers.clone());

    dataset("in:away").open().await.unwrap();
    let asked = &first.requests()[0];
    assert!(asked.header("authorization").is_some() && asked.header("x-api-key").is_some());
    let got = &other.requests()[0];
    for name in [
        "authorization",
        "x-api-key",
        "cookie",
        "proxy-authorization",
    ] {
        assert_eq!(got.header(name), None, "{name}: {got:?}");
    }
    assert_eq!(
        got.header("accept-language"),
        Some("de"),
        "about the representation"
    );
    assert_eq!(
        global
            .requests()
            .last()
            .map(|request| request.target.clone()),
        Some(other.url("/x.csv")),
        "the way is decided anew"
    );

    // The connection's trust does not follow either.
    let error = dataset("in:tls").open().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{error}");
    assert!(other_tls.requests().is_empty());

    // Off the base, but on the origin: its login and its proxy choice stay behind.
    let before = global.requests().len();
    dataset("in:out").open().await.unwrap();
    let got = first
        .requests()
        .into_iter()
        .rfind(|request| request.target.ends_with("/x.csv"))
        .unwrap();
    assert_eq!(got.header("authorization"), None, "{got:?}");
    assert!(global.requests().len() > before, "through the global proxy");

    // Within the base everything stays.
    let _ = dataset("in:in").open().await;
    let got = first
        .requests()
        .into_iter()
        .rfind(|request| request.target == "/base/x.csv")
        .unwrap();
    assert!(got.header("authorization").is_some(), "{got:?}");
}

/// Fields that are the client's own are refused, before anything is sent.
#[test]
fn reserved_fields_cannot_be_set_by_hand() {
    let proxy = Scripted::each(vec![Step::Stall]);
    let program = Program::with_settings(&format!("[proxy]\nurl = \"{}\"\n", proxy.url()));
    for field in [
        "Proxy-Authorization: Basic eDp5",
        "proxy-connection: keep-alive",
        "Host: other",
        "Transfer-Encoding: chunked",
        "Content-Length: 5",
        "Connection: x",
    ] {
        for command in ["fetch", "stat", "check"] {
            let ran = program
                .run(&[command, "--header", field, "http://h.example/x"])
                .expect(2);
            let said = format!("{}{}", ran.out, ran.err);
            assert!(said.contains("cannot be set by hand"), "{said}");
            assert!(!said.contains("eDp5"), "{said}");
        }
    }
    assert_eq!(proxy.connections(), 0);
}

/// The text of a redirect that is refused can hold what the server calls a secret.
#[tokio::test]
async fn a_refused_redirect_shows_no_userinfo() {
    for location in [
        "ftp://ann:pw-in-url@h.example/x",
        "gopher://ann:pw-in-url@h.example/x",
    ] {
        let answer = format!(
            "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let proxy = recorder(&answer);
        let client = Client::new(policy(&format!("[proxy]\nurl = \"{}\"\n", proxy.url())));
        let error = client.open("http://h.example/x").await.unwrap_err();
        assert!(error.to_string().contains("another protocol"), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("pw-in-url"),
            "{error}"
        );
    }
}

/// The target's login is not for the proxy, and not in anything that is told.
#[tokio::test]
async fn the_targets_login_stays_with_the_target() {
    let shared = kit::shared();
    let toml = format!(
        "[proxy]\nurl = \"{}\"\n[connections.p]\nurl = \"{}\"\nca_file = \"{}\"\nusername = \"{}\"\npassword = \"{}\"\n",
        peers::squid().url(),
        shared.nginx.https("/private/"),
        shared.ca.display(),
        nginx::USER,
        nginx::PASSWORD
    );
    let program = Program::with_settings(&toml);
    for command in ["fetch", "stat", "check"] {
        let mut run = program.command(&[command, "p:small.bin", "-vvv"]);
        let ran = kit::Ran::of(run.env("OUTBOUND_LOG", "trace").output().unwrap()).expect(0);
        assert_absent(
            &format!("{}{}", ran.out, ran.err),
            nginx::USER,
            nginx::PASSWORD,
        );
    }
}
