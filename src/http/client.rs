//! A request with its redirects.

use std::sync::Arc;

use http::header::{
    ACCEPT, AUTHORIZATION, IF_RANGE, LOCATION, PROXY_AUTHORIZATION, RANGE, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use url::Url;

use super::body::Body;
use super::{failure, hop};
use crate::base::{Error, Kind, Result, Route, Secret, Stage, Steps};
use crate::connector::Connector;
use crate::proto::redirect;

/// Sends requests over a connector. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    connector: Connector,
    pool: hop::Pool,
}

/// A request to send. It has no body: datasets are read.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method: GET or HEAD.
    pub method: Method,
    /// The URL, `http` or `https`.
    pub url: Url,
    /// Fields to send. Those that are not about the representation stay behind when a redirect
    /// leaves the origin.
    pub headers: HeaderMap,
    /// The value of `Authorization`, for the URL's origin alone.
    pub authorization: Option<Secret>,
}

impl Request {
    /// A GET of `url`.
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            authorization: None,
        }
    }
}

/// An answer whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The reason phrase as it was sent (HTTP/1 only), else the status's usual one. Not escaped.
    pub reason: String,
    /// The fields.
    pub headers: HeaderMap,
    /// The method of the request that was answered.
    pub method: Method,
    /// The URL that answered, after redirects.
    pub url: Url,
    /// The way it came.
    pub route: Arc<Route>,
    /// The stages passed, of the connections of all redirects.
    pub steps: Steps,
    /// The body.
    pub body: Body,
    /// Whether it was asked for in absolute form.
    pub(super) in_clear: bool,
    /// Whether it was asked for with credentials for the server.
    pub(super) authorized: bool,
}

impl Response {
    /// Whether the proxy made this answer itself: in a tunnel it cannot, in absolute form its
    /// fields say so.
    pub fn is_from_proxy(&self) -> bool {
        let marks = ["proxy-status", "x-squid-error"];
        self.may_be_from_proxy() && marks.iter().any(|mark| self.headers.contains_key(*mark))
    }

    /// Whether the proxy could have made this answer: it was asked for in absolute form.
    pub(crate) fn may_be_from_proxy(&self) -> bool {
        self.in_clear
    }

    /// The response, if its status is 2xx; else the refusal as an error.
    ///
    /// # Errors
    /// 401 is [`Kind::TargetAuth`], 408, 429 and 5xx are [`Kind::TargetUnavailable`], the rest
    /// [`Kind::TargetRefused`]; a refusal that its fields show to be the proxy's is of the
    /// proxy's kinds.
    pub async fn success(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(failure::refusal(self).await)
    }
}

impl Client {
    /// A client whose first request goes by `connector`'s connection; a redirect that leaves
    /// the origin or that connection's base URL goes by none.
    pub fn new(connector: Connector) -> Self {
        Self {
            connector,
            pool: hop::Pool::default(),
        }
    }

    /// The same client, connections included, for another connection of the same policy: the
    /// pool tells connections apart by their names.
    pub(crate) fn with_connector(&self, connector: Connector) -> Self {
        Self {
            connector,
            pool: self.pool.clone(),
        }
    }

    /// Sends a request, follows redirects, and gives the answer with its body unread.
    ///
    /// # Errors
    /// Every stage up to `request`; an answer of any status but 407 from a proxy is no error here.
    ///
    /// # Cancel safety
    /// Dropping the future drops the request.
    pub async fn send(&self, request: Request) -> Result<Response> {
        let mut request = request;
        refuse_reserved(&request.headers)?;
        let mut connector = self.connector.clone();
        let mut steps = Steps::default();
        for _ in 0..=redirect::MOST {
            let sent = hop::send(&self.pool, &connector, &request).await;
            let mut response = sent.map_err(|error| error.after(steps.clone()))?;
            steps.extend(std::mem::take(&mut response.steps));
            let location = response.headers.get(LOCATION).map(HeaderValue::as_bytes);
            let next = redirect::next(&request.url, &request.method, response.status, location);
            let next = next.map_err(|refused| {
                Error::new(Kind::TargetRefused, Stage::Request, refused.to_string())
                    .while_doing(doing(&request))
                    .with_route(&response.route)
                    .after(steps.clone())
            })?;
            let Some(next) = next else {
                response.steps = steps;
                return Ok(response);
            };
            tracing::debug!(status = %response.status, to = %shown(&next.url), "redirect");
            if next.leaves_origin {
                let origin = next.url.origin().ascii_serialization();
                steps.add_to_last(&format!(", to {origin}"));
                request.authorization = None;
                request.headers = about_representation(&request.headers);
            }
            // A connection that was named for a URL outside its base stays with that origin.
            if let Some(connection) = connector.connection()
                && !connection.covers(&next.url)
                && (next.leaves_origin || connection.covers(&request.url))
            {
                request.authorization = None;
                connector = connector.for_connection(None);
            }
            request.url = next.url;
            request.method = next.method;
        }
        let what = format!("more than {} redirects in a row", redirect::MOST);
        Err(Error::new(Kind::TargetRefused, Stage::Request, what)
            .while_doing(doing(&request))
            .after(steps))
    }
}

/// What a request does, for errors: the URL without userinfo, query and fragment, which may hold
/// tokens.
pub(super) fn doing(request: &Request) -> String {
    format!("{} {}", request.method, shown(&request.url))
}

/// A request for the steps, short: the URL and the proxy stand elsewhere.
pub(super) fn subject(request: &Request) -> String {
    let query = if request.url.query().is_some() {
        "?…"
    } else {
        ""
    };
    let path = crate::base::text::clip(request.url.path());
    format!("{} {path}{query}", request.method)
}

/// A URL that can be shown.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.query().is_some() {
        url.set_query(Some("…"));
    }
    url.set_fragment(None);
    crate::base::text::clip(url.as_str().replace("%E2%80%A6", "…").as_str())
}

/// Fields that this client alone may set: they frame the message or belong to the proxy.
fn refuse_reserved(headers: &HeaderMap) -> Result<()> {
    let reserved = [
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    let found = reserved
        .into_iter()
        .find(|name| headers.contains_key(*name));
    let Some(name) = found else {
        return Ok(());
    };
    let error = Error::new(
        Kind::Usage,
        Stage::Request,
        format!("the field `{name}` cannot be set by hand"),
    );
    Err(match name {
        "proxy-authorization" => error.with_hint(
            "it would reach the target too; set the proxy's username and password instead",
        ),
        _ => error,
    })
}

/// The fields that may follow a redirect to another origin.
fn about_representation(headers: &HeaderMap) -> HeaderMap {
    let kept = [ACCEPT, USER_AGENT, RANGE, IF_RANGE];
    headers
        .iter()
        .filter(|(name, _)| kept.contains(*name) || name.as_str().starts_with("accept-"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The fields of one hop, credentials included.
pub(super) fn fields(request: &Request, proxy_authorization: Option<&Secret>) -> Result<HeaderMap> {
    let mut headers = request.headers.clone();
    headers
        .entry(USER_AGENT)
        .or_insert(HeaderValue::from_static(crate::base::USER_AGENT));
    headers
        .entry(ACCEPT)
        .or_insert(HeaderValue::from_static("*/*"));
    // No Host: hyper adds it for HTTP/1, and in HTTP/2 it would double `:authority`, which nginx
    // answers with 400.
    if let Some(value) = &request.authorization {
        headers.insert(AUTHORIZATION, secret_value(value, true)?);
    }
    if let Some(value) = proxy_authorization {
        headers.insert(PROXY_AUTHORIZATION, secret_value(value, true)?);
    }
    Ok(headers)
}

fn secret_value(value: &Secret, sensitive: bool) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose()).map_err(|_| {
        let what = "a header value contains a control character";
        Error::new(Kind::Usage, Stage::Request, what)
    })?;
    value.set_sensitive(sensitive);
    Ok(value)
}
