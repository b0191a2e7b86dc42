//! Loopback servers for `outbound demo`, doctests and tests.
//!
//! A proxy, an HTTP(S) origin and an FTP server, in this process and on ports that the system
//! chooses, with embedded datasets. They behave well by default and misbehave when asked to.
//! Each stops when its handle is dropped. They are for tests: no limits against hostile clients
//! but a bounded request head and command line.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! use outbound::lab::{FtpServer, Lab, Tree, ftp};
//!
//! // A company's network in small, with a settings file that leads to its servers.
//! let lab = Lab::start().await?;
//! let settings = lab.settings_toml(std::path::Path::new("/run/lab"));
//! assert!(settings.contains("[connections.open-data]"));
//!
//! // One server alone, with a fault.
//! let old = FtpServer::start(ftp::Options {
//!     tree: Tree::datasets("/pub"),
//!     refuse: vec!["EPSV"],
//!     ..ftp::Options::default()
//! })
//! .await?;
//! assert!(old.commands().is_empty());
//! # Ok(())
//! # }
//! ```

pub mod ca;
pub mod cut;
pub mod data;
pub mod ftp;
pub mod http;
pub mod login;
pub mod proxy;
mod serve;
pub mod tree;
pub mod whole;

pub use ca::Ca;
pub use cut::Cut;
pub use ftp::FtpServer;
pub use http::Origin;
pub use login::Login;
pub use proxy::Proxy;
pub use serve::Received;
pub use tree::Tree;
pub use whole::Lab;

#[cfg(test)]
mod tests;
