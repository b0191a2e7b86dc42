//! What gets the final name is one version of the file, whole, whatever the server does.

use std::fs;
use std::path::PathBuf;

use outbound::Error;
use outbound::base::Kind;
use outbound::dataset::{Client, FetchOptions, Fetched};
use tokio::io::AsyncReadExt;

use crate::kit::{noise, policy};
use crate::resume::{QUICK, answer};
use crate::support::scripted::{Scripted, Step};

const LENGTH: usize = 1000;

/// A server that plays answers, one a connection, and a folder to fetch into.
struct Bench {
    server: Scripted,
    folder: tempfile::TempDir,
    client: Client,
}

impl Bench {
    fn new(answers: Vec<Vec<u8>>) -> Self {
        let play = |answer| vec![Step::head(), Step::write(answer), Step::Close];
        Self {
            server: Scripted::sequence(answers.into_iter().map(play).collect()),
            folder: tempfile::tempdir().unwrap(),
            client: Client::new(policy(QUICK)),
        }
    }

    fn url(&self) -> String {
        format!("{}/x", self.server.url())
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("x")
    }

    async fn fetch_with(&self, attempts: u32) -> Result<Fetched, Error> {
        let dataset = self.client.dataset(&self.url())?;
        let mut retry = dataset.retry().clone();
        retry.attempts = attempts;
        let dataset = dataset.with_retry(retry);
        dataset.fetch(&self.file(), &FetchOptions::default()).await
    }

    async fn fetch(&self) -> Result<Fetched, Error> {
        self.fetch_with(5).await
    }
}

fn tag(tag: &str) -> String {
    format!("ETag: \"{tag}\"\r\n")
}

/// 200 with the first bytes of a file of [`LENGTH`] bytes.
fn whole(proof: &str, body: &[u8]) -> Vec<u8> {
    answer(
        "200 OK",
        &format!("{proof}Content-Length: {LENGTH}\r\n"),
        body,
    )
}

/// 206 from `first` on, of a file of `total` bytes.
fn part(proof: &str, first: usize, total: &str, body: &[u8]) -> Vec<u8> {
    let last = first + body.len() - 1;
    let fields = format!(
        "{proof}Content-Range: bytes {first}-{last}/{total}\r\nContent-Length: {}\r\n",
        body.len()
    );
    answer("206 Partial Content", &fields, body)
}

/// A range whose whole length is unknown says nothing of where the file ends.
#[tokio::test]
async fn a_range_of_unknown_length_is_not_taken_for_the_rest() {
    let file = noise(LENGTH);
    let bench = Bench::new(vec![
        whole(&tag("a"), &file[..500]),
        part(&tag("a"), 500, "*", &file[500..600]),
        whole(&tag("a"), &file),
    ]);
    // In the run that was cut, and in the next one, which knows the proof only.
    bench.fetch().await.unwrap();
    assert!(fs::read(bench.file()).unwrap() == file);
    let bench = Bench::new(vec![
        whole(&tag("a"), &file[..500]),
        part(&tag("a"), 500, "*", &file[500..600]),
        whole(&tag("a"), &file),
    ]);
    bench.fetch_with(1).await.unwrap_err();
    bench.fetch().await.unwrap();
    assert!(fs::read(bench.file()).unwrap() == file);
}

#[tokio::test]
async fn a_range_of_a_file_of_another_length_starts_again() {
    let file = noise(LENGTH);
    let bench = Bench::new(vec![
        whole(&tag("a"), &file[..500]),
        part(&tag("a"), 500, "700", &file[500..700]),
        whole(&tag("a"), &file),
    ]);
    bench.fetch().await.unwrap();
    assert!(fs::read(bench.file()).unwrap() == file);
}

/// The first answer gave nothing but its proof; the second is of another version. The next run
/// must not go on under the first one's proof.
#[tokio::test]
async fn a_proof_is_of_the_bytes_that_are_kept() {
    let (old, new) = (vec![1; LENGTH], noise(LENGTH));
    let bench = Bench::new(vec![
        whole(&tag("old"), b""),
        whole(&tag("new"), &new[..400]),
        answer("403 Forbidden", "Content-Length: 0\r\n", b""),
        // What the second run gets, if it asks by the old proof.
        part(&tag("old"), 400, "1000", &old[400..]),
        whole(&tag("new"), &new),
    ]);
    bench.fetch().await.unwrap_err();
    let kept = fs::read(bench.folder.path().join("x.part")).unwrap();
    assert!(kept == new[..400]);
    bench.fetch().await.unwrap();
    assert!(fs::read(bench.file()).unwrap() == new);
    assert!(bench.server.received()[3].contains("\"new\""));
}

/// A 416 proves nothing of which file it speaks.
#[tokio::test]
async fn a_416_alone_does_not_make_a_part_whole() {
    let (old, new) = (vec![1; LENGTH], noise(LENGTH));
    let refused = answer(
        "416 Range Not Satisfiable",
        "Content-Range: bytes */1000\r\nContent-Length: 0\r\n",
        b"",
    );
    for (name, last, expected) in [
        (
            "the same file",
            part(&tag("a"), LENGTH - 1, "1000", &old[..1]),
            &old,
        ),
        (
            "another file",
            part(&tag("b"), LENGTH - 1, "1000", &new[LENGTH - 1..]),
            &new,
        ),
    ] {
        let bench = Bench::new(vec![refused.clone(), last, whole(&tag("b"), &new)]);
        // What a run leaves that was killed between the last byte and the rename.
        let earlier = Bench::new(vec![whole(&tag("a"), &old[..999])]);
        earlier.fetch_with(1).await.unwrap_err();
        for name in ["x.part", "x.part.meta"] {
            fs::copy(
                earlier.folder.path().join(name),
                bench.folder.path().join(name),
            )
            .unwrap();
        }
        fs::write(bench.folder.path().join("x.part"), &old).unwrap();
        let meta = bench.folder.path().join("x.part.meta");
        let written = fs::read_to_string(&meta).unwrap();
        fs::write(
            &meta,
            written.replace(&fingerprint(&earlier.url()), &fingerprint(&bench.url())),
        )
        .unwrap();
        bench.fetch().await.unwrap();
        assert!(&fs::read(bench.file()).unwrap() == expected, "{name}");
    }
}

fn fingerprint(url: &str) -> String {
    crate::kit::sha256(url.as_bytes())
}

/// A run that begins with a refusal that passes does not throw away what an earlier one kept.
#[tokio::test]
async fn what_was_kept_survives_a_first_try_that_fails() {
    let file = noise(LENGTH);
    let busy = answer("503 Busy", "Content-Length: 0\r\n", b"");
    let bench = Bench::new(vec![
        whole(&tag("a"), &file[..500]),
        busy.clone(),
        busy,
        part(&tag("a"), 500, "1000", &file[500..]),
    ]);
    bench.fetch_with(1).await.unwrap_err();
    let fetched = bench.fetch().await.unwrap();
    assert_eq!(fetched.kept, 500);
    assert!(fs::read(bench.file()).unwrap() == file);
    assert!(bench.server.received()[3].contains("bytes=500-"));
}

#[tokio::test]
async fn a_reader_that_failed_never_ends_well() {
    let file = noise(LENGTH);
    let cut = || whole(&tag("a"), &file[..500]);
    let bench = Bench::new(vec![cut(), cut()]);
    let dataset = bench.client.dataset(&bench.url()).unwrap();
    let mut once = dataset.retry().clone();
    once.attempts = 1;
    let mut reader = dataset.with_retry(once).open().await.unwrap();
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.unwrap_err();
    assert_eq!(bytes.len(), 500);
    for _ in 0..3 {
        let cause = reader.read(&mut [0; 10]).await.unwrap_err();
        assert_eq!(Error::from(cause).kind(), Kind::Cut);
    }
    // A file that changed under the reader: no byte of the new one follows.
    let bench = Bench::new(vec![cut(), whole(&tag("b"), &noise(LENGTH))]);
    let mut reader = bench.client.open(&bench.url()).await.unwrap();
    reader.read_to_end(&mut Vec::new()).await.unwrap_err();
    for _ in 0..3 {
        let cause = reader.read(&mut [0; 10]).await.unwrap_err();
        assert_eq!(Error::from(cause).kind(), Kind::Changed);
    }
}

#[tokio::test]
async fn a_file_called_part_that_no_fetch_made_is_left_alone() {
    let bench = Bench::new(vec![whole(&tag("a"), &noise(LENGTH))]);
    let precious = bench.folder.path().join("x.part");
    fs::write(&precious, "precious").unwrap();
    let error = bench.fetch().await.unwrap_err();
    assert_eq!(error.kind(), Kind::LocalFile, "{error}");
    assert_eq!(fs::read_to_string(precious).unwrap(), "precious");
}

/// Every operation can be given to a runtime with several threads.
#[test]
fn futures_can_be_spawned() {
    fn is_send<T: Send>(_: T) {}
    let client = Client::new(policy(""));
    let dataset = client.dataset("http://h.example/x").unwrap();
    let options = FetchOptions::default();
    is_send(dataset.fetch(std::path::Path::new("x"), &options));
    is_send(dataset.open());
    is_send(dataset.stat());
    is_send(dataset.probe());
    is_send(outbound::check::check(&dataset));
    is_send(client.connector().connect(dataset.target()));
}
