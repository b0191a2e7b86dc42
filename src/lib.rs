//! The one way out of a private network.
//!
//! Servers without direct internet access reach the outside through the company's HTTP proxy.
//! This crate decides which way a URL goes (one global proxy, a proxy of its own for a named
//! connection, the environment's variables, bypass rules), opens the tunnel by HTTP CONNECT, moves
//! the data over HTTP, HTTPS or FTP, and when it cannot, says what refused, why, and what to
//! change.
//!
//! # Read a dataset
//!
//! ```
//! # tokio_test(async {
//! # let folder = tempfile::tempdir()?;
//! # let lab = outbound::lab::Lab::start().await?;
//! # lab.write_settings(folder.path())?;
//! # let settings = lab.settings_toml(folder.path());
//! use outbound::{Client, Settings};
//! use tokio::io::AsyncReadExt as _;
//!
//! let client = Client::new(Settings::from_toml(&settings)?); // or Client::load()?
//! let mut reader = client.open("census:air.csv").await?; // goes on by itself after a cut
//! let mut csv = String::new();
//! reader.read_to_string(&mut csv).await?;
//! # assert!(csv.lines().count() > 100);
//! # Ok(())
//! # });
//! # fn tokio_test(test: impl Future<Output = Result<(), Box<dyn std::error::Error>>>) {
//! #     tokio::runtime::Runtime::new().unwrap().block_on(test).unwrap();
//! # }
//! ```
//!
//! # Bring your own client
//!
//! The [`Connector`] is a `tower::Service<Uri>`: hyper-util's client runs on it. (Through a proxy
//! that wants a password, `http://` goes by CONNECT then, which many proxies allow to port 443
//! only: [`http::Client`] sends it in absolute form.)
//!
//! ```
//! # tokio_test(async {
//! # let folder = tempfile::tempdir()?;
//! # let lab = outbound::lab::Lab::start().await?;
//! # lab.write_settings(folder.path())?;
//! # let client = outbound::Client::new(outbound::Settings::from_toml(&lab.settings_toml(folder.path()))?);
//! use http_body_util::Empty;
//! use hyper_util::{client::legacy, rt::TokioExecutor};
//!
//! let connection = client.connector().policy().connection("open-data")?.clone();
//! let connector = client.connector().for_connection(Some(connection));
//! let http = legacy::Client::builder(TokioExecutor::new()).build::<_, Empty<&[u8]>>(connector);
//! let response = http.get("https://data.example/air.csv".parse()?).await?;
//! # assert_eq!(response.status(), 200);
//! # Ok(())
//! # });
//! # fn tokio_test(test: impl Future<Output = Result<(), Box<dyn std::error::Error>>>) {
//! #     tokio::runtime::Runtime::new().unwrap().block_on(test).unwrap();
//! # }
//! ```
//!
//! # Map
//!
//! | module | what it is |
//! |---|---|
//! | [`dataset`] | stat, open and fetch: resume, retry, verify |
//! | [`http`], [`ftp`] | the protocols over a stream |
//! | [`connector`] | the one way out: from a target to a stream |
//! | [`export`] | the policy as variables for other programs; pure |
//! | [`route`] | which way, and why; pure |
//! | [`settings`] | what the user asked for; pure |
//! | [`dial`] | sockets, and the byte stream that every protocol gets |
//! | [`base`] | target, proxy, bypass, route, secret, error; pure |
//! | [`check`] | walks the stages and reports |
#![cfg_attr(
    any(
        feature = "blocking",
        feature = "object_store",
        feature = "reqwest",
        feature = "suppaftp",
        feature = "ws"
    ),
    doc = "| [`adapters`] | for developers who bring their own client |"
)]
#![cfg_attr(
    feature = "lab",
    doc = "| [`lab`] | loopback servers for the demo, doctests and tests |"
)]
#![cfg_attr(
    feature = "ws",
    doc = "| [`ws`] | WebSocket: pings, limits, the close handshake |"
)]
//!
//! `docs/stability.md` of the repository says what is promised.
//!
//! # Features
//!
//! - `cli` (default): the command line program. A library user turns it off.
//! - `lab` (in `cli`): loopback servers: a proxy, HTTP, HTTPS and FTP origins.
//! - `blocking`: `open`, `stat` and `fetch` without async.
//! - `object_store`: its clients (S3, GCS, Azure, HTTP) over this stack.
//! - `reqwest`: its requests over this stack, and stock clients set from a route.
//! - `suppaftp`: its streams, logged in, with data channels through the tunnel.
//! - `ws` (in `cli`): WebSocket, and streams for those who bring tungstenite.
#![deny(unsafe_code)]

#[cfg(any(
    feature = "blocking",
    feature = "object_store",
    feature = "reqwest",
    feature = "suppaftp",
    feature = "ws"
))]
pub mod adapters;
pub mod base;
pub mod check;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod connector;
pub mod dataset;
pub mod dial;
pub mod export;
pub mod ftp;
pub mod http;
#[cfg(feature = "lab")]
pub mod lab;
#[doc(hidden)]
pub mod proto;
pub mod route;
#[doc(hidden)]
pub mod rules;
#[cfg(feature = "object_store")]
mod s3;
pub mod settings;
#[doc(hidden)]
pub mod tls;
#[doc(hidden)]
pub mod tunnel;
#[cfg(feature = "ws")]
pub mod ws;

#[cfg(feature = "blocking")]
pub use adapters::blocking;
pub use base::{Error, Result};
pub use connector::Connector;
pub use dataset::Client;
pub use settings::{Policy, Settings};
