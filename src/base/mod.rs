//! Leaf values that every other room speaks about.
//!
//! Nothing here performs I/O or knows an order of events: a target, a proxy, a bypass rule, a
//! route with its reason, a secret, a stage and an error are values that can be made in a test
//! without a runtime.

pub mod answer;
pub mod bypass;
pub mod code;
pub mod duration;
pub mod encoding;
pub mod error;
pub mod explicit_tls;
pub(crate) mod hidden;
pub mod metadata;
pub mod origin;
pub(crate) mod percent;
pub mod proxy;
pub mod proxy_url;
pub mod route;
pub mod secret;
pub mod size;
pub mod stage;
pub mod target;
#[doc(hidden)]
pub mod text;

pub use answer::Answer;
pub use bypass::Bypass;
pub use code::Code;
pub use encoding::Encoding;
pub use error::{Error, Kind, Side};
pub use explicit_tls::ExplicitTls;
pub use origin::Origin;
pub use proxy::{Auth, Credentials, FtpMode, Proxy, ProxyScheme, Trust, TunnelMode};
pub use proxy_url::ProxyUrl;
pub use route::{Reason, Rejected, Route, Way};
pub use secret::{Secret, SecretRef, SecretSource};
pub use stage::{Stage, Step, Steps};
pub use target::{Host, Scheme, Target};

/// The result of every fallible operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How requests of this crate name their sender.
pub const USER_AGENT: &str = concat!("outbound/", env!("CARGO_PKG_VERSION"));
