//! The names that a folder's files have here.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher as _, RandomState};

/// Which entry has which local name. It holds digests, because a folder may have a million entries;
/// where two are equal by chance, a name is taken to be there that is not.
#[derive(Default)]
pub struct There {
    seed: RandomState,
    of: HashMap<u64, u32>,
}

impl There {
    /// Gives the name to an entry; or tells which one may have it already.
    pub fn take(&mut self, name: &OsStr, entry: u32) -> Option<u32> {
        match self.of.entry(self.seed.hash_one(key(name))) {
            Slot::Occupied(taken) => Some(*taken.get()),
            Slot::Vacant(free) => {
                free.insert(entry);
                None
            }
        }
    }

    pub fn has(&self, name: &OsStr) -> bool {
        self.of.contains_key(&self.seed.hash_one(key(name)))
    }
}

/// The name as the file system compares names.
pub fn key(name: &OsStr) -> OsString {
    match cfg!(any(windows, target_os = "macos")) {
        true => name.to_string_lossy().to_lowercase().into(),
        false => name.to_owned(),
    }
}
