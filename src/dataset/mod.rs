//! What people came for: a dataset at a URL, whatever the protocol.
//!
//! A [`Client`] knows the policy, a [`Dataset`] is one URL under it. `stat` asks what is there,
//! `open` gives a reader that resumes, `fetch` brings it into a file: first as `NAME.part`, and
//! under its own name only when it is whole. `store_file` and its like send one there.
//!
//! ```text
//! Dataset::fetch ─► Transfer ─► Source (http | ftp | ftp by the proxy) ─► Connector
//!        │             └ goes on after a cut: range or REST, proven by the validator
//!        └─► Part (NAME.part, NAME.part.meta, lock) ─► rename
//! ```

mod bucket;
mod checksum;
mod client;
#[cfg(feature = "cli")]
mod copy;
mod event;
mod existing;
mod fetch;
mod folder_walk;
mod ftp_mode;
mod login;
mod name;
mod opening;
mod part;
mod rate;
mod reader;
mod retry;
mod source;
mod span;
mod store;
mod stream;
mod transfer;
mod validator;
#[cfg(feature = "ws")]
mod websocket;
mod writer;

#[cfg(any(feature = "object_store", feature = "reqwest"))]
pub(crate) use bucket::homes;
#[cfg(feature = "cli")]
pub(crate) use bucket::reached;
pub use checksum::Checksum;
pub use client::{Client, Dataset, Stat};
#[cfg(feature = "cli")]
pub(crate) use copy::Broken;
pub use event::{Event, Observer};
#[cfg(feature = "cli")]
pub(crate) use existing::{ask, is_listed, is_same};
pub use fetch::{FetchOptions, Fetched, Outcome};
pub use folder_walk::{FolderWalk, LeftOut, Visited};
pub use name::file_name;
#[cfg(feature = "cli")]
pub(crate) use part::local;
#[cfg(feature = "cli")]
pub(crate) use part::{resumable, tidy};
pub use rate::{Rate, RateLimit};
pub use reader::Reader;
#[cfg(feature = "object_store")]
pub(crate) use span::{Facts, Lack, alone};
pub use span::{Span, SpanReader};
pub use store::{StoreOptions, Stored};
pub use stream::{Form, Pauses, Reconnect, Record, Records, StreamOptions};
pub use validator::Validator;
#[cfg(feature = "ws")]
pub use websocket::{Kept, KeptEvent, Lost};
