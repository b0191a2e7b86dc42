//! What `check` asks for beyond the walk: a second CONNECT, and a ping.

use crate::kit::{Program, Ran};
use crate::support::echo::Echo;
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::until;

const REFUSED: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A proxy that refuses the first CONNECT by 403, and answers the second one so.
fn proxy(second: &str) -> Scripted {
    let steps = |answer: &str| vec![Step::head(), Step::write(answer), Step::ReadToEnd];
    Scripted::sequence(vec![steps(REFUSED), steps(second)])
}

fn run(proxy: &Scripted, words: &[&str]) -> Ran {
    Program::new().run(&[words, &["--proxy", &proxy.url()]].concat())
}

/// The line that says what a second CONNECT told.
fn means(ran: &Ran) -> &str {
    let mut lines = ran.out.lines();
    let line = lines.find_map(|line| line.strip_prefix("  means    "));
    line.unwrap_or_default()
}

#[test]
fn a_second_connect_opens_nothing_that_is_used() {
    let proxy = proxy("HTTP/1.1 200 OK\r\n\r\n");
    let ran = run(&proxy, &["check", "wss://data.example:8443/x"]).expect(6);
    assert_eq!(
        means(&ran),
        "CONNECT to data.example:443 is opened, so it is port 8443 that is refused"
    );
    let [first, second] = &proxy.received()[..] else {
        panic!("{:?}", proxy.received())
    };
    assert!(first.starts_with("CONNECT data.example:8443 "), "{first}");
    assert!(second.starts_with("CONNECT data.example:443 "), "{second}");
    let (_, behind) = second.split_once("\r\n\r\n").unwrap();
    assert_eq!(behind, "", "nothing is said in the tunnel");
}

#[test]
fn what_came_back_is_told() {
    for (second, told) in [
        (
            REFUSED,
            "answered with 403 Forbidden, so it is the host data.example that is refused",
        ),
        (
            "HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n",
            "answered with 504 Gateway Timeout, so it is port 8443 that is refused",
        ),
    ] {
        let proxy = proxy(second);
        let ran = run(&proxy, &["check", "https://data.example:8443/x"]).expect(6);
        let told = format!("CONNECT to data.example:443 is {told}");
        assert_eq!(means(&ran), told);
    }
    // A proxy that has gone tells nothing.
    let gone = Scripted::sequence(vec![vec![Step::head(), Step::write(REFUSED)]]);
    let ran = run(&gone, &["check", "https://data.example:8443/x"]).expect(6);
    assert_eq!(means(&ran), "");
    assert!(ran.out.contains(" OUT-CONNECT-FORBIDDEN\n"), "{}", ran.out);
}

#[test]
fn it_is_asked_once_and_by_check_alone() {
    for words in [
        // By 443 it is no matter of the port.
        ["check", "https://data.example/x"],
        ["stat", "https://data.example:8443/x"],
    ] {
        let proxy = proxy("HTTP/1.1 200 OK\r\n\r\n");
        run(&proxy, &words).expect(6);
        assert_eq!(proxy.connections(), 1, "{words:?}");
    }
}

#[test]
fn a_websocket_is_pinged_once_and_closed_in_good_order() {
    let echo = Echo::start(None);
    let url = format!("ws://127.0.0.1:{}/echo", echo.port());
    let ran = Program::new().run(&["check", &url]).expect(0);
    assert!(
        ran.out.contains("  ok     transfer ping 127.0.0.1:"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains(" pong "), "{}", ran.out);
    let ends = until(|| Some(echo.ends()).filter(|ends| !ends.is_empty())).unwrap();
    assert_eq!(
        (echo.pings(), &ends[..]),
        (1, &["close 1000".to_owned()][..])
    );
}
