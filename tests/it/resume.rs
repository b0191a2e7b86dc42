//! Transfers that are cut, stopped, changed or refused room end right, or say so.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use outbound::base::{Error, Kind};
use outbound::dataset::{Client, Event, FetchOptions, Observer};
use outbound::lab::{Cut, Origin, Tree, http as origin};
use outbound::settings::Policy;
use tokio::io::AsyncReadExt;

use crate::kit::{self, BIG, Program, Ran, noise, policy, sha256};
use crate::support::peers;
use crate::support::relay::{Ending, Plan, Relay};
use crate::support::scripted::{Scripted, Step};
use crate::support::sockets;

const QUICK: &str = "[retry]\npause = \"1ms\"\npause_max = \"2ms\"\n";

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
        let mut options = FetchOptions::default();
        options.observer = observer;
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
        let mut options = FetchOptions::default();
        options.checksum = Some(format!("sha256:{}", sha256(&new)).parse().unwrap());
        options.observer = Observer::new(move |event| match event {
            Event::Retrying { .. } => changing.replace("/x.bin", bytes.clone()),
            Event::Restarted { why } => hearing.lock().unwrap().push(why.to_owned()),
            _ => {}
        });
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
    assert!(error.hint().unwrap().contains("from the start"));
    assert!(
        half == old[..half.len()],
        "what was given is of the old file"
    );
}

/// The head and a part of the body of an answer.
fn answer(status: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let mut all = format!("HTTP/1.1 {status}\r\n{fields}\r\n").into_bytes();
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
async fn a_range_that_was_not_asked_for_is_refused() {
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
        let server = Scripted::sequence(vec![
            vec![Step::head(), Step::write(first), Step::Close],
            vec![Step::head(), Step::write(second), Step::Close],
        ]);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        let client = Client::new(direct());
        let dataset = client.dataset(&format!("{}/x", server.url())).unwrap();
        let error = dataset
            .fetch(&file, &FetchOptions::default())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), Kind::TargetProtocol, "{name}: {error}");
        assert!(!file.exists());
        assert!(
            fs::read(folder.path().join("x.part")).unwrap() == body[..400],
            "{name}"
        );
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

const TAG: &str = "ETag: \"v1\"\r\nAccept-Ranges: bytes\r\n";

/// A server that stalls after `at` bytes of the body, and serves the rest to who asks for it.
fn stalling(body: &[u8], at: usize) -> Scripted {
    let length = body.len();
    let first = answer(
        "200 OK",
        &format!("{TAG}Content-Length: {length}\r\n"),
        &body[..at],
    );
    let second = match at {
        0 => answer(
            "200 OK",
            &format!("{TAG}Content-Length: {length}\r\n"),
            body,
        ),
        at => answer(
            "206 Partial Content",
            &format!(
                "{TAG}Content-Range: bytes {at}-{}/{length}\r\nContent-Length: {}\r\n",
                length - 1,
                length - at
            ),
            &body[at..],
        ),
    };
    Scripted::sequence(vec![
        vec![Step::head(), Step::write(first), Step::Stall],
        vec![Step::head(), Step::write(second), Step::Close],
    ])
}

/// Starts a fetch, and waits until so many bytes are in its part file.
fn started(program: &Program, arguments: &[&str], part: &Path, at: usize) -> Child {
    let mut command = program.command(arguments);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let meta = part.with_extension("part.meta");
    sockets::until(|| {
        let length = fs::metadata(part).ok()?.len();
        (length == at as u64 && fs::metadata(&meta).ok()?.len() > 0).then_some(())
    })
    .expect("the bytes of the part file");
    child
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

#[test]
fn kill_at_any_moment_leaves_the_old_file_and_the_next_run_resumes() {
    let body = noise(900_000);
    for at in [0, 1, 1000, 262_144, 300_001, 899_999] {
        for old in [false, true] {
            let server = stalling(&body, at);
            let program = Program::with_settings(QUICK);
            let (file, part) = (program.file("x.bin"), program.file("x.bin.part"));
            if old {
                fs::write(&file, "old").unwrap();
            }
            let url = format!("{}/x.bin", server.url());
            let arguments = ["fetch", url.as_str(), "--force"];
            let mut child = started(&program, &arguments, &part, at);
            child.kill().unwrap();
            child.wait().unwrap();
            let now = fs::read(&file).ok();
            assert_eq!(now, old.then(|| b"old".to_vec()), "killed at {at}");
            program.run(&arguments).expect(0);
            assert!(fs::read(&file).unwrap() == body, "killed at {at}");
            assert_eq!(program.files(), ["x.bin"], "nothing is left beside it");
            let asked = server.received()[1].to_lowercase();
            let resumed = asked.contains(&format!("range: bytes={at}-\r\n"))
                && asked.contains("if-range: \"v1\"\r\n");
            assert_eq!(resumed, at > 0, "killed at {at}: {asked}");
        }
    }
}

#[test]
fn interrupted_keeps_the_part_and_says_how_to_go_on() {
    let body = noise(500_000);
    for name in ["INT", "TERM"] {
        let server = stalling(&body, 1000);
        let program = Program::new();
        let url = format!("{}/x.bin", server.url());
        let part = program.file("x.bin.part");
        let child = started(&program, &["fetch", &url], &part, 1000);
        signal(&child, name);
        let ran = Ran::of(child.wait_with_output().unwrap()).expect(130);
        let ran = ran.says(&format!("stopped by SIG{name}"));
        ran.says("kept x.bin.part; run the same command again to go on");
        assert_eq!(program.files(), ["x.bin.part", "x.bin.part.meta"]);
        program
            .run(&["fetch", &url])
            .expect(0)
            .says("500000 bytes, 1000 of them from before");
        assert!(fs::read(program.file("x.bin")).unwrap() == body);
    }
    // Nothing came: nothing is said to be kept.
    let server = Scripted::each(vec![Step::head(), Step::Stall]);
    let program = Program::new();
    let url = format!("{}/x.bin", server.url());
    let mut command = program.command(&["fetch", &url]);
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    server.received_with("\r\n\r\n");
    signal(&child, "INT");
    let ran = Ran::of(child.wait_with_output().unwrap()).expect(130);
    assert!(!ran.err.contains("kept"), "{ran:?}");
}

#[test]
fn a_second_run_on_one_part_says_so() {
    let server = stalling(&noise(5000), 1000);
    let program = Program::new();
    let url = format!("{}/x.bin", server.url());
    let mut first = started(
        &program,
        &["fetch", &url],
        &program.file("x.bin.part"),
        1000,
    );
    let second = program.run(&["fetch", &url]).expect(13);
    second.says("another run is writing it").says("x.bin.part");
    assert_eq!(server.connections(), 1, "the second asked for nothing");
    first.kill().unwrap();
    first.wait().unwrap();
    program.run(&["fetch", &url]).expect(0);
}

#[test]
fn an_existing_file_stays_unless_forced_or_unchanged() {
    let shared = kit::shared();
    let program = Program::new();
    let file = program.file("small.bin");
    let url = shared.nginx.http("/small.bin?existing");
    let gets = || {
        shared
            .nginx
            .log()
            .matches("GET /small.bin?existing ")
            .count()
    };
    program.run(&["fetch", &url]).expect(0);
    assert_eq!(gets(), 1);
    program.run(&["fetch", &url]).expect(0).says("unchanged");
    let sum = format!("sha256:{}", sha256(&shared.small));
    program
        .run(&["fetch", &url, "--checksum", &sum])
        .expect(0)
        .says("unchanged");
    shared.nginx.process().log_with("HEAD /small.bin?existing ");
    assert_eq!(gets(), 1, "it was asked about, not fetched again");
    fs::write(&file, "mine").unwrap();
    let ran = program.run(&["fetch", &url]).expect(13);
    ran.says("a file of that name exists").says("--force");
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    program.run(&["fetch", &url, "--force"]).expect(0);
    assert!(fs::read(&file).unwrap() == shared.small);
    // A folder of that name is never touched.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    program.run(&["fetch", &url]).expect(13);
    program.run(&["fetch", &url, "--force"]).expect(13);
    assert!(file.is_dir());
}

fn md5_of(bytes: &[u8]) -> String {
    use md5::Digest;
    let digest = md5::Md5::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn checksums_are_verified_after_a_resume_too() {
    let body = noise(600_000);
    let wrong = noise(10);
    for (right, wrong) in [
        (
            format!("sha256:{}", sha256(&body)),
            format!("sha256:{}", sha256(&wrong)),
        ),
        (
            format!("md5:{}", md5_of(&body)),
            format!("MD5:{}", md5_of(&wrong)),
        ),
    ] {
        for at in [0, 300_000] {
            let run = |sum: &str| {
                let server = stalling(&body, at);
                let program = Program::new();
                let url = format!("{}/x.bin", server.url());
                let arguments = ["fetch", url.as_str(), "--checksum", sum];
                let mut child = started(&program, &arguments, &program.file("x.bin.part"), at);
                child.kill().unwrap();
                child.wait().unwrap();
                (program.run(&arguments), program)
            };
            let (ran, program) = run(&right);
            ran.expect(0);
            assert!(fs::read(program.file("x.bin")).unwrap() == body);
            let (ran, program) = run(&wrong);
            let ran = ran.expect(12).says(&wrong.to_lowercase()).says(&right);
            ran.says("the next run starts over");
            assert!(!program.file("x.bin").exists());
            assert!(!program.file("x.bin.part.meta").exists());
            // Over it starts: without a range.
            let whole = answer("200 OK", &format!("{TAG}Content-Length: 600000\r\n"), &body);
            let server = Scripted::each(vec![Step::head(), Step::write(whole), Step::Close]);
            let url = format!("{}/x.bin", server.url());
            program
                .run(&["fetch", &url, "--checksum", &right])
                .expect(0);
            assert!(!server.received().concat().to_lowercase().contains("range:"));
            assert_eq!(program.files(), ["x.bin"]);
        }
    }
}

#[test]
fn two_urls_with_one_name_are_refused_before_anything_starts() {
    let server = Scripted::each(vec![Step::Stall]);
    let program = Program::new();
    let (one, two) = (
        format!("{}/a/x.csv", server.url()),
        format!("{}/b/x.csv?v=2", server.url()),
    );
    program
        .run(&["fetch", &one, &two])
        .expect(2)
        .says("go to the same file x.csv");
    program
        .run(&["fetch", &one, &two, "--output-dir", "new"])
        .expect(2);
    program.run(&["fetch", &one, &two, "-o", "y.csv"]).expect(2);
    program
        .run(&["fetch", &one, "http://h.example/"])
        .expect(2)
        .says("names no file");
    assert_eq!((server.connections(), program.files()), (0, vec![]));
}

/// Runs a script with `$1` the program and `$2` the URL, in a mount namespace of its own when
/// this system lets us make one.
fn in_namespace(program: &Program, url: &str, script: &str) -> Option<Ran> {
    let flags: &[&str] = match Command::new("unshare").args(["-m", "true"]).status() {
        Ok(status) if status.success() => &["-m"],
        _ => &["-r", "-m"],
    };
    let able = Command::new("unshare").args(flags).arg("true").status();
    if !able.is_ok_and(|status| status.success()) {
        return None;
    }
    let mut command = Command::new("unshare");
    program.prepare(&mut command);
    command.env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
    command.args(flags).args([
        "sh",
        "-c",
        script,
        "sh",
        env!("CARGO_BIN_EXE_outbound"),
        url,
    ]);
    Some(Ran::of(command.output().unwrap()))
}

#[test]
fn a_full_disk_says_so_and_keeps_the_part() {
    let shared = kit::shared();
    let url = shared.nginx.http("/small.bin?full");
    let program = Program::new();
    let script = "set -e; mkdir full; mount -t tmpfs -o size=512k tmpfs full; cd full; \
                  \"$1\" fetch \"$2\" || echo code $?; ls; \
                  mount -o remount,size=4m \"$PWD\"; \"$1\" fetch \"$2\"; ls; sha256sum small.bin";
    if let Some(ran) = in_namespace(&program, &url, script) {
        let ran = ran.expect(0);
        assert!(
            ran.out
                .starts_with("code 13\nsmall.bin.part\nsmall.bin.part.meta\nsmall.bin\n"),
            "{ran:?}"
        );
        assert!(ran.out.contains(&sha256(&shared.small)), "{ran:?}");
        let ran = ran
            .says("the disk is full")
            .says("make room and run the same command again");
        ran.says("of them from before");
        let log = shared.nginx.process().log_with("/small.bin?full 206 ");
        assert!(log.contains("range=\"bytes="), "{log}");
    }
    // The limit on a file's size, which every user can set.
    let program = Program::new();
    let mut command = Command::new("sh");
    program.prepare(&mut command);
    command.env("PATH", "/usr/bin:/bin");
    let script = "trap '' XFSZ; ulimit -f 512; exec \"$1\" fetch \"$2\"";
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_outbound"), &url]);
    let ran = Ran::of(command.output().unwrap()).expect(13);
    ran.says("larger than").says("kept small.bin.part");
    assert_eq!(program.files(), ["small.bin.part", "small.bin.part.meta"]);
    program
        .run(&["fetch", &url])
        .expect(0)
        .says("of them from before");
    assert!(fs::read(program.file("small.bin")).unwrap() == shared.small);
}

#[test]
fn standard_output_gets_the_bytes_and_nothing_else() {
    use std::io::Read;
    let shared = kit::shared();
    let url = shared.nginx.http("/small.bin");
    let program = Program::new();
    let output = program
        .command(&["fetch", "-o", "-", "-v", &url])
        .output()
        .unwrap();
    assert!(output.status.success() && output.stdout == shared.small);
    // A reader that has enough.
    let big = shared.nginx.http("/big.bin");
    let mut command = program.command(&["fetch", "-o", "-", &big]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdout.take().unwrap();
    pipe.read_exact(&mut [0; 10]).unwrap();
    drop(pipe);
    let ran = Ran::of(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(ran.err, "");
    // A device that is full is an error.
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let ran = Ran::of(
        program
            .command(&["fetch", "-o", "-", &url])
            .stdout(full)
            .output()
            .unwrap(),
    );
    ran.expect(13)
        .says("write to standard output: the disk is full");
    assert_eq!(program.files(), Vec::<String>::new());
}

/// `If-Range` is not known everywhere: a range of another file has another tag.
#[tokio::test]
async fn a_range_of_another_file_is_not_taken() {
    let (old, new) = (vec![1; 1000], vec![2; 1000]);
    let head =
        |tag: &str, length: usize| format!("ETag: \"{tag}\"\r\nContent-Length: {length}\r\n");
    let range = "Content-Range: bytes 400-999/1000\r\n";
    let play = |status: &str, fields: &str, body: &[u8]| {
        vec![
            Step::head(),
            Step::write(answer(status, fields, body)),
            Step::Close,
        ]
    };
    let server = Scripted::sequence(vec![
        play("200 OK", &head("old", 1000), &old[..400]),
        play(
            "206 Partial Content",
            &(head("new", 600) + range),
            &new[400..],
        ),
        play("200 OK", &head("new", 1000), &new),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    let client = Client::new(direct());
    let dataset = client.dataset(&format!("{}/x", server.url())).unwrap();
    dataset
        .fetch(&file, &FetchOptions::default())
        .await
        .unwrap();
    assert_eq!(fs::read(&file).unwrap(), new);
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
