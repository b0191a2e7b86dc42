//! The program and FTP under TLS: what is asked for, and what is shown.

use serde_json::Value;

use crate::kit::{Program, certificate, shared};
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::peers::secure_ftp::Speaks;
use crate::support::peers::{self, Vsftpd};

/// The stages of a `check`, with the port of the server (`HERE`) and of the data (`DATA`).
fn stages(program: &Program, arguments: &[&str], port: u16) -> Vec<String> {
    let ran = program.run(arguments).expect(0);
    let report = ran.json();
    let steps = report["steps"].as_array().unwrap().iter();
    steps
        .map(|step| {
            let text = |key: &str| step[key].as_str().unwrap().to_owned();
            let subject = text("subject");
            let subject = match subject.rsplit_once(':') {
                Some((_, at)) if at == port.to_string() => "HERE",
                Some(_) => "DATA",
                None => &subject,
            };
            match text("stage").as_str() {
                "target-tls" => format!("target-tls {subject} {}", text("answer")),
                stage => stage.to_owned(),
            }
        })
        .collect()
}

#[test]
fn check_shows_tls_on_both_channels() {
    let (certificate, ca) = certificate();
    let proxy = peers::squid().url();
    for (speaks, wanted) in [
        (
            Speaks::Explicit,
            [
                "dial",
                "connect",
                "greeting",
                "target-tls HERE TLS 1.2, AUTH TLS answered 234",
                "login",
                "passive",
                "dial",
                "data",
                "target-tls DATA TLS 1.2, session used again",
                "transfer",
            ],
        ),
        (
            Speaks::Implicit,
            [
                "dial",
                "connect",
                "target-tls HERE TLS 1.2",
                "greeting",
                "login",
                "passive",
                "dial",
                "data",
                "target-tls DATA TLS 1.2, session used again",
                "transfer",
            ],
        ),
    ] {
        let root = &shared().root;
        let server = FtpServer::start_secure(Product::Vsftpd, root, &certificate, speaks);
        let program = Program::with_settings(&format!(
            "[proxy]\nurl = \"{proxy}\"\n[connections.files]\nurl = \"{}\"\nca_file = \"{}\"\n",
            server.url("/"),
            ca.display()
        ));
        let url = server.url("/small.bin");
        let mut arguments = vec!["check", "--json", &url];
        if speaks == Speaks::Explicit {
            arguments.extend(["--tls", "explicit"]);
        }
        let port = server.address().port();
        assert_eq!(stages(&program, &arguments, port), wanted);
        let file = "small.bin";
        arguments.retain(|word| !["check", "--json"].contains(word));
        program
            .run(&[&["fetch"], &arguments[..]].concat())
            .expect(0);
        assert!(std::fs::read(program.file(file)).unwrap() == shared().small);
    }
}

#[test]
fn route_says_how_ftp_is_protected() {
    let program = Program::with_settings(
        "[connections.a]\nurl = \"ftp://a.example/\"\ntls = \"explicit\"\n\
         [connections.b]\nurl = \"ftp://b.example/\"\ntls = \"opportunistic\"\n",
    );
    for (arguments, line, word) in [
        (
            &["ftp://a.example/x"][..],
            "  tls         explicit (AUTH TLS), required",
            "explicit",
        ),
        (
            &["b:x"],
            "  tls         opportunistic (AUTH TLS), in clear where",
            "opportunistic",
        ),
        (
            &["b:x", "--tls", "explicit"],
            "  tls         explicit",
            "explicit",
        ),
        (
            &["ftps://a.example/x"],
            "  tls         implicit, from the first byte",
            "implicit",
        ),
        (&["a:x", "--tls", "off"], "", "off"),
        (&["ftp://c.example/x"], "", "off"),
    ] {
        let ran = program.run(&[&["route"], arguments].concat()).expect(0);
        match line {
            "" => assert!(!ran.out.contains("tls "), "{arguments:?}: {}", ran.out),
            line => assert!(ran.out.contains(line), "{arguments:?}: {}", ran.out),
        }
        let ran = program
            .run(&[&["route", "--json"], arguments].concat())
            .expect(0);
        let route = ran.json();
        assert_eq!(route["tls"], word, "{arguments:?}");
    }
    let ran = program
        .run(&["route", "--json", "https://a.example/"])
        .expect(0);
    let route = ran.json();
    assert_eq!(route["tls"], Value::Null);
}

#[test]
fn the_flag_is_for_ftp_alone() {
    let program = Program::new();
    for (url, hint) in [
        ("ftps://h.example/x", "write ftp:// for AUTH TLS"),
        ("https://h.example/x", "leave it out"),
        ("http://h.example/x", "leave it out"),
    ] {
        for command in ["route", "stat", "fetch"] {
            let ran = program.run(&[command, url, "--tls", "explicit"]).expect(2);
            ran.says("--tls is for ftp://").says(hint);
        }
    }
}

#[test]
fn the_flag_goes_over_the_connection() {
    let plain = Vsftpd::start(&shared().root, &[]);
    let url = plain.url("/small.bin");
    let program = Program::with_settings(&format!(
        "[connections.files]\nurl = \"{}\"\ntls = \"explicit\"\n",
        plain.url("/")
    ));
    program
        .run(&["stat", &url])
        .expect(9)
        .says("does not start TLS (AUTH TLS): 530");
    let log = plain.log();
    let commands = log.lines().filter(|line| line.contains("FTP command"));
    let commands: Vec<&str> = commands.collect();
    assert!(
        commands.len() == 1 && commands[0].contains("AUTH TLS"),
        "{log}"
    );
    program.run(&["stat", "--tls", "off", &url]).expect(0);
}

#[test]
fn the_port_of_implicit_tls_is_known() {
    // A proxy that opens a tunnel to a server that waits for the client's first byte.
    use crate::support::scripted::{Scripted, Step};
    let proxy = Scripted::each(vec![
        Step::head(),
        Step::write("HTTP/1.1 200 OK\r\n\r\n"),
        Step::Stall,
    ]);
    let program = Program::with_settings(&format!(
        "[proxy]\nurl = \"{}\"\n[timeouts]\nreply = \"50ms\"\n",
        proxy.url()
    ));
    let ran = program.run(&["stat", "--tls", "explicit", "ftp://h.example:990/x"]);
    ran.says("write ftps://h.example/");
}
