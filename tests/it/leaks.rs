//! Secrets stay where they belong.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use outbound::base::SecretRef;
use outbound::dataset::Client;
use outbound::lab::{Origin, Proxy, Tree, http as origin, login, proxy};

use crate::kit::{self, Program, policy};
use crate::support::peers::{self, nginx, squid};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

pub const NAME: &str = "svc-data";
pub const PASSWORD: &str = "Zx9:p@ss/w%rd\"'\\é";

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
pub fn assert_absent(text: &str, user: &str, password: &str) {
    for spelling in spellings(user, password) {
        assert!(!text.contains(&spelling), "{spelling:?} leaked: {text}");
    }
}

pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn lab_login() -> login::Login {
    login::Login::new(NAME, PASSWORD)
}

/// A proxy of the lab with the password, which reaches every loopback port.
pub async fn lab_proxy(names: proxy::Names) -> Proxy {
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
    let closed = Closed::new();
    let dead = closed.address();
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
    let mut request =
        outbound::http::Request::get("http://h.example/".parse().unwrap()).with_body(PASSWORD);
    request.authorization = Some(outbound::base::Secret::new(PASSWORD));
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
