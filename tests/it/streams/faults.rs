//! Servers, and proxies, that refuse, fall silent, or never end.

use std::time::Duration;

use outbound::base::{Error, Kind, Stage};
use outbound::dataset::{Form, Pauses, StreamOptions};

use super::{all, at_once, begun, observed, records, status, text};
use crate::support::scripted::{Scripted, Step};

const LINES: &str = "application/json";
const EVENTS: &str = "text/event-stream";

fn over() -> Vec<Step> {
    status("204 No Content")
}

fn given(media_type: &str, body: &str) -> Vec<Step> {
    vec![Step::head(), begun(media_type, body), Step::Close]
}

/// Heartbeats are no data, half a record is none, and silence is a loss.
#[tokio::test(flavor = "multi_thread")]
async fn silence_is_a_loss_and_a_heartbeat_is_no_record() {
    for (media_type, body, half) in [
        (LINES, "\r\n\n{\"a\":1}\r\n\r\n\n{\"b\":", 5),
        (
            EVENTS,
            ": alive\n\n:\ndata: {\"a\":1}\n\n: x\n\ndata: 2\n",
            7,
        ),
    ] {
        let server = Scripted::sequence(vec![
            vec![Step::head(), begun(media_type, body), Step::Stall],
            over(),
        ]);
        let options = at_once().with_silence(Duration::from_millis(50));
        let (options, told) = observed(options);
        let (came, end) = all(records("", &server.url(), options)).await;
        end.unwrap();
        assert_eq!(came, ["{\"a\":1}"]);
        let told = told.lock().unwrap();
        let lost = format!("lost Timeout 0 {half}");
        assert_eq!(*told, ["connected", &lost, "waiting 0 2"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_class_of_answers_has_its_pause() {
    let mut pauses = Pauses::default();
    pauses.network_step = Duration::ZERO;
    pauses.unavailable_first = Duration::from_millis(8);
    pauses.limited_first = Duration::from_millis(16);
    let server = Scripted::sequence(vec![
        given(LINES, "1\n"),
        status("503 Busy"),
        status("429 Too Many Requests"),
        status("420 Enhance Your Calm"),
        status("502 Bad Gateway\r\nRetry-After: 0"),
        given(LINES, "2\n"),
        status("404 Not Found"),
        over(),
    ]);
    let (options, told) = observed(at_once().with_pauses(pauses));
    let (came, end) = all(records("", &server.url(), options)).await;
    assert_eq!(came, ["1", "2"]);
    let error = end.unwrap_err();
    assert_eq!(error.kind(), Kind::TargetRefused, "{error}");
    assert_eq!(server.connections(), 7);
    let told = told.lock().unwrap().clone();
    let least = |at: usize| {
        let words: Vec<&str> = told[at].split(' ').collect();
        assert_eq!(words[0], "waiting", "{told:?}");
        (words[1].parse::<u64>().unwrap(), words[2].to_owned())
    };
    assert_eq!(told[1], "lost Cut 0 0", "{told:?}");
    assert_eq!(least(2), (0, "2".to_owned()));
    for (at, code, from, to) in [
        (3, 503, 8, 10),
        (5, 429, 16, 20),
        (7, 420, 32, 40),
        (9, 502, 8, 10),
    ] {
        assert_eq!(told[at], format!("lost TargetUnavailable {code} 0"));
        let (pause, attempt) = least(at + 1);
        assert!((from..=to).contains(&pause), "{told:?}");
        assert_eq!(attempt, ((at + 3) / 2).to_string());
    }
    assert_eq!(told[11], "reconnected 6");
    assert_eq!(told[14], "lost TargetRefused 404 0 for good", "{told:?}");
    assert_eq!(told.len(), 15);
}

/// The time that an event stream asks for holds for what follows.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_says_how_long_to_wait() {
    let server = Scripted::sequence(vec![given(EVENTS, "retry: 30\n\ndata: 1\n\n"), over()]);
    let (options, told) = observed(at_once());
    let (came, end) = all(records("", &server.url(), options)).await;
    end.unwrap();
    assert_eq!(came, ["1"]);
    assert_eq!(told.lock().unwrap()[2], "waiting 30 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definite_no_is_asked_for_once() {
    for (line, kind) in [
        ("401 Unauthorized", Kind::TargetAuth),
        ("403 Forbidden", Kind::TargetRefused),
        ("410 Gone", Kind::TargetRefused),
    ] {
        let server = Scripted::each(status(line));
        let (_, end) = all(records("", &server.url(), at_once())).await;
        assert_eq!(end.unwrap_err().kind(), kind, "{line}");
        assert_eq!(server.connections(), 1, "{line}");
    }
    for (line, kind, connections) in [
        (
            "403 Forbidden\r\nX-Squid-Error: ERR_ACCESS_DENIED 0",
            Kind::ProxyRefused,
            1,
        ),
        (
            "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x",
            Kind::ProxyAuth,
            1,
        ),
    ] {
        for url in ["http://feed.test/", "https://feed.test/"] {
            let proxy = Scripted::each(status(line));
            let settings = format!("[proxy]\nurl = '{}'\nbypass = []\n", proxy.url());
            let (_, end) = all(records(&settings, url, at_once())).await;
            let error = end.unwrap_err();
            assert_eq!(error.kind(), kind, "{url} {error}");
            assert_eq!(proxy.connections(), connections, "{url} {line}");
        }
    }
}

/// What was never open is tried as often as a file is; what was open once, without end.
#[tokio::test(flavor = "multi_thread")]
async fn tries_are_counted_until_it_was_open() {
    let settings = "retry = { attempts = 3 }\n";
    let busy = || status("503 Busy");
    let server = Scripted::each(busy());
    let (_, end) = all(records(settings, &server.url(), at_once())).await;
    assert_eq!(end.unwrap_err().attempts(), 3);
    assert_eq!(server.connections(), 3);
    let mut scripts = vec![given(LINES, "1\n")];
    scripts.extend((0..9).map(|_| busy()));
    scripts.push(over());
    let server = Scripted::sequence(scripts.clone());
    let (_, end) = all(records(settings, &server.url(), at_once())).await;
    end.unwrap();
    assert_eq!(server.connections(), 11);
    let server = Scripted::sequence(scripts);
    let (_, end) = all(records("", &server.url(), at_once().with_attempts(5))).await;
    assert_eq!(end.unwrap_err().attempts(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_without_end_is_given_up() {
    let endless = "x".repeat(5000);
    for (media_type, body) in [
        (LINES, format!("1\n{endless}")),
        (EVENTS, format!("data: 1\n\ndata: {endless}")),
        (EVENTS, format!("data: 1\n\n{}", "data\n".repeat(1000))),
    ] {
        let server = Scripted::each(vec![Step::head(), begun(media_type, &body), Step::Stall]);
        let options = at_once().with_longest(1000);
        let (came, end) = all(records("", &server.url(), options)).await;
        assert_eq!(came, ["1"]);
        let error = end.unwrap_err();
        assert_eq!(
            (error.kind(), error.stage()),
            (Kind::TargetProtocol, Stage::Transfer)
        );
        assert!(
            error.to_string().contains("longer than 1000 bytes"),
            "{error}"
        );
        assert!(!error.is_transient());
        assert_eq!(server.connections(), 1);
    }
}

/// A file is a stream too, and its last line may lack its end.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_with_a_length_has_an_end() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\na\r\n\r\nb";
    let server = Scripted::each(vec![Step::head(), Step::write(answer), Step::Close]);
    let (came, end) = all(records("", &server.url(), at_once())).await;
    end.unwrap();
    assert_eq!(came, ["a", "b"]);
    assert_eq!(server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hook_says_goes_except_to_another_origin() {
    let server = || Scripted::each(given(LINES, "1\n"));
    let (other, no) = (server(), server());
    let elsewhere = other.url();
    let options = at_once().with_resume(move |next| {
        next.url = url::Url::parse(&elsewhere).unwrap();
        Ok(())
    });
    let (came, end) = all(records("", &no.url(), options)).await;
    assert_eq!(came, ["1"]);
    assert_eq!(end.unwrap_err().kind(), Kind::Usage);
    assert_eq!((no.connections(), other.connections()), (1, 0));
    let options = at_once()
        .with_resume(|_| Err(Error::new(Kind::Changed, Stage::Transfer, "enough").permanent()));
    let (_, end) = all(records("", &no.url(), options)).await;
    assert!(end.unwrap_err().to_string().contains("enough"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_stream_is_refused() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx";
    let server = Scripted::each(vec![Step::head(), Step::write(answer), Step::Close]);
    let (_, end) = all(records("", &server.url(), at_once())).await;
    assert!(end.unwrap_err().to_string().contains("gzip"));
    let client = outbound::Client::new(crate::kit::policy(""));
    let error = client
        .dataset("ftp://h/x")
        .unwrap()
        .stream(at_once())
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported);
    // The first answer of what should be lines.
    let server = Scripted::each(over());
    let (_, end) = all(records("", &server.url(), at_once())).await;
    assert_eq!(end.unwrap_err().kind(), Kind::TargetProtocol);
    let (_, end) = all(records(
        "",
        &server.url(),
        at_once().with_form(Form::Events),
    ))
    .await;
    end.unwrap();
}

/// Nor does it begin the opening anew, or a pause.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_wait_keeps_what_is_under_way() {
    let server = Scripted::sequence(vec![given(LINES, "1\n"), given(LINES, "2\n"), over()]);
    let mut pauses = Pauses::default();
    pauses.network_step = Duration::from_millis(20);
    let mut records = records(
        "",
        &server.url(),
        StreamOptions::default().with_pauses(pauses),
    );
    let mut came = Vec::new();
    let waiting = async {
        loop {
            tokio::select! {
                biased;
                record = records.next() => match record.unwrap() {
                    Some(record) => came.push(text(&record)),
                    None => break,
                },
                () = tokio::task::yield_now() => {}
            }
        }
    };
    let limit = Duration::from_secs(30);
    tokio::time::timeout(limit, waiting).await.expect("an end");
    assert_eq!((came.len(), server.connections()), (2, 3));
}

/// A wait that is dropped takes no record along.
#[tokio::test(flavor = "multi_thread")]
async fn dropping_the_wait_loses_nothing() {
    let mut steps = vec![Step::head(), begun(LINES, "1\nha")];
    steps.extend([Step::Settle, Step::write("4\r\nlf\n3\r\n")]);
    steps.extend([Step::Settle, Step::write("2\r\n\n4\r\n"), Step::Stall]);
    let server = Scripted::sequence(vec![steps]);
    let mut records = records("", &server.url(), at_once());
    let mut came = vec![text(&records.next().await.unwrap().unwrap())];
    while came.len() < 3 {
        // Asked once, and dropped.
        tokio::select! {
            biased;
            record = records.next() => came.push(text(&record.unwrap().unwrap())),
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(came, ["1", "half", "3"]);
}
