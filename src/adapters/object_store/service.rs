//! Runs object_store's requests over this crate's stack.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::header::{AUTHORIZATION, CONTENT_LENGTH};
use ::object_store::ClientOptions;
use ::object_store::client::{
    ClientConfigKey, HttpClient, HttpError, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};
use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::retry_class::classed;
use crate::base::{Error, Kind, Result, Scheme, Stage};
use crate::dataset::{Client, Dataset};
use crate::http::{self, RequestBody};

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
        let (parts, body) = request.into_parts();
        let dataset = self.dataset(&parts.uri.to_string())?;
        if dataset.target().scheme() == Scheme::Http && !self.allow_http {
            let what = "the client options do not allow http://";
            return Err(Error::new(Kind::Policy, Stage::Route, what)
                .with_hint("ClientOptions::with_allow_http(true), or an https:// endpoint"));
        }
        let mut wanted = http::Request::new(parts.method, dataset.url().clone());
        wanted.headers = parts.headers;
        wanted.headers.remove(CONTENT_LENGTH);
        wanted.body = outgoing(body);
        if !wanted.headers.contains_key(AUTHORIZATION) {
            wanted.authorization = dataset.authorization().await?;
        }
        let response = dataset.http().send(wanted).await?;
        let response = match response.is_from_proxy() {
            true => response.success().await?,
            false => response,
        };
        let body = HttpResponseBody::new(Incoming(response.body));
        let mut whole = HttpResponse::new(body);
        *whole.status_mut() = response.status;
        *whole.version_mut() = response.version;
        *whole.headers_mut() = response.headers;
        whole.extensions_mut().insert(response.route);
        Ok(whole)
    }
}

/// What a request carries: one piece as it is, more of them one after another.
fn outgoing(body: HttpRequestBody) -> RequestBody {
    match body.as_bytes() {
        Some(bytes) => bytes.clone().into(),
        None => {
            let length = body.content_length() as u64;
            RequestBody::again(length, move || body.clone())
        }
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
        Box::pin(async move { self.run(request).await.map_err(classed) })
    }
}

/// The body of an answer, with errors as object_store knows them.
struct Incoming(http::Body);

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<std::result::Result<Frame<Bytes>, HttpError>>> {
        let frame = Pin::new(&mut self.0).poll_frame(cx);
        frame.map(|frame| frame.map(|frame| frame.map_err(classed)))
    }

    fn is_end_stream(&self) -> bool {
        http_body::Body::is_end_stream(&self.0)
    }

    fn size_hint(&self) -> SizeHint {
        http_body::Body::size_hint(&self.0)
    }
}
