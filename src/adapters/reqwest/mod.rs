//! reqwest: its requests over this crate's stack, or a stock client that keeps to the policy.
//!
//! reqwest takes no foreign connector, so there are two ways:
//!
//! - [`Executor`] runs a `reqwest::Request` by [`http::Client`](crate::http::Client) and gives
//!   back a `reqwest::Response`. Every route works, and a refusal says who refused and why.
//! - [`client_builder`] sets a stock `reqwest::ClientBuilder` from a route. It serves one proxy
//!   over plain HTTP with Basic, shows no status of a refused CONNECT, and says so where a policy
//!   asks for more.

mod body;
mod executor;
mod stock;

pub use executor::Executor;
pub use stock::client_builder;
