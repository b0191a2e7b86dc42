//! A request with its redirects.

use std::sync::Arc;

use http::header::{CONNECTION, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use url::Url;

use super::body::Body;
use super::pool::Pool;
use super::request::{Request, doing, refuse_reserved, shown};
use super::{failure, hop};
use crate::base::hidden::Hidden;
use crate::base::{Code, Error, Kind, Result, Route, Scheme, Stage, Steps, Target};
use crate::connector::{Connector, not_http};
use crate::proto::redirect::{self, Redirect, Refused};
use crate::proto::service::{self, Service};

/// Sends requests over a connector. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Client {
    connector: Connector,
    pool: Pool,
}

/// An answer whose body is still to be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The version of HTTP that it came by.
    pub version: Version,
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
    /// What was sent and is not to be shown.
    pub(super) hidden: Hidden,
}

impl Response {
    /// Whether the proxy made this answer itself: in a tunnel it cannot, in absolute form its
    /// fields say so.
    pub fn is_from_proxy(&self) -> bool {
        let marks = ["proxy-status", "x-squid-error"];
        self.may_be_from_proxy() && marks.iter().any(|mark| self.headers.contains_key(*mark))
    }

    /// `Server`, without what was sent in secret. Not escaped.
    #[cfg(feature = "ws")]
    pub(crate) fn server(&self) -> Option<String> {
        let server = self.headers.get(http::header::SERVER)?;
        let server = String::from_utf8_lossy(server.as_bytes());
        Some(self.hidden.out_of(&server))
    }

    /// Whether the proxy could have made this answer: it was asked for in absolute form.
    pub(crate) fn may_be_from_proxy(&self) -> bool {
        self.in_clear
    }

    /// What may be wrong although it is a good answer to a request in absolute form. Nothing in it
    /// shows a proxy, and a web server in the proxy's place answers with its own file; or the target
    /// speaks no HTTP, and the proxy made an answer of what it said.
    pub(crate) fn doubt(&self) -> Option<String> {
        failure::not_http(self).or_else(|| failure::no_trace_of_proxy(self))
    }

    /// The error for this response, of whose body that is the start: it is a refusal, and the proxy
    /// made it itself.
    #[cfg(feature = "ws")]
    pub(crate) fn proxys_word(&self, body: &[u8]) -> Option<Error> {
        match self.status.is_success() {
            true => None,
            false => failure::proxys_word(self, body),
        }
    }

    /// The response, if its status is 2xx; else the refusal as an error.
    ///
    /// # Errors
    /// 401 is [`Kind::TargetAuth`]; 408, 420, 429 and 5xx are [`Kind::TargetUnavailable`], but 501 and
    /// 505 are [`Kind::TargetRefused`] as the rest is; a refusal that its fields or its page show to be the
    /// proxy's is of the proxy's kinds.
    pub async fn success(self) -> Result<Self> {
        self.judged().await.map_err(|(error, _)| error)
    }

    /// [`success`](Self::success), and the service that shows itself by a refusal.
    pub(crate) async fn judged(self) -> Result<Self, (Error, Option<Service>)> {
        if self.status.is_success() {
            return Ok(self);
        }
        Err(failure::refusal(self).await)
    }

    /// The error for this response: its status is 2xx, and still it gives none of the data that
    /// was asked for (204).
    pub(crate) fn without_data(self) -> Error {
        failure::no_data(self)
    }
}

impl Client {
    /// A client whose first request goes by `connector`'s connection; a redirect that leaves
    /// the origin or that connection's base URL goes by none.
    pub fn new(connector: Connector) -> Self {
        Self {
            connector,
            pool: Pool::default(),
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

    /// Asks the proxy on the way to an FTP server for a file of that server: in absolute form, without
    /// a tunnel. No redirect is followed: no file is elsewhere because a proxy says so.
    ///
    /// # Errors
    /// Every stage up to `request`; going direct, for there is nobody to ask.
    pub(crate) async fn ask_proxy_for_ftp(&self, mut request: Request) -> Result<Response> {
        refuse_reserved(&request)?;
        if request.method == Method::HEAD {
            // Squid 5.7 says keep-alive and closes: the next request would get no answer.
            let close = HeaderValue::from_static("close");
            request.headers.insert(CONNECTION, close);
        }
        hop::send(&self.pool, &self.connector, &mut request).await
    }

    /// Sends a request, and gives the answer with its body unread, a redirect too: for requests that
    /// are signed for one place.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for redirects.
    #[cfg(any(feature = "object_store", feature = "ws"))]
    pub(crate) async fn send_once(&self, mut request: Request) -> Result<Response> {
        refuse_reserved(&request)?;
        hop::send(&self.pool, &self.connector, &mut request).await
    }

    /// Sends a request, follows redirects, and gives the answer with its body unread.
    ///
    /// # Errors
    /// Every stage up to `request`; an answer of any status but 407 from a proxy is no error here.
    /// A redirect that wants the body again (307, 308; RFC 9110 section 15.4) when it was a stream.
    ///
    /// # Cancel safety
    /// Dropping the future drops the request.
    pub async fn send(&self, request: Request) -> Result<Response> {
        let mut request = request;
        refuse_reserved(&request)?;
        let scheme = Target::from_url(&request.url)?.scheme();
        if !matches!(scheme, Scheme::Http | Scheme::Https) {
            return Err(not_http(scheme));
        }
        let mut connector = self.connector.clone();
        let mut steps = Steps::default();
        for _ in 0..=redirect::MOST {
            let sent = hop::send(&self.pool, &connector, &mut request).await;
            let mut response = sent.map_err(|error| error.after(steps.clone()))?;
            steps.extend(std::mem::take(&mut response.steps));
            if request.is_strict && matches!(response.status.as_u16(), 301..=303) {
                return Err(not_followed(&request, &response).after(steps));
            }
            let location = response.headers.get(LOCATION).map(HeaderValue::as_bytes);
            let next = redirect::next(&request.url, &request.method, response.status, location);
            let next = match next {
                // An answer like others: its body may say more.
                Err(Refused::NoLocation) => Ok(None),
                next => next,
            };
            let next = next.map_err(|refused| {
                Error::new(Kind::TargetRefused, Stage::Request, refused.to_string())
                    .with_code(Code::RedirectRefused)
                    .while_doing(doing(&request))
                    .with_route(&response.route)
                    .after(steps.clone())
            })?;
            let is_front_page = |next: &Redirect| {
                request.stays_at_api
                    && service::leads_to_front_page(&response.headers, &request.url, &next.url)
            };
            let Some(next) = next.filter(|next| !is_front_page(next)) else {
                response.steps = steps;
                return Ok(response);
            };
            tracing::debug!(status = %response.status, to = %shown(&next.url), "redirect");
            if next.leaves_origin {
                let origin = next.url.origin().ascii_serialization();
                steps.add_to_last(&format!(", to {origin}"));
            }
            let covered = |url| connector.connection().is_some_and(|c| c.covers(url));
            // A connection that was named for a URL outside its base stays with that origin.
            let leaves_connection = connector.connection().is_some()
                && !covered(&next.url)
                && (next.leaves_origin || covered(&request.url));
            let redirected = request.redirect(next.url, next.method, next.leaves_origin);
            redirected.map_err(|error| {
                error
                    .while_doing(doing(&request))
                    .with_route(&response.route)
                    .after(steps.clone())
            })?;
            if leaves_connection {
                request.authorization = None;
                connector = connector.for_connection(None);
            }
        }
        let what = format!("more than {} redirects in a row", redirect::MOST);
        Err(Error::new(Kind::TargetRefused, Stage::Request, what)
            .with_code(Code::RedirectRefused)
            .while_doing(doing(&request))
            .after(steps))
    }
}

/// The error for a redirect on which clients differ: some send what was to be stored to the new
/// place, others only look there.
fn not_followed(request: &Request, response: &Response) -> Error {
    let status = response.status;
    let location = response.headers.get(LOCATION).map(HeaderValue::as_bytes);
    let to = match redirect::next(&request.url, &request.method, status, location) {
        Ok(Some(next)) => shown(&next.url),
        _ => "another place".to_owned(),
    };
    let what = format!(
        "the server answered {} with {status}, a redirect to {to}, which is not followed: only 307 \
         and 308 say that the file is wanted there",
        request.method
    );
    Error::new(Kind::TargetRefused, Stage::Request, what)
        .with_code(Code::RedirectRefused)
        .with_hint("if that is where it belongs, put it there")
        .while_doing(doing(request))
        .with_route(&response.route)
}
