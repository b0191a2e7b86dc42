//! FTP's control channel as values: replies, commands, passive answers, paths, and the session
//! that ties them together. No I/O: `crate::ftp` drives it.
//!
//! Followed: RFC 959 (commands and replies), RFC 1123 section 4.1 (what hosts must do), RFC 2428
//! (EPSV), RFC 3659 (SIZE, MDTM, REST), RFC 4217 (TLS), RFC 1738 section 3.2 (paths in URLs), and what the common
//! servers do where they differ.

pub mod command;
pub mod facts;
pub mod listing;
pub mod passive;
pub mod path;
pub mod reply;
pub mod servers;
pub mod session;
pub mod transfer_type;

pub use command::{BadArgument, Command, Verb};
pub use facts::Modified;
pub use path::RemotePath;
pub use reply::{Replies, Reply};
pub use session::{Event, Failure, Habits, Pace, Passive, Protection, Session, Stumble, Want};
pub use transfer_type::TransferType;

/// What came over the control channel and is no FTP.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The bytes are not a reply. The first of them, escaped and cut.
    #[error("this is no FTP reply: `{0}`")]
    NotFtp(String),
    /// A reply is longer than [`reply::REPLY_MAX`].
    #[error("the reply is longer than {} KiB", reply::REPLY_MAX / 1024)]
    TooLong,
    /// A 227 that names no port.
    #[error("the answer to PASV names no port: {0}")]
    NoPort(String),
    /// A reply came although no command was waiting for one.
    #[error("a reply came that nobody asked for: {0}")]
    Unasked(String),
    /// More came in clear behind the answer to AUTH: whoever is on the way may have put it there.
    #[error("more came in clear behind the answer to AUTH TLS, which may be forged")]
    InClear,
}
