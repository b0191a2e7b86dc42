//! What goes wrong with FTP under TLS, and what is never done.

use outbound::base::{Error, Kind, Stage};
use outbound::dataset::{Client, Dataset};
use tokio::io::AsyncReadExt as _;

use crate::kit::{self, Program, certificate};
use crate::support::peers::{self, Certificate, Vsftpd};
use crate::support::scripted_ftps::{LENGTH, Script, ScriptedFtps, file};

/// A dataset of the server's file under these lines of its connection.
fn dataset(url: &str, lines: &str) -> Dataset {
    let base = url.trim_end_matches("a.bin");
    let toml = format!("[retry]\nattempts = 1\n[connections.files]\nurl = \"{base}\"\n{lines}");
    Client::new(kit::policy(&toml)).dataset(url).unwrap()
}

fn trusting(ca: &std::path::Path, tls: &str) -> String {
    let tls = match tls {
        "" => String::new(),
        tls => format!("tls = \"{tls}\"\n"),
    };
    format!("ca_file = \"{}\"\n{tls}", ca.display())
}

async fn bytes(dataset: &Dataset) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    let mut reader = dataset.open().await?;
    let read = reader.read_to_end(&mut all).await;
    read.map_err(Error::from_io)?;
    Ok(all)
}

struct Run {
    server: ScriptedFtps,
    result: Result<Vec<u8>, Error>,
}

async fn run(script: Script, tls: &str) -> Run {
    let (certificate, ca): (Certificate, _) = certificate();
    let server = ScriptedFtps::start(script, &certificate);
    let result = bytes(&dataset(&server.url(), &trusting(&ca, tls))).await;
    Run { server, result }
}

impl Run {
    /// The error, which no login in clear came before.
    #[track_caller]
    fn refused(self) -> Error {
        let log = self.server.log();
        let login = |line: &String| line.starts_with("clear ") && line != "clear AUTH TLS";
        assert!(!log.iter().any(login), "in clear: {log:?}");
        self.result.unwrap_err()
    }
}

#[tokio::test]
async fn the_scripted_server_serves() {
    for (script, tls) in [
        (Script::default(), "explicit"),
        (Script::default(), "opportunistic"),
        (
            Script {
                implicit: true,
                ..Script::default()
            },
            "",
        ),
    ] {
        let run = run(script, tls).await;
        assert!(run.result.unwrap() == file());
        let log = run.server.log();
        let clear = log.iter().filter(|line| line.starts_with("clear "));
        assert!(
            clear.eq(log.iter().filter(|line| line.contains("AUTH"))),
            "{log:?}"
        );
        let under_tls = ["USER anonymous", "PBSZ 0", "PROT P"];
        assert!(
            under_tls.iter().all(|line| log.iter().any(|l| l == line)),
            "{log:?}"
        );
    }
}

#[tokio::test]
async fn a_refused_auth_is_an_error_with_advice_and_no_login_goes_out() {
    for (auth, kind) in [
        ("500 what", Kind::TargetRefused),
        ("502 no", Kind::TargetRefused),
        ("504 no", Kind::TargetRefused),
        ("530 log in first", Kind::TargetRefused),
        ("534 policy", Kind::TargetRefused),
        ("431 not now", Kind::TargetUnavailable),
        ("421 full", Kind::TargetUnavailable),
        ("230 in", Kind::TargetProtocol),
    ] {
        let script = Script {
            auth,
            ..Script::default()
        };
        let error = run(script, "explicit").await.refused();
        assert_eq!(
            (error.kind(), error.stage()),
            (kind, Stage::TargetTls),
            "{error}"
        );
        assert!(error.to_string().contains(auth), "{error}");
        assert!(error.hint().is_some(), "{error:?}");
    }
}

#[tokio::test]
async fn opportunistic_goes_on_in_clear_where_the_server_has_no_tls() {
    let script = Script {
        auth: "502 no",
        ..Script::default()
    };
    let run = run(script, "opportunistic").await;
    assert!(run.result.unwrap() == file());
    let log = run.server.log();
    assert!(log.contains(&"clear USER anonymous".to_owned()), "{log:?}");
    assert!(!log.iter().any(|line| line.contains("PROT")), "{log:?}");
}

#[test]
fn the_program_says_that_it_goes_on_in_clear() {
    let script = Script {
        auth: "502 no",
        ..Script::default()
    };
    let server = ScriptedFtps::start(script, &certificate().0);
    for flags in [&[][..], &["--quiet"]] {
        let program = Program::new();
        let arguments = ["stat", "--tls", "opportunistic", &server.url()];
        let ran = program.run(&[&arguments, flags].concat()).expect(0);
        let ran = ran.says("refuses AUTH TLS (502 no): login and data go in clear");
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    }
}

/// An attacker puts replies of its own behind the 234, to be taken for the server's under TLS.
#[tokio::test]
async fn what_comes_in_clear_behind_the_234_ends_it() {
    for behind in ["2", "331 forged\r\n", "230 in\r\n200 P\r\n"] {
        for tls in ["explicit", "opportunistic"] {
            let script = Script {
                behind,
                ..Script::default()
            };
            let error = run(script, tls).await.refused();
            assert_eq!(error.kind(), Kind::TargetProtocol, "{error}");
            assert!(error.to_string().contains("may be forged"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_here_trusts_is_refused() {
    for (implicit, tls) in [(true, ""), (false, "explicit"), (false, "opportunistic")] {
        let script = Script {
            implicit,
            ..Script::default()
        };
        let server = ScriptedFtps::start(script, &certificate().0);
        let other = certificate().1;
        let result = bytes(&dataset(&server.url(), &trusting(&other, tls))).await;
        let error = Run { server, result }.refused();
        assert_eq!((error.kind(), error.stage()), (Kind::Tls, Stage::TargetTls));
        let hint = error.hint().unwrap();
        assert!(hint.contains("connections.files.ca_file"), "{hint}");
    }
}

/// The proxy knows `ftp.test`, and the certificate does not.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_name_is_refused() {
    let (certificate, ca) = certificate();
    let proxy = format!("[proxy]\nurl = \"{}\"\n", peers::squid().url());
    for (name, told) in [
        ("ftp.test", Some("another name than ftp.test")),
        ("origin.test", None),
    ] {
        let server = ScriptedFtps::start(Script::default(), &certificate);
        let url = server.url().replace("127.0.0.1", name);
        let base = url.trim_end_matches("a.bin");
        let lines = trusting(&ca, "explicit");
        let toml = format!("{proxy}[connections.files]\nurl = \"{base}\"\n{lines}");
        let result = bytes(&Client::new(kit::policy(&toml)).dataset(&url).unwrap()).await;
        match told {
            None => assert!(result.unwrap() == file()),
            Some(told) => {
                let error = Run { server, result }.refused();
                assert_eq!(error.kind(), Kind::Tls);
                assert!(error.to_string().contains(told), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn data_in_clear_is_not_taken() {
    let script = Script {
        prot: "534 data in clear only",
        ..Script::default()
    };
    let error = run(script, "explicit").await.refused();
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::TargetRefused, Stage::TargetTls)
    );
    assert!(error.hint().unwrap().contains("PROT P"), "{error:?}");
}

/// Anybody on the way can end a connection: only what proves the file counts.
#[tokio::test]
async fn an_end_without_close_notify_counts_only_when_the_size_proves_it() {
    let cases = [
        ("213 100000", LENGTH, "226 done", true),
        ("213 100000", LENGTH - 1, "226 done", false),
        ("550 no", LENGTH, "226 done", false),
        ("550 no", 0, "226 done", false),
        ("213 100000", LENGTH, "426 cut", false),
    ];
    for (size, sent, end, whole) in cases {
        let script = Script {
            size,
            sent,
            end,
            closes: false,
            ..Script::default()
        };
        let run = run(script, "explicit").await;
        match run.result {
            Ok(bytes) => assert!(whole && bytes == file(), "{size}, {sent}, {end}"),
            Err(error) => {
                assert!(!whole, "{error}");
                assert_eq!(error.kind(), Kind::Cut, "{error}");
            }
        }
    }
    // With it the server's word is enough.
    let script = Script {
        size: "550 no",
        ..Script::default()
    };
    assert!(run(script, "explicit").await.result.unwrap() == file());
}

#[tokio::test]
async fn a_server_that_drops_the_data_channel_says_why() {
    let words = "522 SSL connection failed: session reuse required";
    for (drops_data, sent) in [(true, 0), (false, 0)] {
        let script = Script {
            drops_data,
            sent,
            end: words,
            ..Script::default()
        };
        let error = run(script, "explicit").await.refused();
        assert_eq!(
            error.answer().map(|answer| answer.code),
            Some(522),
            "{error}"
        );
        assert_eq!(error.kind(), Kind::TargetRefused, "{error}");
        let hint = error.hint().unwrap();
        assert!(hint.contains("require_ssl_reuse=NO"), "{hint}");
    }
}

#[tokio::test]
async fn a_plain_server_says_which_tls_it_may_want() {
    let plain = Vsftpd::start(&kit::shared().root, &[]);
    let url = plain.url("/small.bin");
    let error = bytes(&dataset(&url.replace("ftp:", "ftps:"), ""))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.stage()), (Kind::Tls, Stage::TargetTls));
    let hint = error.hint().unwrap();
    assert!(
        hint.contains("explicit TLS is ftp:// with --tls explicit"),
        "{hint}"
    );
    let error = bytes(&dataset(&url, "tls = \"explicit\"\n"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::TargetRefused, "{error}");
    // And one that wants TLS is not satisfied with less.
    let script = Script {
        user: "530 Non-anonymous sessions must use encryption.",
        ..Script::default()
    };
    let server = ScriptedFtps::start(script, &certificate().0);
    let error = bytes(&dataset(&server.url(), "")).await.unwrap_err();
    assert!(
        error.hint().unwrap().contains("--tls explicit"),
        "{error:?}"
    );
}
