//! From a host and port to a byte stream: resolve, happy eyeballs, socket.

pub mod stream;

pub use stream::Stream;
