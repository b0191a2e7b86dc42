//! What a session takes and tells.

use crate::proto::ftp::listing::Form;
use crate::proto::ftp::{Fault, Modified, Reply, Verb};

/// How commands are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Several at once where none depends on another's answer.
    #[default]
    OneFlight,
    /// Each after the answer to the one before.
    LockStep,
}

/// How a data port is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passive {
    /// EPSV, and PASV when it is refused.
    #[default]
    Extended,
    /// PASV.
    Plain,
}

/// What protects both channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protection {
    /// Nothing.
    #[default]
    Clear,
    /// TLS, which the driver starts before the first byte.
    Implicit,
    /// TLS, which `AUTH TLS` starts (RFC 4217). A server that refuses gets no login.
    Explicit,
    /// TLS likewise, but with a server that refuses everything goes in clear.
    Opportunistic,
}

/// What a server is known to need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Habits {
    /// How commands are sent.
    pub pace: Pace,
    /// How a data port is asked for.
    pub passive: Passive,
    /// How a folder is listed.
    pub listing: Form,
}

/// What to ask about a file, and whether for a data port too. Write
/// `Want { size: true, ..Default::default() }`: there will be more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// Its size.
    pub size: bool,
    /// The time of its last change.
    pub modified: bool,
    /// A data port.
    pub port: bool,
    /// A data port for the file that follows this one, asked for behind RETR: with it, a further
    /// file costs one round trip. Only of servers that are known to take it.
    pub following: bool,
}

/// What happened. Events come in the order of the replies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The server greeted; AUTH or the login is on its way.
    Greeted(Reply),
    /// The answer to AUTH: the server waits for TLS. Start it, then call
    /// [`Session::secured`](super::Session::secured).
    Secure(Reply),
    /// The server refused AUTH, and goes on in clear.
    InClear(Reply),
    /// The login is through.
    LoggedIn(Reply),
    /// The answer to SIZE; a refusal, or one that was not understood, is kept.
    Size(Result<u64, Reply>),
    /// The answer to MDTM, likewise.
    Modified(Result<Modified, Reply>),
    /// The answer to CWD; a refusal is kept.
    Entered(Result<(), Reply>),
    /// The answer to RNFR, RNTO, DELE or MKD.
    Answered {
        /// Which command.
        verb: Verb,
        /// The answer.
        reply: Reply,
    },
    /// The server listens for the data channel. Open it to the *control channel's host*.
    Port {
        /// The port.
        port: u16,
        /// Which command it answers.
        passive: Passive,
        /// The reply.
        reply: Reply,
    },
    /// REST was refused: the file can be had from its start only. The session goes on.
    NoRestart(Reply),
    /// The file, or the listing, is coming, or the server takes one. The size that the reply announces
    /// is of use for a file that comes, at offset 0 only.
    Started {
        /// The announced size.
        size: Option<u64>,
    },
    /// The transfer's final reply; only 226 and 250 say that the whole file was sent, or taken.
    Ended(Reply),
    /// Something failed.
    Failed(Failure),
}

/// What failed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The greeting was not 220.
    Greeting(Reply),
    /// A command was refused. After a refused transfer (RETR, MLSD, LIST, NLST, STOR, APPE) the session goes
    /// on, otherwise it is over.
    Refused {
        /// Which command.
        verb: Verb,
        /// The answer.
        reply: Reply,
    },
    /// 421: the server closes the control channel. Nothing more is sent.
    Leaving(Reply),
    /// It speaks no FTP.
    Fault(Fault),
    /// The control channel ended.
    Closed,
    /// The server could not cope with commands sent together: start again in lock-step.
    Stumbled {
        /// What it did.
        why: Stumble,
        /// The reply that told, if one did.
        reply: Option<Reply>,
    },
}

/// What a server does that cannot cope with commands sent together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Stumble {
    /// It closes, with or without a 421.
    #[error("closed the control channel")]
    Closed,
    /// It refuses a command that it would take by itself.
    #[error("refused a command of the login")]
    Refused,
    /// It answers with what is no reply.
    #[error("sent what is no reply")]
    Nonsense,
    /// It loses commands.
    #[error("did not answer")]
    Silence,
}
