//! HTTP and HTTPS over the connector: one pooled hyper-util client for each route, redirects that
//! decide the route anew, and refusals that say who refused.

mod body;
mod client;
mod dialogue;
mod failure;
mod hop;

pub use body::Body;
pub use client::{Client, Request, Response};
