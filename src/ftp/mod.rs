//! FTP over the connector: `proto::ftp::Session` driven over a [`Stream`](crate::dial::Stream).
//!
//! The data channel is always opened to the control channel's host by the control channel's route,
//! with the port from the server's reply; an address in a reply is never used. A file counts as
//! whole only when the server says so (226 or 250) *and* as many bytes came as it promised: a
//! tunnelled data channel that is cut looks like the end of a file.
//!
//! Under TLS (implicit with `ftps://`, explicit as [`Options::tls`] asks) the data channels use the
//! control channel's session, and an end without `close_notify` counts only when the size proves
//! it.

mod channel;
mod client;
mod control;
mod dial;
mod download;
mod explain;
mod leaving;
mod list;
mod listed;
mod memory;
mod piece;
mod plan;
mod pool;
mod protect;
mod remark;
mod rename;
#[cfg(test)]
mod tests;
mod text_lines;
mod transfer;
mod upload;
mod verdict;
mod word;

use std::fmt;

pub use client::{Client, Options, Retrieval, Stat};
pub use download::Download;
#[cfg(feature = "suppaftp")]
pub(crate) use explain::failed as explain_failure;
pub use listed::Listing;
pub use memory::Memory;
pub(crate) use piece::Piece;
pub use pool::Pool;
pub(crate) use pool::{Errand, Kept, Place};
pub(crate) use rename::Presence;
pub(crate) use text_lines::TextLines;
pub(crate) use upload::{Start, Storing, Upload};

pub use crate::proto::ftp::listing;
pub use crate::proto::ftp::{Modified, RemotePath, TransferType, Want};

use crate::base::{Origin, Secret};

/// The user name of an anonymous login (RFC 1635).
pub const ANONYMOUS: &str = "anonymous";

/// The password of an anonymous login. RFC 1635 asks for a mail address; some servers want the
/// `@`, and this one names nobody.
pub const ANONYMOUS_PASSWORD: &str = "anonymous@";

/// Who logs in.
#[derive(Clone)]
#[non_exhaustive]
pub struct Login {
    /// The user name.
    pub username: String,
    /// The password. Without one none is sent.
    pub password: Option<Secret>,
    /// Where the password (or, without one, the user name) was written, for messages.
    pub origin: Origin,
}

impl Login {
    /// A login with a user name and a password.
    pub fn new(username: impl Into<String>, password: Option<Secret>, origin: Origin) -> Self {
        Self {
            username: username.into(),
            password,
            origin,
        }
    }

    /// Whether this is the anonymous login, by any of its names (RFC 1635).
    pub fn is_anonymous(&self) -> bool {
        self.username == ANONYMOUS || self.username == "ftp"
    }
}

impl Default for Login {
    /// [`ANONYMOUS`] with [`ANONYMOUS_PASSWORD`].
    fn default() -> Self {
        let password = Secret::new(ANONYMOUS_PASSWORD);
        Self::new(ANONYMOUS, Some(password), Origin::Default)
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("username", &self.username)
            .field("password", &self.password)
            .field("origin", &self.origin)
            .finish()
    }
}
