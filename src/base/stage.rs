//! The steps of reaching a target.

use std::fmt;
use std::time::Duration;

/// One step on the way to a target, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading and checking settings.
    Settings,
    /// Deciding which way to go.
    Route,
    /// Resolving the name of the first hop.
    Resolve,
    /// Opening a socket to the first hop.
    Dial,
    /// TLS with the proxy.
    ProxyTls,
    /// Opening the tunnel by CONNECT.
    Connect,
    /// Answering the proxy's challenge.
    Auth,
    /// TLS with the target.
    TargetTls,
    /// Waiting for the target's first words (FTP).
    Greeting,
    /// Logging in to the target.
    Login,
    /// Asking for a data port (FTP).
    Passive,
    /// Opening the data channel (FTP).
    Data,
    /// Sending the request and reading the head of its answer.
    Request,
    /// Moving the bytes.
    Transfer,
    /// Writing what came to a file, and verifying it.
    Store,
}

impl Stage {
    /// Every stage, in the order in which they come.
    pub const ALL: [Self; 15] = [
        Self::Settings,
        Self::Route,
        Self::Resolve,
        Self::Dial,
        Self::ProxyTls,
        Self::Connect,
        Self::Auth,
        Self::TargetTls,
        Self::Greeting,
        Self::Login,
        Self::Passive,
        Self::Data,
        Self::Request,
        Self::Transfer,
        Self::Store,
    ];

    /// The word that output and `--json` use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Route => "route",
            Self::Resolve => "resolve",
            Self::Dial => "dial",
            Self::ProxyTls => "proxy-tls",
            Self::Connect => "connect",
            Self::Auth => "auth",
            Self::TargetTls => "target-tls",
            Self::Greeting => "greeting",
            Self::Login => "login",
            Self::Passive => "passive",
            Self::Data => "data",
            Self::Request => "request",
            Self::Transfer => "transfer",
            Self::Store => "store",
        }
    }

    /// What is done in it, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Settings => "reading and checking settings and arguments",
            Self::Route => "deciding which way to go",
            Self::Resolve => "resolving the name of the first hop",
            Self::Dial => "opening a socket to the first hop",
            Self::ProxyTls => "TLS with the proxy",
            Self::Connect => "opening the tunnel by CONNECT",
            Self::Auth => "answering the proxy's challenge",
            Self::TargetTls => "TLS with the target",
            Self::Greeting => "waiting for the target's first words (FTP)",
            Self::Login => "logging in to the target",
            Self::Passive => "asking for a data port (FTP)",
            Self::Data => "opening the data channel (FTP)",
            Self::Request => "sending the request and reading the head of its answer",
            Self::Transfer => "moving the bytes",
            Self::Store => "writing what came to a file, and verifying it",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A stage that was passed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Step {
    /// Which stage.
    pub stage: Stage,
    /// What was done, to whom: `proxy.corp:3128`, `ftp.example.org:21`.
    pub subject: String,
    /// What came back, safe to show: addresses, a status, a reply.
    pub answer: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl fmt::Display for Step {
    /// `connect ftp.example.org:21: 200 (24.1 ms)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, answer, .. } = self;
        let subject = super::text::clip(&self.subject);
        let millis = self.elapsed.as_secs_f64() * 1000.0;
        write!(f, "{stage} {subject}: {answer} ({millis:.1} ms)")
    }
}

/// The stages passed so far, in order.
#[derive(Clone, Debug, Default)]
pub struct Steps(Vec<Step>);

impl Steps {
    /// Notes a passed stage. `answer` is escaped and cut.
    pub fn pass(
        &mut self,
        stage: Stage,
        subject: impl Into<String>,
        answer: impl AsRef<str>,
        elapsed: Duration,
    ) {
        self.0.push(Step {
            stage,
            subject: subject.into(),
            answer: super::text::clip(answer.as_ref()),
            elapsed,
        });
    }

    /// Adds a stage that was passed elsewhere.
    pub fn push(&mut self, step: Step) {
        self.0.push(step);
    }

    /// Adds to what came back in the last stage.
    pub fn add_to_last(&mut self, words: &str) {
        if let Some(step) = self.0.last_mut() {
            step.answer = super::text::clip(&format!("{}{words}", step.answer));
        }
    }

    /// Calls the last step, if it is one of `stage`, by what it was for, and says whether it is:
    /// the tunnel of FTP's data channel.
    pub fn rename_last(&mut self, stage: Stage, purpose: Stage) -> bool {
        let last = self.0.last_mut().filter(|step| step.stage == stage);
        last.map(|step| step.stage = purpose).is_some()
    }

    /// Takes the last step of `stage` back: it is after all the one that failed.
    pub fn take_back(&mut self, stage: Stage) {
        if let Some(at) = self.0.iter().rposition(|step| step.stage == stage) {
            self.0.remove(at);
        }
    }

    /// Adds another record's stages after these.
    pub fn extend(&mut self, other: Steps) {
        self.0.extend(other.0);
    }

    /// The stage that was passed last.
    pub fn last(&self) -> Option<&Step> {
        self.0.last()
    }

    /// The stages in order.
    pub fn iter(&self) -> impl Iterator<Item = &Step> {
        self.0.iter()
    }

    /// What they took together.
    pub fn elapsed(&self) -> Duration {
        self.0.iter().map(|step| step.elapsed).sum()
    }

    /// Whether nothing was passed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_all_listed_in_their_order() {
        assert!(Stage::ALL.is_sorted_by(|a, b| a < b));
        // The last one's place, from 0: none is left out.
        assert_eq!(Stage::ALL.len(), Stage::Store as usize + 1);
        for stage in Stage::ALL {
            assert!(!stage.about().is_empty() && !stage.as_str().is_empty());
        }
    }
}
