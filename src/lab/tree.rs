//! The files that the lab's servers serve, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::data;
use super::serve::lock;

/// 2024-01-02 03:04:05 UTC: fixed, so that what the servers say is the same in every run.
const FIRST_MODIFIED: Duration = Duration::from_secs(1_704_164_645);

/// Files by path. Clones share the files, so that a test can change them while a server runs.
#[derive(Clone, Debug, Default)]
pub struct Tree(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
struct Content {
    files: BTreeMap<String, File>,
    /// Those that were made, empty or not; others are there because of what is in them.
    folders: BTreeSet<String>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct File {
    /// What is in it.
    pub bytes: Bytes,
    /// When it was last changed.
    pub modified: SystemTime,
    /// A strong validator, in quotes (RFC 9110 section 8.8.3).
    pub etag: String,
}

/// A line of a folder's listing.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The last segment of its path.
    pub name: String,
    /// `None` for a folder.
    pub file: Option<File>,
}

impl Tree {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// The embedded datasets below `folder`: `/`, or `/pub`.
    pub fn datasets(folder: &str) -> Self {
        let tree = Self::new();
        for dataset in data::ALL {
            let path = format!("{folder}/{}", dataset.path);
            tree.put(&path, Bytes::from_static(dataset.bytes));
        }
        tree
    }

    /// Adds a file, or replaces one: its time moves on by a minute and its ETag follows the bytes.
    pub fn put(&self, path: &str, bytes: impl Into<Bytes>) {
        let (path, bytes) = (normalize(path), bytes.into());
        let files = &mut lock(&self.0).files;
        let modified = match files.get(&path) {
            Some(old) => old.modified + Duration::from_secs(60),
            None => SystemTime::UNIX_EPOCH + FIRST_MODIFIED,
        };
        let digest = data::hex(&Sha256::digest(&bytes));
        let file = File {
            etag: format!("\"{}\"", &digest[..16]),
            bytes,
            modified,
        };
        files.insert(path, file);
    }

    /// Takes a file away. False: there is none.
    pub fn remove(&self, path: &str) -> bool {
        lock(&self.0).files.remove(&normalize(path)).is_some()
    }

    /// Gives a file another name, in place of what had it. False: there is no such file.
    pub fn rename(&self, from: &str, to: &str) -> bool {
        let files = &mut lock(&self.0).files;
        let file = files.remove(&normalize(from));
        file.map(|file| files.insert(normalize(to), file)).is_some()
    }

    /// Makes a folder.
    pub fn make_folder(&self, path: &str) {
        lock(&self.0).folders.insert(normalize(path));
    }

    /// The file at `path`.
    pub fn get(&self, path: &str) -> Option<File> {
        lock(&self.0).files.get(&normalize(path)).cloned()
    }

    /// What lies directly in the folder `path`, by name; `None` when there is no such folder.
    pub fn list(&self, path: &str) -> Option<Vec<Entry>> {
        let folder = match normalize(path).as_str() {
            "/" => "/".to_owned(),
            folder => format!("{folder}/"),
        };
        let mut entries = BTreeMap::new();
        let content = lock(&self.0);
        for path in &content.folders {
            if let Some(rest) = path.strip_prefix(&folder) {
                let name = rest.split('/').next().unwrap_or_default();
                entries.insert(name.to_owned(), None);
            }
        }
        let is_made = content.folders.contains(&normalize(path));
        for (path, file) in &content.files {
            let Some(rest) = path.strip_prefix(&folder) else {
                continue;
            };
            match rest.split_once('/') {
                Some((name, _)) => entries.insert(name.to_owned(), None),
                None => entries.insert(rest.to_owned(), Some(file.clone())),
            };
        }
        if entries.is_empty() && folder != "/" && !is_made {
            return None;
        }
        let entries = entries.into_iter();
        Some(entries.map(|(name, file)| Entry { name, file }).collect())
    }
}

/// An absolute path without `.`, `..`, empty segments and a slash at its end.
pub(super) fn normalize(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    format!("/{}", segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_the_tree() {
        let cases = [
            ("a.csv", "/a.csv"),
            ("//a/./b/", "/a/b"),
            ("/a/../../b", "/b"),
            ("/", "/"),
        ];
        for (given, normal) in cases {
            assert_eq!(normalize(given), normal);
        }
    }

    #[test]
    fn a_replaced_file_has_another_validator_and_time() {
        let tree = Tree::new();
        tree.put("/x", "one");
        let old = tree.get("/x").unwrap();
        tree.put("/x", "two");
        let new = tree.clone().get("/x").unwrap();
        assert_ne!(old.etag, new.etag);
        assert!(new.modified > old.modified);
    }

    #[test]
    fn a_folder_is_what_has_files_below_it() {
        let tree = Tree::datasets("/pub");
        let names = |path: &str| {
            let entries = tree.list(path)?.into_iter();
            Some(entries.map(|entry| entry.name).collect::<Vec<_>>())
        };
        assert_eq!(names("/"), Some(vec!["pub".to_owned()]));
        assert!(names("/pub").unwrap().contains(&"2019".to_owned()));
        assert_eq!(names("/2019"), None);
    }
}
