//! A stock reqwest client that is set from a route.

use outbound::adapters::reqwest::client_builder;
use outbound::base::{Error, Kind};
use outbound::dataset::Client;
use reqwest::StatusCode;

use super::{ROWS, origins, proxies};
use crate::kit::policy;
use crate::support::peers::{self, squid};
use crate::support::scripted::{Scripted, Step};

async fn stock(client: &Client, place: &str) -> Result<reqwest::Client, Error> {
    let place = client.dataset(place)?;
    Ok(client_builder(&place).await?.build().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_through_every_proxy() {
    let origins = origins().await;
    for (name, settings) in proxies() {
        let client = origins.client(&settings);
        for origin in [&origins.http, &origins.https] {
            let url = origin.url("/up/x");
            let stock = stock(&client, &url).await.unwrap();
            let got = stock.get(&url).send().await;
            let got = got.unwrap_or_else(|error| panic!("{name}: {url}: {error:?}"));
            assert_eq!(got.text().await.unwrap(), ROWS, "{name}: {url}");
            let post = stock.post(origin.url("/again")).body("rows").send().await;
            assert_eq!(post.unwrap().text().await.unwrap(), "rows", "{name}: {url}");
        }
    }
    origins.assert_nothing_leaked();
    // By CONNECT, and in absolute form.
    let guarded = peers::squid_with_password().process();
    guarded.log_with(&format!("CONNECT {} 200", origins.https.addr()));
    guarded.log_with(&format!("GET {} 200", origins.http.url("/up/x")));
}

#[tokio::test]
async fn a_bypassed_target_goes_direct() {
    let origins = origins().await;
    let dead = Scripted::each(vec![Step::Reset]);
    let client = Client::new(policy(&format!(
        "[proxy]\nurl = \"{}\"\nbypass = [\"127.0.0.1\"]\n",
        dead.url()
    )));
    let url = origins.http.url("/up/x");
    let stock = stock(&client, &url).await.unwrap();
    assert_eq!(
        stock.get(&url).send().await.unwrap().status(),
        StatusCode::OK
    );
    assert_eq!(dead.connections(), 0);
    // The same client does not go past the policy for another.
    let error = stock
        .get("http://outside.example/")
        .send()
        .await
        .unwrap_err();
    let ours = Error::find(&error).unwrap();
    assert_eq!(ours.kind(), Kind::Unsupported, "{error:?}");
    assert!(
        ours.to_string().contains("reach outside.example:80"),
        "{ours}"
    );
    assert!(
        ours.to_string().contains("one proxy, and this is another"),
        "{ours}"
    );
}

/// What leaves a connection with trust of its own is refused, by redirect too.
#[tokio::test]
async fn own_trust_stays_with_its_connection() {
    let origins = origins().await;
    let (_, settings) = &proxies()[0];
    let client = origins.client(settings);
    let stock = stock(&client, "secure:up/x").await.unwrap();
    stock.get(origins.https.url("/up/x")).send().await.unwrap();
    let error = stock
        .get(origins.http.url("/up/x"))
        .send()
        .await
        .unwrap_err();
    let ours = Error::find(&error).unwrap().to_string();
    assert!(
        ours.contains("trusts what connection `secure` trusts"),
        "{ours}"
    );
    assert!(origins.http.requests().is_empty());
}

#[tokio::test]
async fn what_reqwest_would_ignore_is_an_error() {
    for (settings, place, said) in [
        (
            "[proxy]\nurl = \"socks5h://127.0.0.1:1080\"\n",
            "https://h.example/",
            "speaks no socks5h",
        ),
        (
            "[proxy]\nurl = \"https://127.0.0.1:1\"\nca_file = \"corp.pem\"\n",
            "https://h.example/",
            "trust the proxy and the target apart",
        ),
        (
            "[proxy]\nurl = \"http://127.0.0.1:1\"\ntunnel = \"always\"\n",
            "http://h.example/",
            "`tunnel` says always",
        ),
        (
            "[connections.c]\nurl = \"https://h.example/\"\nusername = \"ann\"\n",
            "c:x",
            "the login from settings.toml:3",
        ),
    ] {
        let client = Client::new(policy(settings));
        let error = stock(&client, place).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unsupported, "{error}");
        let message = error.to_string();
        assert!(
            message.starts_with("set a reqwest client for h.example:"),
            "{message}"
        );
        assert!(message.contains(said), "{message}");
        assert!(error.hint().unwrap().contains("Executor"), "{error:?}");
    }
}

/// Two proxies, and a redirect from one's target to the other's.
#[tokio::test]
async fn another_proxy_is_never_asked_nor_passed_over() {
    let answer = "HTTP/1.1 302 Found\r\nLocation: http://b.example/\r\nContent-Length: 0\r\n\
                  Connection: close\r\n\r\n";
    let first = Scripted::each(vec![Step::head(), Step::write(answer), Step::Close]);
    let second = Scripted::each(vec![Step::Reset]);
    let client = Client::new(policy(&format!(
        "[proxy]\nurl = \"{}\"\n[connections.a]\nurl = \"http://a.example/\"\n\
         proxy = {{ url = \"{}\", username = \"{}\", password = \"pw\" }}\n",
        second.url(),
        first.url(),
        squid::USER
    )));
    let stock = stock(&client, "a:x").await.unwrap();
    let error = stock.get("http://a.example/x").send().await.unwrap_err();
    let ours = Error::find(&error).unwrap().to_string();
    assert!(ours.contains("reach b.example:80"), "{ours}");
    assert_eq!((first.connections(), second.connections()), (1, 0));
    let told = first.received().concat().to_lowercase();
    assert!(told.contains("proxy-authorization: basic"), "{told}");
}

#[tokio::test]
async fn from_tls_to_clear_text_never() {
    let down = Scripted::each(vec![]);
    let ca = outbound::lab::Ca::new().unwrap();
    let to = down.url();
    let secure = outbound::lab::Origin::start(outbound::lab::http::Options {
        tls: Some(ca.server_config(&["127.0.0.1"], &[]).unwrap()),
        redirects: vec![outbound::lab::http::Redirect {
            from: "/x".into(),
            status: 302,
            to,
        }],
        ..Default::default()
    });
    let secure = secure.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    ca.write_pem(&file).unwrap();
    let client = Client::new(policy(&format!(
        "[connections.s]\nurl = \"{}\"\nca_file = '{}'\n",
        secure.url("/"),
        file.display()
    )));
    let stock = stock(&client, "s:x").await.unwrap();
    let error = stock.get(secure.url("/x")).send().await.unwrap_err();
    let ours = Error::find(&error).unwrap().to_string();
    assert!(ours.contains("from https to http"), "{ours}");
    assert_eq!(down.connections(), 0);
}

#[tokio::test]
async fn to_instance_metadata_never() {
    let answer = "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\n\
                  Content-Length: 0\r\nConnection: close\r\n\r\n";
    let hostile = Scripted::each(vec![Step::head(), Step::write(answer), Step::Close]);
    let client = Client::new(policy(""));
    let stock = stock(&client, &hostile.url()).await.unwrap();
    let error = stock.get(hostile.url()).send().await.unwrap_err();
    let ours = Error::find(&error).unwrap().to_string();
    assert!(ours.contains("instance metadata"), "{ours}");
}
