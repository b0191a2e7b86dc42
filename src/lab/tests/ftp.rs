//! The FTP server.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{curl, fetch, text};
use crate::lab::data::dataset;
use crate::lab::ftp::{CutEnd, FtpServer, Options, Pipelining};
use crate::lab::proxy::{Names, Ports};
use crate::lab::{Cut, Login, Proxy, Tree, proxy};

fn datasets() -> Options {
    Options {
        tree: Tree::datasets("/pub"),
        ..Options::default()
    }
}

async fn start(options: Options) -> (FtpServer, String) {
    let server = FtpServer::start(options).await.unwrap();
    let url = format!("ftp://{}/pub/air.csv", server.addr());
    (server, url)
}

fn air() -> &'static [u8] {
    dataset("air.csv").unwrap().bytes
}

fn lines(server: &FtpServer) -> Vec<String> {
    let commands = server.commands().into_iter();
    commands.map(|command| command.line).collect()
}

#[tokio::test]
async fn files_by_every_kind_of_passive_mode() {
    let cases = [
        datasets(),
        Options {
            refuse: vec!["EPSV", "SIZE", "MDTM"],
            ..datasets()
        },
        Options {
            // curl skips the address in the 227 by itself.
            refuse: vec!["EPSV"],
            pasv_address: Some(Ipv4Addr::new(10, 1, 2, 3)),
            ..datasets()
        },
        Options {
            epsv_is_dead: true,
            ..datasets()
        },
        Options {
            greeting: vec!["Welcome.".into(), "220 is a number".into(), "Go on".into()],
            user_is_enough: true,
            ..datasets()
        },
    ];
    for options in cases {
        // Without SIZE curl takes the number in the 150 for what is left, which it is not.
        let resumable = !options.refuse.contains(&"SIZE");
        let (server, url) = start(options).await;
        assert_eq!(fetch(&[&url]).await, air(), "{:?}", lines(&server));
        if resumable {
            assert_eq!(fetch(&["-C", "30000", &url]).await, &air()[30_000..]);
        }
    }
}

#[tokio::test]
async fn through_a_tunnel_with_a_password() {
    let server = FtpServer::start(datasets()).await.unwrap();
    let proxy = Proxy::start(proxy::Options {
        login: Some(Login::new("svc", "pw")),
        names: Names::new().with("ftp.example", 21, server.addr()),
        ports: Ports::ftp_and_https(),
        ..proxy::Options::default()
    })
    .await
    .unwrap();
    let at = format!("http://svc:pw@{}", proxy.addr());
    let got = fetch(&["-p", "-x", &at, "ftp://ftp.example/pub/air.csv"]).await;
    assert_eq!(got, air());
    let tunnels = proxy.tunnels();
    assert_eq!(tunnels.len(), 2);
    assert_eq!(tunnels[0], "ftp.example:21");
}

#[tokio::test]
async fn listings() {
    let server = FtpServer::start(datasets()).await.unwrap();
    let url = format!("ftp://{}/pub/", server.addr());
    let listing = String::from_utf8(fetch(&[&url]).await).unwrap();
    let names: Vec<_> = listing
        .lines()
        .filter_map(|l| l.split(' ').next_back())
        .collect();
    let expected = ["2019", "2020", "air.csv", "air.csv.gz", "stations.parquet"];
    assert_eq!(names, expected);
    assert_eq!(
        fetch(&["-l", &url]).await,
        (expected.join("\n") + "\n").as_bytes()
    );
    let facts = String::from_utf8(fetch(&["-X", "MLSD", &url]).await).unwrap();
    assert!(facts.contains("type=file;size=39853;modify=20240102030405; air.csv\n"));
}

#[tokio::test]
async fn logins() {
    let login = Some(Login::new("ann", "p w"));
    let (_server, url) = start(Options {
        login,
        ..datasets()
    })
    .await;
    for user in ["ann:wrong", "anonymous:", "bob:p w"] {
        let code = curl(&["-u", user, &url]).await.status.code();
        assert_eq!(code, Some(67), "{user}");
    }
    assert_eq!(fetch(&["-u", "ann:p w", &url]).await, air());
}

#[tokio::test]
async fn a_data_channel_is_cut_and_the_file_resumed() {
    for end in [CutEnd::Aborted, CutEnd::Complete, CutEnd::HangUp] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("air.csv");
        let cut = Cut::new(10_000, 2);
        let (_server, url) = start(Options {
            cut: Some(cut.clone()),
            cut_end: end,
            ..datasets()
        })
        .await;
        for round in 1..=2 {
            let output = curl(&["-C", "-", "-o", text(&file), &url]).await;
            assert!(!output.status.success(), "{end:?}");
            assert_eq!(std::fs::read(&file).unwrap(), &air()[..10_000 * round]);
        }
        assert_eq!(cut.left(), 0);
        fetch(&["-C", "-", "-o", text(&file), &url]).await;
        assert_eq!(std::fs::read(&file).unwrap(), air());
    }
}

/// Sends `commands` in one segment and reads replies until the server closes.
async fn talk(options: Options, commands: &str) -> String {
    let server = FtpServer::start(options).await.unwrap();
    let mut control = TcpStream::connect(server.addr()).await.unwrap();
    control.write_all(commands.as_bytes()).await.unwrap();
    control.shutdown().await.unwrap();
    let mut replies = String::new();
    control.read_to_string(&mut replies).await.unwrap();
    replies
}

#[tokio::test]
async fn commands_in_one_segment() {
    let login = "USER ftp\r\nPASS x\r\nTYPE I\r\nSIZE /pub/air.csv\r\nQUIT\r\n";
    let cases: [(Pipelining, &[&str]); 3] = [
        (
            Pipelining::Served,
            &["220", "331", "230", "200", "213", "221"],
        ),
        (Pipelining::Dropped, &["220", "331"]),
        (
            Pipelining::Refused,
            &["220", "331", "500", "500", "500", "500"],
        ),
    ];
    for (pipelining, expected) in cases {
        let replies = talk(
            Options {
                pipelining,
                ..datasets()
            },
            login,
        )
        .await;
        let codes: Vec<_> = replies.lines().map(|line| &line[..3]).collect();
        assert_eq!(codes, expected, "{pipelining:?}: {replies}");
    }
}

#[tokio::test]
async fn replies() {
    let login = "USER ftp\r\nPASS x\r\n";
    let cases = [
        ("CWD pub\r\nPWD\r\nCWD none\r\n", &["250", "257", "550"][..]),
        (
            "CWD /pub/2019\r\nCDUP\r\nSIZE air.csv\r\n",
            &["250", "250", "213"],
        ),
        ("MDTM /pub/air.csv\r\nMDTM /none\r\n", &["213", "550"]),
        ("RETR /pub/air.csv\r\nRETR /none\r\n", &["425", "550"]),
        (
            "EPSV 2\r\nEPSV ALL\r\nEPSV 1\r\nPASV\r\n",
            &["522", "200", "229", "227"],
        ),
        (
            "EPSV\r\nREST 9999999\r\nRETR /pub/air.csv\r\n",
            &["229", "350", "554"],
        ),
        (
            "REST x\r\nTYPE E\r\nAUTH TLS\r\nSTOR x\r\n",
            &["501", "504", "502", "502"],
        ),
    ];
    for (commands, expected) in cases {
        let replies = talk(datasets(), &format!("{login}{commands}")).await;
        let codes: Vec<_> = replies.lines().skip(3).map(|line| &line[..3]).collect();
        assert_eq!(codes, expected, "{commands:?}: {replies}");
    }
    let behind_nat = Options {
        pasv_address: Some(Ipv4Addr::new(10, 1, 2, 3)),
        ..datasets()
    };
    let private = talk(behind_nat, &format!("{login}PASV\r\n")).await;
    assert!(private.contains("\r\n227 Entering Passive Mode (10,1,2,3,"));
    let early = talk(datasets(), "SIZE /pub/air.csv\r\n").await;
    assert!(early.lines().nth(1).unwrap().starts_with("530 "));
    let long = talk(datasets(), &"x".repeat(5_000)).await;
    assert!(long.contains("500 Line too long"));
}

async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut all = Vec::new();
    while !all.ends_with(end.as_bytes()) {
        all.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a_cut_may_pass_in_silence() {
    let options = Options {
        cut: Some(Cut::new(5, 1)),
        cut_end: CutEnd::Silence,
        ..datasets()
    };
    let server = FtpServer::start(options).await.unwrap();
    let mut control = TcpStream::connect(server.addr()).await.unwrap();
    let commands = b"USER ftp\r\nPASS x\r\nEPSV\r\nRETR /pub/air.csv\r\nNOOP\r\n";
    control.write_all(commands).await.unwrap();
    let replies = read_until(&mut control, "|)\r\n").await;
    let port = replies.rsplit('|').nth(1).unwrap().parse().unwrap();
    let mut data = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut bytes = Vec::new();
    data.read_to_end(&mut bytes).await.unwrap();
    assert_eq!(bytes, &air()[..5]);
    let replies = read_until(&mut control, "200 OK\r\n").await;
    assert_eq!(replies.lines().count(), 2, "{replies}");
    assert!(replies.starts_with("150 "));
}

#[tokio::test]
async fn features_are_those_that_are_served() {
    let refusing = Options {
        refuse: vec!["EPSV", "REST"],
        ..datasets()
    };
    let features = talk(refusing, "FEAT\r\n").await;
    assert!(features.contains(" SIZE\r\n") && !features.contains("EPSV"));
    assert!(!features.contains("REST") && features.ends_with("211 End\r\n"));
}

#[tokio::test]
async fn a_server_that_hangs_up() {
    let options = Options {
        hang_up_on: Some("PASS"),
        ..datasets()
    };
    let replies = talk(options, "USER ftp\r\nPASS x\r\nTYPE I\r\n").await;
    assert_eq!(replies.lines().count(), 2, "{replies}");
}
