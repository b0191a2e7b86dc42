//! Runs object_store's requests over this crate's stack.

use std::fmt;
use std::pin::Pin;

use ::http::header::AUTHORIZATION;
use ::object_store::ClientOptions;
use ::object_store::client::{
    ClientConfigKey, HttpClient, HttpError, HttpRequest, HttpResponse, HttpService,
};

use crate::base::{Error, Kind, Result, Scheme, Stage};
use crate::dataset::{Client, Dataset};
use crate::http;

/// Makes object_store's clients go the way that the policy says: for `with_http_connector` of its
/// builders. Cheap to clone; clones share their connections.
///
/// The policy decides the proxy, the trust and the limits on time; `ClientOptions` that would decide
/// otherwise (a proxy, invalid certificates) are refused when the store is built, and those on
/// timeouts, the pool and versions of HTTP mean nothing. `http://` needs `with_allow_http(true)` as
/// ever. A refusal of the proxy is an error that is not tried again, and that
/// [`Error::find`](crate::Error::find) finds in object_store's.
#[derive(Clone)]
pub struct HttpConnector {
    client: Client,
    connection: Option<String>,
}

impl HttpConnector {
    /// Runs requests under the policy of `client`: a URL belongs to the connection with the longest
    /// base URL that covers it.
    pub fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            connection: None,
        }
    }

    /// Runs every request to the origin of the connection called `name` under it, also outside its
    /// base URL.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn for_connection(mut self, name: &str) -> Result<Self> {
        self.client.connector().policy().connection(name)?;
        self.connection = Some(name.to_owned());
        Ok(self)
    }
}

impl fmt::Debug for HttpConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConnector")
            .field("connection", &self.connection)
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
        Ok(HttpClient::new(Service {
            connector: self.clone(),
            allow_http: allow_http.is_some_and(|value| value == "true"),
        }))
    }
}

#[derive(Debug)]
struct Service {
    connector: HttpConnector,
    allow_http: bool,
}

impl Service {
    fn dataset(&self, url: &str) -> Result<Dataset> {
        let client = &self.connector.client;
        let dataset = client.dataset(url)?;
        let Some(name) = self.connector.connection.as_deref() else {
            return Ok(dataset);
        };
        let connection = client.connector().policy().connection(name)?;
        match connection.url.origin() == dataset.url().origin() {
            true => client.dataset_of(url, Some(name)),
            false => Ok(dataset),
        }
    }

    async fn run(&self, request: HttpRequest) -> Result<HttpResponse> {
        let dataset = self.dataset(http::url_of(&request)?.as_str())?;
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
        Ok(response.into_foreign())
    }
}

impl HttpService for Service {
    // As `async_trait` writes it: a crate for one line would be too much.
    fn call<'life0, 'async_trait>(
        &'life0 self,
        request: HttpRequest,
    ) -> Pin<
        Box<
            dyn Future<Output = std::result::Result<HttpResponse, HttpError>> + Send + 'async_trait,
        >,
    >
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move { self.run(request).await.map_err(http::classed) })
    }
}
