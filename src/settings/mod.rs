//! What the user asked for: settings in layers, connections, environment rules, and where secrets
//! are kept. Nothing here reads a file or a variable: text and a look-up come in.

pub mod policy;

pub use policy::{Connection, Policy, ProxyChoice, Retry, Timeouts};
