//! Another proxy, another origin: what must stay behind.

use outbound::base::Kind;
use outbound::dataset::Client;
use outbound::lab::{Ca, Origin, Tree, http as origin, proxy};
use outbound::settings::{Flags, Layers};

use crate::kit::{Program, connector, policy};
use crate::leaks::{NAME, PASSWORD, lab_proxy, quoted};
use crate::support::scripted::{Scripted, Step};

/// A proxy that keeps what it is told, and answers with a redirect or a body.
fn recorder(answer: &str) -> Scripted {
    Scripted::each(vec![Step::head(), Step::write(answer), Step::Close])
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

/// A redirect to a target that has another proxy.
#[tokio::test]
async fn another_proxy_never_gets_the_first_ones_credentials() {
    let first = recorder(
        "HTTP/1.1 302 Found\r\nLocation: http://b.example/x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    let second = recorder(OK);
    let toml = format!(
        "[proxy]\nurl = \"{}\"\n\
         [connections.a]\nurl = \"http://a.example/\"\nusername = \"ann\"\npassword = \"target-pw\"\n\
         proxy = {{ url = \"{}\", username = \"{NAME}\", password = {}, auth = \"basic\" }}\n",
        second.url(),
        first.url(),
        quoted(PASSWORD)
    );
    let client = Client::new(policy(&toml));
    client.open("a:x").await.unwrap();
    assert!(
        first
            .received()
            .concat()
            .contains("Proxy-Authorization: Basic ")
            || first
                .received()
                .concat()
                .contains("proxy-authorization: Basic ")
    );
    let told = second.received_with("\r\n\r\n");
    assert!(
        told.starts_with("GET http://b.example/x HTTP/1.1\r\n"),
        "{told}"
    );
    assert!(!told.to_lowercase().contains("authorization"), "{told}");
    // The same through tunnels.
    let refusing = recorder("HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
    let flags = connector(&format!("[proxy]\nurl = \"{}\"\n", refusing.url()));
    let target = outbound::base::Target::parse("https://a.example/").unwrap();
    flags.connect(&target).await.unwrap_err();
    assert!(
        !refusing
            .received()
            .concat()
            .to_lowercase()
            .contains("authorization")
    );
}

/// A layer or a flag that changes the proxy's URL takes no password along.
#[tokio::test]
async fn another_url_for_the_proxy_drops_the_password() {
    let other = recorder(
        "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    );
    let low = format!(
        "[proxy]\nurl = \"http://real.example:3128\"\nusername = \"{NAME}\"\npassword = {}\nauth = \"basic\"\n",
        quoted(PASSWORD)
    );
    let high = format!("[proxy]\nurl = \"{}\"\n", other.url());
    let flags = Flags {
        proxy: Some(other.url()),
        ..Flags::default()
    };
    let none: [&str; 0] = [];
    let layered = Layers::new()
        .toml("low.toml", &low)
        .toml("high.toml", &high)
        .build()
        .unwrap();
    let flagged = Layers::new()
        .toml("low.toml", &low)
        .flags(&flags)
        .build()
        .unwrap();
    let variable = |name: &str| (name == "OUTBOUND_PROXY").then(|| other.url().into());
    let by_variable = Layers::new()
        .toml("low.toml", &low)
        .variables(variable, none)
        .build()
        .unwrap();
    for policy in [layered, flagged, by_variable] {
        let client = Client::new(policy);
        for url in ["http://h.example/x", "https://h.example/x"] {
            let error = client.open(url).await.unwrap_err();
            assert_eq!(error.kind(), Kind::ProxyAuth, "{error}");
            assert!(
                error.to_string().contains("wants a user name and password"),
                "{error}"
            );
        }
    }
    let all = other.received().concat();
    assert_eq!(other.connections(), 6);
    assert!(!all.to_lowercase().contains("authorization"), "{all}");
    let program = Program::with_settings(&low);
    program
        .run(&["fetch", "--proxy", &other.url(), "http://h.example/x"])
        .expect(7);
    assert!(
        !other
            .received()
            .concat()
            .to_lowercase()
            .contains("authorization")
    );
}

/// What a redirect off the origin, and off a connection's base, leaves behind.
#[tokio::test]
async fn a_redirect_leaves_credentials_fields_trust_and_proxy_behind() {
    let ca = Ca::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    ca.write_pem(&folder.path().join("ca.pem")).unwrap();
    let tls = || {
        Some(
            ca.server_config(&["localhost", "127.0.0.1"], &["http/1.1"])
                .unwrap(),
        )
    };
    let tree = || {
        let tree = Tree::new();
        tree.put("/x.csv", "data");
        tree
    };
    let other = Origin::start(origin::Options {
        tree: tree(),
        ..Default::default()
    })
    .await
    .unwrap();
    let other_tls = Origin::start(origin::Options {
        tree: tree(),
        tls: tls(),
        ..Default::default()
    })
    .await
    .unwrap();
    let to = |from: &str, to: String| origin::Redirect {
        from: from.into(),
        status: 302,
        to,
    };
    let first = Origin::start(origin::Options {
        tree: tree(),
        redirects: vec![
            to("/base/away", other.url("/x.csv")),
            to("/base/tls", other_tls.url("/x.csv")),
            to("/base/out", "/x.csv".into()),
            to("/base/in", "/base/x.csv".into()),
        ],
        ..Default::default()
    })
    .await
    .unwrap();
    // The connection goes direct; everything else goes through this.
    let global = lab_proxy(proxy::Names::new()).await;
    let toml = format!(
        "[proxy]\nurl = \"http://{}\"\nusername = \"{NAME}\"\npassword = {}\n\
         [connections.in]\nurl = \"{}\"\nproxy = \"direct\"\nusername = \"ann\"\npassword = \"target-pw\"\nca_file = \"{}\"\n",
        global.addr(),
        quoted(PASSWORD),
        first.url("/base/"),
        folder.path().join("ca.pem").display()
    );
    let client = Client::new(policy(&toml));
    let mut headers = http::HeaderMap::new();
    headers.insert("x-api-key", "key".parse().unwrap());
    headers.insert("cookie", "session=1".parse().unwrap());
    headers.insert("accept-language", "de".parse().unwrap());
    let dataset = |path: &str| client.dataset(path).unwrap().with_headers(headers.clone());

    dataset("in:away").open().await.unwrap();
    let asked = &first.requests()[0];
    assert!(asked.header("authorization").is_some() && asked.header("x-api-key").is_some());
    let got = &other.requests()[0];
    for name in [
        "authorization",
        "x-api-key",
        "cookie",
        "proxy-authorization",
    ] {
        assert_eq!(got.header(name), None, "{name}: {got:?}");
    }
    assert_eq!(
        got.header("accept-language"),
        Some("de"),
        "about the representation"
    );
    assert_eq!(
        global
            .requests()
            .last()
            .map(|request| request.target.clone()),
        Some(other.url("/x.csv")),
        "the way is decided anew"
    );

    // The connection's trust does not follow either.
    let error = dataset("in:tls").open().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{error}");
    assert!(other_tls.requests().is_empty());

    // Off the base, but on the origin: its login and its proxy choice stay behind.
    let before = global.requests().len();
    dataset("in:out").open().await.unwrap();
    let got = first
        .requests()
        .into_iter()
        .rfind(|request| request.target.ends_with("/x.csv"))
        .unwrap();
    assert_eq!(got.header("authorization"), None, "{got:?}");
    assert!(global.requests().len() > before, "through the global proxy");

    // Within the base everything stays.
    let _ = dataset("in:in").open().await;
    let got = first
        .requests()
        .into_iter()
        .rfind(|request| request.target == "/base/x.csv")
        .unwrap();
    assert!(got.header("authorization").is_some(), "{got:?}");
}

/// The text of a redirect that is refused can hold what the server calls a secret.
#[tokio::test]
async fn a_refused_redirect_shows_no_userinfo() {
    for location in [
        "ftp://ann:pw-in-url@h.example/x",
        "gopher://ann:pw-in-url@h.example/x",
    ] {
        let answer = format!(
            "HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let proxy = recorder(&answer);
        let client = Client::new(policy(&format!("[proxy]\nurl = \"{}\"\n", proxy.url())));
        let error = client.open("http://h.example/x").await.unwrap_err();
        assert!(error.to_string().contains("another protocol"), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("pw-in-url"),
            "{error}"
        );
    }
}

/// Who names a connection for a URL outside its base means it for that origin.
#[tokio::test]
async fn a_connection_that_was_named_stays_until_the_origin_changes() {
    let tree = Tree::new();
    tree.put("/other/x.csv", "data");
    let to = |from: &str, to: String| origin::Redirect {
        from: from.into(),
        status: 302,
        to,
    };
    let away = recorder(OK);
    let server = Origin::start(origin::Options {
        tree,
        redirects: vec![
            to("/other/in", "/other/x.csv".into()),
            to("/other/away", format!("{}/x.csv", away.url())),
        ],
        ..Default::default()
    })
    .await
    .unwrap();
    let nowhere = recorder(OK);
    let toml = format!(
        "[proxy]\nurl = \"{}\"\n[connections.c]\nurl = \"{}\"\nproxy = \"direct\"\n\
         username = \"ann\"\npassword = \"target-pw\"\n",
        nowhere.url(),
        server.url("/base/")
    );
    let client = Client::new(policy(&toml));
    let open = async |path: &str| {
        let dataset = client.dataset_of(&server.url(path), Some("c")).unwrap();
        dataset.open().await.unwrap();
    };
    open("/other/in").await;
    assert_eq!(nowhere.connections(), 0, "still direct");
    let asked = server.requests();
    assert_eq!(asked.len(), 2);
    for request in asked {
        assert!(request.header("authorization").is_some(), "{request:?}");
    }
    open("/other/away").await;
    let told = nowhere.received_with("\r\n\r\n");
    assert!(!told.to_lowercase().contains("authorization"), "{told}");
    assert_eq!(away.connections(), 0, "by the global proxy");
}
