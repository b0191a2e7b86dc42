//! Chromium without a window, which tells how it lays a page out.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use super::clients::python;
use super::process::{brought, fixture_path, libraries};

/// Opens the file and gives what `fixtures/peers/browser.py` prints of it. A browser that ends by
/// itself, as Chromium does at times on a machine that has much to do, is started again.
pub fn look(page: &Path) -> Value {
    let mut done = attempt(page);
    for _ in 0..3 {
        let ended = String::from_utf8_lossy(&done.stderr).contains("the browser ended");
        if done.status.success() || !ended {
            break;
        }
        done = attempt(page);
    }
    assert!(done.status.success(), "{done:?}");
    serde_json::from_slice(&done.stdout).expect("what the browser tells")
}

fn attempt(page: &Path) -> Output {
    let home = tempfile::tempdir().expect("a folder for the browser");
    let fonts = home.path().join("fonts.conf");
    let text = format!(
        "<fontconfig><dir>{}</dir><cachedir>{}</cachedir></fontconfig>",
        brought("usr/share/fonts/truetype/dejavu").display(),
        home.path().join("fonts").display()
    );
    std::fs::write(&fonts, text).expect("the fonts' configuration");
    let paths = [libraries(), libraries().join("pulseaudio")];
    python()
        .env(
            "LD_LIBRARY_PATH",
            std::env::join_paths(paths).expect("paths"),
        )
        .env("FONTCONFIG_FILE", fonts)
        .env("HOME", home.path())
        .arg(fixture_path("browser.py"))
        .arg(brought("usr/lib/chromium/chromium-headless-shell"))
        .arg(home.path().join("profile"))
        .arg(page)
        .output()
        .expect("the browser's driver")
}
