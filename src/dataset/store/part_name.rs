//! What an unfinished file is called on the server.

use std::hash::{BuildHasher as _, RandomState};

use super::material::Material;
use crate::ftp::RemotePath;

/// Servers and their file systems take 255 bytes; so many of them are the name's.
const NAME_MAX: usize = 200;

/// `NAME.DIGEST.part`, beside `name`. Of a file the digest is that of its state: a part of that name
/// is a beginning of this very file. Of anything else it is a number that nobody had before.
pub(super) fn part_name(name: &RemotePath, material: &Material) -> RemotePath {
    let digest = match material.as_file() {
        Some(file) => file.digest(),
        None => {
            let mut some = [0; 6];
            // The standard library seeds its hasher at random.
            let random = RandomState::new().hash_one(0u8).to_le_bytes();
            some.copy_from_slice(&random[..6]);
            some
        }
    };
    let bytes = name.as_bytes();
    let start = bytes
        .iter()
        .rposition(|b| *b == b'/')
        .map_or(0, |at| at + 1);
    let mut end = bytes.len().min(start + NAME_MAX);
    // Not in the middle of a character of UTF-8.
    while end < bytes.len() && end > start && bytes[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    let digest = digest.iter().map(|byte| format!("{byte:02x}"));
    let tail = format!(".{}.part", digest.collect::<String>());
    RemotePath::of_bytes(&[&bytes[..end], tail.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_lies_beside_its_file() {
        let material = Material::Bytes("x".into());
        let long = format!("/a/{}", "é".repeat(120));
        for (path, start) in [
            ("/a.csv", "a.csv.".to_owned()),
            ("/%2Fin/a%20b.csv", "/in/a b.csv.".to_owned()),
            (long.as_str(), format!("a/{}.", "é".repeat(100))),
        ] {
            let name = RemotePath::from_url_path(path).unwrap();
            let part = part_name(&name, &material);
            let part = str::from_utf8(part.as_bytes()).unwrap();
            let digest = part.strip_prefix(start.as_str()).unwrap();
            let digest = digest.strip_suffix(".part").unwrap();
            assert!(digest.len() == 12 && digest.bytes().all(|b| b.is_ascii_hexdigit()));
        }
        let name = RemotePath::from_url_path("/a.csv").unwrap();
        assert_ne!(part_name(&name, &material), part_name(&name, &material));
    }
}
