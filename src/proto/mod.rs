//! Bytes to meaning and back, without I/O.
//!
//! Every protocol step that a peer can get wrong lives here as a value that is fed bytes and
//! asked for events, so that each can be tested at every split of its input, without a socket.

pub mod auth;
pub mod certificate;
pub mod connect;
pub mod fields;
pub mod ftp;
pub mod index_page;
pub mod range;
pub mod redirect;
pub mod service;
pub mod status;
pub mod stream;
