//! The lab's servers against curl.

mod ftp;
mod http;
mod proxy;
mod whole;

use std::path::Path;
use std::process::Output;

/// Runs the system's curl without its settings file and without any `*_proxy` variable.
async fn curl(arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new("curl");
    command
        .args(["-q", "-sS", "--max-time", "30"])
        .args(arguments);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap());
    command.kill_on_drop(true);
    command.output().await.expect("curl is installed")
}

/// As [`curl`], for a transfer that must succeed: what it printed.
async fn fetch(arguments: &[&str]) -> Vec<u8> {
    let output = curl(arguments).await;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "curl {arguments:?}: {errors}");
    output.stdout
}

/// The status of an answer to curl, or of CONNECT (`http_connect`).
async fn status(variable: &str, arguments: &[&str]) -> String {
    let format = format!("%{{{variable}}}");
    let mut all = vec!["-o", "/dev/null", "-w", &format];
    all.extend(arguments);
    String::from_utf8(curl(&all).await.stdout).unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
