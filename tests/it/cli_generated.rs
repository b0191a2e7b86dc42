//! `outbound completions` and `outbound man`: what they print is good for what it is for.

use std::fs;
use std::process::Command;

use crate::kit::{Program, Ran};

#[test]
fn bash_completes_commands_flags_and_words() {
    let program = Program::new();
    let script = program.run(&["completions", "bash"]).expect(0).out;
    fs::write(program.file("outbound.bash"), script).unwrap();
    for (typed, wanted) in [
        ("fet", "fetch"),
        ("config in", "init"),
        ("fetch --output-d", "--output-dir"),
        ("env --format fi", "fish"),
        ("completions po", "powershell"),
    ] {
        let words = format!("outbound {typed}");
        let count = words.split(' ').count();
        let (before, last) = words.rsplit_once(' ').unwrap();
        let previous = before.rsplit(' ').next().unwrap();
        let call = format!(
            "set -eu; source ./outbound.bash; COMP_WORDS=({words}); COMP_CWORD={}; \
             _outbound outbound {last} {previous}; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            count - 1
        );
        let mut bash = Command::new("bash");
        program.prepare(&mut bash);
        // Its path alone: what the script calls is the shell's own.
        bash.args(["--norc", "-c", &call]);
        let ran = Ran::of(bash.output().unwrap()).expect(0);
        assert!(ran.out.lines().any(|l| l == wanted), "{typed}: {ran:?}");
        assert!(ran.err.is_empty(), "{typed}: {ran:?}");
    }
}

#[test]
fn every_shell_gets_a_script_that_names_every_command() {
    let program = Program::new();
    let commands = [
        "fetch", "stat", "check", "route", "env", "exec", "config", "demo",
    ];
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = program.run(&["completions", shell]).expect(0);
        for command in commands {
            assert!(ran.out.contains(command), "{shell}: {command}");
        }
    }
    program.run(&["completions", "csh"]).expect(2).says("fish");
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let program = Program::new();
    let page = program.run(&["man"]).expect(0).out;
    for words in [
        ".TH outbound 1",
        ".SH NAME",
        "outbound\\-fetch(1)",
        "no\\-proxy",
    ] {
        assert!(page.contains(words), "{words} is not in {page}");
    }
    program.run(&["man", "man1"]).expect(0);
    for name in ["", "-fetch", "-config", "-config-init", "-check", "-man"] {
        let page = fs::read_to_string(program.file(&format!("man1/outbound{name}.1"))).unwrap();
        let title = format!(".TH outbound{name} 1");
        assert!(
            page.contains(&title) && page.contains(".SH SYNOPSIS"),
            "{name}"
        );
        assert!(page.is_ascii(), "{name}: groff warns of other characters");
    }
    fs::write(program.file("file"), "").unwrap();
    program.run(&["man", "file"]).expect(13).says("make file");
}
