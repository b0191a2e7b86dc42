//! Buckets of S3: where they are, who signs, and what an answer means. Requests, signatures and pages of
//! listings are object_store's; they go by [`http::Client`](crate::http::Client).

mod answer;
mod asking;
mod credentials;
mod explain;
mod place;
mod profile;
mod ranges;
mod store;
mod surroundings;
mod wire;

pub(crate) use asking::{Coming, Rest};
pub(crate) use credentials::Signer;
pub(crate) use place::Place;
pub(crate) use store::{About, Store, builder};
pub(crate) use surroundings::Surroundings;
