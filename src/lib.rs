//! The one way out of a private network.
#![forbid(unsafe_code)]

pub mod base;
pub mod check;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod connector;
pub mod dataset;
pub mod dial;
pub mod ftp;
pub mod http;
#[cfg(feature = "lab")]
pub mod lab;
pub mod proto;
pub mod route;
pub mod settings;
pub mod tls;
pub mod tunnel;
