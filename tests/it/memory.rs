//! How much memory the program takes at most: not more, the more files a folder has.

use outbound::lab::Tree;
use outbound::lab::ftp::{FtpServer, Options};

use crate::kit::{Program, Ran, python_for};
use crate::support::scripted::{Scripted, Step};

const FILES: usize = 100_000;

/// In MiB.
const MOST: u64 = 60;

/// Runs a command, and says at the end of its standard error how many KiB it had at most. A
/// process counts what the one had that started it, which is little here.
const MEASURE: &str = "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); \
    sys.stderr.write('peak %d\\n' % resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); \
    sys.exit(code)";

/// Runs the program, and gives how many MiB it had at most.
pub fn peak(program: &Program, arguments: &[&str]) -> (Ran, u64) {
    let (mut command, child) = (python_for(program), program.command(arguments));
    command
        .args(["-c", MEASURE])
        .arg(child.get_program())
        .args(child.get_args());
    let ran = Ran::of(command.output().unwrap());
    let peak = ran.err.lines().find_map(|line| line.strip_prefix("peak "));
    let peak = peak.unwrap().parse::<u64>().unwrap() / 1024;
    (ran, peak)
}

#[track_caller]
fn is_little(program: &Program, url: &str, more: &[&str]) {
    let fetch = ["fetch", "-r", url, "--output-dir", "here", "--dry-run"];
    let (ran, peak) = peak(program, &[&fetch[..], more].concat());
    ran.expect(0).says(&format!("{FILES} to bring in"));
    assert!(peak <= MOST, "{peak} MiB");
}

async fn lab(per_folder: usize) -> FtpServer {
    let tree = Tree::new();
    for number in 0..FILES {
        let folder = number / per_folder;
        tree.put(
            &format!("/pub/folder-{folder:04}/file-{number:06}.csv"),
            "1234",
        );
    }
    let options = Options {
        tree,
        ..Options::default()
    };
    FtpServer::start(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_files_over_ftp() {
    for per_folder in [1000, FILES] {
        let server = lab(per_folder).await;
        let url = format!("ftp://{}/pub/", server.addr());
        let measured = tokio::task::spawn_blocking(move || {
            let program = Program::with_settings("");
            is_little(&program, &url, &["--delete"]);
        });
        measured.await.unwrap();
    }
}

#[test]
fn a_hundred_thousand_files_on_an_index_page() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";
    let mut page = format!("{head}<html><head><title>Index of /</title></head><pre>\n");
    for number in 0..FILES {
        let name = format!("file-{number:06}.csv");
        let blanks = " ".repeat(51 - name.len());
        page.push_str(&format!(
            "<a href=\"{name}\">{name}</a>{blanks}27-Mar-2020 12:34                   4\r\n"
        ));
    }
    let web = Scripted::each(vec![
        Step::head(),
        Step::write(page.as_bytes()),
        Step::Close,
    ]);
    let program = Program::with_settings("");
    is_little(&program, &format!("{}/", web.url()), &[]);
}
