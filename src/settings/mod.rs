//! What the user asked for: settings in layers, connections, environment rules, and where secrets
//! are kept. Nothing here reads a file or a variable: text and a look-up come in.

mod builder;
mod check;
mod compile;
mod connection;
mod convert;
mod environment;
mod fact;
pub mod keys;
mod layers;
mod locate;
pub mod policy;
mod problems;
mod raw;
mod s3;
mod shown;
mod starter;
mod variables;

#[cfg(test)]
mod tests;

pub use builder::{Builder, Setting, Settings};
pub use connection::{Connection, ProxyChoice};
pub use layers::{Flags, Layers};
pub use locate::Location;
pub use policy::{Direct, Policy, Retry, Timeouts};
pub use problems::{Level, Problem, Problems};
pub use s3::S3Options;
#[cfg(feature = "object_store")]
pub(crate) use s3::with_bucket;
pub use shown::Shown;
pub use starter::starter;

pub(crate) use policy::Forced;
