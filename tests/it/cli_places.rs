//! Where `outbound fetch` can write, and what it says before anything is transferred.

use std::fs;

use crate::kit::Program;
use crate::support::scripted::{Scripted, Step};

#[test]
fn a_place_that_cannot_be_written_is_refused_before_anything_starts() {
    let server = Scripted::each(vec![Step::Stall]);
    let url = format!("{}/x.csv", server.url());
    for (arguments, says) in [
        (
            &["--output-dir", "file"][..],
            &["file is a file, not a folder"][..],
        ),
        (
            &["-o", "folder"],
            &["folder is a folder", "use --output-dir folder"],
        ),
        (
            &["-o", "folder", "--force"],
            &["folder is a folder", "use --output-dir folder"],
        ),
        (&["-o", "new/"], &["new/ is a folder"]),
        (
            &["-o", "new/y.csv"],
            &["the folder new does not exist", "--output-dir new, which"],
        ),
        (&["-o", "file/y.csv"], &["file is a file, not a folder"]),
        (
            &["--output-dir", "holds"],
            &["holds/x.csv is a folder", "-o FILE"],
        ),
    ] {
        let program = Program::new();
        fs::write(program.file("file"), "mine").unwrap();
        fs::create_dir_all(program.file("folder")).unwrap();
        fs::create_dir_all(program.file("holds/x.csv")).unwrap();
        let mut ran = program.run(&[&["fetch", &url], arguments].concat());
        ran = ran.expect(13);
        for words in says {
            ran = ran.says(words);
        }
        assert_eq!(program.files(), ["file", "folder", "holds"], "{ran:?}");
    }
    let program = Program::new();
    program.run(&["fetch", &url, "-o", ""]).expect(2);
    assert_eq!(server.connections(), 0);
}

#[test]
fn what_is_no_file_has_no_part_to_go_on_from() {
    let whole = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
    let server = Scripted::each(vec![Step::head(), Step::write(whole), Step::Close]);
    let program = Program::new();
    let url = format!("{}/x.csv", server.url());
    let ran = program.run(&["fetch", &url, "-o", "/dev/full"]);
    let ran = ran.expect(13).says("write to /dev/full: the disk is full");
    assert!(!ran.err.contains(".part"), "{ran:?}");
}

#[test]
fn two_urls_that_meet_in_a_part_file_are_refused() {
    let server = Scripted::each(vec![Step::Stall]);
    let program = Program::new();
    let url = |name: &str| format!("{}/{name}", server.url());
    for (one, other, file) in [
        ("x", "x.part", "x.part"),
        ("x.part", "x", "x.part"),
        ("x.part.meta", "x", "x.part.meta"),
    ] {
        program
            .run(&["fetch", "--force", &url(one), &url(other)])
            .expect(2)
            .says(&format!("go to the same file {file}"));
    }
    assert_eq!((server.connections(), program.files()), (0, vec![]));
}
