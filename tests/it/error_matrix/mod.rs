//! Eleven faults of a proxy, and the six facts that every error must tell: what was being done and
//! to which host and port; through which proxy, and which setting chose it; what the other side
//! said; which limit was hit, and which setting changes it; whose side it is, and whether trying
//! again helps; what to do next. And never a secret.

mod facts;
mod faults;
mod told;

use outbound::dataset::{Client, FetchOptions};
use outbound::{Error, base::Kind};

use self::facts::Facts;
use self::faults::Fault;
use crate::kit::{Program, policy};
use crate::leaks::{NAME, PASSWORD, assert_absent, quoted};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets::Closed;

/// How a target is reached through the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Https,
    /// `http://` by a request in absolute form.
    Absolute,
    /// `http://` by CONNECT.
    Tunnelled,
    /// FTP's control channel.
    Control,
    /// FTP's data channel, behind a control channel that is well.
    Data,
}

/// The target's own credentials.
const USER: &str = "ann";
const TARGET_PASSWORD: &str = "t4rget-s3cret";

impl Way {
    fn url(self) -> &'static str {
        match self {
            Self::Https => "https://ann:t4rget-s3cret@data.example/air.csv",
            Self::Absolute | Self::Tunnelled => "http://ann:t4rget-s3cret@data.example/air.csv",
            Self::Control | Self::Data => "ftp://ann:t4rget-s3cret@ftp.example/air.csv",
        }
    }

    fn proxy(self, fault: Fault) -> Scripted {
        match self {
            Self::Data => fault.proxy_but_for(
                "CONNECT ftp.example:21 ",
                vec![
                    Step::write("HTTP/1.1 200 OK\r\n\r\n220 ready\r\n"),
                    Step::Answer(FTP),
                ],
            ),
            way => fault.proxy(way == Self::Absolute),
        }
    }

    /// The limits that the fault runs into are short; the others are never reached.
    fn limits(self, fault: Fault) -> &'static str {
        match (fault, self) {
            (Fault::Silence, Self::Absolute) => "reply = \"100ms\"",
            (Fault::Silence, _) => "connect = \"100ms\"",
            (Fault::NoContent, Self::Control) => "reply = \"100ms\"",
            _ => "",
        }
    }
}

/// An FTP server that is well but for its data channels.
const FTP: &[(&str, &str)] = &[
    ("USER", "331 password?"),
    ("PASS", "230 welcome"),
    ("TYPE", "200 ok"),
    ("SIZE", "213 1000"),
    ("MDTM", "213 20240102030405"),
    ("EPSV", "229 ok (|||50000|)"),
    ("PASV", "227 ok (127,0,0,1,195,80)"),
    ("RETR", "425 nobody opened the data connection"),
];

fn settings(proxy: &str, way: Way, fault: Fault) -> String {
    let tunnel = match way {
        Way::Tunnelled => "always",
        _ => "auto",
    };
    format!(
        "[proxy]\nurl = \"{proxy}\"\nusername = \"{NAME}\"\npassword = {}\ntunnel = \"{tunnel}\"\n\
         [timeouts]\n{}\n[retry]\nattempts = 2\npause = \"1ms\"\n",
        quoted(PASSWORD),
        way.limits(fault)
    )
}

async fn in_the_library(settings: &str, url: &str) -> Error {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(policy(settings));
    let dataset = client.dataset(url).unwrap();
    let options = FetchOptions::default();
    let file = folder.path().join("air.csv");
    dataset.fetch(&file, &options).await.unwrap_err()
}

async fn check(way: Way) {
    for fault in Fault::ALL {
        // The control channel came by that port.
        if (way, fault) == (Way::Data, Fault::PortClosed) {
            continue;
        }
        let (proxy, closed) = (way.proxy(fault), Closed::new());
        let address = match fault {
            Fault::PortClosed => closed.url(),
            _ => proxy.url(),
        };
        let settings = settings(&address, way, fault);
        let facts = Facts {
            name: format!("{way:?}, {fault:?}"),
            told: told::told(fault, way),
            proxy: address,
        };
        let error = in_the_library(&settings, way.url()).await;
        facts.check_error(&error);
        let program = Program::with_settings(&settings);
        let ran = program.run(&["fetch", "--json", way.url()]);
        let file = program.file("config/outbound/outbound.toml");
        let file = file.display().to_string();
        let json = ran.json();
        facts.check_text(&ran, &file);
        facts.check_json(&json["error"], &file);
        assert_eq!(json["url"], way.url().replace("ann:t4rget-s3cret@", ""));
        // What one side says of the other's file is no dataset.
        let left = program.files();
        assert!(!left.contains(&"air.csv".to_owned()), "{left:?}");
        for shown in [format!("{error} {error:?}"), ran.err, ran.out] {
            assert_absent(&shown, NAME, PASSWORD);
            assert_absent(&shown, USER, TARGET_PASSWORD);
            assert!(!shown.contains(['\x1b', '\x07', '\r']), "{shown:?}");
        }
    }
}

#[tokio::test]
async fn https() {
    check(Way::Https).await;
}

#[tokio::test]
async fn http_in_absolute_form() {
    check(Way::Absolute).await;
}

#[tokio::test]
async fn http_by_connect() {
    check(Way::Tunnelled).await;
}

#[tokio::test]
async fn ftp_control_channel() {
    check(Way::Control).await;
}

#[tokio::test]
async fn ftp_data_channel() {
    check(Way::Data).await;
}

/// A limit that no setting changes holds for an answer in absolute form however it is cut.
#[tokio::test]
async fn a_long_header_is_too_long_before_its_end() {
    let endless = Step::write(format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(1 << 20)));
    let proxy = Scripted::each(vec![Step::head(), endless, Step::Stall]);
    let settings = settings(&proxy.url(), Way::Absolute, Fault::LongHeader);
    let error = in_the_library(&settings, Way::Absolute.url()).await;
    assert_eq!(error.kind(), Kind::ProxyProtocol);
    assert!(error.what().contains("longer than 64 KiB"), "{error}");
}
