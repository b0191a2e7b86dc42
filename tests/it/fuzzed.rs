//! What the fuzz targets check, over the corpus and over inputs made from it: the same ones in
//! every run.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fuzz::{KINDS, Kind};

/// How many inputs are made of each kind.
const MADE: usize = 3000;
/// Longer inputs take long to cut at every place, and show nothing more.
const LONGEST: usize = 600;

/// xorshift64*: the same numbers on every machine.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        number as usize % limit.max(1)
    }
}

fn corpus(kind: &Kind) -> Vec<(PathBuf, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fuzz");
    let folder = root.join(kind.name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |path: PathBuf| {
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    };
    files.into_iter().map(read).collect()
}

/// Changes an input in one way that parsers stumble over.
fn mutate(bytes: &mut Vec<u8>, numbers: &mut Numbers, kind: &Kind, other: &[u8]) {
    let at = numbers.below(bytes.len() + 1);
    let end = at + numbers.below(bytes.len() - at + 1);
    let word = kind.words[numbers.below(kind.words.len())].as_bytes();
    match numbers.below(7) {
        0 if at < bytes.len() => bytes[at] ^= 1 << numbers.below(8),
        1 => bytes.insert(at, numbers.below(256) as u8),
        2 => drop(bytes.drain(at..end)),
        3 => {
            let copy = bytes[at..end].to_vec();
            bytes.splice(at..at, copy);
        }
        4 => bytes.truncate(at),
        5 => {
            let from = numbers.below(other.len() + 1);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[from..]);
        }
        _ => drop(bytes.splice(at..at, word.iter().copied())),
    }
    bytes.truncate(LONGEST);
}

/// Runs one input; where it fails, the input is told.
fn run(kind: &Kind, bytes: &[u8], from: &str) {
    let check = std::panic::AssertUnwindSafe(|| (kind.check)(bytes));
    if let Err(cause) = std::panic::catch_unwind(check) {
        let shown = bytes.escape_ascii();
        eprintln!("{}, {from}: b\"{shown}\"", kind.name);
        std::panic::resume_unwind(cause);
    }
}

fn over(name: &str) {
    let kind = KINDS.iter().find(|kind| kind.name == name).unwrap();
    let corpus = corpus(kind);
    assert!(corpus.len() >= 5, "{name}: a corpus of {}", corpus.len());
    for (path, bytes) in &corpus {
        run(kind, bytes, &path.display().to_string());
    }
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for number in 0..MADE {
        let (_, seed) = &corpus[numbers.below(corpus.len())];
        let mut bytes = seed.clone();
        for _ in 0..=numbers.below(6) {
            let (_, other) = &corpus[numbers.below(corpus.len())];
            mutate(&mut bytes, &mut numbers, kind, other);
        }
        run(kind, &bytes, &format!("input {number}"));
    }
}

#[test]
fn bypass() {
    over("bypass");
}

#[test]
fn connect() {
    over("connect");
}

#[test]
fn ftp_passive() {
    over("ftp_passive");
}

#[test]
fn ftp_replies() {
    over("ftp_replies");
}

#[test]
fn ftp_session() {
    over("ftp_session");
}

#[test]
fn index_page() {
    over("index_page");
}

#[test]
fn listing() {
    over("listing");
}

#[test]
fn proxy_url() {
    over("proxy_url");
}

#[test]
fn service() {
    over("service");
}

#[test]
fn settings() {
    over("settings");
}

#[test]
fn stream() {
    over("stream");
}

/// Every kind has a target, a corpus and a test here.
#[test]
fn every_kind_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let here = include_str!("fuzzed.rs");
    let manifest = fs::read_to_string(root.join("tests/fuzz/Cargo.toml")).unwrap();
    for Kind { name, .. } in KINDS {
        assert!(root.join(format!("tests/fuzz/targets/{name}.rs")).exists());
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        assert!(here.contains(&format!("over(\"{name}\")")), "{name}");
    }
    let folders = fs::read_dir(root.join("fixtures/fuzz")).unwrap();
    assert_eq!(folders.count(), KINDS.len());
}
