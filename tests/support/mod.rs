//! What the tests stand on: the real servers, a relay that injects faults, a scripted peer.
// Not every test binary uses every part.
#![allow(dead_code, unreachable_pub)]

pub mod acceptor;
pub mod cutting_ftp;
pub mod deployment;
pub mod echo;
pub mod elastic;
pub mod feed;
pub mod link;
pub mod peers;
pub mod program;
pub mod relay;
pub mod runtime;
pub mod scripted;
pub mod scripted_ftps;
pub mod sockets;
pub mod web_app;
