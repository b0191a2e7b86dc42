//! HTTP and HTTPS over the connector: one pooled hyper-util client for each route, redirects that
//! decide the route anew, and refusals that say who refused.

mod body;
mod broken;
mod client;
mod dialogue;
mod failure;
#[cfg(feature = "object_store")]
mod for_object_store;
mod ftp_answer;
mod hop;
#[cfg(feature = "ws")]
mod informed;
mod pool;
mod request;
mod request_body;
#[cfg(feature = "object_store")]
mod retry_class;
mod word;

pub use body::Body;
pub use client::{Client, Response};
#[cfg(feature = "object_store")]
pub(crate) use for_object_store::{Runs, foreign_client, url_of};
#[cfg(feature = "ws")]
pub(crate) use informed::Informed;
pub use request::Request;
pub(crate) use request::shown;
pub use request_body::RequestBody;
