//! Getting files.

use super::server::{CLOSE, Script};
use super::{Bench, SIZE, file, open, path, read};
use crate::base::{Kind, Stage};
use crate::ftp::client::Retrieval;
use crate::proto::ftp::{Habits, Pace};

#[tokio::test]
async fn a_file_comes_in_two_flights() {
    let bench = Bench::new([Script::default()]).await;
    let (bytes, client) = bench.get(0).await.unwrap();
    assert_eq!(bytes, file());
    let lines = [
        "USER anonymous",
        "PASS anonymous@",
        "TYPE I",
        "SIZE pub/a.bin",
        "EPSV",
        "RETR pub/a.bin",
    ];
    assert_eq!(bench.server.log(), [lines]);
    let steps = client.steps();
    let stages: Vec<_> = steps.iter().map(|s| s.stage).collect();
    #[rustfmt::skip]
    let wanted = [Stage::Dial, Stage::Greeting, Stage::Login, Stage::Passive, Stage::Dial, Stage::Data];
    assert_eq!(stages, wanted);
    let passive = steps.iter().find(|s| s.stage == Stage::Passive).unwrap();
    let port = bench.lines.opened.lock().unwrap()[1].port();
    assert_eq!(passive.answer, format!("229, port {port}"));
}

#[tokio::test]
async fn servers_that_do_it_otherwise() {
    let good = Script::default;
    #[rustfmt::skip]
    let table = [
        ("EPSV refused", good().on("EPSV", "522 not that")),
        ("EPSV dead", Script { dead: &["EPSV"], ..good() }),
        ("private address in the 227", good().on("EPSV", "500 what")),
        ("no SIZE", good().on("SIZE", "550 no")),
        ("no size anywhere", good().on("SIZE", "550 no").on("RETR", "150 x\r\n{data}226 done")),
        ("226 with the 150", good().on("RETR", "150 x\r\n226 done\r\n{data}")),
        ("226 without a 150", good().on("RETR", "{data}226 done")),
        ("250 at the end", good().on("RETR", "150 x\r\n{data}250 done")),
        ("226 and an open channel", Script { holds: true, ..good() }.on("RETR", "150 x\r\n226 done\r\n{data}")),
        ("a wrong size in the 150, less", good().on("RETR", "150 x (7 bytes)\r\n{data}226 done")),
        ("a wrong size in the 150, more", good().on("RETR", "150 x (200000 bytes)\r\n{data}226 done")),
        ("a wrong size in the 150 alone", good().on("SIZE", "550 no").on("RETR", "150 x (7 bytes)\r\n{data}226 done")),
        ("digits in the greeting", Script { greeting: Some("220-hi\r\n221 not yet\r\n2200\r\n 220 nor now\r\n220 ready"), ..good() }),
        ("a long greeting", Script { greeting: Some(long_greeting()), ..good() }),
        ("227 without parentheses", good().on("EPSV", "500 what").on("PASV", "227 Entering 10,9,8,7,{high},{low}")),
        ("227 with blanks", good().on("EPSV", "500 what").on("PASV", "227 =10, 9, 8, 7, {high}, {low}")),
        ("125 at the start", good().on("RETR", "125 x\r\n{data}226 done")),
        ("long final reply", good().on("RETR", "150 x\r\n{data}226-a\r\n226-b\r\n226 c")),
        ("230 after USER", good().on("USER", "230 in").on("PASS", "503 in already")),
    ];
    for (what, script) in table {
        let bench = Bench::new([script]).await;
        let (bytes, _) = bench.get(0).await.unwrap();
        assert_eq!(bytes, file(), "{what}");
        let opened = bench.lines.opened.lock().unwrap();
        let host = bench.server.target.host();
        assert!(
            opened.iter().all(|t| t.host() == host),
            "{what}: another host"
        );
    }
}

/// Thirty KiB of welcome.
fn long_greeting() -> &'static str {
    let lines: String = (0..500).map(|n| format!("220-{n:0>58}\r\n")).collect();
    (lines + "220 ready").leak()
}

#[tokio::test]
async fn it_starts_in_the_middle() {
    let bench = Bench::new([Script::default()]).await;
    for offset in [1, 99_999, 100_000] {
        let (bytes, _) = bench.get(offset).await.unwrap();
        assert_eq!(bytes, file()[offset as usize..]);
    }
    let log = bench.server.log();
    assert_eq!(log[0][5..], ["REST 1", "RETR pub/a.bin"]);
}

#[tokio::test]
async fn the_size_in_a_150_means_nothing_in_the_middle() {
    // vsftpd announces the whole file's size, ProFTPD what is left of it.
    for retr in [
        "150 x (100000 bytes)\r\n{data}226 done",
        "150 x (99995 bytes)\r\n{data}226 done",
    ] {
        let script = Script::default().on("SIZE", "550 no").on("RETR", retr);
        let (bytes, _) = Bench::new([script]).await.get(5).await.unwrap();
        assert_eq!(bytes, file()[5..]);
    }
}

#[tokio::test]
async fn a_server_that_cannot_restart_gives_the_client_back() {
    let bench = Bench::new([Script::default().on("REST", "502 what")]).await;
    let client = bench.client().await.unwrap();
    let retrieval = client.retrieve(&path("/pub/a.bin"), 7, SIZE).await.unwrap();
    let Retrieval::NoRestart { client, answer } = retrieval else {
        panic!("REST was refused")
    };
    assert_eq!(answer.code, 502);
    let mut download = open(client, 0).await.unwrap();
    assert_eq!(read(&mut download).await.1.unwrap(), file());
    assert_eq!(bench.server.log().len(), 1, "on the same login");
}

#[tokio::test]
async fn many_files_on_one_login() {
    let bench = Bench::new([Script::default()]).await;
    let mut client = bench.client().await.unwrap();
    for _ in 0..3 {
        let mut download = open(client, 0).await.unwrap();
        assert_eq!(read(&mut download).await.1.unwrap(), file());
        client = download.finish().await.unwrap();
        assert_eq!(client.steps().iter().count(), 6, "the record does not grow");
    }
    let logins = bench.server.log();
    assert_eq!(logins.len(), 1);
    let sizes = logins[0].iter().filter(|l| l.starts_with("SIZE")).count();
    assert_eq!(sizes, 3, "each transfer finds the size out anew");
}

#[tokio::test]
async fn a_login_that_was_closed_while_idle_is_made_again_at_the_same_pace() {
    let ends = ["226 done\x04", "226 done\r\n421 idle for too long\x04"];
    for end in ends {
        let retr = format!("150 x\r\n{{data}}{end}").leak();
        let bench = Bench::new([Script::default().on("RETR", retr), Script::default()]).await;
        let (_, client) = bench.get(0).await.unwrap();
        let mut download = open(client, 0).await.unwrap();
        assert_eq!(read(&mut download).await.1.unwrap(), file(), "{end}");
        let log = bench.server.log();
        assert_eq!(log.len(), 2, "{end}");
        let learned = bench.options.memory.habits(&bench.server.target);
        assert_eq!(learned, Habits::default(), "{end}: it did not stumble");
    }
}

/// What a server answers to RETR, and the error.
#[tokio::test]
async fn files_that_are_refused() {
    #[rustfmt::skip]
    let table = [
        ("550 No such file\x1b[2J", Kind::TargetRefused, "the server answered RETR with 550 No such file\\x1b[2J"),
        ("530 log in", Kind::TargetAuth, "530 log in"),
        ("450 busy", Kind::TargetUnavailable, "450 busy"),
        ("425 no data channel", Kind::TargetUnavailable, "425 no data channel"),
        ("421 bye\x04", Kind::TargetUnavailable, "421 bye"),
        (CLOSE, Kind::Cut, "without a word"),
        ("what?", Kind::TargetProtocol, "what?"),
    ];
    for (reply, kind, words) in table {
        let bench = Bench::new([Script::default().on("RETR", reply)]).await;
        let error = bench.open(0).await.unwrap_err();
        let shown = error.to_string();
        assert_eq!(
            (error.kind(), error.stage()),
            (kind, Stage::Request),
            "{shown}"
        );
        assert!(shown.contains(words), "{shown}");
    }
    let bench = Bench::new([Script::default().on("EPSV", "500 a").on("PASV", "502 b")]).await;
    let error = bench.open(0).await.unwrap_err();
    let found = (error.kind(), error.stage());
    assert_eq!(found, (Kind::TargetRefused, Stage::Passive), "{error}");
}

/// The proxy is still at the data channel when the server refuses the file: waiting for both
/// would tell of a time-out.
#[tokio::test]
async fn a_refused_file_is_told_while_the_data_channel_is_being_opened() {
    let bench = Bench::new([Script::default().on("RETR", "550 no such file")]).await;
    let error = bench.stalling_once().open(0).await.unwrap_err();
    let found = (error.kind(), error.stage());
    assert_eq!(found, (Kind::TargetRefused, Stage::Request), "{error}");
}

/// The bytes that a server sent before it hung up are progress, however fast it was.
#[tokio::test]
async fn a_server_that_hangs_up_early_still_gave_what_it_sent() {
    let retr = "150 coming\r\n{data}\x04";
    let script = Script {
        sent: 50_000,
        ..Script::default().on("RETR", retr)
    };
    for _ in 0..20 {
        let bench = Bench::new([script.clone()]).await;
        let mut download = bench.open(0).await.unwrap();
        let (came, ended) = read(&mut download).await;
        assert_eq!((came, ended.unwrap_err().kind()), (50_000, Kind::Cut));
    }
}

#[tokio::test]
async fn a_server_that_wants_the_data_channel_first_is_served_in_lock_step() {
    let bench = Bench::new([
        Script::default().on("RETR", "425 use PASV first"),
        Script::default(),
    ]);
    let bench = bench.await.stalling_once();
    let (bytes, _) = bench.get(0).await.unwrap();
    assert_eq!(bytes, file());
    let learned = bench.options.memory.habits(&bench.server.target);
    assert_eq!(learned.pace, Pace::LockStep, "and it is remembered");
}

#[tokio::test]
async fn finish_wants_the_whole_file_but_not_its_last_read() {
    use tokio::io::AsyncReadExt as _;
    let bench = Bench::new([Script::default()]).await;
    let mut download = bench.open(0).await.unwrap();
    let mut bytes = vec![0; 100_000];
    download.read_exact(&mut bytes).await.unwrap();
    assert_eq!(download.received(), 100_000);
    download.finish().await.unwrap();
    let early = bench.open(0).await.unwrap().finish().await.unwrap_err();
    assert_eq!(early.kind(), Kind::Usage);
}

#[tokio::test]
async fn an_empty_file_is_whole() {
    let empty = Script {
        file: Vec::new(),
        sent: 0,
        ..Script::default()
    };
    let (bytes, _) = Bench::new([empty]).await.get(0).await.unwrap();
    assert!(bytes.is_empty());
}

#[tokio::test]
async fn a_directory_is_refused_before_anything_is_asked() {
    let bench = Bench::new([Script::default()]).await;
    let client = bench.client().await.unwrap();
    let error = client.retrieve(&path("/pub/"), 0, SIZE).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported);
}

#[test]
fn a_download_can_be_boxed_as_a_reader() {
    fn is<T: tokio::io::AsyncRead + Send + Unpin + 'static>() {}
    is::<crate::ftp::Download>();
}
