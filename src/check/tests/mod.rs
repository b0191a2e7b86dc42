//! A walk ends within the limit that is set, whatever the other side does: on a paused clock.

mod ftp;
mod http;
mod peer;
mod web;
mod websocket;

use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use self::peer::{Do, peer, slow_clock};
use super::{Port, Report, Subject, Walk};
use crate::base::{Error, Kind};
use crate::dataset::Client;
use crate::settings::Settings;

/// Each limit is another, so that none is taken for another.
const LIMITS: &str =
    "[timeouts]\ndial = \"3s\"\ntls = \"5s\"\nconnect = \"10s\"\nreply = \"20s\"\nidle = \"30s\"\n";

/// What the clock goes on by until a limit is seen to be over.
const SLACK: Duration = Duration::from_millis(300);

/// One who misbehaves.
struct Case {
    name: &'static str,
    /// What is checked, `{port}` for the peer's own.
    url: &'static str,
    /// Whether the peer is the proxy, in front of a name that it alone knows.
    is_proxy: bool,
    /// What it does on each connection.
    scripts: Vec<Vec<Do>>,
    /// The limit that ends it, and after how many seconds it has to, at most.
    limit: &'static str,
    within: f64,
}

/// The peer is the server.
fn server(
    name: &'static str,
    url: &'static str,
    script: Vec<Do>,
    limit: &'static str,
    within: f64,
) -> Case {
    Case {
        name,
        url,
        is_proxy: false,
        scripts: vec![script],
        limit,
        within,
    }
}

/// The peer is the proxy.
fn proxy(
    name: &'static str,
    url: &'static str,
    scripts: Vec<Vec<Do>>,
    limit: &'static str,
    within: f64,
) -> Case {
    Case {
        name,
        url,
        is_proxy: true,
        scripts,
        limit,
        within,
    }
}

/// The settings for a peer at a port.
fn client(case: &Case, port: u16) -> Client {
    let mut toml = String::new();
    if case.is_proxy {
        toml = format!("[proxy]\nurl = \"http://127.0.0.1:{port}\"\n");
    }
    if case.url.starts_with("https") {
        toml += "[connections.c]\nurl = \"https://127.0.0.1:{port}/\"\ndanger_accept_invalid_certs = true\n";
        toml = toml.replace("{port}", &port.to_string());
    }
    Client::new(Settings::from_toml(&(toml + LIMITS)).unwrap())
}

fn subject(case: &Case, port: u16) -> Subject {
    let client = client(case, port);
    let url = case.url.replace("{port}", &port.to_string());
    match url.starts_with("tcp:") {
        true => {
            let url = Url::parse(&url).unwrap();
            let connector = client.connector().for_connection(None);
            Port::from_url(connector, &url).unwrap().into()
        }
        false => client.dataset(&url).unwrap().into(),
    }
}

/// Walks, with a limit on the whole or without one, and tells how long that took.
async fn walked(case: &Case, whole: Option<Duration>) -> (Report, Duration) {
    let port = peer(case.scripts.clone()).await;
    let walk = Walk::new(subject(case, port));
    let began = Instant::now();
    let report = match whole {
        Some(limit) => walk.run_within(limit).await,
        None => walk.run().await,
    };
    (report, began.elapsed())
}

/// The limit that an error names.
fn limit(error: Option<&Error>) -> Option<&str> {
    Some(error?.limit()?.setting)
}

/// Each case ends by the limit that it names, and by one on the whole where that is sooner.
async fn end_within_their_limits(cases: Vec<Case>) {
    slow_clock();
    for case in &cases {
        let name = case.name;
        let (report, took) = walked(case, None).await;
        let failure = report.failure.as_ref();
        assert_eq!(
            limit(failure),
            Some(case.limit),
            "{name}: {took:?}: {failure:?}"
        );
        assert_eq!(failure.map(Error::kind), Some(Kind::Timeout), "{name}");
        let most = Duration::from_secs_f64(case.within) + SLACK;
        assert!(took <= most, "{name}: {took:?}");
        let whole = Duration::from_secs(2);
        let (report, took) = walked(case, Some(whole)).await;
        let failure = report.failure.as_ref();
        assert_eq!(limit(failure), Some("--max-time"), "{name}: {failure:?}");
        assert!(took <= whole + SLACK, "{name}: {took:?}");
    }
}

impl From<Port> for Subject {
    fn from(port: Port) -> Self {
        Self::Port(port)
    }
}
