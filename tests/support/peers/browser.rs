//! Chromium without a window, which tells how it lays a page out.

use std::path::Path;

use serde_json::Value;

use super::clients::python;
use super::process::{brought, fixture_path, libraries};

/// Opens the file and gives what `fixtures/peers/browser.py` prints of it.
pub fn look(page: &Path) -> Value {
    let home = tempfile::tempdir().expect("a folder for the browser");
    let fonts = home.path().join("fonts.conf");
    let text = format!(
        "<fontconfig><dir>{}</dir><cachedir>{}</cachedir></fontconfig>",
        brought("usr/share/fonts/truetype/dejavu").display(),
        home.path().join("fonts").display()
    );
    std::fs::write(&fonts, text).expect("the fonts' configuration");
    let paths = [libraries(), libraries().join("pulseaudio")];
    let done = python()
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
        .expect("the browser's driver");
    assert!(done.status.success(), "{done:?}");
    serde_json::from_slice(&done.stdout).expect("what the browser tells")
}
