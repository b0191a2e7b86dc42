//! The deployment, as it is asked: single requests, without redirects.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, COOKIE, HeaderValue, ORIGIN};
use http::{Method, StatusCode};
use url::Url;

use super::directives::Front;
use crate::base::{Error, Result, Route, Secret};
use crate::dataset::Dataset;
use crate::http::{Client, Request, Response};
use crate::ws;

/// As much of a page as is looked at.
const PAGE: usize = 64 * 1024;

/// The deployment at one URL.
#[derive(Debug)]
pub(super) struct Site<'a> {
    dataset: &'a Dataset,
    authorization: Option<Secret>,
}

/// An answer whose start was read.
#[derive(Debug)]
pub(super) struct Page {
    pub status: StatusCode,
    /// The `Location` field, as it came.
    pub location: Option<Vec<u8>>,
    /// Whether it sets a cookie.
    pub sets_cookie: bool,
    /// The first bytes of its body.
    pub body: String,
    /// The refusal, where the forward proxy made it itself.
    pub proxys_word: Option<Error>,
    /// What may be wrong with it although it is a good one.
    pub doubt: Option<String>,
    pub front: Front,
    pub route: Arc<Route>,
}

impl<'a> Site<'a> {
    /// Reads the password, if there is one.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn new(dataset: &'a Dataset) -> Result<Self> {
        Ok(Self {
            dataset,
            authorization: dataset.authorization().await?,
        })
    }

    /// The public URL.
    pub fn url(&self) -> &Url {
        self.dataset.url()
    }

    pub fn connector(&self) -> &crate::connector::Connector {
        self.dataset.connector()
    }

    /// Whether the settings believe any certificate.
    pub fn believes_all(&self) -> bool {
        let connection = self.dataset.connector().connection();
        connection.is_some_and(|connection| connection.trust.danger_accept_invalid_certs)
    }

    /// Whether requests bring a login, or a token.
    pub fn has_login(&self) -> bool {
        let fields = self.dataset.headers();
        self.authorization.is_some()
            || fields.contains_key(AUTHORIZATION)
            || fields.contains_key(COOKIE)
    }

    fn http(&self) -> &Client {
        self.dataset.http()
    }

    /// A request to the deployment, with the user's fields and login.
    pub fn request(&self, method: Method, url: &Url) -> Request {
        let mut request = Request::new(method, url.clone());
        request.headers = self.dataset.headers().clone();
        let identity = HeaderValue::from_static("identity");
        request.headers.insert(ACCEPT_ENCODING, identity);
        request.authorization = self.authorization.clone();
        request
    }

    /// Sends it; a redirect is an answer.
    ///
    /// # Errors
    /// Every stage up to `request`.
    pub async fn send(&self, request: Request) -> Result<Response> {
        self.http().send_once(request).await
    }

    /// What is answered to a GET.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub async fn get(&self, url: &Url) -> Result<Page> {
        let response = self.send(self.request(Method::GET, url)).await?;
        Ok(Page::of(response).await)
    }

    /// Opens a WebSocket at a URL of the deployment; `is_browser`: with the field Origin that a
    /// browser sends from the deployment's own pages.
    ///
    /// # Errors
    /// As [`ws::connect`].
    pub async fn upgrade(
        &self,
        url: &Url,
        is_browser: bool,
        options: &ws::Options,
    ) -> Result<ws::WebSocket> {
        let mut url = url.clone();
        let scheme = if url.scheme() == "https" { "wss" } else { "ws" };
        // Both are special schemes: it cannot fail.
        let _ = url.set_scheme(scheme);
        let mut request = ws::Request::new(url);
        request.headers = self.dataset.headers().clone();
        request.authorization = self.authorization.clone();
        let origin = self.url().origin().ascii_serialization();
        if is_browser && let Ok(origin) = HeaderValue::from_str(&origin) {
            request.headers.entry(ORIGIN).or_insert(origin);
        }
        ws::connect(self.connector(), &request, options).await
    }

    /// How long an answer may usually take.
    pub fn reply(&self) -> Duration {
        self.connector().timeouts().reply
    }
}

impl Page {
    pub async fn of(mut response: Response) -> Self {
        let server = response.server();
        let location = response.headers.get(http::header::LOCATION);
        let location = location.map(|location| location.as_bytes().to_vec());
        let sets_cookie = response.headers.contains_key(http::header::SET_COOKIE);
        let (status, route) = (response.status, Arc::clone(&response.route));
        let body = response.body.start(PAGE).await;
        let (proxys_word, doubt) = (response.proxys_word(&body), response.doubt());
        let body = String::from_utf8_lossy(&body).into_owned();
        // Of a page of the application nothing follows.
        let page = if status.as_u16() >= 400 { &*body } else { "" };
        Self {
            front: Front::of(server.as_deref(), page),
            status,
            location,
            sets_cookie,
            body,
            proxys_word,
            doubt,
            route,
        }
    }

    /// Whether the forward proxy made it itself.
    pub fn is_from_proxy(&self) -> bool {
        self.proxys_word.is_some()
    }

    /// Whether the reverse proxy says that it does not get an answer of the application.
    pub fn is_gateway_error(&self) -> bool {
        matches!(self.status.as_u16(), 502..=504)
    }
}
