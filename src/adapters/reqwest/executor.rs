//! Runs reqwest's requests over this crate's stack.

use std::time::Duration;

use ::http::Version;
use ::reqwest::{Request, Response, ResponseBuilderExt as _};

use super::super::chosen::Chosen;
use super::body::{Incoming, outgoing};
use crate::base::{Error, Kind, Result, Stage, text};
use crate::dataset::{Client, Dataset};
use crate::http;

/// Runs a `reqwest::Request` and gives back a `reqwest::Response`. Cheap to clone; clones share
/// their connections.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use outbound::adapters::reqwest::Executor;
///
/// let client = outbound::Client::load()?;
/// let executor = Executor::new(&client);
/// let url = "https://data.example.org/rows".parse()?;
/// let request = reqwest::Request::new(reqwest::Method::GET, url);
/// let rows = executor.execute(request).await?.text().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Executor(Chosen);

impl Executor {
    /// Runs requests under the policy of `client`: a URL belongs to the connection with the
    /// longest base URL that covers it.
    pub fn new(client: &Client) -> Self {
        Self(Chosen::new(client))
    }

    /// Runs every request to the origin of the connection called `name` under it, also outside its
    /// base URL. Its credentials and its trust go nowhere else.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn for_connection(self, name: &str) -> Result<Self> {
        Ok(Self(self.0.for_connection(name)?))
    }

    /// Runs a request: decides the route, follows up to 10 redirects (each decides anew), and
    /// gives the answer of whatever status with its body unread. The route that was taken is among
    /// its extensions, as an `Arc<Route>`.
    ///
    /// The connection's login is sent to the connection's origin when the request has no
    /// `Authorization` of its own. `Request::timeout` counts until the body is read; the settings'
    /// limits count too. What belongs to a `reqwest::Client` (default fields, cookies, its
    /// redirect policy, decompression) does not come along with a request.
    ///
    /// # Errors
    /// Every stage up to `request`, and a refusal that is the proxy's own; the error names the
    /// route and what to do. Fields that frame the message (`Host`, `Transfer-Encoding`, …) and
    /// `Proxy-Authorization` are refused. Errors of the body are reqwest's, and
    /// [`Error::find`] finds ours in them.
    ///
    /// # Cancel safety
    /// Dropping the future drops the request.
    pub async fn execute(&self, request: Request) -> Result<Response> {
        let dataset = self.0.dataset(request.url())?;
        let doing = format!("{} {}", request.method(), http::shown(dataset.url()));
        let limit = request.timeout().copied();
        let mut limit = limit.map(|limit| (Box::pin(tokio::time::sleep(limit)), limit));
        let sending = send(&dataset, request);
        let sent = match &mut limit {
            None => sending.await,
            Some((sleep, limit)) => tokio::select! {
                biased;
                sent = sending => sent,
                () = sleep => Err(late(Stage::Request, *limit)),
            },
        };
        let response = sent.map_err(|error| {
            let error = error.while_doing(doing.as_str());
            match dataset.connector().route(dataset.target()) {
                Ok(route) => error.with_route(&route),
                Err(_) => error,
            }
        })?;
        given(response, limit, doing)
    }
}

async fn send(dataset: &Dataset, mut request: Request) -> Result<http::Response> {
    if request.version() != Version::HTTP_11 {
        let what = "the version of HTTP cannot be chosen: it is agreed on with the server";
        return Err(Error::new(Kind::Unsupported, Stage::Request, what));
    }
    let mut wanted = http::Request::new(request.method().clone(), dataset.url().clone());
    wanted.headers = std::mem::take(request.headers_mut());
    wanted.body = outgoing(request.body_mut().take(), &mut wanted.headers).await?;
    if !wanted.headers.contains_key(::http::header::AUTHORIZATION) {
        wanted.authorization = dataset.authorization().await?;
    }
    let response = dataset.http().send(wanted).await?;
    match response.is_from_proxy() {
        true => response.success().await,
        false => Ok(response),
    }
}

fn given(
    response: http::Response,
    limit: Option<(std::pin::Pin<Box<tokio::time::Sleep>>, Duration)>,
    doing: String,
) -> Result<Response> {
    let mut parts = ::http::Response::builder()
        .status(response.status)
        .version(response.version)
        .url(response.url)
        .extension(response.route);
    if let Some(headers) = parts.headers_mut() {
        *headers = response.headers;
    }
    let body = ::reqwest::Body::wrap(Incoming {
        body: response.body,
        limit,
        doing,
    });
    let whole = parts.body(body).map_err(|cause| {
        let what = "the answer cannot be handed on";
        Error::new(Kind::TargetProtocol, Stage::Request, what).with_source(cause)
    })?;
    Ok(whole.into())
}

/// The error for a request that took longer than its maker wanted.
pub(super) fn late(stage: Stage, limit: Duration) -> Error {
    Error::new(Kind::Timeout, stage, "the answer was not there in time")
        .with_limit("reqwest::Request::timeout", text::seconds(limit))
}
