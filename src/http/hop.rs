//! One request to one origin, without redirects.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HeaderName};
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};
use url::Url;

use super::body::Body;
use super::client::Response;
use super::pool::{Pool, Pooled};
use super::request::{Request, doing, fields, subject};
use super::request_body::{Pace, RequestBody};
use super::{broken, dialogue, failure};
use crate::base::hidden::Hidden;
use crate::base::{Error, Kind, Proxy, Result, Route, Secret, Stage, Steps, Target};
use crate::connector::{Connector, Opened, Passage, PlainHttp, pass_auth, wants_credentials};
use crate::dial::log_last;
use crate::proto::fields::{hidden, reason};
use crate::tunnel::advice;

/// Sends one request by the route that its URL has now. Its body is left in it when it can be sent
/// again.
pub(super) async fn send(
    pool: &Pool,
    connector: &Connector,
    request: &mut Request,
) -> Result<Response> {
    let target = Target::from_url(&request.url)?;
    let route = Arc::new(connector.route(&target)?);
    let plain = match route.proxy() {
        Some(proxy) if connector.tunnels(proxy, &target) => PlainHttp::Tunnel,
        _ => PlainHttp::Absolute,
    };
    let client = pool.client(connector, &route, plain, request.alpn());
    let mut body = std::mem::take(&mut request.body);
    let hop = Hop {
        connector,
        request,
        target,
        route: Arc::clone(&route),
        client,
    };
    let sent = match hop.hop() {
        Some(proxy) => hop.through(proxy, &mut body).await,
        None => hop.once(None, &mut body).await,
    };
    request.body = body;
    sent.map_err(|error| {
        let error = match error.stage() {
            Stage::Request => error.about(subject(request)),
            _ => error,
        };
        error.while_doing(doing(request)).with_route(&route)
    })
}

struct Hop<'a> {
    connector: &'a Connector,
    request: &'a Request,
    target: Target,
    route: Arc<Route>,
    client: Pooled,
}

impl Hop<'_> {
    /// The request in absolute form, with the proxy's credentials when it wants them.
    async fn through(&self, proxy: &Proxy, body: &mut RequestBody) -> Result<Response> {
        let unasked = match (&proxy.credentials, body.is_streamed()) {
            // A stream is gone when the 407 comes, or was sent in vain: the credentials go with it.
            (Some(credentials), true) => Some(self.connector.basic(credentials).await?),
            _ => self.connector.unasked(proxy).await?,
        };
        let sent = unasked.is_some();
        let started = Instant::now();
        let mut response = self.once(unasked.as_ref(), body).await?;
        if response.status != http::StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Ok(response);
        }
        let mut steps = std::mem::take(&mut response.steps);
        steps.take_back(Stage::Request);
        let answer = failure::answer(&mut response).await;
        // What is left of its body would keep the connection.
        drop(response);
        let basic = answer
            .schemes
            .iter()
            .any(|scheme| scheme.eq_ignore_ascii_case("basic"));
        let credentials = proxy.credentials.as_ref().filter(|_| basic && !sent);
        let Some(credentials) = credentials else {
            return Err(wants_credentials(proxy, answer, sent).after(steps));
        };
        let authorization = self.connector.basic(credentials).await;
        let authorization = authorization.map_err(|error| error.after(steps.clone()))?;
        let opened = steps.elapsed();
        let elapsed = started.elapsed().saturating_sub(opened);
        pass_auth(&mut steps, proxy, &answer, elapsed);
        let sent = self.once(Some(&authorization), body).await;
        let mut response = sent.map_err(|error| error.after(steps.clone()))?;
        let second = std::mem::take(&mut response.steps);
        if response.status == http::StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            steps.take_back(Stage::Auth);
            let answer = failure::answer(&mut response).await;
            return Err(wants_credentials(proxy, answer, true).after(steps));
        }
        steps.extend(second);
        response.steps = steps;
        self.connector.remember_asking(proxy);
        Ok(response)
    }

    async fn once(
        &self,
        proxy_authorization: Option<&Secret>,
        body: &mut RequestBody,
    ) -> Result<Response> {
        let mut headers = fields(self.request, proxy_authorization)?;
        if let Some(length) = body.told_length() {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        let hidden = hidden(&headers);
        let outgoing = body.send()?;
        let pace = outgoing.pace();
        let mut request = http::Request::new(outgoing);
        *request.method_mut() = self.request.method.clone();
        *request.uri_mut() = uri(&self.request.url)?;
        *request.headers_mut() = headers;
        let line = || match self.hop() {
            Some(_) => doing(self.request),
            None => subject(self.request),
        };
        let mut unlogged = dialogue::request(line, request.headers());
        let mut captured = capture_connection(&mut request);
        #[cfg(feature = "ws")]
        if let Some(informed) = &self.request.informed {
            informed.clone().listen(&mut request);
        }
        let usual = || (self.connector.timeouts().reply, "timeouts.reply");
        let (limit, setting) = self.request.patience.unwrap_or_else(usual);
        let started = Instant::now();
        let opened = Opened::default();
        let answering = opened.within(self.client.request(request));
        let connected = async {
            if captured.wait_for_connection_metadata().await.is_some() {
                dialogue::sent(unlogged.take());
            }
        };
        let answered = head(answering, connected, limit, &pace).await;
        if captured.connection_metadata().is_some() {
            // The answer may have been faster than the note that the connection stands.
            dialogue::sent(unlogged);
        }
        // Without a response, the connection itself tells how it was opened.
        let mut extensions = http::Extensions::new();
        if let Some(connected) = captured.connection_metadata().as_ref() {
            connected.get_extras(&mut extensions);
        }
        let passage = extensions.remove::<Passage>().or_else(|| opened.take());
        let heard = passage.as_ref().map_or(0, Passage::heard);
        let answered = match answered {
            Some(Ok(response)) if broken::is_too_long(response.headers()) => {
                Err(broken::too_long(self.hop()))
            }
            Some(answered) => {
                let plain = !self.target.scheme().is_tls();
                answered.map_err(|cause| broken::broken(cause, self.hop(), plain, heard))
            }
            None => Err(broken::silence(
                (limit, setting),
                &self.target,
                self.hop(),
                pace.has_ended(),
            )),
        };
        if answered.is_err()
            && let Some(connected) = captured.connection_metadata().as_ref()
        {
            // The pool may not have seen yet that it broke.
            connected.poison();
        }
        let response = answered.map_err(|error| {
            let Some(passage) = passage else {
                return error;
            };
            let error = passage.stranger().unwrap_or(error);
            let error = error.after(passage.take_steps());
            match self.route.proxy() {
                Some(proxy) => advice::behind_tunnel(error, proxy, &self.target),
                None => error,
            }
        })?;
        dialogue::received(response.status(), response.headers(), &self.request.url);
        // tinyproxy answers without `Connection: close` and never reads a second request: a
        // connection to a proxy is kept only when the answer shows that it stays.
        if self.in_clear()
            && !says_keep_alive(response.headers())
            && let Some(connected) = captured.connection_metadata().as_ref()
        {
            connected.poison();
        }
        Ok(self.response(response, captured, started.elapsed(), hidden))
    }

    /// The proxy that answers, when the request goes to it in absolute form.
    fn hop(&self) -> Option<&Proxy> {
        self.connector.asked(&self.route, &self.target)
    }

    fn in_clear(&self) -> bool {
        self.hop().is_some()
    }

    fn response(
        &self,
        response: http::Response<hyper::body::Incoming>,
        captured: CaptureConnection,
        elapsed: Duration,
        hidden: Hidden,
    ) -> Response {
        let (parts, body) = response.into_parts();
        let passage = parts.extensions.get::<Passage>();
        let mut steps = passage.map_or_else(Steps::default, Passage::take_steps);
        // The connection was opened inside the request: what it took is counted there.
        let opened = steps.elapsed();
        steps.pass(
            Stage::Request,
            subject(self.request),
            parts.status.to_string(),
            elapsed.saturating_sub(opened),
        );
        log_last(&steps);
        let idle = self.connector.timeouts().idle;
        let body = Body::new(body, idle, self.in_clear(), doing(self.request), captured);
        Response {
            status: parts.status,
            version: parts.version,
            reason: reason(parts.status, &parts.extensions),
            headers: parts.headers,
            method: self.request.method.clone(),
            url: self.request.url.clone(),
            route: Arc::clone(&self.route),
            steps,
            body,
            in_clear: self.in_clear(),
            authorized: self.request.authorization.is_some()
                || self.request.headers.contains_key(AUTHORIZATION),
            hidden,
        }
    }
}

/// The URL as hyper wants it, without userinfo: credentials go by `Authorization` only.
fn uri(url: &Url) -> Result<http::Uri> {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
    let parsed: std::result::Result<http::Uri, _> = url.as_str().parse();
    parsed.map_err(|cause| {
        Error::new(Kind::Usage, Stage::Request, "the URL cannot be requested").with_source(cause)
    })
}

type Answered = Result<http::Response<hyper::body::Incoming>, hyper_util::client::legacy::Error>;

/// Waits for the head of the answer; `None` when it does not come in time. The limit starts when
/// the connection stands, because the stages before have limits of their own, and anew while the
/// request's body moves.
async fn head(
    answering: impl Future<Output = Answered>,
    connected: impl Future<Output = ()>,
    limit: Duration,
    pace: &Pace,
) -> Option<Answered> {
    tokio::pin!(answering, connected);
    tokio::select! {
        biased;
        () = &mut connected => {}
        answered = &mut answering => return Some(answered),
    }
    pace.within(limit, answering).await
}

fn says_keep_alive(headers: &http::HeaderMap) -> bool {
    let names = [CONNECTION, HeaderName::from_static("proxy-connection")];
    names
        .iter()
        .flat_map(|name| headers.get_all(name))
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|token| token.trim().eq_ignore_ascii_case("keep-alive"))
}
