//! Connections that are kept, apart for each way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper_util::client::legacy::Client as Legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::request_body::Outgoing;
use crate::base::Route;
use crate::connector::{Alpn, Connector, PlainHttp, Routed};

/// A client of one way.
pub(super) type Pooled = Legacy<Routed, Outgoing>;

/// The clients made so far, one for each way: hyper-util's pool knows only scheme and authority,
/// and would reuse a connection of another route.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    clients: Arc<Mutex<HashMap<Key, Pooled>>>,
}

/// What must be equal for two requests to share a client. The route counts with its reason and
/// origin: a client's dialling errors tell the route that it was made with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    route: String,
    user: Option<String>,
    connection: Option<String>,
    tunnel: bool,
    /// Whether HTTP/1.1 alone is spoken.
    old: bool,
}

impl Pool {
    /// The client for one way.
    pub(super) fn client(
        &self,
        connector: &Connector,
        route: &Arc<Route>,
        plain: PlainHttp,
        alpn: Alpn,
    ) -> Pooled {
        let credentials = route.proxy().and_then(|proxy| proxy.credentials.as_ref());
        let key = Key {
            route: route.to_string(),
            user: credentials.map(|credentials| credentials.username.clone()),
            connection: connector.connection().map(|c| c.name.clone()),
            tunnel: plain == PlainHttp::Tunnel,
            old: alpn == Alpn::Http1,
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = clients.entry(key).or_insert_with(|| {
            Legacy::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(Duration::from_secs(60))
                .http1_max_buf_size(256 * 1024)
                .http2_adaptive_window(true)
                .build(Routed {
                    connector: connector.clone(),
                    route: Arc::clone(route),
                    plain,
                    alpn,
                })
        });
        client.clone()
    }
}
