//! Runs object_store's requests over this crate's stack.

use std::fmt;

use ::http::header::AUTHORIZATION;
use ::object_store::ClientOptions;
use ::object_store::client::{ClientConfigKey, HttpClient, HttpRequest, HttpResponse};

use super::super::chosen::Chosen;
use crate::base::{Error, Kind, Result, Scheme, Stage};
use crate::dataset::Client;
use crate::http::{self, Runs};

/// Makes object_store's clients go the way that the policy says: for `with_http_connector` of its
/// builders. Cheap to clone; clones share their connections.
///
/// The policy decides the proxy, the trust and the limits on time; `ClientOptions` that would decide
/// otherwise (a proxy, invalid certificates) are refused when the store is built, and those on
/// timeouts, the pool and versions of HTTP mean nothing. `http://` needs `with_allow_http(true)` as
/// ever. A refusal of the proxy is an error that is not tried again, and that
/// [`Error::find`](crate::Error::find) finds in object_store's.
#[derive(Clone)]
pub struct HttpConnector(Chosen);

impl HttpConnector {
    /// Runs requests under the policy of `client`: a URL belongs to the connection with the longest
    /// base URL that covers it.
    pub fn new(client: &Client) -> Self {
        Self(Chosen::new(client))
    }

    /// Runs every request to the origin of the connection called `name` under it, also outside its
    /// base URL. Of an `s3://` connection that is its endpoint, with the bucket in the host's name or
    /// without; its key stays with it, for object_store has its own.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn for_connection(self, name: &str) -> Result<Self> {
        Ok(Self(self.0.for_connection(name)?))
    }
}

impl fmt::Debug for HttpConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConnector")
            .field("connection", &self.0.connection())
            .finish_non_exhaustive()
    }
}

/// What the policy decides, and nobody else.
const OF_THE_POLICY: [(ClientConfigKey, &str); 5] = [
    (ClientConfigKey::ProxyUrl, "a proxy"),
    (ClientConfigKey::ProxyCaCertificate, "a proxy's CA"),
    (ClientConfigKey::ProxyExcludes, "a proxy's exceptions"),
    (
        ClientConfigKey::AllowInvalidCertificates,
        "invalid certificates",
    ),
    (
        ClientConfigKey::NoSystemCertificates,
        "trust without the system's store",
    ),
];

impl ::object_store::client::HttpConnector for HttpConnector {
    fn connect(&self, options: &ClientOptions) -> ::object_store::Result<HttpClient> {
        for (key, what) in OF_THE_POLICY {
            let asked = options.get_config_value(&key);
            if asked.is_some_and(|value| value != "false") {
                let what = format!("the client options ask for {what}, which is the policy's");
                let error = Error::new(Kind::Settings, Stage::Route, what);
                return Err(::object_store::Error::Generic {
                    store: "outbound",
                    source: Box::new(error.with_hint("leave it out, and write it in the settings")),
                });
            }
        }
        let allow_http = options.get_config_value(&ClientConfigKey::AllowHttp);
        Ok(http::foreign_client(Service {
            chosen: self.0.clone(),
            allow_http: allow_http.is_some_and(|value| value == "true"),
        }))
    }
}

#[derive(Debug)]
struct Service {
    chosen: Chosen,
    allow_http: bool,
}

impl Runs for Service {
    async fn run(&self, request: HttpRequest) -> Result<HttpResponse> {
        let dataset = self.chosen.dataset(&http::url_of(&request)?)?;
        if dataset.target().scheme() == Scheme::Http && !self.allow_http {
            let what = "the client options do not allow http://";
            return Err(Error::new(Kind::Policy, Stage::Route, what)
                .with_hint("ClientOptions::with_allow_http(true), or an https:// endpoint"));
        }
        let authorization = match request.headers().contains_key(AUTHORIZATION) {
            true => None,
            false => dataset.authorization().await?,
        };
        let response = dataset
            .http()
            .send_foreign(request, authorization, true)
            .await?;
        Ok(response.into_foreign(None))
    }
}
