//! `NAME.part.meta`: what the bytes in `NAME.part` are.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::dataset::validator::Validator;

/// What `NAME.part.meta` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Meta {
    /// SHA-256 of the URL: the URL itself may hold a token.
    url: String,
    validator: Option<Validator>,
}

impl Meta {
    pub(super) fn new(url: &Url, validator: Option<Validator>) -> Self {
        Self {
            url: fingerprint(url),
            validator,
        }
    }

    pub(super) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string(self)?;
        text.push('\n');
        fs::write(path, text)
    }

    /// The proof that what was kept is a beginning of `url`'s file.
    pub(super) fn proof(self, url: &Url) -> std::result::Result<Validator, &'static str> {
        if self.url != fingerprint(url) {
            return Err("what was kept is of another URL");
        }
        let why = "nothing proves that what was kept is of the same file";
        self.validator.ok_or(why)
    }
}

fn fingerprint(url: &Url) -> String {
    use std::fmt::Write as _;
    let digest = Sha256::digest(url.as_str().as_bytes());
    let mut text = String::with_capacity(2 * digest.len());
    for byte in digest {
        // A string takes everything.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
