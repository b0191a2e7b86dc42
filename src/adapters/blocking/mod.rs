//! Datasets without async, for connectors that block.
//!
//! A [`Client`] owns a small runtime: one thread, which drives its connections; calls wait on the
//! caller's own thread. Within an async task, where waiting would stop the task's whole thread, a
//! call is an error ([`Kind::Usage`](crate::base::Kind::Usage)) and never a panic; from
//! `tokio::task::spawn_blocking` and from threads it is welcome. Dropping anything here neither
//! waits nor panics, wherever it is done.
//!
//! ```no_run
//! use std::io::BufRead as _;
//!
//! let client = outbound::blocking::Client::load()?; // settings files and environment
//! let reader = client.open("census:air.csv")?; // goes on by itself after a cut
//! for line in std::io::BufReader::new(reader).lines() {
//!     println!("{}", line?);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod client;
mod reader;
mod runtime;

pub use client::{Client, Dataset};
pub use reader::Reader;

pub use crate::dataset::{FetchOptions, Fetched, Outcome, Stat};
