//! What does not open, and what is said of it.

use http::{HeaderMap, HeaderName, HeaderValue};
use outbound::base::{Kind, Side, Stage};
use outbound::ws::Options;

use super::{DIRECT, assert_says, dataset, open, refused, servers, through, ws};
use crate::support::peers::gateways::{Gateway, Product};
use crate::support::peers::{self, Squid, squid};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_upgrade_says_what_to_change() {
    let echo = &servers().plain;
    for (status, kind, hint) in [
        (401, Kind::TargetAuth, "the server wants a login"),
        (403, Kind::TargetRefused, "the field `Origin`"),
        (404, Kind::TargetRefused, "check the path"),
        (426, Kind::TargetRefused, "proxy_set_header Upgrade"),
        (408, Kind::TargetUnavailable, "try again later"),
        (420, Kind::TargetUnavailable, "try again later"),
        (501, Kind::TargetRefused, "does not do this at all"),
        (503, Kind::TargetUnavailable, "try again later"),
        (
            302,
            Kind::TargetRefused,
            "connect to wss://other.test/echo?… (",
        ),
    ] {
        let error = refused(DIRECT, &ws(echo, &format!("/status/{status}"))).await;
        assert_says(&error, kind, &format!("the server answered {status}"), hint);
        let side = match status {
            401 => Side::Settings,
            _ => Side::Target,
        };
        assert_eq!((error.stage(), error.side()), (Stage::Request, side));
        assert_eq!(error.answer().unwrap().code, status);
    }
    let settings = format!(
        "[connections.feed]\nurl = '{}'\nusername = 'u'\npassword = 'p'\n",
        ws(echo, "/")
    );
    let error = refused(&settings, &ws(echo, "/status/401")).await;
    assert_says(
        &error,
        Kind::TargetAuth,
        "it offers Basic",
        "or the password for the server is wrong",
    );
    // A web server takes the upgrade for a GET.
    let nginx = crate::kit::shared()
        .nginx
        .http("/small.bin")
        .replace("http:", "ws:");
    let error = refused(DIRECT, &nginx).await;
    assert_says(
        &error,
        Kind::TargetProtocol,
        "answered 200 OK",
        "it took the upgrade for an ordinary",
    );
    // In HTTP/2, which this server would rather speak, there is no upgrade.
    let shared = crate::kit::shared();
    let wss = shared.nginx.https("/small.bin").replace("https:", "wss:");
    let ca = shared.ca.display();
    let settings = format!("[connections.feed]\nurl = '{wss}'\nca_file = '{ca}'\n");
    let error = refused(&settings, &wss).await;
    assert_says(&error, Kind::TargetProtocol, "answered 200 OK", "");
    let tls = error
        .steps()
        .iter()
        .find(|step| step.stage == Stage::TargetTls);
    assert_eq!(tls.unwrap().answer, "TLS 1.3, http/1.1");
    // A gateway that swallows Upgrade: the server sees a GET.
    let gateway = Gateway::start(Product::Nginx, echo.port());
    let error = refused(
        DIRECT,
        &format!("ws://127.0.0.1:{}/forgotten/x", gateway.port()),
    )
    .await;
    assert_says(
        &error,
        Kind::TargetUnavailable,
        "the server answered 502",
        "",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_in_the_way_is_named() {
    let closed = Squid::start(squid::Options {
        tunnel_ports: "443".to_owned(),
        ..squid::Options::default()
    });
    let error = refused(&through(closed.address(), ""), "ws://origin.test/feed").await;
    let hint = "by which WebSocket has to go; most allow it to port 443 alone (Squid's SSL_ports): use wss://";
    assert_says(
        &error,
        Kind::ProxyRefused,
        "open a tunnel to origin.test:80 through",
        hint,
    );
    assert!(
        error.hint().unwrap().contains("acl port_80 port 80"),
        "{:?}",
        error.hint()
    );
    let closed = Closed::new();
    let error = refused(&through(closed.address(), ""), "wss://origin.test/feed").await;
    assert_says(
        &error,
        Kind::Dial,
        ": connection refused",
        "whether the proxy is up",
    );
    let asking = peers::squid_with_password().address();
    let wrong = format!("username = '{}'\npassword = 'wrong-one'\n", squid::USER);
    let error = refused(&through(asking, &wrong), &ws(&servers().plain, "/echo")).await;
    assert_says(
        &error,
        Kind::ProxyAuth,
        "does not accept user",
        "or the password is wrong",
    );
    assert!(!format!("{error:?}").contains("wrong-one"));
    let error = refused(&through(asking, ""), &ws(&servers().plain, "/echo")).await;
    assert_says(
        &error,
        Kind::ProxyAuth,
        "wants a user name",
        "proxy.username",
    );
    // A proxy that opens the tunnel and lets nothing through.
    let hung = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\n\r\n"),
        Step::head(),
    ]);
    let error = refused(&through(hung.address(), ""), "ws://origin.test/feed").await;
    assert_says(
        &error,
        Kind::Cut,
        "the proxy had answered CONNECT with 200",
        "a proxy that inspects",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_answer_to_the_upgrade_is_refused() {
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    let long = format!("{head}X: {}\r\n", "x".repeat(80 << 10));
    let other = format!("{head}Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    for (answer, what) in [
        (
            &*other,
            "its Sec-WebSocket-Accept is not that of this request",
        ),
        (
            "HTTP/1.1 101 Sw\r\nConnection: Upgrade\r\n\r\n",
            "not with `Upgrade: websocket`",
        ),
        (&format!("{head}\r\n"), "without Sec-WebSocket-Accept"),
        (
            &long,
            "the head of the server's answer is longer than 64 KiB",
        ),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "is not HTTP/1.1"),
        (
            "HTTP/1.1 101 Sw\r\nUpgrade: web\rsocket\r\n\r\n",
            "is not HTTP/1.1",
        ),
        (
            "HTTP/1.1 418 No\r\nContent-Length: 8\r\n\r\n\x1b[2Jabcd",
            "418 No (\\x1b[2Jabcd)",
        ),
    ] {
        let server = Scripted::each(vec![Step::head(), Step::write(answer), Step::Stall]);
        let error = refused(DIRECT, &server.url().replace("http", "ws")).await;
        assert!(error.to_string().contains(what), "{what}: {error}");
        assert!(
            !error.to_string().contains('\x1b') && !error.is_transient(),
            "{error:?}"
        );
    }
    // A head that never ends is ended by the limit on time.
    let slow = Scripted::each(vec![Step::head(), Step::write(head), Step::Stall]);
    let error = refused(
        "timeouts.reply = \"300ms\"\n",
        &slow.url().replace("http", "ws"),
    )
    .await;
    assert_eq!(error.limit().unwrap().setting, "timeouts.reply");
    assert_eq!(error.kind(), Kind::Timeout);
    let closed = Scripted::each(vec![Step::head(), Step::Close]);
    let error = refused(DIRECT, &closed.url().replace("http", "ws")).await;
    assert_says(
        &error,
        Kind::Cut,
        "without an answer to the upgrade",
        "write wss://",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_for_is_not() {
    let server = Scripted::each(vec![Step::Close]);
    let url = server.url().replace("http", "ws");
    for (name, value) in [
        ("sec-websocket-key", "x"),
        ("proxy-authorization", "x"),
        ("host", "x"),
    ] {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
        let dataset = dataset(DIRECT, &url).with_headers(headers);
        let error = dataset.websocket(&Options::default()).await.unwrap_err();
        assert_says(
            &error,
            Kind::Usage,
            &format!("`{name}` cannot be set by hand"),
            "",
        );
    }
    for names in [vec!["a b"], vec!["a\r\nX: y"], vec!["a", "a"], vec![""]] {
        let subprotocols = names.into_iter().map(str::to_owned).collect();
        let options = Options {
            subprotocols,
            ..Options::default()
        };
        let error = open(DIRECT, &url, &options).await.unwrap_err();
        assert_says(&error, Kind::Usage, "cannot be offered", "none comes twice");
    }
    let error = refused(DIRECT, &server.url()).await;
    assert_says(
        &error,
        Kind::Usage,
        "`http://` is no WebSocket",
        "write ws://",
    );
    assert_eq!(server.connections(), 0);
}
