//! Transfers that are cut, or whose file changes meanwhile, end right, or say so.

use std::fs;
use std::sync::{Arc, Mutex};

use outbound::base::{Error, Kind};
use outbound::dataset::{Client, Event, FetchOptions, Observer};
use outbound::lab::{Cut, Origin, Tree, http as origin};
use outbound::settings::Policy;
use tokio::io::AsyncReadExt;

use crate::kit::{self, BIG, noise, policy, sha256};
use crate::support::peers;
use crate::support::relay::{Ending, Plan, Relay};
use crate::support::scripted::{Scripted, Step};

pub const QUICK: &str = "[retry]\npause = \"1ms\"\npause_max = \"2ms\"\n";

fn direct() -> Policy {
    policy(QUICK)
}

/// What happened in a transfer, as words.
fn listener() -> (Observer, Arc<Mutex<Vec<String>>>) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&heard);
    let observer = Observer::new(move |event| {
        let word = match event {
            Event::Started { offset, .. } => format!("started {offset}"),
            Event::Retrying { attempt, .. } => format!("try {attempt}"),
            Event::Restarted { why } => format!("restarted: {why}"),
            _ => return,
        };
        shared.lock().unwrap().push(word);
    });
    (observer, heard)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_cuts_with_progress_between() {
    let folder = tempfile::tempdir().unwrap();
    let shared = kit::shared();
    for (proxy, password, url) in [
        (
            peers::squid().address(),
            false,
            shared.nginx.http("/big.bin?twenty"),
        ),
        (
            peers::squid_with_password().address(),
            true,
            shared.nginx.https("/big.bin?twenty"),
        ),
    ] {
        let ending = [Ending::Finish, Ending::Reset][usize::from(password)];
        let relay = Relay::start(proxy, Plan::cuts(20, 3 << 20, ending));
        let login = match password {
            true => format!(
                "username = \"{}\"\npassword = \"{}\"\n",
                peers::squid::USER,
                peers::squid::PASSWORD
            ),
            false => String::new(),
        };
        let toml = format!(
            "[proxy]\nurl = \"{}\"\n{login}[connections.secure]\nurl = \"{}\"\nca_file = \"{}\"\n{QUICK}",
            relay.url(),
            shared.nginx.https("/"),
            shared.ca.display()
        );
        let file = folder.path().join("big.bin");
        let (observer, heard) = listener();
        let options = FetchOptions {
            observer,
            ..Default::default()
        };
        let client = Client::new(policy(&toml));
        client
            .dataset(&url)
            .unwrap()
            .fetch(&file, &options)
            .await
            .unwrap();
        assert_eq!(sha256(&fs::read(&file).unwrap()), shared.big, "{url}");
        assert_eq!(relay.cuts(), 20);
        let most = BIG as u64 / 100 * 102;
        assert!(
            relay.down() < most,
            "{url}: {} of {most} came",
            relay.down()
        );
        let heard = heard.lock().unwrap();
        let tries = heard.iter().filter(|word| word.starts_with("try ")).count();
        assert!(
            tries >= 20 && !heard.iter().any(|word| word.starts_with("restarted")),
            "{heard:?}"
        );
        fs::remove_file(&file).unwrap();
    }
}

/// An origin whose file can be changed, which cuts the first transfers in the middle.
async fn cutting(bytes: &[u8], after: usize, times: usize) -> Arc<Origin> {
    let tree = Tree::new();
    tree.put("/x.bin", bytes.to_vec());
    let options = origin::Options {
        tree,
        cut: Some(Cut::new(after, times)),
        ..Default::default()
    };
    Arc::new(Origin::start(options).await.unwrap())
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_starts_again() {
    let old = noise(500_000);
    let new = noise(700_000).split_off(100_000);
    // Whether the new file is longer, shorter, or as long.
    for length in [600_000, 300_000, 500_000] {
        let new = new[..length].to_vec();
        let server = cutting(&old, 200_000, 1).await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.bin");
        let (changing, bytes) = (Arc::clone(&server), new.clone());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = Arc::clone(&heard);
        let observer = Observer::new(move |event| match event {
            Event::Retrying { .. } => changing.replace("/x.bin", bytes.clone()),
            Event::Restarted { why } => hearing.lock().unwrap().push(why.to_owned()),
            _ => {}
        });
        let options = FetchOptions {
            checksum: Some(format!("sha256:{}", sha256(&new)).parse().unwrap()),
            observer,
            ..Default::default()
        };
        let client = Client::new(direct());
        let dataset = client.dataset(&server.url("/x.bin")).unwrap();
        let fetched = dataset.fetch(&file, &options).await.unwrap();
        assert_eq!((fetched.length, fetched.kept), (length as u64, 0));
        assert!(fs::read(&file).unwrap() == new, "{length}");
        assert_eq!(*heard.lock().unwrap(), ["the file changed on the server"]);
    }
}

#[tokio::test]
async fn a_reader_resumes_and_says_when_the_file_changed() {
    let old = noise(500_000);
    let server = cutting(&old, 200_000, 2).await;
    let client = Client::new(direct());
    let url = server.url("/x.bin");
    let mut bytes = Vec::new();
    client
        .open(&url)
        .await
        .unwrap()
        .read_to_end(&mut bytes)
        .await
        .unwrap();
    assert!(bytes == old);
    let requests = server.requests();
    let asked: Vec<_> = requests
        .iter()
        .map(|request| request.header("range"))
        .collect();
    assert_eq!(asked, [None, Some("bytes=200000-"), Some("bytes=400000-")]);

    let server = cutting(&old, 200_000, 1).await;
    let mut reader = client.open(&server.url("/x.bin")).await.unwrap();
    let mut half = vec![0; 150_000];
    reader.read_exact(&mut half).await.unwrap();
    server.replace("/x.bin", noise(10));
    let cause = reader.read_to_end(&mut half).await.unwrap_err();
    let error = Error::find(&cause).unwrap();
    assert_eq!(error.kind(), Kind::Changed, "{error}");
    assert_eq!(error.code().as_str(), "OUT-CHANGED", "{error}");
    assert!(error.hint().unwrap().contains("from the start"));
    assert!(
        half == old[..half.len()],
        "what was given is of the old file"
    );
}

/// The head and a part of the body of an answer.
pub fn answer(status: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    // A connection that might be kept lets hyper open one too many, and takes a script with it.
    let mut all = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{fields}\r\n").into_bytes();
    all.extend(body);
    all
}

#[tokio::test]
async fn without_proof_or_ranges_it_starts_again() {
    let body = noise(1000);
    let whole = "Content-Length: 1000\r\n";
    let cases = [
        ("", "", None),
        ("ETag: W/\"weak\"\r\n", "ETag: W/\"weak\"\r\n", None),
        (
            "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:40 GMT\r\n",
            "",
            None,
        ),
        ("ETag: \"a\"\r\n", "ETag: \"a\"\r\n", Some("bytes=400-")),
        ("ETag: \"a\"\r\n", "ETag: \"b\"\r\n", Some("bytes=400-")),
    ];
    for (first, second, range) in cases {
        let play = |fields: &str, body: &[u8]| {
            vec![
                Step::head(),
                Step::write(answer("200 OK", &format!("{fields}{whole}"), body)),
                Step::Close,
            ]
        };
        let server = Scripted::sequence(vec![play(first, &body[..400]), play(second, &body)]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        let client = Client::new(direct());
        let dataset = client.dataset(&format!("{}/x", server.url())).unwrap();
        dataset
            .fetch(&file, &FetchOptions::default())
            .await
            .unwrap();
        assert!(fs::read(&file).unwrap() == body, "{first:?}");
        let asked = server.received()[1].to_lowercase();
        let sent = asked
            .lines()
            .find_map(|line| line.strip_prefix("range: ").map(str::to_owned));
        assert_eq!(sent.as_deref(), range, "{first:?}: {asked}");
    }
}

/// A server that answers a range with another one must not be believed.
#[tokio::test]
async fn a_range_that_was_not_asked_for_is_left() {
    let body = noise(1000);
    let tag = "ETag: \"a\"\r\n";
    let cases: [(&str, String, &[u8]); 4] = [
        (
            "another start",
            format!("{tag}Content-Range: bytes 300-999/1000\r\nContent-Length: 700\r\n"),
            &body[300..],
        ),
        (
            "no range",
            format!("{tag}Content-Length: 600\r\n"),
            &body[400..],
        ),
        (
            "another unit",
            format!("{tag}Content-Range: items 400-999/1000\r\nContent-Length: 600\r\n"),
            &body[400..],
        ),
        (
            "nonsense",
            format!("{tag}Content-Range: bytes 400-1000/1000\r\nContent-Length: 601\r\n"),
            &body[400..],
        ),
    ];
    for (name, fields, part) in cases {
        let first = answer(
            "200 OK",
            &format!("{tag}Content-Length: 1000\r\n"),
            &body[..400],
        );
        let second = answer("206 Partial Content", &fields, part);
        let whole = answer("200 OK", &format!("{tag}Content-Length: 1000\r\n"), &body);
        let play = |answer| vec![Step::head(), Step::write(answer), Step::Close];
        let server = Scripted::sequence(vec![play(first), play(second), play(whole)]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        let client = Client::new(direct());
        let dataset = client.dataset(&format!("{}/x", server.url())).unwrap();
        let fetched = dataset.fetch(&file, &FetchOptions::default()).await;
        fetched.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(fs::read(&file).unwrap() == body, "{name}");
    }
}

/// An error in mid-transfer says what was fetched, by which way.
#[tokio::test]
async fn a_cut_that_is_final_says_what_was_cut() {
    let first = answer("200 OK", "Content-Length: 1000\r\n", &[7; 400]);
    let server = Scripted::each(vec![Step::head(), Step::write(first), Step::Close]);
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(policy("[retry]\nattempts = 1\n"));
    let url = format!("{}/x", server.url());
    let dataset = client.dataset(&url).unwrap();
    let fetched = dataset
        .fetch(&folder.path().join("x"), &FetchOptions::default())
        .await;
    let error = fetched.unwrap_err();
    assert_eq!(error.kind(), Kind::Cut);
    assert!(
        error
            .to_string()
            .starts_with(&format!("GET {url} directly")),
        "{error}"
    );
}

/// `If-Range` is not known everywhere: a range of another file has another tag, or none, or
/// another length.
#[tokio::test]
async fn a_range_of_another_file_is_not_taken() {
    let (old, new) = (vec![1; 1000], vec![2; 1000]);
    let tag = |tag: &str| format!("ETag: \"{tag}\"\r\n");
    let date =
        "Last-Modified: Mon, 05 Jan 2026 10:00:00 GMT\r\nDate: Tue, 06 Jan 2026 10:00:00 GMT\r\n";
    let range = |total: usize| format!("Content-Range: bytes 400-{}/{total}\r\n", total - 1);
    let cases = [
        ("another tag", tag("old"), tag("new") + &range(1000), 600),
        ("no tag", tag("old"), range(1000), 600),
        ("another length", date.to_owned(), range(999), 599),
        (
            "another date",
            date.to_owned(),
            date.replace("05", "04") + &range(1000),
            600,
        ),
    ];
    let play = |status: &str, fields: &str, length: usize, body: &[u8]| {
        let fields = format!("{fields}Content-Length: {length}\r\n");
        vec![
            Step::head(),
            Step::write(answer(status, &fields, body)),
            Step::Close,
        ]
    };
    for (name, proof, second, length) in cases {
        let server = Scripted::sequence(vec![
            play("200 OK", &proof, 1000, &old[..400]),
            play("206 Partial Content", &second, length, &new[..length]),
            play("200 OK", &tag("new"), 1000, &new),
        ]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        let client = Client::new(direct());
        let dataset = client.dataset(&format!("{}/x", server.url())).unwrap();
        let fetched = dataset.fetch(&file, &FetchOptions::default()).await;
        fetched.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(fs::read(&file).unwrap() == new, "{name}");
    }
}

/// A server that is busy when it is asked about a file that is here is asked again.
#[tokio::test]
async fn a_busy_server_is_asked_again_about_an_existing_file() {
    let tree = Tree::new();
    tree.put("/x.bin", "data");
    let options = origin::Options {
        tree,
        unavailable: 2,
        ..Default::default()
    };
    let server = Origin::start(options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.bin");
    let client = Client::new(direct());
    let dataset = client.dataset(&server.url("/x.bin")).unwrap();
    fs::write(&file, "mine").unwrap();
    let error = dataset
        .fetch(&file, &FetchOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::LocalFile, "{error}");
    assert_eq!(server.requests().len(), 3);
}
