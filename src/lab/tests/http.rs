//! The origin.

use super::{curl, fetch, status, text};
use crate::lab::data::dataset;
use crate::lab::http::{Options, Redirect};
use crate::lab::{Ca, Cut, Login, Origin, Tree};

fn datasets() -> Options {
    Options {
        tree: Tree::datasets("/"),
        ..Options::default()
    }
}

fn air() -> &'static [u8] {
    dataset("air.csv").unwrap().bytes
}

#[tokio::test]
async fn files_ranges_heads_and_conditions() {
    let origin = Origin::start(datasets()).await.unwrap();
    let url = origin.url("/air.csv");
    assert_eq!(fetch(&[&url]).await, air());
    assert_eq!(fetch(&["-r", "100-199", &url]).await, &air()[100..200]);
    let head = String::from_utf8(fetch(&["-I", &url]).await).unwrap();
    for line in [
        "HTTP/1.1 200 OK",
        &format!("Content-Length: {}", air().len()),
        "Accept-Ranges: bytes",
        "Last-Modified: Tue, 02 Jan 2024 03:04:05 GMT",
        "Content-Type: text/csv; charset=utf-8",
    ] {
        assert!(head.lines().any(|known| known == line), "{line} in {head}");
    }
    assert_eq!(status("http_code", &[&origin.url("/none")]).await, "404");
    let etag = format!(
        "If-None-Match: {}",
        origin.tree().get("/air.csv").unwrap().etag
    );
    assert_eq!(status("http_code", &["-H", &etag, &url]).await, "304");
    origin.replace("/air.csv", "changed");
    assert_eq!(status("http_code", &["-H", &etag, &url]).await, "200");
    let last = origin.requests().pop().unwrap();
    assert_eq!(
        (last.method.as_str(), last.target.as_str()),
        ("GET", "/air.csv")
    );
    assert!(last.header("user-agent").unwrap().starts_with("curl/"));
}

#[tokio::test]
async fn redirects_and_passwords() {
    let origin = Origin::start(Options {
        redirects: vec![Redirect {
            from: "/old.csv".into(),
            status: 302,
            to: "/2019/../air.csv".into(),
        }],
        protected: Some(("/2020/".into(), Login::new("ann", "pa:ss"))),
        ..datasets()
    })
    .await
    .unwrap();
    assert_eq!(fetch(&["-L", &origin.url("/old.csv")]).await, air());
    let url = origin.url("/2020/NOTES.txt");
    assert_eq!(status("http_code", &[&url]).await, "401");
    assert_eq!(status("http_code", &["-u", "ann:pass", &url]).await, "401");
    assert_eq!(status("http_code", &["-u", "ann:pa:ss", &url]).await, "200");
}

#[tokio::test]
async fn the_first_requests_are_put_off() {
    let origin = Origin::start(Options {
        unavailable: 1,
        retry_after: Some(7),
        ..datasets()
    })
    .await
    .unwrap();
    let head = String::from_utf8(fetch(&["-I", &origin.url("/air.csv")]).await).unwrap();
    assert!(head.contains("503 Service Unavailable") && head.contains("Retry-After: 7"));
    assert_eq!(fetch(&[&origin.url("/air.csv")]).await, air());
}

#[tokio::test]
async fn a_body_is_cut_at_the_byte_and_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::new().unwrap();
    let ca_file = folder.path().join("ca.pem");
    ca.write_pem(&ca_file).unwrap();
    for (kind, alpn) in [
        ("plain", None),
        ("tls", Some("http/1.1")),
        ("h2", Some("h2")),
    ] {
        let cut = Cut::new(10_000, 2);
        let tls = alpn.map(|alpn| ca.server_config(&["127.0.0.1"], &[alpn]).unwrap());
        let origin = Origin::start(Options {
            cut: Some(cut.clone()),
            tls,
            ..datasets()
        })
        .await
        .unwrap();
        let file = folder.path().join(kind);
        let url = origin.url("/air.csv");
        let arguments = [
            "--cacert",
            text(&ca_file),
            "-C",
            "-",
            "-o",
            text(&file),
            &url,
        ];
        for round in 1..=2 {
            // 18: partial file; 56: TLS broke off without its close_notify.
            let code = curl(&arguments).await.status.code();
            assert!(matches!(code, Some(18 | 56)), "{code:?}");
            assert_eq!(std::fs::read(&file).unwrap(), &air()[..10_000 * round]);
        }
        assert_eq!(cut.left(), 0);
        fetch(&arguments).await;
        assert_eq!(std::fs::read(&file).unwrap(), air());
    }
}

#[tokio::test]
async fn https_over_both_versions_is_believed_with_the_ca_only() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::new().unwrap();
    let ca_file = folder.path().join("ca.pem");
    ca.write_pem(&ca_file).unwrap();
    for (alpn, version) in [("http/1.1", "1.1"), ("h2", "2")] {
        let tls = ca.server_config(&["127.0.0.1", "data.example"], &[alpn]);
        let origin = Origin::start(Options {
            tls: Some(tls.unwrap()),
            ..datasets()
        })
        .await
        .unwrap();
        let url = origin.url("/air.csv");
        let trust = ["--cacert", text(&ca_file), &url];
        assert_eq!(fetch(&trust).await, air());
        assert_eq!(status("http_version", &trust).await, version);
        let code = curl(&[&url]).await.status.code();
        assert_eq!(code, Some(60), "unknown authority");
    }
}
