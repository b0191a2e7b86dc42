//! `outbound list`: folders of real servers and of the lab's, through Squid.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;

use outbound::lab::ftp::{FtpServer as Lab, Options};
use outbound::lab::{Login, Tree};

use crate::kit::Program;
use crate::support::peers;
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::scripted::{Scripted, Step};

/// A time long ago, so that listings have a year in it.
const THEN: u64 = 1_577_934_245;

/// A folder with what makes listings hard.
fn tree(root: &Path) {
    let pub_ = root.join("pub");
    fs::create_dir_all(pub_.join("sub folder")).unwrap();
    fs::create_dir(root.join("empty")).unwrap();
    for (name, text) in [
        ("air 2020.csv", "12345"),
        ("caf\u{e9}.txt", "1"),
        ("red\x1b[31m.txt", "22"),
    ] {
        let file = pub_.join(name);
        fs::write(&file, text).unwrap();
        let then = std::time::UNIX_EPOCH + std::time::Duration::from_secs(THEN);
        let file = fs::File::options().write(true).open(file).unwrap();
        file.set_modified(then).unwrap();
    }
    fs::write(pub_.join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "").unwrap();
    symlink("air 2020.csv", pub_.join("latest")).unwrap();
}

/// The program, with Squid as the way out and what the server needs.
fn program(extra: &str) -> Program {
    let address = peers::squid().address();
    Program::with_settings(&format!("[proxy]\nurl = \"http://{address}\"\n{extra}"))
}

#[test]
fn folders_of_every_server() {
    for product in Product::ALL {
        let root = tempfile::tempdir().unwrap();
        tree(root.path());
        let server = FtpServer::start(product, root.path());
        let program = program(&server.connection());

        let ran = program.run(&["list", &server.url("/pub/")]).expect(0);
        let line = |name: &str| {
            let found = ran.out.lines().find(|line| line.contains(name));
            found.unwrap_or_else(|| panic!("{product:?}: {name}: {}{}", ran.out, ran.err))
        };
        let air = line("  air 2020.csv");
        assert!(
            air.starts_with("file              5  2020-01-0"),
            "{product:?}: {air}"
        );
        assert!(
            line("  sub folder/").starts_with("folder            -"),
            "{product:?}"
        );
        assert!(
            line("  caf\u{e9}.txt").starts_with("file              1"),
            "{product:?}"
        );
        assert!(!ran.out.contains('\x1b'), "{product:?}: {}", ran.out);
        line("latest");

        let ran = program
            .run(&["list", "--json", &server.url("/pub")])
            .expect(0);
        let found = ran.json_lines();
        let air = found.iter().find(|o| o["name"] == "air 2020.csv").unwrap();
        assert_eq!(
            (&air["kind"], &air["size"]),
            (&"file".into(), &5.into()),
            "{product:?}"
        );
        assert_eq!(air["encoded"], "air%202020.csv", "{product:?}");

        let ran = program.run(&["list", &server.url("/empty/")]).expect(0);
        assert_eq!(ran.out, "", "{product:?}: {}", ran.err);
        assert!(!ran.err.contains("understood"), "{product:?}: {}", ran.err);

        // Pure-FTPd takes seconds to check a password.
        let most = if product == Product::PureFtpd { 1 } else { 3 };
        for missing in ["/missing/", "/missing", "/missing/below"]
            .iter()
            .take(most)
        {
            let ran = program.run(&["list", &server.url(missing)]);
            assert_eq!(
                ran.code,
                Some(9),
                "{product:?}: {missing}: {}{}",
                ran.out,
                ran.err
            );
        }
        for file in ["/pub/air%202020.csv", "/pub/air%202020.csv/"]
            .iter()
            .take(most)
        {
            let ran = program.run(&["list", &server.url(file)]);
            assert_eq!(
                ran.code,
                Some(9),
                "{product:?}: {file}: {}{}",
                ran.out,
                ran.err
            );
            assert!(
                ran.err.contains("this is a file of 5 bytes"),
                "{product:?}: {}",
                ran.err
            );
        }
    }
}

#[test]
fn vsftpd_shows_links_and_their_targets() {
    let root = tempfile::tempdir().unwrap();
    tree(root.path());
    let server = FtpServer::start(Product::Vsftpd, root.path());
    let program = program("");
    let ran = program.run(&["list", &server.url("/pub/")]).expect(0);
    assert!(
        ran.out.contains("  latest -> air 2020.csv\n"),
        "{}",
        ran.out
    );
    let ran = program
        .run(&["list", "--json", &server.url("/pub/")])
        .expect(0);
    let found = ran.json_lines();
    let link = found.iter().find(|o| o["name"] == "latest").unwrap();
    assert_eq!(link["target"], "air 2020.csv");
    let bytes = found.iter().find(|o| o["encoded"] == "caf%E9");
    assert!(bytes.is_some(), "the bytes of a name: {}", ran.out);
}

async fn lab(login: Option<Login>, refuse: &'static [&'static str]) -> Lab {
    let tree = Tree::new();
    tree.put("/pub/good.csv", b"123".to_vec());
    tree.put("/pub/evil\x1b]0;x\x07\\..\\up.csv", b"1".to_vec());
    Lab::start(Options {
        tree,
        login,
        refuse: refuse.to_vec(),
        ..Options::default()
    })
    .await
    .unwrap()
}

async fn list(program: Program, arguments: Vec<String>) -> crate::kit::Ran {
    tokio::task::spawn_blocking(move || program.run(&arguments))
        .await
        .unwrap()
}

fn arguments(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_name_is_escaped_and_marked() {
    for refuse in [&[][..], &["MLSD"]] {
        let server = lab(None, refuse).await;
        let url = format!("ftp://{}/pub/", server.addr());
        let ran = list(program(""), arguments(&["list", &url]))
            .await
            .expect(0);
        assert!(!ran.out.contains(['\x1b', '\x07']), "{}", ran.out);
        assert!(
            ran.out
                .contains("(not a file's name on every system: it has a path in it)"),
            "{}",
            ran.out
        );
        let ran = list(program(""), arguments(&["list", "--json", &url]))
            .await
            .expect(0);
        let found = ran.json_lines();
        let marked: Vec<bool> = found.iter().map(|o| o["unsafe"].is_string()).collect();
        assert_eq!(marked.iter().filter(|m| **m).count(), 1, "{}", ran.out);
        assert_eq!(marked.len(), 2);
        let utc = found.iter().all(|o| o["utc"] == refuse.is_empty());
        assert!(utc, "MLSD first, LIST where it is refused: {}", ran.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_with_its_code() {
    let server = lab(Some(Login::new("ann", "right")), &[]).await;
    let url = format!("ftp://ann:wr0ng@{}/pub/", server.addr());
    let ran = list(program(""), arguments(&["list", &url]))
        .await
        .expect(10);
    assert!(
        !ran.err.contains("wr0ng") && ran.out.is_empty(),
        "{}",
        ran.err
    );
}

#[test]
fn the_web_has_no_folders_and_several_urls_are_told_apart() {
    let root = tempfile::tempdir().unwrap();
    tree(root.path());
    let server = FtpServer::start(Product::Vsftpd, root.path());
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nContent-Length: 1\r\n\r\n1";
    let web = Scripted::each(vec![Step::head(), Step::write(page), Step::Close]);
    let program = program("");
    let urls = [server.url("/pub/"), server.url("/empty/"), web.url()];
    let [folder, empty, page] = urls.each_ref().map(String::as_str);
    let ran = program.run(&["list", folder, empty, page]);
    assert!(ran.out.starts_with(&format!("{folder}:\n")), "{}", ran.out);
    assert!(ran.out.ends_with(&format!("{empty}:\n")), "{}", ran.out);
    let toml = format!("[connections.near]\nurl = \"{}\"\n", server.url("/"));
    let near = Program::with_settings(&toml);
    let below = near.run(&["list", "near:", "near:empty/"]).expect(0);
    assert!(below.out.starts_with("near:\n"), "{below:?}");
    near.run(&["list", "near:", "-H", "A: b"]).expect(2);
    let ran = ran.says("not an index page of nginx or Apache: it is neither HTML nor JSON");
    assert_eq!(ran.code, Some(4));
}

/// Folders below folders, by every server, with one login where the server is asked by name.
#[test]
fn folders_below_folders() {
    let root = tempfile::tempdir().unwrap();
    tree(root.path());
    let deep = root.path().join("pub/sub folder/2020/[a]*");
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("x.csv"), "123").unwrap();
    // A loop, for who follows links.
    symlink("..", root.path().join("pub/up")).unwrap();
    for product in Product::ALL {
        let server = FtpServer::start(product, root.path());
        let program = program(&server.connection());
        let ran = program.run(&["list", "-r", &server.url("/pub/")]).expect(0);
        let names: Vec<&str> = ran.out.lines().map(|line| &line[43..]).collect();
        for name in [
            "air 2020.csv",
            "sub folder/",
            "sub folder/2020/",
            "sub folder/2020/[a]*/",
            "sub folder/2020/[a]*/x.csv",
        ] {
            assert!(names.contains(&name), "{product:?}: {name}: {names:?}");
        }
        let folder = names.iter().position(|name| *name == "sub folder/");
        let inner = names.iter().position(|name| *name == "sub folder/2020/");
        assert!(folder < inner, "{product:?}: {names:?}");
        // pyftpdlib calls the link a folder: it leads round once, and is known then.
        assert!(names.len() < 40, "{product:?}: {names:?}");
        let told = ran.err.contains("up/ is not gone into: it leads back");
        assert_eq!(told, names.contains(&"up/"), "{product:?}: {}", ran.err);
        let ran = program
            .run(&["list", "-r", "--json", &server.url("/pub/")])
            .expect(0);
        let found = ran.json_lines();
        let x = found.iter().find(|o| o["name"] == "x.csv").unwrap();
        assert_eq!(x["folder"], "sub%20folder/2020/%5Ba%5D%2A", "{product:?}");
    }
}

/// What a listing shows can be typed again, and what it gives as bytes is sent as they are.
#[test]
fn names_in_another_encoding() {
    let root = tempfile::tempdir().unwrap();
    let bytes = std::ffi::OsStr::from_bytes;
    let folder = root.path().join(bytes(b"\xfcber"));
    fs::create_dir(&folder).unwrap();
    for path in [root.path(), &folder] {
        fs::write(path.join(bytes(b"gr\xfc\xdfe.csv")), "hello").unwrap();
    }
    for product in [Product::Vsftpd, Product::Proftpd] {
        let server = FtpServer::start(product, root.path());
        let program = program(&format!(
            "[connections.old]\nurl = \"{}\"\nencoding = \"windows-1252\"\n",
            server.url("/")
        ));
        let ran = program.run(&["list", "old:"]).expect(0);
        assert!(ran.out.contains("  gr\u{fc}\u{df}e.csv\n"), "{}", ran.out);
        let ran = program.run(&["list", "--json", "old:"]).expect(0);
        let found = ran.json_lines();
        let one = found
            .iter()
            .find(|o| o["name"] == "gr\u{fc}\u{df}e.csv")
            .unwrap();
        assert_eq!(one["encoded"], "gr%FC%DFe.csv", "{product:?}");
        let typed = ["old:gr\u{fc}\u{df}e.csv", "old:gr%FC%DFe.csv"];
        for place in typed {
            let ran = program.run(&["fetch", place, "-o", "-"]).expect(0);
            assert_eq!(ran.out, "hello", "{product:?}: {place}");
        }
        let here = tempfile::tempdir().unwrap();
        let into = here.path().to_str().unwrap();
        let pattern = "\u{fc}ber/*";
        let all = [
            "fetch",
            "-r",
            "old:",
            "--output-dir",
            into,
            "--include",
            pattern,
        ];
        program.run(&all).expect(0);
        let brought = fs::read(here.path().join("\u{fc}ber/gr\u{fc}\u{df}e.csv"));
        assert_eq!(brought.unwrap(), b"hello", "{product:?}");
        let ran = program.run(&["list", "old:\u{65e5}"]);
        assert_eq!(ran.code, Some(2), "{}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_alone_are_told() {
    let server = lab(None, &["MLSD", "LIST"]).await;
    let url = format!("ftp://{}/pub/", server.addr());
    let ran = list(program(""), arguments(&["list", &url])).await;
    let ran = ran.expect(0).says("names alone (NLST)");
    assert!(
        ran.out
            .contains("unknown            -  -                     good.csv\n"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains(['\x1b', '\x07']), "{}", ran.out);
}
