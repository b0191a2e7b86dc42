//! FTP servers that misbehave, through a proxy: what arrives is whole, or it does not arrive.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use outbound::Error;
use outbound::base::Kind;
use outbound::dataset::{Client, FetchOptions, Fetched};
use outbound::lab::cut::Cut;
use outbound::lab::ftp::{CutEnd, FtpServer, Options, Pipelining};
use outbound::lab::proxy::{self, Ports, Proxy};
use outbound::lab::{Login, Tree};

use crate::kit::{noise, policy};
use crate::support::relay::{Plan, Relay};

const LENGTH: usize = 5 << 20;

/// A server behind a proxy behind a relay that counts, and a folder to fetch into.
struct Bench {
    server: FtpServer,
    relay: Relay,
    _proxy: Proxy,
    folder: tempfile::TempDir,
    data: Vec<u8>,
    client: Client,
}

impl Bench {
    async fn start(options: Options) -> Self {
        let data = noise(LENGTH);
        let tree = Tree::new();
        tree.put("/pub/file.bin", data.clone());
        let server = FtpServer::start(Options { tree, ..options }).await.unwrap();
        let proxy = Proxy::start(proxy::Options {
            ports: Ports::any(),
            ..proxy::Options::default()
        })
        .await
        .unwrap();
        let relay = Relay::start(proxy.addr(), Plan::default());
        let settings = format!(
            "[proxy]\nurl = \"{}\"\n[timeouts]\nreply = \"300ms\"\nidle = \"300ms\"\n\
             [retry]\nattempts = 3\npause = \"1ms\"\npause_max = \"2ms\"\n",
            relay.url()
        );
        Self {
            client: Client::new(policy(&settings)),
            server,
            relay,
            _proxy: proxy,
            folder: tempfile::tempdir().unwrap(),
            data,
        }
    }

    fn url(&self) -> String {
        format!("ftp://{}/pub/file.bin", self.server.addr())
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("file.bin")
    }

    async fn fetch(&self) -> Result<Fetched, Error> {
        let dataset = self.client.dataset(&self.url())?;
        dataset.fetch(&self.file(), &FetchOptions::default()).await
    }

    /// Fetches, and what is there is what the server has.
    async fn fetch_whole(&self) -> Fetched {
        let fetched = self.fetch().await.unwrap_or_else(|e| panic!("{e:?}"));
        assert!(
            std::fs::read(self.file()).unwrap() == self.data,
            "other bytes"
        );
        fetched
    }

    fn lines(&self, verb: &str) -> Vec<String> {
        let commands = self.server.commands();
        let lines = commands.into_iter().map(|command| command.line);
        lines.filter(|line| line.starts_with(verb)).collect()
    }

    fn assert_little_came_twice(&self) {
        let came = self.relay.down();
        let most = LENGTH as u64 + LENGTH as u64 / 50;
        assert!(came < most, "{came} bytes came for {LENGTH}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_cuts_and_hardly_a_byte_twice() {
    for cut_end in [CutEnd::Aborted, CutEnd::Complete, CutEnd::HangUp] {
        let bench = Bench::start(Options {
            cut: Some(Cut::new(200_000, 20)),
            cut_end,
            ..Options::default()
        })
        .await;
        bench.fetch_whole().await;
        assert_eq!(bench.lines("RETR").len(), 21, "{cut_end:?}");
        assert_eq!(bench.lines("REST").len(), 20, "{cut_end:?}");
        bench.assert_little_came_twice();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_end_is_never_the_whole_file() {
    // The server says 226 each time, and no try gets beyond the first 100,000 bytes.
    let bench = Bench::start(Options {
        cut: Some(Cut::new(100_000, usize::MAX)),
        cut_end: CutEnd::Complete,
        refuse: vec!["REST", "MDTM"],
        ..Options::default()
    })
    .await;
    let error = bench.fetch().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Cut, "{error:?}");
    assert!(!bench.file().exists());
    assert_eq!(error.attempts(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_ends_the_transfer_is_cut_off() {
    let bench = Bench::start(Options {
        cut: Some(Cut::new(100_000, 1)),
        cut_end: CutEnd::Silence,
        ..Options::default()
    })
    .await;
    bench.fetch_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changed_starts_again() {
    let bench = Bench::start(Options {
        cut: Some(Cut::new(1_000_000, 3)),
        ..Options::default()
    })
    .await;
    // One try gets the first part of the old file.
    let dataset = bench.client.dataset(&bench.url()).unwrap();
    let mut once = dataset.retry().clone();
    once.attempts = 1;
    let dataset = dataset.with_retry(once);
    let options = FetchOptions::default();
    dataset.fetch(&bench.file(), &options).await.unwrap_err();
    let part = bench.folder.path().join("file.bin.part");
    assert_eq!(std::fs::metadata(&part).unwrap().len(), 1_000_000);
    let new = noise(LENGTH + 77).split_off(77);
    bench.server.replace("/pub/file.bin", new.clone());
    bench.fetch().await.unwrap();
    assert!(std::fs::read(bench.file()).unwrap() == new, "other bytes");
    assert!(!part.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_servers_are_served_all_the_same() {
    let cases = [
        (
            "EPSV refused",
            Options {
                refuse: vec!["EPSV"],
                ..Options::default()
            },
        ),
        (
            "EPSV refused and a private address",
            Options {
                refuse: vec!["EPSV"],
                pasv_address: Some(Ipv4Addr::new(10, 9, 8, 7)),
                ..Options::default()
            },
        ),
        (
            "EPSV dead",
            Options {
                epsv_is_dead: true,
                ..Options::default()
            },
        ),
        (
            "one command at a time",
            Options {
                pipelining: Pipelining::Dropped,
                ..Options::default()
            },
        ),
        (
            "500 to pipelined commands",
            Options {
                pipelining: Pipelining::Refused,
                ..Options::default()
            },
        ),
        (
            "230 after USER",
            Options {
                user_is_enough: true,
                ..Options::default()
            },
        ),
        (
            "no SIZE, no MDTM",
            Options {
                refuse: vec!["SIZE", "MDTM"],
                ..Options::default()
            },
        ),
        (
            "a long greeting",
            Options {
                greeting: vec![
                    "Welcome".into(),
                    "220 is not the end".into(),
                    "Be nice".into(),
                ],
                ..Options::default()
            },
        ),
    ];
    for (name, options) in cases {
        let bench = Bench::start(options).await;
        let fetched = bench.fetch().await;
        fetched.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let came = std::fs::read(bench.file()).unwrap();
        assert!(came == bench.data, "{name}: other bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stumble_is_remembered() {
    let bench = Bench::start(Options {
        pipelining: Pipelining::Refused,
        ..Options::default()
    })
    .await;
    bench.fetch_whole().await;
    let logins = bench.lines("USER").len();
    std::fs::remove_file(bench.file()).unwrap();
    // The login that was kept goes with a transfer that is given up.
    drop(bench.client.open(&bench.url()).await.unwrap());
    bench.fetch_whole().await;
    assert_eq!(
        bench.lines("USER").len(),
        logins + 1,
        "the second run does not stumble"
    );
}

/// A login that is kept is for its own password alone.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_uses_a_login_whose_password_they_do_not_know() {
    let bench = Bench::start(Options {
        login: Some(Login::new("ann", "right")),
        ..Options::default()
    })
    .await;
    let url = |password: &str| {
        let user = format!("ftp://ann:{password}@");
        bench.url().replace("ftp://", &user)
    };
    let stat = async |password: &str| bench.client.dataset(&url(password)).unwrap().stat().await;
    stat("right").await.unwrap();
    let error = stat("wrong").await.unwrap_err();
    assert_eq!(error.kind(), Kind::TargetAuth, "{error}");
    stat("right").await.unwrap();
    assert_eq!(bench.lines("PASS").len(), 2, "the good one is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_names_its_place_and_not_itself() {
    let bench = Bench::start(Options {
        login: Some(Login::new("ann", "right")),
        ..Options::default()
    })
    .await;
    let url = bench.url().replace("ftp://", "ftp://ann:hunter2@");
    let error = bench.client.open(&url).await.unwrap_err();
    assert_eq!(error.kind(), Kind::TargetAuth);
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("ann") && shown.contains("530"), "{shown}");
    assert!(shown.contains("the URL"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(bench.lines("PASS").len(), 1, "it is not tried again");
    let url = bench.url().replace("ftp://", "ftp://ann:right@");
    bench.client.open(&url).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_mark_is_not_dropped() {
    let bench = Bench::start(Options::default()).await;
    let error = bench
        .client
        .open(&(bench.url() + "?x=1"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Usage, "{error}");
    assert!(error.hint().unwrap().contains("%3F"));
}

#[tokio::test(flavor = "multi_thread")]
async fn line_ends_never_reach_the_server() {
    let bench = Bench::start(Options::default()).await;
    let base = format!("ftp://{}", bench.server.addr());
    for url in [
        format!("{base}/a%0d%0aDELE%20x"),
        format!("{base}/a%00b"),
        base.replace("ftp://", "ftp://ann%0d%0aDELE:x@") + "/a",
        base.replace("ftp://", "ftp://ann:x%0aDELE@") + "/a",
    ] {
        let error = bench.client.open(&url).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{url}: {error}");
    }
    assert!(bench.server.commands().is_empty());
    assert_eq!(bench.relay.connections().len(), 0);
}
