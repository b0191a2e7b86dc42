//! For developers who bring their own client: each adapter is a feature, and takes what another
//! client gives or wants. What needs no adapter is the [`Connector`](crate::Connector), a
//! `tower::Service<Uri>` for hyper-util's client.

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(any(feature = "object_store", feature = "reqwest"))]
mod chosen;
#[cfg(feature = "object_store")]
pub mod object_store;
#[cfg(feature = "reqwest")]
pub mod reqwest;
#[cfg(feature = "suppaftp")]
pub mod suppaftp;
#[cfg(feature = "ws")]
pub mod tungstenite;
