//! The servers together.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::{fetch, status};
use crate::lab::data::dataset;
use crate::lab::whole::{PROXY_PASSWORD, PROXY_USER};
use crate::lab::{FtpServer, Lab, ftp};

#[tokio::test]
async fn every_server_is_reached_by_the_settings() {
    let folder = tempfile::Builder::new().prefix("l\"b é").tempdir().unwrap();
    let lab = Lab::start().await.unwrap();
    let file = lab.write_settings(folder.path()).unwrap();
    let settings: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();

    let proxy = &settings["proxy"];
    let password = proxy["password"]["file"].as_str().unwrap();
    let password = std::fs::read_to_string(password).unwrap();
    // curl decodes what stands behind `-U`.
    let password = utf8_percent_encode(&password, NON_ALPHANUMERIC);
    let user = format!("{}:{password}", proxy["username"].as_str().unwrap());
    let trust = settings["connections"]["open-data"]["ca_file"]
        .as_str()
        .unwrap();
    let through = [
        "-x",
        proxy["url"].as_str().unwrap(),
        "-U",
        &user,
        "--cacert",
        trust,
    ];
    let url = |name: &str, path: &str| {
        let base = settings["connections"][name]["url"].as_str().unwrap();
        format!("{base}{path}")
    };
    for path in ["air.csv", "2020/NOTES.txt", "stations.parquet"] {
        let bytes = dataset(path).unwrap().bytes;
        for (name, options) in [
            ("census", &["-p"][..]),
            ("open-data", &[]),
            ("catalog", &[]),
        ] {
            let url = url(name, path);
            let got = fetch(&[&through[..], options, &[&url]].concat()).await;
            assert_eq!(got, bytes, "{url}");
        }
        assert_eq!(fetch(&[&url("warehouse", path)]).await, bytes);
    }
    let refused = "ftps://ftp.census.example/pub/";
    let refused = status("http_connect", &[&through[..], &["-p", refused]].concat()).await;
    assert_eq!(refused, "403");
    let mut origins = lab.catalog.requests();
    origins.extend(lab.open_data.requests());
    assert_eq!(origins.len(), 6);
    assert!(
        origins
            .iter()
            .all(|request| request.header("proxy-authorization").is_none())
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_password_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proxy-password");
    std::fs::write(&path, "old").unwrap();
    let lab = Lab::start().await.unwrap();
    let settings = lab.write_settings(folder.path()).unwrap();
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(std::fs::read_to_string(path).unwrap(), PROXY_PASSWORD);
    let settings = std::fs::read_to_string(settings).unwrap();
    assert!(settings.contains(PROXY_USER) && !settings.contains(PROXY_PASSWORD));
    assert!(!format!("{lab:?}").contains(PROXY_PASSWORD));
}

#[tokio::test]
async fn a_dropped_server_closes_everything() {
    let server = FtpServer::start(ftp::Options::default()).await.unwrap();
    let addr = server.addr();
    let mut control = TcpStream::connect(addr).await.unwrap();
    let mut greeting = [0; 3];
    control.read_exact(&mut greeting).await.unwrap();
    drop(server);
    let mut rest = Vec::new();
    // An end or a reset, but no waiting. (Who listens at the port next is the system's choice.)
    let _ = control.read_to_end(&mut rest).await;
}
