//! A proxy that wants credentials: how it is answered, and what is told when it is not content.

use outbound::base::{Kind, Side, Stage};
use outbound::dataset::Client;
use outbound::settings::{Flags, Layers};

use crate::faults::{USER, answer, assert_facts, credentials, failure, settings};
use crate::kit::{connector, policy};
use crate::support::scripted::{Scripted, Step};
use crate::tunnels::greeting;

const ASKS: &str = "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"corp\"\r\n";
const OPEN: &str = "HTTP/1.1 200 OK\r\n\r\n220 ready\r\n";

/// `Basic` with [`USER`] and [`PASSWORD`], as `printf '…' | base64` gives it.
const BASIC: &str = "Proxy-Authorization: Basic c3ZjLWRhdGE6aHVudGVyMi12ZXJ5LXNlY3JldA==\r\n";

#[tokio::test]
async fn a_challenge_is_answered_on_the_connection_that_the_proxy_keeps() {
    for body in [
        "Content-Length: 5\r\n\r\nlogin".to_owned(),
        format!("Content-Length: 100000\r\n\r\n{}", "x".repeat(100_000)),
        "Transfer-Encoding: chunked\r\n\r\n5\r\nlogin\r\n0\r\n\r\n".to_owned(),
    ] {
        let steps = vec![
            Step::head(),
            Step::write(format!("{ASKS}{body}")),
            Step::head(),
            Step::write(OPEN),
            Step::Close,
        ];
        let proxy = Scripted::sequence(vec![steps]);
        let connector = connector(&settings(proxy.address(), &credentials()));
        assert_eq!(greeting(&connector).await, "220 ready\r\n");
        assert_eq!(proxy.connections(), 1);
        let received = proxy.received().concat();
        let (first, second) = received.split_once("\r\n\r\n").unwrap();
        assert!(!first.contains("Proxy-Authorization"), "unasked: {first}");
        assert!(second.contains(BASIC), "{second}");
    }
}

#[tokio::test]
async fn a_challenge_is_answered_on_a_new_connection_when_the_proxy_closes() {
    for first in [
        format!("{ASKS}Connection: close\r\nContent-Length: 5\r\n\r\nlogin"),
        format!("{ASKS}Proxy-Connection: close\r\nContent-Length: 0\r\n\r\n"),
        // Says that it stays, and goes: RFC 9931 lets it.
        format!("{ASKS}Content-Length: 0\r\n\r\n"),
        // Ended by close alone.
        format!("{ASKS}\r\nlogin"),
    ] {
        let proxy = Scripted::sequence(vec![answer(&first), answer(OPEN)]);
        let connector = connector(&settings(proxy.address(), &credentials()));
        assert_eq!(greeting(&connector).await, "220 ready\r\n", "{first:?}");
        assert_eq!(proxy.connections(), 2);
        assert!(proxy.received()[1].contains(BASIC));
    }
}

#[tokio::test]
async fn a_proxy_that_asked_once_gets_credentials_unasked_from_then_on() {
    let first = format!("{ASKS}Connection: close\r\nContent-Length: 0\r\n\r\n");
    let proxy = Scripted::sequence(vec![answer(&first), answer(OPEN), answer(OPEN)]);
    let connector = connector(&settings(proxy.address(), &credentials()));
    greeting(&connector).await;
    greeting(&connector).await;
    assert_eq!(proxy.connections(), 3);
    assert!(proxy.received()[2].contains(BASIC));
}

#[tokio::test]
async fn a_wrong_password_is_said_and_never_tried_again() {
    let steps = vec![
        Step::head(),
        Step::write(format!("{ASKS}Content-Length: 0\r\n\r\n")),
        Step::head(),
        Step::write(format!(
            "{ASKS}Proxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
        )),
        Step::ReadToEnd,
    ];
    let proxy = Scripted::sequence(vec![steps]);
    let toml = settings(
        proxy.address(),
        &format!("{}tunnel = \"always\"", credentials()),
    );
    let client = Client::new(policy(&toml));
    let error = client.open("http://ftp.example:21/x").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::ProxyAuth, Stage::Auth)
    );
    assert_eq!(
        (error.side(), error.is_transient()),
        (Side::Settings, false)
    );
    assert_eq!((proxy.connections(), error.attempts()), (1, 1));
    assert_eq!(proxy.received().concat().matches("CONNECT ").count(), 2);
    let message = error.to_string();
    for fact in [
        "does not accept user `svc-data`",
        "password from settings.toml:4: proxy.password",
        "407 Login",
        "it offers Basic, NTLM",
    ] {
        assert!(message.contains(fact), "{fact}: {message}");
    }
    assert!(error.hint().unwrap().contains("password is wrong"));
    assert_facts("wrong password", &error, proxy.address());
}

#[tokio::test]
async fn a_scheme_that_is_not_built_in_is_named_and_gets_no_password() {
    let refusal = "HTTP/1.1 407 Login\r\nProxy-Authenticate: Negotiate, NTLM\r\n\
                   Content-Length: 0\r\n\r\n";
    let proxy = Scripted::sequence(vec![answer(refusal)]);
    let error = failure(&connector(&settings(proxy.address(), &credentials()))).await;
    assert_eq!(
        (error.kind(), error.is_transient()),
        (Kind::ProxyAuth, false)
    );
    assert!(
        error.to_string().contains("it offers Negotiate, NTLM"),
        "{error}"
    );
    assert!(error.to_string().contains("not built in"), "{error}");
    assert!(error.hint().unwrap().contains("Basic"));
    assert!(!proxy.received().concat().contains("Proxy-Authorization"));
    assert_facts("scheme", &error, proxy.address());
}

/// A user name alone is not enough: the place to write the password is named.
#[tokio::test]
async fn a_missing_password_is_asked_for_where_the_proxy_is_written() {
    let text = format!("{ASKS}Connection: close\r\nContent-Length: 0\r\n\r\n");
    let proxy = Scripted::each(answer(&text));
    let toml = settings(proxy.address(), &format!("username = \"{USER}\"\n"));
    let flags = Flags {
        proxy: Some(format!("http://{USER}@{}", proxy.address())),
        ..Flags::default()
    };
    let by_flag = Layers::new().flags(&flags).build().unwrap();
    for (policy, hint) in [
        (policy(&toml), "set proxy.password"),
        (by_flag, "in a settings file, where nobody else reads it"),
    ] {
        let client = Client::new(policy);
        for url in ["http://h.example/x", "https://h.example/x"] {
            let error = client.open(url).await.unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("does not accept user `svc-data` (no password is set)"),
                "{error}"
            );
            assert!(error.hint().unwrap().contains(hint), "{error:?}");
        }
    }
}
