//! What was learned about servers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::Target;
use crate::proto::ftp::Habits;

/// How many servers are remembered; when they are more, all are forgotten, which costs a server
/// that stumbles one more try.
const SERVERS_MAX: usize = 1024;

/// Which servers need lock-step or PASV. Cheap to clone; clones share what was learned.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<HashMap<String, Habits>>>);

impl Memory {
    /// What `server` is known to need.
    pub fn habits(&self, server: &Target) -> Habits {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&server.authority()).copied().unwrap_or_default()
    }

    /// Notes what `server` needs.
    pub fn note(&self, server: &Target, habits: Habits) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let authority = server.authority();
        if known.len() >= SERVERS_MAX && !known.contains_key(&authority) {
            known.clear();
        }
        known.insert(authority, habits);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::ftp::{Pace, Passive};

    #[test]
    fn it_remembers_by_authority_and_does_not_grow_without_end() {
        let memory = Memory::default();
        let slow = Habits {
            pace: Pace::LockStep,
            passive: Passive::Plain,
            ..Habits::default()
        };
        for port in 1..=3000 {
            let target = Target::parse(&format!("ftp://h:{port}/")).unwrap();
            memory.note(&target, slow);
        }
        let last = Target::parse("ftp://h:3000/").unwrap();
        assert_eq!(memory.clone().habits(&last), slow);
        let other = Target::parse("ftp://other:3000/").unwrap();
        assert_eq!(memory.habits(&other), Habits::default());
        assert!(memory.0.lock().unwrap().len() <= SERVERS_MAX);
    }
}
