//! What was learned about servers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::Target;
use crate::proto::ftp::Habits;
use crate::tls::Versions;

/// How many servers are remembered; when they are more, all are forgotten, which costs a server
/// that stumbles one more try.
const SERVERS_MAX: usize = 1024;

/// Which servers need lock-step or PASV, or refuse TLS 1.2. Cheap to clone; clones share what was
/// learned.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<HashMap<String, Known>>>);

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    habits: Habits,
    /// It refused TLS 1.2 alone.
    wants_newer_tls: bool,
    /// The warning about its clear channels was given.
    warned: bool,
}

impl Memory {
    /// What `server` is known to need.
    pub fn habits(&self, server: &Target) -> Habits {
        self.known(server).habits
    }

    /// Notes what `server` needs.
    pub fn note(&self, server: &Target, habits: Habits) {
        self.change(server, |known| known.habits = habits);
    }

    /// The versions of TLS to offer to `server` first: TLS 1.2 alone, whose session every data
    /// channel can use again, unless [`refuse_tls12`](Self::refuse_tls12) was called.
    pub(super) fn versions(&self, server: &Target) -> Versions {
        match self.known(server).wants_newer_tls {
            true => Versions::All,
            false => Versions::Tls12,
        }
    }

    /// Notes that `server` takes no TLS 1.2 alone: TLS 1.3 is offered too from now on.
    pub fn refuse_tls12(&self, server: &Target) {
        self.change(server, |known| known.wants_newer_tls = true);
    }

    /// Whether this is the first time that `server` is spoken to in clear although TLS was wanted.
    pub(super) fn warns(&self, server: &Target) -> bool {
        let mut first = false;
        self.change(server, |known| {
            first = !std::mem::replace(&mut known.warned, true);
        });
        first
    }

    fn known(&self, server: &Target) -> Known {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&server.authority()).copied().unwrap_or_default()
    }

    fn change(&self, server: &Target, change: impl FnOnce(&mut Known)) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let authority = server.authority();
        if known.len() >= SERVERS_MAX && !known.contains_key(&authority) {
            known.clear();
        }
        change(known.entry(authority).or_default());
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

    #[test]
    fn what_is_learned_of_tls_leaves_the_rest() {
        let memory = Memory::default();
        let server = Target::parse("ftps://h/").unwrap();
        let slow = Habits {
            pace: Pace::LockStep,
            ..Habits::default()
        };
        memory.note(&server, slow);
        assert_eq!(memory.versions(&server), Versions::Tls12);
        memory.refuse_tls12(&server);
        assert!(memory.warns(&server) && !memory.warns(&server));
        assert_eq!(memory.versions(&server), Versions::All);
        assert_eq!(memory.habits(&server), slow);
        memory.note(&server, Habits::default());
        assert_eq!(memory.versions(&server), Versions::All);
    }
}
