//! A deployment behind a reverse proxy (`check --web`).

use std::time::Duration;

use tokio::time::Instant;

use super::peer::Do::{self, Drip, Hear, Repeat, Say, Stay, Upgrade};
use super::peer::{peer, slow_clock};
use super::{Case, SLACK, client, limit, proxy, server};
use crate::check::web::{Item, Plan, Report, Walk};

const URL: &str = "http://127.0.0.1:{port}/";
const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

async fn walked(case: &Case, plan: Plan, whole: Option<Duration>) -> (Report, Duration) {
    let port = peer(case.scripts.clone()).await;
    let url = case.url.replace("{port}", &port.to_string());
    let dataset = client(case, port).dataset(&url).unwrap();
    let walk = Walk::new(&dataset, plan).unwrap();
    let began = Instant::now();
    let report = match whole {
        Some(limit) => walk.run_within(limit).await,
        None => walk.run().await,
    };
    (report, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn one_that_is_not_reached() {
    slow_clock();
    let https = "https://127.0.0.1:{port}/";
    for case in [
        server("silent", URL, vec![Hear, Stay], "timeouts.reply", 20.0),
        server(
            "a head that drips",
            URL,
            vec![Hear, Say("HTTP/1.1 200 OK\r\nX: "), Drip("a")],
            "timeouts.reply",
            20.0,
        ),
        server(
            "1xx without end",
            URL,
            vec![Hear, Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")],
            "timeouts.reply",
            20.0,
        ),
        server("silent at TLS", https, vec![Stay], "timeouts.tls", 5.0),
        proxy(
            "CONNECT's answer drips",
            "https://h.test/",
            vec![vec![Hear, Say("HTTP/1.1 200 OK\r\nX: "), Drip("a")]],
            "timeouts.connect",
            10.0,
        ),
    ] {
        let name = case.name;
        let (report, took) = walked(&case, Plan::default(), None).await;
        assert_eq!(
            limit(report.failure()),
            Some(case.limit),
            "{name}: {report:?}"
        );
        assert!(
            took <= Duration::from_secs_f64(case.within) + SLACK,
            "{name}: {took:?}"
        );
        let whole = Duration::from_secs(2);
        let (report, took) = walked(&case, Plan::default(), Some(whole)).await;
        assert_eq!(
            limit(report.failure()),
            Some("--max-time"),
            "{name}: {report:?}"
        );
        assert!(took <= whole + SLACK, "{name}: {took:?}");
    }
}

/// The word for an item, and what ended the whole.
fn verdict(report: &Report, item: Item) -> &'static str {
    let found = report.findings.iter().find(|finding| finding.item == item);
    found.unwrap().verdict.as_str()
}

/// A server whose first answers are good, and which then does this for ever.
fn then(name: &'static str, good: usize, script: Vec<Do>) -> Case {
    let mut scripts = vec![vec![Hear, Say(PAGE)]; good];
    scripts.push(script);
    Case {
        scripts,
        ..server(name, URL, Vec::new(), "", 0.0)
    }
}

#[tokio::test(start_paused = true)]
async fn one_of_which_something_does_not_answer() {
    slow_clock();
    let with = |change: fn(&mut Plan)| {
        let mut plan = Plan {
            ws_path: Some("/ws".to_owned()),
            silence: Duration::from_secs(40),
            ..Plan::default()
        };
        change(&mut plan);
        plan
    };
    let nothing: fn(&mut Plan) = |_| {};
    let idle: fn(&mut Plan) = |plan| plan.idle = Some(Duration::from_secs(50));
    let probe: fn(&mut Plan) = |plan| {
        plan.ws_path = None;
        plan.probes = vec!["/x".to_owned()];
    };
    let upload: fn(&mut Plan) = |plan| plan.upload = Some("/x".to_owned());
    let drip = || vec![Hear, Say("HTTP/1.1 200 OK\r\nX: "), Drip("a")];
    let hints = || vec![Hear, Repeat("HTTP/1.1 100 Continue\r\n\r\n")];
    let body = || {
        vec![
            Hear,
            Say("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"),
            Drip("a"),
        ]
    };
    for (case, plan, item, word, within) in [
        (
            then("a head that drips", 1, drip()),
            nothing,
            Item::WebSocket,
            "fail",
            20.0,
        ),
        (
            then("upgraded and silent", 1, vec![Upgrade, Stay]),
            nothing,
            Item::WebSocket,
            "doubt",
            5.0,
        ),
        (
            then("upgraded and silent", 1, vec![Upgrade, Stay]),
            idle,
            Item::Idle,
            "fail",
            55.0,
        ),
        (
            then("a probe whose head drips", 1, drip()),
            probe,
            Item::Request,
            "ok",
            60.0,
        ),
        (
            then("1xx without end for a probe", 1, hints()),
            probe,
            Item::Request,
            "ok",
            60.0,
        ),
        // An hour is the most for one download.
        (
            then("a probe whose body drips", 1, body()),
            probe,
            Item::Download,
            "doubt",
            3640.0,
        ),
        (
            then("an upload that is not answered", 1, vec![Hear, Stay]),
            upload,
            Item::Upload,
            "doubt",
            40.0,
        ),
        (
            then("1xx without end for an upload", 1, hints()),
            upload,
            Item::Upload,
            "ok",
            40.0,
        ),
    ] {
        let name = case.name;
        let (report, took) = walked(&case, with(plan), None).await;
        assert_eq!(verdict(&report, item), word, "{name}: {report:#?}");
        assert!(
            took <= Duration::from_secs_f64(within) + SLACK,
            "{name}: {took:?}"
        );
        let whole = Duration::from_secs(2);
        let (report, took) = walked(&case, with(plan), Some(whole)).await;
        assert_eq!(
            limit(report.failure()),
            Some("--max-time"),
            "{name}: {report:?}"
        );
        assert_eq!(verdict(&report, Item::Reach), "ok", "{name}: {report:?}");
        // What needs no time may have come before.
        let end = verdict(&report, item);
        assert!([word, "waiting"].contains(&end), "{name}: {report:?}");
        assert!(took <= whole + SLACK, "{name}: {took:?}");
    }
}
