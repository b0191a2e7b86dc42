//! How files end: what is a whole one, and what is a cut.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::sync::Notify;

use super::server::Script;
use super::{Bench, file, read};
use crate::base::{Kind, Stage};

/// The server's word is missing: SIZE and the end of the data show all the same that it is whole.
#[tokio::test]
async fn a_lost_control_channel_does_not_spoil_a_whole_file() {
    for retr in [
        "150 x\r\n{data}\x04",
        "150 x\r\n{data}421 tired\x04",
        "150 x\r\n421 tired\r\n{data}\x04",
        "150 x\r\n{data}",
    ] {
        let bench = Bench::new([Script::default().on("RETR", retr)]).await;
        let bench = bench.reply_within(Duration::from_millis(300));
        let mut download = bench.open(0).await.unwrap();
        assert_eq!(read(&mut download).await.1.unwrap(), file(), "{retr}");
        // There is no login to go on with.
        let error = download.finish().await.unwrap_err();
        assert!(
            error.what().contains("the file is whole"),
            "{retr}: {error}"
        );
    }
    let empty = Script {
        file: Vec::new(),
        sent: 0,
        ..Script::default()
    };
    let empty = empty.on("RETR", "150 x\r\n226 nothing to send");
    let (bytes, _) = Bench::new([empty]).await.get(0).await.unwrap();
    assert!(bytes.is_empty(), "226 without a data channel");
}

/// A server may write to its disk, or look for viruses, before it says that all was sent.
#[tokio::test]
async fn a_late_226_is_waited_for() {
    for size in ["213 {size}", "550 no"] {
        let late = Arc::new(Notify::new());
        let mut script = Script::default().on("SIZE", size);
        script.late = Some(Arc::clone(&late));
        let mut download = Bench::new([script]).await.open(0).await.unwrap();
        let mut bytes = vec![0; file().len()];
        download.read_exact(&mut bytes).await.unwrap();
        assert!(bytes == file(), "{size}");
        let mut rest = [0];
        let mut end = Box::pin(download.read(&mut rest));
        // Long enough for the end of the data to come.
        for _ in 0..1000 {
            let ended = std::future::poll_fn(|cx| Poll::Ready(end.as_mut().poll(cx))).await;
            assert!(ended.is_pending(), "{size}: {ended:?} before the 226");
            tokio::task::yield_now().await;
        }
        late.notify_one();
        assert_eq!(end.await.unwrap(), 0, "{size}");
        assert!(download.finish().await.is_ok(), "{size}");
    }
}

/// What a server does in the middle of a file or at its end, and the error of the read.
#[tokio::test]
async fn an_early_end_is_never_a_whole_file() {
    let good = Script::default;
    let cut = |sent| Script { sent, ..good() };
    let held = Script {
        holds: true,
        ..cut(50_000)
    };
    let no_size = |retr| good().on("SIZE", "550 no").on("RETR", retr);
    #[rustfmt::skip]
    let table = [
        ("early end with 226", cut(50_000), Kind::Cut, 50_000, "the data ended early, after 50000 of 100000 bytes"),
        ("no byte with 226", cut(0), Kind::Cut, 0, "after 0 of 100000 bytes"),
        ("early end with 426", cut(50_000).on("RETR", "150 x\r\n{data}426 aborted"), Kind::Cut, 50_000, "426 aborted"),
        ("whole with 426", good().on("RETR", "150 x\r\n{data}426 aborted"), Kind::Cut, 100_000, "426 aborted"),
        ("whole with 451", good().on("RETR", "150 x\r\n{data}451 disk"), Kind::Cut, 100_000, "451 disk"),
        ("refused at the end", cut(5).on("RETR", "150 x\r\n{data}551 page"), Kind::TargetRefused, 5, "551 page"),
        ("size in the 150 alone", cut(50_000).on("SIZE", "500 x"), Kind::Cut, 50_000, "after 50000 of 100000 bytes"),
        ("control closed, no SIZE", no_size("150 x\r\n{data}\x04"), Kind::Cut, 100_000, "without SIZE nothing else shows whether that was all"),
        ("control closed, a size in the 150", no_size("150 x (100000 bytes)\r\n{data}\x04"), Kind::Cut, 100_000, "without SIZE nothing else shows"),
        ("no 226, no SIZE", no_size("150 x\r\n{data}"), Kind::Cut, 100_000, "did not confirm that it was all"),
        ("421 at the end, no SIZE", no_size("150 x\r\n{data}421 bye\x04"), Kind::TargetUnavailable, 100_000, "421 bye"),
        ("421 and half", cut(50_000).on("RETR", "150 x\r\n{data}421 bye\x04"), Kind::TargetUnavailable, 50_000, "after 50000 of 100000 bytes"),
        ("421 in the middle and half", cut(50_000).on("RETR", "150 x\r\n421 bye\r\n{data}\x04"), Kind::TargetUnavailable, 50_000, "after 50000 of 100000 bytes"),
        ("226, and no data channel", good().on("RETR", "150 x\r\n226 done"), Kind::Cut, 0, "the data ended early, after 0 of 100000 bytes"),
        ("226, and no data channel, no SIZE", no_size("150 x\r\n226 done"), Kind::Cut, 0, "stays open and silent after 0 bytes"),
        ("226, and half of the data", held.clone().on("RETR", "150 x\r\n226 done\r\n{data}"), Kind::Cut, 50_000, "after 50000 of 100000 bytes"),
        ("226 and an open channel, no SIZE", Script { sent: 100_000, ..held.clone() }.on("SIZE", "550 no").on("RETR", "150 x\r\n226 done\r\n{data}"), Kind::Cut, 100_000, "stays open and silent after 100000 bytes"),
        ("451 before the data ends", held.clone().on("RETR", "150 x\r\n451 disk\r\n{data}"), Kind::Cut, 50_000, "451 disk"),
        ("less than the 150 said", no_size("150 x (200000 bytes)\r\n{data}226 done"), Kind::Cut, 100_000, "after 100000 of 200000 bytes"),
        ("nonsense at the end", good().on("RETR", "150 x\r\n{data}hello"), Kind::TargetProtocol, 100_000, "hello"),
        ("grew", good().on("SIZE", "213 99999"), Kind::Changed, 100_000, "100000 bytes instead of 99999"),
        ("stall", held, Kind::Timeout, 50_000, "no byte came after 50000 of 100000 bytes (limit timeouts.idle = 300 ms)"),
    ];
    for (what, script, kind, came, words) in table {
        let mut bench = Bench::new([script]).await;
        if ["stall", "no 226", "226,", "226 and", "451 before"]
            .iter()
            .any(|w| what.starts_with(w))
        {
            bench = bench.reply_within(Duration::from_millis(300));
        }
        let mut download = bench.open(0).await.unwrap();
        let (read_bytes, ended) = read(&mut download).await;
        let error = ended.unwrap_err();
        let shown = error.to_string();
        assert_eq!(
            (error.kind(), error.stage()),
            (kind, Stage::Transfer),
            "{what}: {shown}"
        );
        assert_eq!(read_bytes, came, "{what}");
        assert!(shown.contains(words), "{what}: {shown}");
        let start = format!("retrieve `pub/a.bin` from {} directly", bench.server.target);
        assert!(shown.starts_with(&start), "{what}: {shown}");
        assert!(
            error.steps().iter().any(|s| s.stage == Stage::Data),
            "{what}"
        );
        // It stays an error.
        assert!(read(&mut download).await.1.is_err(), "{what}");
        assert!(download.finish().await.is_err(), "{what}");
    }
}

#[tokio::test]
async fn a_resumed_file_that_ends_early_is_cut() {
    let bench = Bench::new([Script {
        sent: 60_000,
        ..Script::default()
    }])
    .await;
    let mut download = bench.open(50_000).await.unwrap();
    let error = read(&mut download).await.1.unwrap_err();
    assert_eq!(error.kind(), Kind::Cut);
    assert!(error.to_string().contains("60000 of 100000"), "{error}");
}
