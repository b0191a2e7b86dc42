//! HTTP and HTTPS from nginx through Squid and Apache httpd.

use std::net::SocketAddr;

use outbound::base::{Error, Kind, Side};
use outbound::dataset::{Client, FetchOptions, Outcome, Stat};
use tokio::io::AsyncReadExt;
use url::Url;

use crate::kit::{self, BIG, policy, sha256};
use crate::support::peers::{self, nginx, squid};
use crate::support::relay::{Ending, Plan, Relay};

/// How the bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Absolute,
    Tunnelled,
    Https,
}

const WAYS: [Way; 3] = [Way::Absolute, Way::Tunnelled, Way::Https];

impl Way {
    fn url(self, path: &str) -> String {
        let nginx = &kit::shared().nginx;
        match self {
            Self::Https => nginx.https(path),
            _ => nginx.http(path),
        }
    }
}

struct Forward {
    name: &'static str,
    address: SocketAddr,
    password: bool,
}

fn proxies() -> [Forward; 3] {
    let of = |name, address, password| Forward {
        name,
        address,
        password,
    };
    [
        of("squid", peers::squid().address(), false),
        of(
            "squid-password",
            peers::squid_with_password().address(),
            true,
        ),
        of("apache", peers::apache().address(), false),
    ]
}

/// Settings for one way through the proxy at `address`.
fn settings(address: SocketAddr, password: bool, way: Way) -> String {
    let login = match password {
        true => format!(
            "username = \"{}\"\npassword = \"{}\"\n",
            squid::USER,
            squid::PASSWORD
        ),
        false => String::new(),
    };
    let tunnel = match way {
        Way::Tunnelled => "tunnel = \"always\"\n",
        _ => "",
    };
    let shared = kit::shared();
    format!(
        "[proxy]\nurl = \"http://{address}\"\n{login}{tunnel}bypass = []\n\
         [connections.secure]\nurl = \"{}\"\nca_file = \"{}\"\n\
         [retry]\npause = \"1ms\"\npause_max = \"2ms\"\n",
        shared.nginx.https("/"),
        shared.ca.display()
    )
}

fn client(proxy: &Forward, way: Way) -> Client {
    Client::new(policy(&settings(proxy.address, proxy.password, way)))
}

/// The client of the plain Squid.
fn plain(way: Way) -> Client {
    client(&proxies()[0], way)
}

/// The lines that nginx wrote for this request target, once there are so many.
fn logged(target: &str, count: usize) -> Vec<String> {
    let wanted = format!(" {target} ");
    let lines = || {
        let log = kit::shared().nginx.log();
        let lines = log.lines().filter(|line| line.contains(&wanted));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    crate::support::sockets::until(|| Some(lines()).filter(|lines| lines.len() >= count))
        .unwrap_or_else(|| panic!("{target}: {:?}", lines()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_proxy_moves_64_mib_in_every_way() {
    let folder = tempfile::tempdir().unwrap();
    let shared = kit::shared();
    for proxy in proxies() {
        for way in WAYS {
            let target = format!("/big.bin?whole-{}-{way:?}", proxy.name);
            let dataset = client(&proxy, way).dataset(&way.url(&target)).unwrap();
            let file = folder.path().join("big.bin");
            let options = FetchOptions {
                checksum: Some(format!("sha256:{}", shared.big).parse().unwrap()),
                ..Default::default()
            };
            let fetched = dataset.fetch(&file, &options).await.unwrap();
            assert_eq!((fetched.length, fetched.kept), (BIG as u64, 0), "{target}");
            assert_eq!(fetched.outcome, Outcome::Written);
            // Not by the checksum that the fetch itself has computed.
            let bytes = std::fs::read(&file).unwrap();
            assert_eq!(sha256(&bytes), shared.big, "{target}");
            std::fs::remove_file(&file).unwrap();
            let line = &logged(&target, 1)[0];
            let version = ["http HTTP/1.1", "https HTTP/2.0"][usize::from(way == Way::Https)];
            assert!(line.starts_with(version), "{line}");
            assert!(line.contains("proxy-authorization=\"-\""), "{line}");
        }
    }
    // By CONNECT when told so, in absolute form when not; Squid logs no queries.
    let (nginx, squid) = (&shared.nginx, peers::squid().process());
    squid.log_with(&format!("GET {}? 200", nginx.http("/big.bin")));
    squid.log_with(&format!("CONNECT 127.0.0.1:{} 200", nginx.http_port()));
    squid.log_with(&format!("CONNECT 127.0.0.1:{} 200", nginx.https_port()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_proxy_resumes_what_was_cut() {
    let folder = tempfile::tempdir().unwrap();
    let shared = kit::shared();
    for proxy in proxies() {
        for (way, ending) in WAYS
            .into_iter()
            .zip([Ending::Finish, Ending::Reset, Ending::Reset])
        {
            let relay = Relay::start(proxy.address, Plan::cuts(1, 20 << 20, ending));
            let toml = settings(relay.address(), proxy.password, way);
            let target = format!("/big.bin?cut-{}-{way:?}", proxy.name);
            let client = Client::new(policy(&toml));
            let dataset = client.dataset(&way.url(&target)).unwrap();
            let file = folder.path().join("big.bin");
            let fetched = dataset
                .fetch(&file, &FetchOptions::default())
                .await
                .unwrap();
            assert_eq!(fetched.length, BIG as u64, "{target}");
            assert_eq!(
                sha256(&std::fs::read(&file).unwrap()),
                shared.big,
                "{target}"
            );
            std::fs::remove_file(&file).unwrap();
            assert_eq!(relay.cuts(), 1, "{target}");
            let most = BIG as u64 + BIG as u64 / 50;
            assert!(relay.down() < most, "{target}: {} came", relay.down());
            let lines = logged(&target, 2);
            assert_eq!(lines.len(), 2, "{lines:?}");
            let resumed = lines.iter().find(|line| line.contains(" 206 ")).unwrap();
            assert!(resumed.contains("range=\"bytes="), "{resumed}");
            assert!(!resumed.contains("if-range=\"-\""), "{resumed}");
        }
    }
}

#[tokio::test]
async fn redirects_are_followed_within_the_origin_and_away() {
    let shared = kit::shared();
    for way in WAYS {
        let client = plain(way);
        let stat: Stat = client
            .dataset(&way.url("/redirect/redirect/small.bin"))
            .unwrap()
            .stat()
            .await
            .unwrap();
        assert_eq!(stat.length, Some(shared.small.len() as u64), "{way:?}");
        assert_eq!(stat.url.as_str(), way.url("/small.bin"), "{way:?}");
    }
    // Away: to another name, which only the proxy can resolve.
    let away = peers::Nginx::start(
        &shared.root,
        &kit::certificate().0,
        &format!("http://origin.test:{}", shared.nginx.http_port()),
    );
    let mut reader = plain(Way::Absolute)
        .open(&away.http("/away/small.bin"))
        .await
        .unwrap();
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.unwrap();
    assert!(bytes == shared.small);
    // From TLS to clear text: never.
    let down = shared.nginx.https("/away/small.bin");
    let error = plain(Way::Https).open(&down).await.unwrap_err();
    assert_eq!(error.kind(), Kind::TargetRefused, "{error}");
    assert!(error.to_string().contains("from https to http"), "{error}");
    // Round and round.
    let error = plain(Way::Absolute)
        .open(&shared.nginx.http("/loop"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("more than 10 redirects"),
        "{error}"
    );
    assert!(!error.is_transient());
}

async fn refused(way: Way, url: &str) -> Error {
    plain(way).open(url).await.unwrap_err()
}

#[tokio::test]
async fn what_the_server_refuses_is_said_and_classed() {
    for way in WAYS {
        let cases = [
            (
                "/private/small.bin",
                Kind::TargetAuth,
                "401 Unauthorized",
                "it offers Basic",
                1,
            ),
            ("/absent", Kind::TargetRefused, "404 Not Found", "", 1),
            (
                "/status/404",
                Kind::TargetRefused,
                "404 Not Found (no such dataset)",
                "",
                1,
            ),
            (
                "/status/403",
                Kind::TargetRefused,
                "403 Forbidden (not for you)",
                "",
                1,
            ),
            (
                "/status/500",
                Kind::TargetUnavailable,
                "500 Internal Server Error (broken)",
                "",
                5,
            ),
        ];
        for (path, kind, said, more, attempts) in cases {
            let error = refused(way, &way.url(path)).await;
            let message = error.to_string();
            assert_eq!(error.kind(), kind, "{message}");
            let side = match kind {
                Kind::TargetAuth => Side::Settings,
                _ => Side::Target,
            };
            assert_eq!(error.side(), side, "{message}");
            assert_eq!(error.attempts(), attempts, "{message}");
            assert!(message.starts_with(&format!("GET {} through http://", way.url(path))));
            assert!(
                message.contains(said) && message.contains(more),
                "{message}"
            );
        }
    }
}

#[tokio::test]
async fn retry_after_is_told_when_it_is_too_long() {
    let error = refused(Way::Https, &Way::Https.url("/status/503")).await;
    assert_eq!(error.kind(), Kind::TargetUnavailable);
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(1)));
    let limit = error.limit().expect("the limit that forbids to wait");
    assert_eq!((limit.setting, error.attempts()), ("retry.pause_max", 1));
    let told = format!("{error} {}", error.hint().unwrap_or_default());
    assert!(told.contains("asks to wait 1 s"), "{told}");
}

#[tokio::test]
async fn a_login_comes_from_the_url_or_the_connection_and_goes_to_the_target_alone() {
    let shared = kit::shared();
    for way in WAYS {
        let mut url = Url::parse(&way.url("/private/small.bin")).unwrap();
        url.set_username(nginx::USER).unwrap();
        url.set_password(Some(nginx::PASSWORD)).unwrap();
        let mut reader = plain(way).open(url.as_str()).await.unwrap();
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).await.unwrap();
        assert!(bytes == shared.small, "{way:?}");
        url.set_password(Some("wrong-one")).unwrap();
        let error = refused(way, url.as_str()).await;
        assert_eq!(error.kind(), Kind::TargetAuth, "{error}");
        assert!(
            !format!("{error} {error:?}").contains("wrong-one"),
            "{error:?}"
        );
    }
    let mut toml = settings(proxies()[0].address, false, Way::Absolute);
    toml.push_str(&format!(
        "[connections.private]\nurl = \"{}\"\nusername = \"{}\"\npassword = \"{}\"\n",
        shared.nginx.http("/private/"),
        nginx::USER,
        nginx::PASSWORD
    ));
    let client = Client::new(policy(&toml));
    let stat = client
        .dataset("private:small.bin")
        .unwrap()
        .stat()
        .await
        .unwrap();
    assert_eq!(stat.length, Some(shared.small.len() as u64));
    // Outside the connection's base nobody logs in.
    client
        .dataset(&shared.nginx.http("/small.bin?public"))
        .unwrap()
        .stat()
        .await
        .unwrap();
    assert!(logged("/small.bin?public", 1)[0].contains("authorization=\"-\""));
}

/// A part that is longer than the file is now: 416, and from the start again.
#[tokio::test]
async fn a_part_that_is_too_long_starts_again() {
    let folder = tempfile::tempdir().unwrap();
    let shared = kit::shared();
    for way in WAYS {
        let file = folder.path().join("small.bin");
        let (part, meta) = (
            folder.path().join("small.bin.part"),
            folder.path().join("small.bin.part.meta"),
        );
        let url = way.url("/small.bin");
        let dataset = plain(way).dataset(&url).unwrap();
        let validator = dataset.stat().await.unwrap().validator.unwrap();
        std::fs::write(&part, vec![7; shared.small.len() + 1]).unwrap();
        let meta_text =
            serde_json::json!({ "url": sha256(url.as_bytes()), "validator": validator });
        std::fs::write(&meta, meta_text.to_string()).unwrap();
        let fetched = dataset
            .fetch(&file, &FetchOptions::default())
            .await
            .unwrap();
        assert_eq!(fetched.kept, 0, "{way:?}");
        assert!(std::fs::read(&file).unwrap() == shared.small, "{way:?}");
        assert!(shared.nginx.log().contains("/small.bin 416 "));
        // A part that is whole already needs its proof only.
        std::fs::rename(&file, &part).unwrap();
        std::fs::write(&meta, meta_text.to_string()).unwrap();
        let fetched = dataset
            .fetch(&file, &FetchOptions::default())
            .await
            .unwrap();
        assert_eq!(fetched.kept as usize, shared.small.len(), "{way:?}");
        std::fs::remove_file(&file).unwrap();
    }
}
