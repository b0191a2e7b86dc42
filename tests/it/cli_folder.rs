//! `outbound fetch -r`: folders through a proxy, by every server.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;

use crate::kit::{Program, contents, noise, put};
use crate::support::peers;
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::sockets;

fn program(extra: &str) -> Program {
    let address = peers::squid().address();
    Program::with_settings(&format!("[proxy]\nurl = \"http://{address}\"\n{extra}"))
}

#[test]
fn a_tree_comes_whole_and_then_only_what_changed() {
    for product in Product::ALL {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        put(&data.join("a.csv"), b"12345", 1_577_934_245);
        put(
            &data.join("b c/[d]*/caf\u{e9}.csv"),
            &noise(70_000),
            1_600_000_001,
        );
        put(&data.join("b c/empty"), b"", 1_600_000_002);
        let server = FtpServer::start(product, root.path());
        let program = program(&server.connection());
        let url = server.url("/data/");
        let fetch = ["fetch", "-r", &url, "--output-dir", "here"];
        let ran = program
            .run(&[&fetch[..], &["--dry-run"]].concat())
            .expect(0);
        let ran = ran.says("3 to bring in, 70005 bytes; 0 unchanged");
        assert!(
            program.files().iter().all(|name| name != "here"),
            "{product:?} {ran:?}"
        );
        program
            .run(&fetch)
            .expect(0)
            .says("3 brought in, 70005 bytes");
        let here = program.file("here");
        assert!(contents(&here) == contents(&data), "{product:?}");
        program
            .run(&fetch)
            .expect(0)
            .says("0 brought in, 0 bytes; 3 unchanged");
        // Also where the listing is not exact.
        program
            .run(&[&fetch[..], &["--dry-run"]].concat())
            .expect(0)
            .says("0 to bring in, 0 bytes; 3 unchanged");
        // Of one size, and another time; and of another size.
        put(&data.join("a.csv"), b"54321", 1_577_934_247);
        put(&data.join("b c/empty"), b"1", 1_600_000_002);
        program
            .run(&fetch)
            .expect(0)
            .says("2 brought in, 6 bytes; 1 unchanged");
        assert!(contents(&here) == contents(&data), "{product:?}");
    }
}

#[test]
fn patterns_choose_and_links_are_left_out() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    for name in [
        "a.csv",
        "a.txt",
        "old/b.csv",
        "2020/c.csv",
        "2020/raw/d.csv",
    ] {
        put(&data.join(name), b"1", 1_600_000_000);
    }
    symlink("a.csv", data.join("latest.csv")).unwrap();
    let server = FtpServer::start(Product::Vsftpd, root.path());
    let program = program("");
    let url = server.url("/data");
    let chosen = [
        "--include",
        "*.csv",
        "--exclude",
        "old",
        "--exclude",
        "2020/raw",
    ];
    let fetch = ["fetch", "-r", &url, "--output-dir", "here"];
    let ran = program.run(&[&fetch[..], &chosen].concat()).expect(0);
    ran.says("latest.csv  left out: a link")
        .says("1 left out, 0 failed");
    let names: Vec<String> = contents(&program.file("here")).into_keys().collect();
    assert_eq!(names, ["2020/c.csv", "a.csv"]);
    program
        .run(&["fetch", &url, "--include", "*"])
        .expect(2)
        .says("--recursive");
    program
        .run(&[&fetch[..], &["--include", "[a"]].concat())
        .expect(2);
}

/// What cannot be brought in is named, and everything else comes.
#[test]
fn failures_are_told_at_the_end() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    put(&data.join("good.csv"), b"1", 1_600_000_000);
    put(&data.join("sub/good.csv"), b"1", 1_600_000_000);
    // A folder stands here where a file would go.
    put(&data.join("taken.csv"), b"1", 1_600_000_000);
    let server = FtpServer::start(Product::Vsftpd, root.path());
    let program = program("");
    let url = server.url("/data/");
    let fetch = ["fetch", "-r", &url, "--output-dir", "here"];
    // A folder here that leads elsewhere is not written through.
    let elsewhere = program.file("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::create_dir_all(program.file("here")).unwrap();
    symlink(&elsewhere, program.file("here/sub")).unwrap();
    fs::create_dir_all(program.file("here/taken.csv")).unwrap();
    let ran = program.run(&fetch).expect(13);
    let ran = ran
        .says("outbound: failed: taken.csv")
        .says("outbound: failed: sub")
        .says("1 brought in, 1 bytes");
    ran.says("is a symbolic link here");
    assert!(fs::read_dir(&elsewhere).unwrap().next().is_none());
    assert_eq!(contents(&program.file("here")).len(), 1);
    let missing = server.url("/missing/");
    program
        .run(&["fetch", "-r", &missing, "--output-dir", "there"])
        .expect(9)
        .says("list `missing/` at");
    let ran = program.run(&["fetch", "-r", &missing, "--output-dir", "there"]);
    assert!(!ran.err.contains("failed: "), "{}", ran.err);
}

/// A folder that nobody can ask for is not passed over without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_folder_whose_name_cannot_be_asked_for() {
    use outbound::lab::Tree;
    use outbound::lab::ftp::{FtpServer as Lab, Options};
    let tree = Tree::new();
    tree.put("/pub/good.csv", b"123".to_vec());
    tree.put("/pub/evil\x1b[2J/lost.csv", b"1".to_vec());
    let lab = Lab::start(Options {
        tree,
        ..Options::default()
    })
    .await
    .unwrap();
    let url = format!("ftp://{}/pub/", lab.addr());
    let ran = tokio::task::spawn_blocking(move || {
        let program = program("");
        let ran = program.run(&["fetch", "-r", &url, "--output-dir", "here"]);
        assert_eq!(contents(&program.file("here")).len(), 1);
        ran
    });
    let ran = ran.await.unwrap().expect(9);
    let ran = ran.says("its name cannot be asked for").says("1 failed");
    assert!(!ran.err.contains('\x1b'), "{}", ran.err);
}

/// Killed three times in the middle, it ends complete and identical.
#[test]
fn ten_thousand_files_and_three_kills() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    let bytes = noise(4096 + 10_000);
    for number in 0..10_000_usize {
        let name = format!("{:02}/{number:05}.bin", number / 500);
        put(
            &data.join(name),
            &bytes[number..number + 4096],
            1_600_000_000,
        );
    }
    let server = FtpServer::start(Product::Proftpd, root.path());
    let program = program("");
    let url = server.url("/data/");
    let fetch = ["fetch", "-r", &url, "--output-dir", "here", "-q"];
    for kill in 1..=3_usize {
        let mut child = program
            .command(&fetch)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mark = program.file("here").join(format!("{:02}", kill * 5));
        sockets::until(|| mark.exists().then_some(())).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
    program.run(&fetch).expect(0);
    assert!(contents(&program.file("here")) == contents(&data));
}
