//! Services of clouds behind a proxy: instance metadata, EC2, Elasticsearch.

mod ec2;
mod elastic;
mod metadata;

use std::process::Command;

use crate::kit::{Program, Ran};
use crate::support::peers::Squid;
use crate::support::peers::squid::{self, PASSWORD, USER};

/// A Squid of one test's own, whose log is that test's alone, and the settings that name it.
fn proxy(password: bool) -> (Squid, String) {
    let squid = Squid::start(squid::Options {
        password,
        ..Default::default()
    });
    let mut toml = format!("[proxy]\nurl = \"{}\"\n", squid.url());
    if password {
        toml += &format!("username = {USER:?}\npassword = {PASSWORD:?}\n");
    }
    (squid, toml)
}

/// The flags of `exec` for such a proxy.
fn exec(password: bool) -> &'static [&'static str] {
    match password {
        true => &["exec", "-q", "--with-password", "--"],
        false => &["exec", "-q", "--"],
    }
}

/// Python with the packages of PyPI under `outbound exec`.
fn python(program: &Program, password: bool, script: &str, arguments: &[&str]) -> Ran {
    let python = crate::support::peers::clients::pypi();
    let mut command = program.command(exec(password));
    for (name, value) in python.get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    command
        .arg(python.get_program())
        .args(["-c", script])
        .args(arguments)
        // What is inherited must not matter.
        .env("http_proxy", "http://127.0.0.1:9")
        .env("ALL_PROXY", "http://127.0.0.1:9");
    Ran::of(command.output().unwrap())
}

/// Runs one of the examples by the settings of the program.
fn example(program: &Program, words: &[&str], prepare: impl Fn(&mut Command)) -> Ran {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["run", "--quiet", "--locked"])
        .args(words)
        .env(
            "OUTBOUND_CONFIG",
            program.file("config/outbound/outbound.toml"),
        )
        .env("http_proxy", "http://127.0.0.1:9")
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    for name in ["no_proxy", "NO_PROXY"] {
        command.env_remove(name);
    }
    prepare(&mut command);
    Ran::of(command.output().unwrap())
}
