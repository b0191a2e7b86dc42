//! `outbound exec`: the command in place of the program.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use base64::Engine as _;

use crate::cli_env::{PROXY, SETTINGS, environment};
use crate::kit::{self, Program, Ran, noise};

#[test]
fn the_exit_code_is_the_commands() {
    let program = Program::with_settings(SETTINGS);
    for code in [0, 1, 7, 125, 255] {
        program
            .run(&["exec", "sh", "-c", &format!("exit {code}")])
            .expect(code);
    }
}

#[test]
fn a_command_that_cannot_be_run_is_told_as_shells_do() {
    let program = Program::with_settings(SETTINGS);
    fs::write(program.file("text"), "x").unwrap();
    let script = program.file("script");
    fs::write(&script, "#!/no/such/shell\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    for (command, code, says) in [
        (
            "nosuch-command",
            127,
            "run `nosuch-command`: no folder of PATH has such a program",
        ),
        ("./nosuch", 127, "run `./nosuch`: there is no such file"),
        (
            "./script",
            127,
            "run `./script`: the interpreter that its first line names",
        ),
        ("./text", 126, "run `./text`: it is not executable"),
        ("/", 126, "run `/`: it is not executable"),
        ("", 127, "run ``: "),
        ("x\x1b[31m", 127, "run `x\\x1b[31m`: "),
    ] {
        let ran = program.run(&["exec", command]).expect(code).says(says);
        assert!(!ran.err.contains('\x1b'));
    }
}

#[test]
fn arguments_behind_the_command_are_its_own() {
    let program = Program::with_settings(SETTINGS);
    let show = "for a; do printf '[%s]' \"$a\"; done";
    let own = [
        "--json",
        "-q",
        "--connection",
        "x",
        "--",
        "",
        "a b",
        "--help",
    ];
    let shown: String = own.iter().map(|argument| format!("[{argument}]")).collect();
    for before in [
        &["exec"][..],
        &["exec", "--"],
        &["exec", "--proxy", "direct", "--"],
        &["-q", "exec"],
    ] {
        let ran = program
            .run(&[before, &["sh", "-c", show, "sh"], &own].concat())
            .expect(0);
        assert_eq!(ran.out, shown);
    }
    // Bytes that are no text too.
    let mut command = program.command(&["exec", "printf", "%s"]);
    let output = command
        .arg(std::ffi::OsStr::from_bytes(b"caf\xe9"))
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"caf\xe9");
    // A slip before it is no command.
    program
        .run(&["exec", "--conection", "x", "true"])
        .expect(2)
        .says("'--connection'");
    program.run(&["exec"]).expect(2);
    program
        .run(&["exec", "--json", "true"])
        .expect(2)
        .says("--json cannot go with exec");
    program
        .run(&["exec", "--connection", "x", "true"])
        .expect(2)
        .says("no connection is called `x`");
}

#[test]
fn the_command_has_the_variables_and_loses_those_that_contradict() {
    let toml =
        format!("{SETTINGS}[connections.near]\nurl = \"http://n.test/\"\nproxy = \"direct\"\n");
    let program = Program::with_settings(&toml);
    let run = |arguments: &[&str]| {
        let mut command = program.command(&[&["exec", "-q"], arguments, &["env", "-0"]].concat());
        let command = command
            .env("ALL_PROXY", "http://old.test")
            .env("FTP_PROXY", "http://stale.test")
            .env("NO_PROXY", "stale.test")
            .env("OUTBOUND_LOG", "warn")
            .env("MINE", "a\nb");
        environment(&Ran::of(command.output().unwrap()).expect(0).out)
    };
    let found = run(&[]);
    for name in ["http_proxy", "HTTPS_PROXY", "ftp_proxy", "FTP_PROXY"] {
        assert_eq!(found[name], PROXY);
    }
    assert!(
        found["NO_PROXY"].ends_with(",corp.test,.corp.test,n.test,.n.test"),
        "{found:?}"
    );
    assert_eq!(
        (found["MINE"].as_str(), found["OUTBOUND_LOG"].as_str()),
        ("a\nb", "warn")
    );
    let proxies = |name: &&String| name.to_lowercase().ends_with("_proxy");
    assert!(!found.contains_key("ALL_PROXY"), "{found:?}");
    assert!(!found.contains_key("OUTBOUND_PROXY"), "{found:?}");
    let direct = run(&["--connection", "near"]);
    assert_eq!(direct.keys().filter(proxies).count(), 0, "{direct:?}");
    assert_eq!(direct["MINE"], "a\nb");
}

/// Neither in the variables nor in the arguments, in none of its spellings.
#[test]
fn the_command_gets_no_secret_that_it_had_not() {
    let (name, password) = ("svc-data", "hunter2 p@ss/%");
    let program = Program::with_settings(&format!(
        "{SETTINGS}username = \"{name}\"\npassword = {{ file = \"secret\" }}\n"
    ));
    fs::write(program.file("config/outbound/secret"), password).unwrap();
    let show = "cat /proc/$$/environ /proc/$$/cmdline";
    let mut command = program.command(&["exec", "sh", "-c", show]);
    // What it had goes on, but for what the policy says anew.
    command.env("https_proxy", format!("http://u:{password}@old.test"));
    let ran = Ran::of(command.output().unwrap()).expect(0);
    let encoded = "hunter2%20p%40ss%2F%25";
    let base64 = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
    let told = format!("{}{}", ran.out, ran.err);
    for spelling in [password, "hunter2", encoded, &base64] {
        assert!(!told.contains(spelling), "{spelling}: {told}");
    }
    assert!(!ran.out.contains(name), "{ran:?}");
    ran.says("is left out, so that the proxy will ask for it");
    let ran = program
        .run(&["exec", "--with-password", "sh", "-c", show])
        .expect(0);
    assert!(
        ran.out
            .contains(&format!("http://{name}:{encoded}@proxy.test:3128")),
        "{ran:?}"
    );
    assert!(
        !ran.out
            .split("env\0")
            .last()
            .unwrap_or_default()
            .contains("sh\0-c\0hunter2")
    );
    assert!(!ran.err.contains("hunter2"), "{ran:?}");
}

/// It is the same process, so that whoever sends a signal reaches the command.
#[test]
fn signals_reach_the_command() {
    let program = Program::with_settings(SETTINGS);
    for signal in ["INT", "TERM", "HUP", "QUIT", "USR1", "WINCH"] {
        let script = format!("trap 'echo got; exit 41' {signal}; echo $$; read line; exit 9");
        // No shell traps a signal that was ignored when it began, as SIGINT is in the background of
        // a script.
        let mut command = Command::new("env");
        command.args(["--default-signal", env!("CARGO_BIN_EXE_outbound")]);
        program.prepare(&mut command);
        command.args(["exec", "sh", "-c", &script]);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        // Held open: the command waits for a line.
        let stdin = child.stdin.take().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), child.id().to_string());
        kit::signal(&child, signal);
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(
            (rest.trim(), child.wait().unwrap().code()),
            ("got", Some(41)),
            "{signal}"
        );
        drop(stdin);
    }
}

#[test]
fn an_end_by_a_signal_is_128_and_its_number() {
    let program = Program::with_settings(SETTINGS);
    for (signal, number) in [("KILL", 9), ("TERM", 15)] {
        let script = format!("kill -s {signal} $$");
        let mut command = program.command(&["exec", "sh", "-c", &script]);
        assert_eq!(command.output().unwrap().status.signal(), Some(number));
        let mut shell = Command::new("/bin/sh");
        let words = "\"$0\" exec sh -c \"$1\"; echo $?";
        shell.args(["-c", words, env!("CARGO_BIN_EXE_outbound"), &script]);
        program.prepare(&mut shell);
        let ran = Ran::of(shell.output().unwrap()).expect(0);
        assert_eq!(ran.out.trim(), (128 + number).to_string());
    }
}

#[test]
fn input_and_output_are_the_commands_own() {
    let program = Program::with_settings(SETTINGS);
    let bytes = noise(300_000);
    let mut command = program.command(&["exec", "sh", "-c", "cat; echo talk >&2"]);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let sent = bytes.clone();
    let writer = std::thread::spawn(move || stdin.write_all(&sent).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.stdout == bytes);
    assert_eq!(output.stderr, b"talk\n");
    // Signals are ignored and blocked, and files open, as without the program between.
    for show in [&["cat", "/proc/self/status"][..], &["ls", "/proc/self/fd"]] {
        let between = program.run(&[&["exec"], show].concat()).expect(0);
        let mut bare = Command::new(show[0]);
        program.prepare(&mut bare);
        let bare = Ran::of(bare.args(&show[1..]).output().unwrap()).expect(0);
        assert_eq!(masks(&between.out), masks(&bare.out));
        if show[0] == "ls" {
            assert_eq!(between.out, bare.out);
        }
    }
}

/// The signals that a process ignores and blocks, without those that are the C library's own.
fn masks(status: &str) -> Vec<u32> {
    let lines = status.lines().filter_map(|line| {
        let (name, mask) = line.split_once(":\t")?;
        let is_mask = ["SigIgn", "SigBlk"].contains(&name);
        is_mask.then(|| u64::from_str_radix(mask, 16).unwrap())
    });
    lines.map(|mask| (mask & 0x7fff_ffff) as u32).collect()
}
