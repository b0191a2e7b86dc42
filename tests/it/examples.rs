//! Every example runs on its own.

use std::process::Command;

/// Runs an example as its first lines say, with a proxy in the environment that must not matter:
/// the settings decide, and no client reads the environment behind their back.
fn run(example: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--offline", "--all-features"])
        .args(["--example", example])
        .env("http_proxy", "http://192.0.2.1:9")
        .env("https_proxy", "http://192.0.2.1:9")
        .env("ALL_PROXY", "http://192.0.2.1:9")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{example}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// The length of the file that they bring.
fn bytes() -> String {
    let file = outbound::lab::data::dataset("air.csv").unwrap();
    format!("{} bytes", file.bytes.len())
}

#[test]
fn blocking() {
    let said = run("blocking");
    let both = format!("{} fetched", bytes());
    assert_eq!(said.matches(&both).count(), 2, "{said}");
}

#[test]
fn follow() {
    let said = run("follow");
    assert!(said.contains("through http://127.0.0.1:"), "{said}");
    let told = "row 1\nrow 2\nlost, with 2 bytes of a row\nconnected again\nrow 3\nrow 4\n\
                lost, with 2 bytes of a row\nover\n";
    assert!(said.ends_with(told), "{said}");
}

#[test]
fn hyper() {
    let said = run("hyper");
    assert!(said.contains("through http://127.0.0.1:"), "{said}");
    assert!(said.contains("200 OK HTTP/2.0"), "{said}");
    assert!(said.contains(&bytes()), "{said}");
}

#[test]
fn reqwest() {
    let said = run("reqwest");
    assert_eq!(said.matches(&bytes()).count(), 2, "{said}");
}

#[test]
fn suppaftp() {
    let said = run("suppaftp");
    assert!(said.contains("stations.parquet"), "{said}");
    assert!(said.contains(&bytes()), "{said}");
}

#[test]
fn websocket() {
    let said = run("websocket");
    assert!(said.contains("through http://127.0.0.1:"), "{said}");
    let rows = "Some(\"first row\")\nSome(\"second row\")\nclosed: 1000\n";
    assert!(said.ends_with(rows), "{said}");
}
