//! A request: what the caller asks for, and the fields that one hop sends.

use std::time::Duration;

use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_TYPE, HeaderName, IF_RANGE, LAST_MODIFIED, PROXY_AUTHORIZATION, RANGE, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method};
use url::Url;

#[cfg(feature = "ws")]
use super::informed::Informed;
use super::request_body::RequestBody;
pub(crate) use crate::base::text::shown_url as shown;
use crate::base::{Error, Kind, Result, Secret, Stage, text};
use crate::connector::Alpn;
use crate::proto::fields::secret;

/// A request to send.
#[derive(Debug)]
#[non_exhaustive]
pub struct Request {
    /// The method: any but CONNECT, which opens tunnels.
    pub method: Method,
    /// The URL, `http` or `https`.
    pub url: Url,
    /// Fields to send. Those that are not about the representation stay behind when a redirect
    /// leaves the origin.
    pub headers: HeaderMap,
    /// The value of `Authorization`, for the URL's origin alone.
    pub authorization: Option<Secret>,
    /// What it carries.
    pub body: RequestBody,
    /// Whether only those redirects are followed that keep method and body for certain: 307 and 308.
    pub(crate) is_strict: bool,
    /// Whether a redirect from an API to the pages about it is an answer, and not followed.
    pub(crate) stays_at_api: bool,
    /// How long the answer may take in place of `timeouts.reply`, and what sets it.
    pub(crate) patience: Option<(Duration, &'static str)>,
    /// Who is told of the answers before the answer.
    #[cfg(feature = "ws")]
    pub(crate) informed: Option<Informed>,
}

impl Request {
    /// A request without body.
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            authorization: None,
            body: RequestBody::empty(),
            is_strict: false,
            stays_at_api: false,
            patience: None,
            #[cfg(feature = "ws")]
            informed: None,
        }
    }

    /// A GET of `url`.
    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    /// Puts a body into it.
    pub fn with_body(mut self, body: impl Into<RequestBody>) -> Self {
        self.body = body.into();
        self
    }

    /// What is offered in TLS: of 1xx nothing is heard in HTTP/2.
    pub(super) fn alpn(&self) -> Alpn {
        #[cfg(feature = "ws")]
        if self.informed.is_some() {
            return Alpn::Http1;
        }
        Alpn::Http
    }

    /// Turns it into the request that a redirect asks for. When POST becomes GET the body and the
    /// fields that describe it go (RFC 9110 section 15.4); else the body is sent again.
    ///
    /// # Errors
    /// The body would have to be sent again and was a stream.
    pub(super) fn redirect(&mut self, url: Url, method: Method, leaves_origin: bool) -> Result<()> {
        if method != self.method {
            self.body = RequestBody::empty();
            for name in OF_THE_BODY {
                self.headers.remove(name);
            }
        } else if !self.body.is_repeatable() {
            let what = format!(
                "the redirect to {} wants the body again, and a stream can be sent once",
                shown(&url)
            );
            return Err(Error::new(Kind::TargetRefused, Stage::Request, what)
                .with_hint("send the request to that URL, or give the body as bytes"));
        }
        if leaves_origin {
            self.authorization = None;
            self.headers = about_representation(&self.headers);
        }
        self.url = url;
        self.method = method;
        Ok(())
    }
}

/// Fields that describe the body, with `Digest` and its successors (RFC 9530).
const OF_THE_BODY: [HeaderName; 9] = [
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_LOCATION,
    CONTENT_TYPE,
    LAST_MODIFIED,
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
];

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
    let path = text::clip(request.url.path());
    format!("{} {path}{query}", request.method)
}

/// Refuses what this client alone may set, because it frames the message or belongs to the proxy,
/// and the method that is no request.
pub(super) fn refuse_reserved(request: &Request) -> Result<()> {
    let refused = |what: String| Error::new(Kind::Usage, Stage::Request, what);
    if request.method == Method::CONNECT {
        let error = refused("CONNECT is no request for a resource".to_owned());
        return Err(error.with_hint("Connector::connect opens tunnels"));
    }
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
        .find(|name| request.headers.contains_key(*name));
    let Some(name) = found else {
        return Ok(());
    };
    let error = refused(format!("the field `{name}` cannot be set by hand"));
    Err(match name {
        "proxy-authorization" => error.with_hint(
            "it would reach the target too; set the proxy's username and password instead",
        ),
        "content-length" => error.with_hint("it is the body's: RequestBody::with_length"),
        _ => error,
    })
}

/// The fields that may follow a redirect to another origin: what is wanted, and what the body is.
fn about_representation(headers: &HeaderMap) -> HeaderMap {
    let kept = [
        ACCEPT,
        USER_AGENT,
        RANGE,
        IF_RANGE,
        CONTENT_TYPE,
        CONTENT_ENCODING,
        CONTENT_LANGUAGE,
    ];
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
        headers.insert(AUTHORIZATION, secret(value)?);
    }
    if let Some(value) = proxy_authorization {
        headers.insert(PROXY_AUTHORIZATION, secret(value)?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(body: impl Into<RequestBody>) -> Request {
        let mut request = Request::new(Method::POST, "http://a.test/x".parse().unwrap());
        request.authorization = Some(Secret::new("Basic x"));
        for (name, value) in [
            ("content-type", "text/csv"),
            ("accept-language", "de"),
            ("x-api-key", "secret"),
        ] {
            let name = HeaderName::from_static(name);
            request
                .headers
                .insert(name, HeaderValue::from_static(value));
        }
        request.with_body(body)
    }

    fn names(request: &Request) -> Vec<&str> {
        let mut names: Vec<_> = request.headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn what_a_redirect_leaves_of_a_request() {
        let here: Url = "http://a.test/y".parse().unwrap();
        let away: Url = "http://b.test/".parse().unwrap();
        // To the same origin with the same method: everything.
        let mut request = post("rows");
        request.redirect(here.clone(), Method::POST, false).unwrap();
        assert_eq!(names(&request).len(), 3);
        assert!(request.authorization.is_some() && !request.body.is_empty());
        // As GET: nothing of the body.
        let mut request = post("rows");
        request.redirect(here, Method::GET, false).unwrap();
        assert_eq!(names(&request), ["accept-language", "x-api-key"]);
        assert!(request.body.is_empty());
        // Away: nothing that may be a credential, but what the body is.
        let mut request = post("rows");
        request.redirect(away.clone(), Method::POST, true).unwrap();
        assert_eq!(names(&request), ["accept-language", "content-type"]);
        assert!(request.authorization.is_none());
        // A stream is gone.
        let mut request = post(RequestBody::reader(&b"rows"[..]));
        let error = request.redirect(away, Method::POST, true).unwrap_err();
        assert!(
            error.to_string().contains("wants the body again"),
            "{error}"
        );
    }

    #[test]
    fn what_only_the_client_may_set_is_refused() {
        for name in ["host", "content-length", "proxy-authorization", "te"] {
            let mut request = post("rows");
            let field = HeaderName::from_static(name);
            request.headers.insert(field, HeaderValue::from_static("1"));
            let error = refuse_reserved(&request).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        let mut request = post("rows");
        request.method = Method::CONNECT;
        assert_eq!(refuse_reserved(&request).unwrap_err().kind(), Kind::Usage);
    }
}
