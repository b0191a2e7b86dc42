//! Servers behind nginx, as most are: over TLS through Squid's tunnel, and with its buffers in between.

use std::time::Duration;

use super::{all, at_once, begun, behind_the_last, observed, records, rows, status, text};
use crate::kit::certificate;
use crate::support::feed::Feed;
use crate::support::peers;
use crate::support::peers::nginx_streams::NginxStreams;
use crate::support::relay::{Ending, Plan, Relay};
use crate::support::scripted::{Scripted, Step};

/// Enough to be cut so often.
const MANY: usize = 20_000;

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_through_squid_no_row_is_lost_or_doubled() {
    let feed = Feed::start(MANY);
    let (certificate, ca) = certificate();
    let nginx = NginxStreams::start(feed.port(), &certificate);
    for (url, version) in [
        (nginx.https("/live/lines"), "HTTP/1.1"),
        (nginx.https("/events"), "HTTP/1.1"),
        (nginx.http2("/live/events"), "HTTP/2.0"),
        (nginx.http2("/lines"), "HTTP/2.0"),
    ] {
        for ending in [Ending::Finish, Ending::Reset] {
            let case = format!("{url} {version} {ending:?}");
            // nginx writes records of TLS of 16 KiB, which are read whole.
            let relay = Relay::start(peers::squid().address(), Plan::cuts(4, 30_000, ending));
            let settings = format!(
                "[connections.feed]\nurl = '{}'\nca_file = '{}'\n\
                 [proxy]\nurl = 'http://{}'\nbypass = []\n",
                url::Url::parse(&url).unwrap().join("/").unwrap(),
                ca.display(),
                relay.address(),
            );
            let (options, told) = observed(at_once());
            let options = match url.ends_with("/lines") {
                true => behind_the_last(options),
                false => options,
            };
            let (came, end) = all(records(&settings, &url, options)).await;
            end.unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(came, rows(MANY), "{case}");
            assert_eq!(relay.cuts(), 4, "{case}");
            let told = told.lock().unwrap();
            let count = |what: &str| told.iter().filter(|one| one.starts_with(what)).count();
            assert!(count("reconnected") >= 4, "{case}: {told:?}");
            assert!(nginx.log().contains(version), "{case}");
        }
    }
}

/// By default nginx asks servers by HTTP/1.0, in which the end of the connection ends an answer, and
/// keeps such an answer until a buffer is full: here that is silence. It does not where it is told not
/// to, by its own settings or by the server, and where the server sends chunks all the same.
#[tokio::test(flavor = "multi_thread")]
async fn nginx_gives_a_record_at_once_where_it_does_not_buffer() {
    let (certificate, _) = certificate();
    let json = "Content-Type: application/json\r\n";
    let plain = Step::write(format!("HTTP/1.1 200 OK\r\n{json}\r\n1\n"));
    let told = Step::write(format!(
        "HTTP/1.1 200 OK\r\n{json}X-Accel-Buffering: no\r\n\r\n1\n"
    ));
    let chunked = begun("application/json", "1\n");
    for (path, answer, comes) in [
        ("/live/", plain.clone(), true),
        ("/", told, true),
        ("/", chunked, true),
        ("/", plain, false),
    ] {
        let server = Scripted::sequence(vec![
            vec![Step::head(), answer, Step::Stall],
            status("404 Not Found"),
        ]);
        let nginx = NginxStreams::start(server.port(), &certificate);
        // What is kept begins with the head.
        let settings = match comes {
            true => "",
            false => "timeouts = { reply = \"200ms\" }\n",
        };
        let (options, told) = observed(at_once());
        let mut records = records(settings, &nginx.http(path), options);
        let first = records.next().await;
        match comes {
            true => assert_eq!(text(&first.unwrap().unwrap()), "1"),
            false => {
                assert!(first.unwrap_err().to_string().contains("404"));
                let told = told.lock().unwrap();
                assert_eq!(told[0], "lost Timeout 0 0", "{told:?}");
            }
        }
    }
}

/// A connection of HTTP/2 may be dead without a word: the next try is not made on it, where it would wait for
/// an answer that cannot come.
#[tokio::test(flavor = "multi_thread")]
async fn what_fell_silent_is_asked_for_on_another_connection() {
    let (certificate, ca) = certificate();
    let server = Scripted::sequence(vec![
        vec![Step::head(), begun("text/plain", "1\n"), Step::Stall],
        vec![Step::head(), begun("text/plain", "2\n"), Step::Close],
        status("204 No Content"),
    ]);
    let nginx = NginxStreams::start(server.port(), &certificate);
    let http2 = url::Url::parse(&nginx.http2("/")).unwrap().port().unwrap();
    let relay = Relay::start(([127, 0, 0, 1], http2).into(), Plan::default());
    let url = format!("https://{}/live/", relay.address());
    let settings = format!(
        "[connections.feed]\nurl = '{url}'\nca_file = '{}'\n",
        ca.display()
    );
    let options = at_once().with_silence(Duration::from_millis(100));
    let (options, told) = observed(options);
    let (came, end) = all(records(&settings, &url, options)).await;
    end.unwrap();
    assert_eq!(came, ["1", "2"]);
    assert!(nginx.log().contains("HTTP/2.0"));
    let told = told.lock().unwrap();
    assert_eq!(told[1], "lost Timeout 0 0", "{told:?}");
    assert_eq!(relay.connections().len(), 2, "{told:?}");
}

/// nginx ends what is silent for as long as `proxy_read_timeout` says.
#[tokio::test(flavor = "multi_thread")]
async fn what_nginx_ends_goes_on() {
    let (certificate, _) = certificate();
    let server = Scripted::sequence(vec![
        vec![Step::head(), begun("text/plain", "1\nhal"), Step::Stall],
        vec![Step::head(), begun("text/plain", "2\n"), Step::Close],
        status("204 No Content"),
    ]);
    let nginx = NginxStreams::start(server.port(), &certificate);
    let (options, told) = observed(at_once());
    let (came, end) = all(records("", &nginx.http("/short/"), options)).await;
    end.unwrap();
    assert_eq!(came, ["1", "2"]);
    assert_eq!(told.lock().unwrap()[1], "lost Cut 0 3");
}
