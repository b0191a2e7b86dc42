//! `outbound config init`: what it writes, and what it leaves alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::kit::Program;

const FILE: &str = "config/outbound/outbound.toml";

#[test]
fn the_starter_file_is_private_and_good_and_nothing_is_overwritten() {
    let program = Program::new();
    program.run(&["config", "init"]).expect(0).says("written");
    let file = program.file(FILE);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&program.file("config/outbound")), 0o700);
    let beside = fs::read_dir(file.parent().unwrap()).unwrap().count();
    assert_eq!(beside, 1, "nothing is left beside it");
    let checked = program.run(&["config", "check"]).expect(0);
    assert!(checked.out.starts_with("ok: no problem"), "{checked:?}");

    fs::write(&file, "mine").unwrap();
    let ran = program.run(&["config", "init"]).expect(13);
    ran.says("the file exists").says("--force");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    program.run(&["config", "init", "--force"]).expect(0);
    let starter = fs::read_to_string(&file).unwrap();
    assert_eq!(mode(&file), 0o600);

    let printed = program.run(&["config", "init", "-"]).expect(0);
    assert_eq!(printed.out, starter);
    assert!(printed.err.is_empty(), "{printed:?}");
    program.run(&["config", "init", "own.toml"]).expect(0);
    assert_eq!(
        fs::read_to_string(program.file("own.toml")).unwrap(),
        starter
    );
    // A link that leads nowhere is left alone too.
    std::os::unix::fs::symlink("nowhere", program.file("link")).unwrap();
    program.run(&["config", "init", "link"]).expect(13);
    assert!(!program.file("nowhere").exists());
    let ran = program.run(&["config", "init", "none/own.toml"]).expect(13);
    ran.says("the folder does not exist");
}

#[test]
fn its_examples_pass_the_check() {
    let program = Program::new();
    let starter = program.run(&["config", "init", "-"]).expect(0).out;
    let uncommented = starter.lines().map(|line| match line.strip_prefix('#') {
        Some(rest) if !rest.starts_with(' ') => rest,
        _ => line,
    });
    let uncommented: Vec<&str> = uncommented.collect();
    let program = Program::with_settings(&uncommented.join("\n"));
    // What the examples name.
    let (_, ca) = crate::kit::certificate();
    fs::copy(ca, program.file("config/outbound/corp-ca.pem")).unwrap();
    let mut command = program.command(&["config", "check"]);
    command
        .env("PROXY_PASSWORD", "x")
        .env("CENSUS_PASSWORD", "x");
    let checked = crate::kit::Ran::of(command.output().unwrap()).expect(0);
    assert!(checked.out.starts_with("ok: no problem"), "{checked:?}");
}
