//! `outbound put`, as a user types it: against the lab's servers through its proxy.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use outbound::lab::ftp::{FtpServer, Options};
use outbound::lab::http::{self, Origin};
use outbound::lab::proxy::{self, Ports, Proxy};
use outbound::lab::{Login, Tree};

use crate::kit::{Program, Ran, Running, UNREADABLE, noise, signal};
use crate::support::relay::{Ending, Plan, Relay};
use crate::support::sockets;

/// The servers run on threads of their own: the program is waited for.
struct Bench {
    ftp: FtpServer,
    origin: Origin,
    relay: Relay,
    _proxy: Proxy,
    program: Program,
    data: Vec<u8>,
    _runtime: tokio::runtime::Runtime,
}

const LENGTH: usize = 2 << 20;

impl Bench {
    fn start(options: Options, plan: Plan) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (ftp, origin, proxy) = runtime.block_on(async {
            let tree = Tree::new();
            tree.put("/in/old.csv", "old");
            let options = Options {
                tree: tree.clone(),
                writable: true,
                ..options
            };
            let ftp = FtpServer::start(options).await.unwrap();
            let origin = Origin::start(http::Options {
                tree,
                uploads: Some("/in/".into()),
                ..http::Options::default()
            });
            let proxy = Proxy::start(proxy::Options {
                ports: Ports::any(),
                ..proxy::Options::default()
            });
            (ftp, origin.await.unwrap(), proxy.await.unwrap())
        });
        let relay = Relay::start(proxy.addr(), plan);
        let settings = format!(
            "[proxy]\nurl = \"{}\"\n[retry]\npause = \"1ms\"\npause_max = \"2ms\"\n\
             [connections.lab]\nurl = \"ftp://{}/in/\"\n",
            relay.url(),
            ftp.addr()
        );
        let program = Program::with_settings(&settings);
        let data = noise(LENGTH);
        fs::write(program.file("new.bin"), &data).unwrap();
        fs::write(program.file("a b%;type=a.csv"), "odd").unwrap();
        Self {
            ftp,
            origin,
            relay,
            _proxy: proxy,
            program,
            data,
            _runtime: runtime,
        }
    }

    fn usual() -> Self {
        Self::start(Options::default(), Plan::default())
    }

    fn url(&self, path: &str) -> String {
        format!("ftp://{}{path}", self.ftp.addr())
    }

    fn put(&self, arguments: &[&str]) -> Ran {
        self.program.run(&[&["put"], arguments].concat())
    }

    /// The names in the folder `/in`.
    fn names(&self) -> Vec<String> {
        let entries = self.ftp.tree().list("/in").unwrap();
        entries.into_iter().map(|entry| entry.name).collect()
    }

    fn has(&self, path: &str) -> Vec<u8> {
        let file = self.ftp.tree().get(path);
        file.unwrap_or_else(|| panic!("no {path}")).bytes.to_vec()
    }

    /// Starts an upload that is slow, and waits until it has begun.
    fn begun(&self, arguments: &[&str]) -> Running {
        let mut command = self.program.command(&[&["put"], arguments].concat());
        let mut child = Running::start(command.stdin(Stdio::piped()));
        if arguments[0] == "-" {
            let input = child.stdin.as_mut().unwrap();
            input.write_all(&self.data[..100_000]).unwrap();
        }
        let sent = || (self.relay.up() > 60_000).then_some(());
        sockets::until(sent).expect("the first bytes");
        child
    }
}

#[test]
fn files_go_where_they_are_sent() {
    let bench = Bench::usual();
    let ran = bench.put(&["new.bin", &bench.url("/in/")]).expect(0);
    ran.says(&format!("/in/new.bin  {LENGTH} bytes\n"));
    assert!(bench.has("/in/new.bin") == bench.data);
    bench
        .put(&["new.bin", "--retry", "2", "lab:sub.bin"])
        .expect(0);
    assert!(bench.has("/in/sub.bin") == bench.data);
    // A name that would mean something else in a URL.
    let odd = "a b%;type=a.csv";
    bench.put(&[odd, &bench.url("/in/")]).expect(0);
    assert_eq!(bench.has(&format!("/in/{odd}")), b"odd");
    let url = bench.origin.url("/in/http.bin");
    let ran = bench.put(&["new.bin", &url, "--json"]).expect(0);
    let told = ran.json();
    assert_eq!(told["url"], url);
    assert_eq!(
        (&told["path"], &told["length"]),
        (&"new.bin".into(), &LENGTH.into())
    );
    assert!(bench.has("/in/http.bin") == bench.data);
}

#[test]
fn several_files_go_into_a_folder() {
    let bench = Bench::usual();
    let ran = bench.put(&["new.bin", "a b%;type=a.csv", "lab:"]).expect(0);
    ran.says("lab:new.bin  ");
    assert_eq!(bench.names(), ["a b%;type=a.csv", "new.bin", "old.csv"]);
    for (arguments, words) in [
        (&["new.bin", "new.bin", "lab:x"][..], "end the URL with `/`"),
        (&["new.bin", "./new.bin", "lab:"], "go to the same place"),
        (&["-", "lab:"], "standard input has no name"),
        (&["ftp://h/x", "new.bin"], "files come first"),
        (&["..", "lab:"], "has no name"),
        (&["new.bin"], "write put FILE... URL"),
    ] {
        bench.put(arguments).expect(2).says(words);
    }
    let ran = bench
        .put(&["none", "new.bin", "lab:", "--force"])
        .expect(13);
    ran.says("there is no such file").says("nothing was sent");
    let ran = bench.put(&[".", "lab:x"]).expect(13);
    ran.says("it is a folder");
    let ran = bench.put(&["new.bin", UNREADABLE, "lab:", "--force"]);
    let ran = ran.expect(13).says(&format!("read {UNREADABLE}"));
    ran.says("not permitted").says("nothing was sent");
    let names = bench.names();
    assert_eq!(names, ["a b%;type=a.csv", "new.bin", "old.csv"]);
}

#[test]
fn what_is_there_is_refused_and_with_force_replaced() {
    let bench = Bench::usual();
    for url in [bench.url("/in/old.csv"), bench.origin.url("/in/old.csv")] {
        bench.ftp.tree().put("/in/old.csv", "old");
        let ran = bench.put(&["new.bin", &url]).expect(9);
        ran.says("`in/old.csv`").says("overwrite it with --force");
        assert_eq!(bench.has("/in/old.csv"), b"old");
        bench.put(&["new.bin", &url, "--force"]).expect(0);
        assert!(bench.has("/in/old.csv") == bench.data);
    }
    assert_eq!(bench.names(), ["old.csv"]);
}

/// The whole file went before the server refuses its name.
#[test]
fn a_folder_of_that_name_is_said_and_nothing_is_left() {
    let bench = Bench::usual();
    bench.ftp.tree().make_folder("/in/many");
    for more in [&[][..], &["--force"]] {
        let arguments = [&["new.bin", "lab:many"], more].concat();
        let ran = bench.put(&arguments).expect(9);
        let ran = ran.says("the server has a folder of that name, `in/many`");
        let ran = ran.says("end the URL with `/` to put the file into it");
        assert!(!ran.err.contains("goes on"), "{}", ran.err);
        assert_eq!(bench.names(), ["many", "old.csv"]);
    }
    bench.put(&["new.bin", "lab:many/"]).expect(0);
    assert!(bench.has("/in/many/new.bin") == bench.data);
}

#[test]
fn standard_input_goes_too() {
    let bench = Bench::usual();
    for url in [bench.url("/in/piped"), bench.origin.url("/in/piped2")] {
        let mut command = bench.program.command(&["put", "-", &url]);
        let input = fs::File::open(bench.program.file("new.bin")).unwrap();
        let ran = Ran::of(command.stdin(input).output().unwrap()).expect(0);
        ran.says(&format!("{LENGTH} bytes"));
    }
    assert!(bench.has("/in/piped") == bench.data);
    assert!(bench.has("/in/piped2") == bench.data);
}

#[test]
fn stopped_or_killed_the_same_command_goes_on() {
    for name in ["INT", "TERM", "KILL"] {
        let bench = Bench::usual();
        let to = bench.url("/in/");
        let mut child = bench.begun(&["new.bin", &to, "--limit-rate", "300k"]);
        signal(&child, name);
        if name == "KILL" {
            child.wait().unwrap();
        } else {
            let ran = child.end().expect(130);
            let ran = ran
                .says(&format!("stopped by SIG{name}"))
                .says("kept in/new.bin.");
            ran.says(".part on the server: the same command goes on from there");
        }
        // The server has its part when it has seen the end of the channel.
        let came = || {
            let names = bench.names();
            let part = names.iter().find(|name| name.ends_with(".part"))?;
            let part = bench.ftp.tree().get(&format!("/in/{part}"))?;
            (!part.bytes.is_empty()).then_some(part.bytes.len())
        };
        let came = sockets::until(came).expect("a part");
        assert!(!bench.names().contains(&"new.bin".to_owned()));
        let ran = bench.put(&["new.bin", &to]).expect(0);
        ran.says(&format!("{LENGTH} bytes, {came} of them from before"));
        assert!(bench.has("/in/new.bin") == bench.data, "{name}");
        assert_eq!(bench.names(), ["new.bin", "old.csv"]);
    }
}

#[test]
fn what_is_left_of_standard_input_is_said() {
    let bench = Bench::usual();
    let child = bench.begun(&["-", &bench.url("/in/x")]);
    signal(&child, "INT");
    let ran = child.end().expect(130);
    ran.says("in/x.")
        .says("nothing goes on from it: remove it there");
}

#[test]
fn what_fails_says_why_and_what_is_kept() {
    let cut = || Plan::cuts_up(1, 1 << 20, Ending::Reset);
    let bench = Bench::start(Options::default(), cut());
    let ran = bench
        .put(&["new.bin", "lab:new.bin", "--retry", "1"])
        .expect(11);
    let ran = ran.says("store `in/new.bin").says("kept in/new.bin.");
    ran.says("the same command goes on from there");
    let ran = bench.put(&["new.bin", "lab:new.bin"]).expect(0);
    ran.says("of them from before");
    let bench = Bench::start(Options::default(), cut());
    let url = bench.origin.url("/in/x");
    let ran = bench.put(&["new.bin", &url, "--retry", "1"]);
    assert!(matches!(ran.code, Some(6 | 11)), "{ran:?}");
    ran.says("HTTP does not go on in the middle");

    let bench = Bench::usual();
    let ran = bench.put(&["new.bin", &bench.url("/no/x")]).expect(9);
    ran.says("553 Could not create file").says("--create-dirs");
    let ran = bench.put(&["new.bin", &bench.url("/no/x"), "--create-dirs"]);
    ran.expect(0);
    assert!(bench.has("/no/x") == bench.data);
    let options = Options {
        login: Some(Login::new("ann", "right")),
        ..Options::default()
    };
    let bench = Bench::start(options, Plan::default());
    fs::write(bench.program.file("pw"), "wrong").unwrap();
    let ran = bench.put(&["new.bin", "lab:x", "--user", "ann", "--password-file", "pw"]);
    let ran = ran.expect(10).says("530 ");
    assert!(!ran.err.contains("wrong "), "{}", ran.err);
}
