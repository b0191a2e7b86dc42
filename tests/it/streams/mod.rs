//! Streams of lines and events: through the real proxies, and of servers that do not behave.

mod behind;
mod changes;
mod cli;
mod faults;
mod output;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use outbound::base::{Error, Result};
use outbound::dataset::{Client, Event, Form, Observer, Pauses, Record, Records, StreamOptions};
use url::Url;

use crate::kit::policy;
use crate::support::feed::Feed;
use crate::support::peers::{self, squid};
use crate::support::relay::{Ending, Plan, Relay};
use crate::support::scripted::Step;

/// No pauses at all.
fn at_once() -> StreamOptions {
    let mut pauses = Pauses::default();
    pauses.network_step = Duration::ZERO;
    pauses.unavailable_first = Duration::ZERO;
    pauses.limited_first = Duration::ZERO;
    StreamOptions::default().with_pauses(pauses)
}

fn records(settings: &str, url: &str, options: StreamOptions) -> Records {
    let client = Client::new(policy(settings));
    client.dataset(url).unwrap().stream(options).unwrap()
}

/// A record as text.
fn text(record: &Record) -> String {
    match record {
        Record::Line(line) => String::from_utf8_lossy(line).into_owned(),
        Record::Event(event) => event.data.clone(),
        other => panic!("{other:?}"),
    }
}

/// All records, and how it ended.
async fn all(mut records: Records) -> (Vec<String>, Result<(), Error>) {
    let mut all = Vec::new();
    loop {
        match records.next().await {
            Ok(Some(record)) => all.push(text(&record)),
            Ok(None) => return (all, Ok(())),
            Err(error) => {
                let after = records.next().await;
                assert!(matches!(after, Ok(None)), "over is over: {after:?}");
                return (all, Err(error));
            }
        }
    }
}

/// What the observer was told, in short.
type Told = Arc<Mutex<Vec<String>>>;

fn observed(options: StreamOptions) -> (StreamOptions, Told) {
    let told = Told::default();
    let shared = Arc::clone(&told);
    let observer = Observer::new(move |event| {
        shared.lock().unwrap().push(match event {
            Event::Connected { .. } => "connected".to_owned(),
            Event::Reconnected { attempt, .. } => format!("reconnected {attempt}"),
            Event::Lost {
                error,
                unfinished,
                is_final,
            } => {
                let code = error.answer().map_or(0, |answer| answer.code);
                let end = if is_final { " for good" } else { "" };
                format!("lost {:?} {code} {unfinished}{end}", error.kind())
            }
            Event::Unplaced { why } => format!("unplaced: {why}"),
            Event::Waiting { pause, attempt } => format!("waiting {} {attempt}", pause.as_millis()),
            Event::Doubted { .. } => "doubted".to_owned(),
            other => format!("{other:?}"),
        });
    });
    (options.with_observer(observer), told)
}

/// A chunked answer that does not end.
fn begun(media_type: &str, body: &str) -> Step {
    Step::write(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{body}\r\n",
        body.len()
    ))
}

/// An answer without a body.
fn status(line: &str) -> Vec<Step> {
    let answer = format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    vec![Step::head(), Step::write(answer), Step::Close]
}

const ROWS: usize = 2000;

fn rows(count: usize) -> Vec<String> {
    (1..=count).map(|row| format!("row {row}")).collect()
}

/// Asks for the row behind the last one.
fn behind_the_last(options: StreamOptions) -> StreamOptions {
    options.with_resume(|next| {
        let last = next.last.as_ref().map(text).unwrap_or_default();
        let row: u64 = last.trim_start_matches("row ").parse().unwrap_or_default();
        assert_eq!(row, next.records);
        next.url.set_query(Some(&format!("from={}", row + 1)));
        Ok(())
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_is_lost_or_doubled_through_proxies_that_cut_again_and_again() {
    let login = format!(
        "username = '{}'\npassword = '{}'\n",
        squid::USER,
        squid::PASSWORD
    );
    let proxies = [
        ("squid", peers::squid().address(), ""),
        (
            "squid-password",
            peers::squid_with_password().address(),
            &*login,
        ),
        ("apache", peers::apache().address(), ""),
        ("tinyproxy", peers::tinyproxy().address(), ""),
    ];
    for (name, proxy, login) in proxies {
        for (path, tunnel, ending) in [
            ("/lines", "auto", Ending::Reset),
            ("/lines", "always", Ending::Finish),
            ("/events", "auto", Ending::Finish),
            ("/events", "always", Ending::Reset),
        ] {
            let case = format!("{name} {path} {tunnel}");
            let feed = Feed::start(ROWS);
            let relay = Relay::start(proxy, Plan::cuts(6, 1500, ending));
            let settings = format!(
                "[connections.feed]\nurl = '{}'\nusername = 'feed-user'\npassword = 'feed-secret'\n\
                 tunnel = '{tunnel}'\n[proxy]\nurl = 'http://{}'\nbypass = []\n{login}",
                feed.url("/"),
                relay.address(),
            );
            let (options, told) = observed(at_once());
            let options = match path {
                "/lines" => behind_the_last(options),
                _ => options,
            };
            let (came, end) = all(records(&settings, &feed.url(path), options)).await;
            end.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(came, rows(ROWS), "{case}");
            assert_eq!(relay.cuts(), 6, "{case}");
            let told = told.lock().unwrap();
            let count = |what: &str| told.iter().filter(|one| one.starts_with(what)).count();
            assert_eq!(count("connected"), 1, "{case}: {told:?}");
            assert!(count("reconnected") >= 5, "{case}: {told:?}");
            assert_eq!(count("lost"), count("waiting"), "{case}: {told:?}");
            for head in feed.heads() {
                let head = head.to_ascii_lowercase();
                assert!(
                    head.contains("authorization: basic zmvlzc11c2vyomzlzwqtc2vjcmv0"),
                    "{head}"
                );
                assert!(!head.contains("proxy-authorization"), "{head}");
                assert!(head.contains("cache-control: no-cache"), "{head}");
            }
        }
    }
}

/// Without a word of where to go on, the server begins anew, and what it sends again is given again.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_sends_again_is_given_again() {
    let feed = Feed::start(ROWS);
    let url = Url::parse(&feed.url("/lines")).unwrap();
    let server = url.socket_addrs(|| None).unwrap()[0];
    let relay = Relay::start(server, Plan::cuts(2, 700, Ending::Finish));
    let url = format!("http://{}/lines", relay.address());
    let mut records = records("", &url, at_once());
    let (mut came, mut begun) = (Vec::new(), 0);
    while came.len() < ROWS {
        let row = text(&records.next().await.unwrap().unwrap());
        if row == "row 1" {
            (came, begun) = (Vec::new(), begun + 1);
        }
        came.push(row);
    }
    assert_eq!((came, begun), (rows(ROWS), 3));
}

/// An id goes on from an earlier run.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_begins_behind_the_last_id_of_an_earlier_one() {
    let feed = Feed::start(ROWS);
    let options = at_once().with_last_id("1998").with_form(Form::Events);
    let mut records = records("", &feed.url("/events"), options);
    for row in ["row 1999", "row 2000"] {
        assert_eq!(text(&records.next().await.unwrap().unwrap()), row);
    }
    assert_eq!(records.last_id(), "2000");
    assert_eq!(records.next().await.unwrap(), None);
    let head = feed.heads()[0].to_ascii_lowercase();
    assert!(head.contains("accept: text/event-stream"), "{head}");
}
