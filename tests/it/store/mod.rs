//! Uploads against the lab's servers: what the server has under the file's name is whole, or it is
//! what was there before.

mod by_put;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use outbound::base::Kind;
use outbound::dataset::{Client, Dataset, Event, Observer, StoreOptions, Stored};
use outbound::lab::ftp::{FtpServer, Options};
use outbound::lab::http::{self, Origin};
use outbound::lab::proxy::{self, Ports, Proxy};
use outbound::lab::{Login, Tree};
use outbound::{Error, Result};

use crate::kit::{UNREADABLE, noise, policy};
use crate::support::relay::{Cut, Ending, Plan, Relay};

const LENGTH: usize = 3 << 20;

/// A server behind a proxy behind a relay, and a file to send.
struct Bench {
    server: FtpServer,
    origin: Origin,
    relay: Relay,
    _proxy: Proxy,
    folder: tempfile::TempDir,
    data: Vec<u8>,
    client: Client,
}

impl Bench {
    async fn start(options: Options, plan: Plan) -> Self {
        let tree = Tree::new();
        tree.put("/in/old.csv", "old");
        let writable = true;
        let options = Options {
            tree,
            writable,
            ..options
        };
        let server = FtpServer::start(options).await.unwrap();
        let origin = Origin::start(http::Options {
            uploads: Some("/in/".into()),
            protected: Some(("/in/private/".into(), Login::new("ann", "pw"))),
            ..http::Options::default()
        });
        let origin = origin.await.unwrap();
        origin.tree().put("/in/old.csv", "old");
        let proxy = Proxy::start(proxy::Options {
            ports: Ports::any(),
            ..proxy::Options::default()
        })
        .await
        .unwrap();
        let relay = Relay::start(proxy.addr(), plan);
        let settings = format!(
            "[proxy]\nurl = \"{}\"\n[timeouts]\nreply = \"2s\"\nidle = \"2s\"\n\
             [retry]\nattempts = 3\npause = \"1ms\"\npause_max = \"2ms\"\n",
            relay.url()
        );
        let folder = tempfile::tempdir().unwrap();
        let data = noise(LENGTH);
        std::fs::write(folder.path().join("new.bin"), &data).unwrap();
        Self {
            client: Client::new(policy(&settings)),
            server,
            origin,
            relay,
            _proxy: proxy,
            folder,
            data,
        }
    }

    async fn usual() -> Self {
        Self::start(Options::default(), Plan::default()).await
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("new.bin")
    }

    fn dataset(&self, path: &str) -> Dataset {
        let url = format!("ftp://{}{path}", self.server.addr());
        self.client.dataset(&url).unwrap()
    }

    async fn send(&self, path: &str, options: StoreOptions) -> Result<Stored> {
        self.dataset(path).store_file(&self.file(), &options).await
    }

    /// The names in the folder `/in`.
    fn names(&self) -> Vec<String> {
        let entries = self.server.tree().list("/in").unwrap();
        entries.into_iter().map(|entry| entry.name).collect()
    }

    fn has(&self, path: &str) -> Option<Vec<u8>> {
        Some(self.server.tree().get(path)?.bytes.to_vec())
    }

    /// The verbs of the commands since the login's.
    fn verbs(&self) -> Vec<String> {
        let commands = self.server.commands().into_iter();
        let verbs = commands.map(|c| c.line.split(' ').next().unwrap().to_owned());
        verbs
            .filter(|verb| !matches!(verb.as_str(), "USER" | "PASS" | "TYPE"))
            .collect()
    }
}

fn forced() -> StoreOptions {
    StoreOptions {
        force: true,
        ..StoreOptions::default()
    }
}

/// Options whose observer keeps what happened, in short.
fn observed(options: StoreOptions) -> (StoreOptions, Arc<Mutex<Vec<String>>>) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&log);
    let observer = Observer::new(move |event| {
        let line = match event {
            Event::Staged { name } => format!("staged {name}"),
            Event::Started { offset, total, .. } => format!("started {offset} of {total:?}"),
            Event::Restarted { why } => format!("restarted: {why}"),
            Event::Retrying { .. } => "retrying".to_owned(),
            Event::Removed => "removed".to_owned(),
            _ => return,
        };
        lines.lock().unwrap().push(line);
    });
    (
        StoreOptions {
            observer,
            ..options
        },
        log,
    )
}

fn assert_says(error: &Error, kind: Kind, words: &str) {
    assert_eq!(error.kind(), kind, "{error:?}");
    let hint = error.hint().unwrap_or_default();
    assert!(
        format!("{error}; {hint}").contains(words),
        "{error}; {hint}"
    );
}

#[tokio::test]
async fn a_file_goes_under_another_name_first() {
    let bench = Bench::usual().await;
    let (options, log) = observed(StoreOptions::default());
    let stored = bench.send("/in/new.bin", options).await.unwrap();
    assert_eq!((stored.length, stored.kept), (LENGTH as u64, 0));
    assert!(bench.has("/in/new.bin").unwrap() == bench.data);
    assert_eq!(bench.names(), ["new.bin", "old.csv"]);
    let log = log.lock().unwrap();
    assert!(log[0].starts_with("staged in/new.bin."), "{log:?}");
    assert!(log[0].ends_with(".part"), "{log:?}");
    assert_eq!(log[1], format!("started 0 of Some({LENGTH})"));
    let wanted = [
        "SIZE", "MDTM", "EPSV", "SIZE", "STOR", "SIZE", "SIZE", "RNFR", "RNTO",
    ];
    assert_eq!(bench.verbs(), wanted);
}

/// Bytes and readers too, and files of any size.
#[tokio::test]
async fn whatever_is_sent_comes_whole() {
    let bench = Bench::usual().await;
    for length in [0, 1, 256 << 10, (256 << 10) + 1] {
        let bytes = bench.data[..length].to_vec();
        let options = StoreOptions::default();
        let file = bench.folder.path().join("some");
        std::fs::write(&file, &bytes).unwrap();
        let to = |kind: &str| bench.dataset(&format!("/in/{kind}-{length}"));
        let as_file = to("file").store_file(&file, &options).await.unwrap();
        let as_bytes = to("bytes").store_bytes(bytes.clone(), &options).await;
        let reader = std::io::Cursor::new(bytes.clone());
        let as_reader = to("reader").store_reader(reader, &options).await;
        for (kind, stored) in [
            ("file", as_file),
            ("bytes", as_bytes.unwrap()),
            ("reader", as_reader.unwrap()),
        ] {
            assert_eq!(stored.length, length as u64, "{kind}");
            let there = bench.has(&format!("/in/{kind}-{length}")).unwrap();
            assert!(there == bytes, "{kind} {length}");
        }
    }
    assert_eq!(
        bench.names().len(),
        13,
        "no part is left: {:?}",
        bench.names()
    );
    assert_eq!(bench.server.connections(), 1, "the login is kept");
}

#[tokio::test]
async fn what_is_there_is_left_alone_unless_forced() {
    let bench = Bench::usual().await;
    let error = bench.send("/in/old.csv", StoreOptions::default()).await;
    assert_says(&error.unwrap_err(), Kind::TargetRefused, "--force");
    assert_eq!(bench.has("/in/old.csv").unwrap(), b"old");
    assert!(!bench.verbs().contains(&"STOR".to_owned()));
    bench.send("/in/old.csv", forced()).await.unwrap();
    assert!(bench.has("/in/old.csv").unwrap() == bench.data);
    assert_eq!(bench.names(), ["old.csv"]);
}

/// Cut in the middle, in every way that servers go on or do not.
#[tokio::test]
async fn a_cut_upload_goes_on() {
    let cases: [(&str, &[&str], &str); 4] = [
        ("REST and STOR", &[], "started 1"),
        ("APPE", &["REST"], "started 1"),
        ("neither", &["REST", "APPE"], "restarted: the server cannot"),
        ("no SIZE", &["SIZE"], "started 0"),
    ];
    for (what, refuse, wanted) in cases {
        for ending in [Ending::Reset, Ending::Finish] {
            let options = Options {
                refuse: refuse.to_vec(),
                ..Options::default()
            };
            let bench = Bench::start(options, Plan::cuts_up(1, 1 << 20, ending)).await;
            let (options, log) = observed(forced());
            let stored = bench.send("/in/new.bin", options).await;
            stored.unwrap_or_else(|error| panic!("{what}: {error:?}"));
            assert_eq!(bench.relay.cuts(), 1, "{what}");
            assert!(bench.has("/in/new.bin").unwrap() == bench.data, "{what}");
            assert_eq!(bench.names(), ["new.bin", "old.csv"], "{what}");
            let log = log.lock().unwrap();
            assert!(
                log[2..].iter().any(|line| line.starts_with(wanted)),
                "{what}: {log:?}"
            );
        }
    }
}

/// A later call, of another client, goes on with this very file and with no other.
#[tokio::test]
async fn a_later_call_goes_on_with_the_same_file_alone() {
    let bench = Bench::start(Options::default(), Plan::cuts_up(1, 1 << 20, Ending::Reset)).await;
    let mut once = outbound::settings::Retry::default();
    once.attempts = 1;
    let dataset = bench.dataset("/in/new.bin").with_retry(once);
    let error = dataset
        .store_file(&bench.file(), &StoreOptions::default())
        .await;
    assert_eq!(error.unwrap_err().kind(), Kind::Cut);
    let part = bench
        .names()
        .into_iter()
        .find(|name| name.ends_with(".part"));
    let part = format!("/in/{}", part.unwrap());
    let came = bench.has(&part).unwrap().len();
    assert!(came > 900_000, "{came}");
    // Another file in its place: nothing of the old one is used.
    let other: Vec<u8> = bench.data.iter().rev().copied().collect();
    let there = bench.folder.path().join("other.bin");
    std::fs::write(&there, &other).unwrap();
    let stored = bench.dataset("/in/other.bin");
    let stored = stored.store_file(&there, &StoreOptions::default()).await;
    assert_eq!(stored.unwrap().kept, 0);
    // The same one: from there.
    let stored = bench.send("/in/new.bin", StoreOptions::default()).await;
    assert_eq!(stored.unwrap().kept, came as u64);
    assert!(bench.has("/in/new.bin").unwrap() == bench.data);
    assert!(bench.has("/in/other.bin").unwrap() == other);
    assert_eq!(bench.names().len(), 3);
}

/// Whole on the server, but without its name: nothing is sent again.
#[tokio::test]
async fn what_only_lacks_its_name_gets_it() {
    let options = Options {
        hang_up_on: Some("RNTO"),
        ..Options::default()
    };
    let bench = Bench::start(options, Plan::default()).await;
    let error = bench.send("/in/new.bin", StoreOptions::default()).await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("rename `in/new.bin."), "{error}");
    let uploads = bench.verbs().iter().filter(|verb| *verb == "STOR").count();
    assert_eq!(uploads, 1, "{:?}", bench.verbs());
}

#[tokio::test]
async fn a_missing_folder_is_said_or_made() {
    let bench = Bench::usual().await;
    let error = bench.send("/a/b/new.bin", StoreOptions::default()).await;
    assert_says(&error.unwrap_err(), Kind::TargetRefused, "--create-dirs");
    let options = StoreOptions {
        create_dirs: true,
        ..StoreOptions::default()
    };
    bench.send("/a/b/new.bin", options).await.unwrap();
    assert!(bench.has("/a/b/new.bin").unwrap() == bench.data);
}

#[tokio::test]
async fn a_reader_that_fails_leaves_nothing() {
    let bench = Bench::usual().await;
    let broken = breaking(bench.data.clone());
    let (options, log) = observed(StoreOptions::default());
    let stored = bench.dataset("/in/x").store_reader(broken, &options).await;
    assert_says(&stored.unwrap_err(), Kind::LocalFile, "cannot be read");
    assert_eq!(bench.names(), ["old.csv"]);
    assert!(log.lock().unwrap().contains(&"removed".to_owned()));
}

/// The bytes, then an error.
fn breaking(bytes: Vec<u8>) -> impl tokio::io::AsyncRead + Send + 'static {
    use tokio::io::AsyncReadExt as _;
    std::io::Cursor::new(bytes).chain(Broken)
}

struct Broken;

impl tokio::io::AsyncRead for Broken {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Err(std::io::Error::other("no more tape")))
    }
}

/// Said before anything is on the server.
#[tokio::test]
async fn a_file_that_may_not_be_read_is_no_reason_to_dial() {
    let bench = Bench::usual().await;
    for url in [
        format!("ftp://{}/in/q", bench.server.addr()),
        bench.origin.url("/in/q"),
    ] {
        let dataset = bench.client.dataset(&url).unwrap();
        let stored = dataset.store_file(UNREADABLE.as_ref(), &forced()).await;
        assert_says(&stored.unwrap_err(), Kind::LocalFile, "not permitted");
    }
    assert_eq!(bench.relay.up(), 0);
    assert_eq!(bench.names(), ["old.csv"]);
}

#[tokio::test]
async fn what_names_no_file_is_refused() {
    let bench = Bench::usual().await;
    for (path, kind) in [("/in/", Kind::Usage), ("/in/a;type=a", Kind::Unsupported)] {
        let error = bench.send(path, forced()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{path}: {error}");
    }
    let url = format!("ftp://{}/in/a%0d%0aDELE%20old.csv", bench.server.addr());
    let error = bench.client.dataset(&url).unwrap_err();
    assert_says(&error, Kind::Usage, "control character");
    assert_eq!(bench.names(), ["old.csv"]);
}

/// Neither the old file nor the new one is ever without a name.
#[tokio::test]
async fn what_is_overwritten_is_there_until_the_new_one_has_its_name() {
    // No file gets a name at all, or none gets that of another.
    for (refuse, keeps_names) in [("RNTO", false), ("RNTO in/old.csv", false), ("", true)] {
        let options = Options {
            refuse: vec![refuse],
            keeps_names,
            ..Options::default()
        };
        let bench = Bench::start(options, Plan::default()).await;
        let stored = bench.send("/in/old.csv", forced()).await;
        if keeps_names {
            stored.unwrap();
            assert!(bench.has("/in/old.csv").unwrap() == bench.data);
            assert_eq!(bench.names(), ["old.csv"]);
            continue;
        }
        let error = stored.unwrap_err();
        let names = bench.names();
        let old = names.iter().find(|name| !name.ends_with(".part"));
        let old = old.unwrap_or_else(|| panic!("{refuse}: lost: {names:?}"));
        assert_eq!(bench.has(&format!("/in/{old}")).unwrap(), b"old");
        // Where it could not get its own name back, that is said.
        assert!(
            old == "old.csv" || error.to_string().contains(&**old),
            "{error}"
        );
        assert_eq!(names.len(), 2, "{refuse}: {names:?}");
    }
}
