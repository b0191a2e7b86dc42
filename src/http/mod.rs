//! HTTP and HTTPS over the connector: one pooled hyper-util client for each route, redirects that
//! decide the route anew, and refusals that say who refused.

mod body;
mod client;
mod dialogue;
mod failure;
mod ftp_answer;
mod hop;
mod pool;
mod request;
mod request_body;

pub use body::Body;
pub use client::{Client, Response};
pub use request::Request;
pub(crate) use request::shown;
pub use request_body::RequestBody;
