//! Data ports that are dead, or that a proxy refuses.

use super::server::Script;
use super::{Bench, SIZE, Want, file, open, path, read};
use crate::base::{Answer, Error, Kind, Stage};
use crate::ftp::client::Retrieval;

fn refusal(code: u16) -> Error {
    let kind = match code {
        403 | 405 => Kind::ProxyRefused,
        _ => Kind::ProxyUnavailable,
    };
    Error::new(kind, Stage::Connect, format!("the proxy answered {code}"))
        .with_answer(Answer::new(code, "no"))
        .with_hint("AllowConnect 20 21 443 1024-65535")
}

#[tokio::test]
async fn a_refused_restart_is_told_although_the_port_was_dead_too() {
    let bench = Bench::new([Script::default().on("REST", "502 what")]).await;
    let bench = bench.refusing([refusal(503)]);
    let client = bench.client().await.unwrap();
    let retrieval = client.retrieve(&path("/pub/a.bin"), 7, SIZE).await.unwrap();
    let Retrieval::NoRestart { client, answer } = retrieval else {
        panic!("REST was refused")
    };
    assert_eq!(answer.code, 502);
    let mut download = open(client, 0).await.unwrap();
    assert_eq!(read(&mut download).await.1.unwrap(), file());
}

#[tokio::test]
async fn a_dead_data_port_tries_pasv_once() {
    let bench = Bench::new([Script::default()]).await;
    let bench = bench.refusing([refusal(503)]);
    let (bytes, _) = bench.get(5).await.unwrap();
    assert_eq!(bytes, file()[5..]);
    let log = bench.server.log().concat();
    #[rustfmt::skip]
    assert_eq!(log[4..], ["EPSV", "REST 5", "PASV", "REST 5", "RETR pub/a.bin"]);
}

#[tokio::test]
async fn a_dead_data_port_behind_retr_costs_a_login_once() {
    let bench = Bench::new([Script::default()]).await;
    let bench = bench.refusing([refusal(503)]);
    for _ in 0..2 {
        let (bytes, _) = bench.get(0).await.unwrap();
        assert_eq!(bytes, file());
    }
    let logins = bench.server.log();
    let ports: Vec<&str> = logins
        .iter()
        .map(|lines| {
            lines
                .iter()
                .find(|line| ["EPSV", "PASV"].contains(&line.as_str()))
        })
        .map(|line| line.unwrap().as_str())
        .collect();
    assert_eq!(ports, ["EPSV", "PASV", "PASV"], "and it is remembered");
}

#[tokio::test]
async fn a_forbidden_data_port_is_final_and_reported_with_stage_and_advice() {
    let bench = Bench::new([Script::default()]).await;
    let bench = bench.refusing([refusal(403), refusal(403)]);
    let error = bench.open(0).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::ProxyRefused, Stage::Data)
    );
    assert_eq!(error.answer().unwrap().code, 403);
    assert_eq!(error.hint(), Some("AllowConnect 20 21 443 1024-65535"));
    assert!(!error.is_transient());
    assert_eq!(bench.lines.opened.lock().unwrap().len(), 2, "no second try");
}

/// The proxy let an earlier port through: this number is what it refuses, and another try has another.
#[tokio::test]
async fn a_forbidden_data_port_behind_one_that_passed_may_be_tried_again() {
    let bench = Bench::new([Script::default()]).await;
    let (_, client) = bench.get(0).await.unwrap();
    let bench = bench.refusing([refusal(403), refusal(403)]);
    let error = open(client, 0).await.unwrap_err();
    let found = (error.kind(), error.stage(), error.is_transient());
    assert_eq!(found, (Kind::ProxyRefused, Stage::Data, true), "{error}");
    let told = "the proxy answered 403, but let other data ports of this login through";
    assert_eq!(error.what(), told);
    assert_eq!(error.hint(), Some("AllowConnect 20 21 443 1024-65535"));
    // The next try is a login of its own: where its first port is refused, all are.
    let error = bench.open(0).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert_eq!(error.what(), "the proxy answered 403");
    // No word on ports: what answers has no CONNECT.
    let (_, client) = bench.get(0).await.unwrap();
    let bench = bench.refusing([refusal(405)]);
    let error = open(client, 0).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert_eq!(bench.server.log().len(), 3, "one login each");
}

#[tokio::test]
async fn a_data_port_dead_twice_is_reported_with_its_stages() {
    let bench = Bench::new([Script::default()]).await;
    let bench = bench.refusing([refusal(503), refusal(503), refusal(503)]);
    let error = bench.open(0).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::ProxyUnavailable, Stage::Data)
    );
    let stages: Vec<_> = error.steps().iter().map(|s| s.stage).collect();
    #[rustfmt::skip]
    assert_eq!(stages, [Stage::Dial, Stage::Greeting, Stage::Login, Stage::Passive]);
    assert_eq!(bench.lines.opened.lock().unwrap().len(), 4, "no third try");
    // Where PASV is refused, the first refusal is what matters.
    let bench = Bench::new([Script::default().on("PASV", "502 what")]).await;
    let bench = bench.refusing([refusal(503)]);
    let error = bench.open(0).await.unwrap_err();
    assert_eq!(error.kind(), Kind::ProxyUnavailable);
}

#[tokio::test]
async fn a_proxy_that_wants_credentials_is_not_asked_twice() {
    let bench = Bench::new([Script::default()]).await;
    let error = Error::new(Kind::ProxyAuth, Stage::Auth, "407");
    let bench = bench.refusing([error]);
    let error = bench.open(0).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::ProxyAuth, Stage::Data)
    );
    assert_eq!(bench.lines.opened.lock().unwrap().len(), 2);
}

/// A server that refuses the file closes its port: what it says counts, and not the closed port.
#[tokio::test]
async fn a_refusal_of_the_file_explains_a_closed_port() {
    let script = Script::default().on("RETR", "550 no such file");
    let bench = Bench::new([script]).await.refusing([refusal(503)]);
    let error = bench.open(0).await.unwrap_err();
    assert_eq!(error.kind(), Kind::TargetRefused, "{error}");
    assert!(error.what().contains("550 no such file"), "{error}");
    assert_eq!(bench.server.log().len(), 1, "no second login");
}

/// All that the server says comes at once, and the port is found dead while it is being read.
#[tokio::test]
async fn a_refusal_that_waits_to_be_read_explains_a_closed_port() {
    let script = Script {
        greeting: Some("220 Pure-FTPd"),
        ..Script::default().on("SIZE", "213 {size}\r\n550 no such file")
    };
    let bench = Bench::new([script]).await;
    let client = bench.client().await.unwrap();
    let first = Want {
        size: false,
        following: true,
        ..SIZE
    };
    let first = client
        .retrieve(&path("/pub/a.bin"), 0, first)
        .await
        .unwrap();
    let Retrieval::Download(mut download) = first else {
        panic!("REST was not asked for")
    };
    assert_eq!(read(&mut download).await.1.unwrap(), file());
    let client = download.finish().await.unwrap();
    let _bench = bench.refusing([refusal(503)]).patient(2);
    let error = open(client, 0).await.unwrap_err();
    assert_eq!(error.kind(), Kind::TargetRefused, "{error}");
    assert!(error.what().contains("550 no such file"), "{error}");
}

/// It says that nobody came by the port, which is known: another port is tried.
#[tokio::test]
async fn a_425_behind_a_closed_port_is_no_refusal() {
    let hasty = Script::default().on("RETR", "425 nobody came");
    let bench = Bench::new([hasty, Script::default()]).await;
    let bench = bench.refusing([refusal(503)]);
    assert_eq!(bench.get(0).await.unwrap().0, file());
    assert_eq!(bench.server.log().len(), 2);
}
