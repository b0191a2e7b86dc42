//! Answers that are not what they were, and ids that cannot be sent back.

use outbound::base::Kind;
use outbound::dataset::{Client, Form};

use super::{all, at_once, begun, observed, records, status};
use crate::kit::{Program, policy};
use crate::support::scripted::{Scripted, Step};

const LINES: &str = "application/json";
const EVENTS: &str = "text/event-stream";

fn given(media_type: &str, body: &str) -> Vec<Step> {
    vec![Step::head(), begun(media_type, body), Step::Close]
}

fn over() -> Vec<Step> {
    status("204 No Content")
}

/// A page, whole, as a captive portal gives it.
fn page() -> Vec<Step> {
    let page = "<html>\nlog in\n</html>\n";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length:";
    let answer = format!("{head} {}\r\n\r\n{page}", page.len());
    vec![Step::head(), Step::write(answer), Step::Close]
}

/// 408 may be sent again on another connection (RFC 9110 section 15.5.9), whoever says it.
#[tokio::test(flavor = "multi_thread")]
async fn a_408_is_asked_for_again() {
    for (line, kind) in [
        ("408 Request Timeout", Kind::TargetUnavailable),
        (
            "408 Request Timeout\r\nX-Squid-Error: ERR_LIFETIME_EXP 0",
            Kind::ProxyUnavailable,
        ),
        (
            "429 Too Many Requests\r\nX-Squid-Error: ERR_TOO_MANY 0",
            Kind::ProxyUnavailable,
        ),
    ] {
        let proxy = Scripted::sequence(vec![status(line), given(LINES, "1\n"), over()]);
        let settings = format!("[proxy]\nurl = '{}'\nbypass = []\n", proxy.url());
        let (options, told) = observed(at_once());
        let (came, end) = all(records(&settings, "http://feed.test/", options)).await;
        end.unwrap();
        assert_eq!(came, ["1"]);
        let lost = format!("lost {kind:?} {} 0", &line[..3]);
        assert_eq!(told.lock().unwrap()[0], lost);
        let proxy = Scripted::each(status(line));
        let settings = format!("[proxy]\nurl = '{}'\nbypass = []\n", proxy.url());
        let options = at_once().with_attempts(2);
        let (_, end) = all(records(&settings, "https://feed.test/", options)).await;
        let error = end.unwrap_err();
        let kind = (error.kind(), error.attempts(), proxy.connections());
        assert_eq!(kind, (Kind::ProxyUnavailable, 2, 2), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_in_the_place_of_the_stream_is_waited_out() {
    for (media_type, one, two) in [
        (LINES, "1\n", "2\n"),
        (EVENTS, "data: 1\n\n", "data: 2\n\n"),
    ] {
        let scripts = vec![
            given(media_type, one),
            page(),
            given(media_type, two),
            over(),
        ];
        let server = Scripted::sequence(scripts);
        let (options, told) = observed(at_once());
        let (came, end) = all(records("", &server.url(), options)).await;
        end.unwrap();
        assert_eq!(came, ["1", "2"]);
        let told = told.lock().unwrap();
        assert_eq!(told[3..5], ["lost TargetUnavailable 0 0", "waiting 0 3"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_kind_of_records_ends_it_unless_the_caller_knows() {
    for (before, now) in [(LINES, EVENTS), (EVENTS, LINES)] {
        let scripts = || {
            vec![
                given(before, "data: 1\n\n"),
                given(now, "data: 2\n\n"),
                over(),
            ]
        };
        let server = Scripted::sequence(scripts());
        let (came, end) = all(records("", &server.url(), at_once())).await;
        assert_eq!(came.len(), 1);
        let error = end.unwrap_err();
        assert_eq!(error.kind(), Kind::TargetProtocol, "{error}");
        assert!(error.to_string().contains("before, it was"), "{error}");
        assert_eq!(server.connections(), 2);
        let server = Scripted::sequence(scripts());
        let options = at_once().with_form(Form::Lines);
        let (came, end) = all(records("", &server.url(), options)).await;
        end.unwrap();
        assert_eq!(came, ["data: 1", "data: 2"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_no_stream() {
    let server = Scripted::each(page());
    let (came, end) = all(records("", &server.url(), at_once())).await;
    let error = end.unwrap_err();
    assert!(error.to_string().contains("is a page"), "{error}");
    assert_eq!((came.len(), server.connections()), (0, 1));
    let options = at_once().with_form(Form::Lines);
    let (came, end) = all(records("", &server.url(), options)).await;
    end.unwrap();
    assert_eq!(came.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_cannot_be_sent_is_told() {
    for (id, why) in [
        ("a\u{1}b".to_owned(), "it has control bytes"),
        ("x".repeat(5000), "it is longer than 4096 bytes"),
    ] {
        let server = Scripted::sequence(vec![
            given(EVENTS, &format!("id: 1\ndata: 1\n\nid: {id}\ndata: 2\n\n")),
            given(EVENTS, "id: 3\ndata: 3\n\n"),
            over(),
        ]);
        let (options, told) = observed(at_once());
        let (came, end) = all(records("", &server.url(), options)).await;
        end.unwrap();
        assert_eq!(came, ["1", "2", "3"]);
        let told = told.lock().unwrap();
        let unplaced = format!("unplaced: the last event's id cannot be sent: {why}");
        assert_eq!(told[3], unplaced, "{told:?}");
        assert!(!told[4..].contains(&unplaced), "{told:?}");
        let asked = server.received();
        assert!(!asked[1].to_ascii_lowercase().contains("last-event-id"));
        assert!(asked[2].to_ascii_lowercase().contains("last-event-id: 3"));
        let client = Client::new(policy(""));
        let dataset = client.dataset(&server.url()).unwrap();
        let error = dataset.stream(at_once().with_last_id(&*id)).unwrap_err();
        assert_eq!(error.kind(), Kind::Usage);
        assert!(error.to_string().contains(why), "{error}");
    }
}

/// A server takes its ids back by an empty one: what was given with `-H` does not come again.
#[test]
fn an_id_that_was_taken_back_is_not_sent_again() {
    let server = Scripted::sequence(vec![
        given(EVENTS, "id: 5\ndata: 1\n\n"),
        given(EVENTS, "id\ndata: 2\n\n"),
        over(),
    ]);
    let program = Program::new();
    let fetch = ["fetch", "--follow", &server.url(), "-H", "Last-Event-ID: 4"];
    program.run(&fetch).expect(0);
    let asked = server.received();
    let ids: Vec<_> = asked
        .iter()
        .map(|head| head.to_ascii_lowercase())
        .map(|head| Some(head.split_once("last-event-id: ")?.1.get(..1)?.to_owned()))
        .collect();
    assert_eq!(ids, [Some("4".to_owned()), Some("5".to_owned()), None]);
}
