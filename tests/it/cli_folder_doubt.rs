//! `fetch -r --delete` where a server does not say all that is there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::kit::{Program, contents, put};
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::scripted::{Scripted, Step};

fn names(program: &Program) -> Vec<String> {
    contents(&program.file("here")).into_keys().collect()
}

/// Some servers call it empty, or list the folder around it.
#[test]
fn a_folder_that_may_not_be_read_is_not_empty() {
    for product in Product::ALL {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        for name in ["a.csv", "sub/b.csv", "sub/c.csv"] {
            put(&data.join(name), b"1", 1_600_000_000);
        }
        let ftp = FtpServer::start(product, root.path());
        let program = Program::with_settings(&ftp.connection());
        let url = ftp.url("/data/");
        let fetch = ["fetch", "-r", &url, "--output-dir", "here", "--delete"];
        program.run(&fetch).expect(0).says("3 brought in");
        for mode in [0o711, 0o700] {
            let mode = fs::Permissions::from_mode(mode);
            fs::set_permissions(data.join("sub"), mode).unwrap();
            let ran = program.run(&fetch);
            let kept = ["a.csv", "sub/b.csv", "sub/c.csv"];
            assert_eq!(names(&program), kept, "{product:?}: {}", ran.err);
            assert!(!program.file("here/sub/sub").exists(), "{product:?}");
            // It runs as root, and may read it.
            if product != Product::Pyftpdlib {
                ran.expect(9).says("nothing is deleted: something failed");
            }
        }
    }
}

/// A page that ends with the connection and not with its own end may be cut.
#[test]
fn nothing_is_deleted_by_a_page_that_may_be_cut() {
    let page = "<html><title>Index of /</title><a href=\"a.csv\">a</a>";
    let file = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1";
    let length = format!("Content-Length: {}\r\n", page.len());
    for (fields, end, deleted) in [("", "", 0), ("", "</HTML>\n", 1), (&*length, "", 1)] {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
        let page = format!("{head}{fields}\r\n{page}{end}");
        let answer = |with: &str| vec![Step::head(), Step::write(with), Step::Close];
        let web = Scripted::sequence(vec![answer(&page), answer(file)]);
        let program = Program::with_settings("");
        put(&program.file("here/b.csv"), b"1", 1);
        let url = format!("{}/", web.url());
        let ran = program.run(&["fetch", "-r", &url, "--output-dir", "here", "--delete"]);
        ran.says("1 brought in").says(&format!("{deleted} deleted"));
        assert_eq!(names(&program).len(), 2 - deleted, "{fields}{end}");
    }
}

/// Sizes that no sum has room for.
#[test]
fn sizes_beyond_all_measure() {
    let item = |name| {
        format!(
            "{{\"name\":\"{name}\",\"type\":\"file\",\"size\":{}}}",
            i64::MAX
        )
    };
    let page = format!("[{},{},{}]", item("a"), item("b"), item("c"));
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    let page = Step::write(format!("{head}{page}"));
    let web = Scripted::sequence(vec![vec![Step::head(), page, Step::Close]]);
    let url = format!("{}/", web.url());
    let fetch = ["fetch", "-r", &url, "--output-dir", "here", "--dry-run"];
    let ran = Program::with_settings("").run(&fetch).expect(0);
    ran.says(&format!("3 to bring in, {} bytes", u64::MAX));
}

/// Pure-FTPd lists so many, and says 226.
#[test]
fn a_listing_that_the_server_cuts_short_is_told() {
    let root = tempfile::tempdir().unwrap();
    let many = root.path().join("data/many");
    for number in 0..10_001 {
        put(&many.join(number.to_string()), b"", 1_600_000_000);
    }
    let ftp = FtpServer::start(Product::PureFtpd, root.path());
    let program = Program::with_settings(&ftp.connection());
    let says = "the server left out a part of the listing: 226";
    let ran = program.run(&["list", &ftp.url("/data/many/")]).expect(9);
    // Two of them are the folder itself and its parent.
    assert_eq!(ran.says(says).out.lines().count(), 9_998);
    put(&program.file("here/many/mine"), b"", 1);
    let url = ftp.url("/data/");
    let fetch = [
        "fetch",
        "-r",
        &url,
        "--output-dir",
        "here",
        "--include",
        "1",
    ];
    let ran = program.run(&[&fetch[..], &["--delete"]].concat()).expect(9);
    ran.says(says).says("many").says("0 deleted");
    assert!(program.file("here/many/mine").exists());
}
