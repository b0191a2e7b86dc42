//! From a URL to a stream that speaks WebSocket: the upgrade of HTTP/1.1 (RFC 6455 section 4).

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE, USER_AGENT,
};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::debug;
use url::Url;

use super::options::{Options, Request};
use super::refusal::{self, Asked};
use crate::base::answer::BODY_KEPT;
use crate::base::{Answer, Error, Kind, Result, Route, Scheme, Stage, Target, text};
use crate::connector::{Alpn, Connector};
use crate::dial::{Stream, log_last};
use crate::proto::connect::HEAD_MAX;
use crate::proto::fields;
use crate::tunnel::advice;

/// A stream whose next byte is the first frame, and what the server said of it.
#[derive(Debug)]
pub(crate) struct Upgraded {
    pub stream: Stream,
    /// The fields of the 101.
    pub headers: HeaderMap,
    /// What the server chose of the subprotocols offered.
    pub subprotocol: Option<String>,
    pub route: Arc<Route>,
    pub target: Target,
}

/// Connects and upgrades.
///
/// # Errors
/// Every stage up to `request`.
///
/// # Cancel safety
/// Dropping the future closes what was opened.
pub(crate) async fn upgrade(
    connector: &Connector,
    request: &Request,
    options: &Options,
) -> Result<Upgraded> {
    let doing = || format!("open {}", text::shown_url(&request.url));
    let target = Target::from_url(&request.url)?;
    let checked = check(&target, request, options);
    checked.map_err(|error| error.while_doing(doing()))?;
    let route = Arc::new(connector.route(&target)?);
    // HTTP/1.1 alone: in HTTP/2 there is no Upgrade, and few servers know RFC 8441.
    let mut stream = connector.connect_by(&route, &target, Alpn::Http1).await?;
    let mut steps = stream.take_steps();
    let started = Instant::now();
    let asked = Asked {
        url: &request.url,
        target: &target,
        proxied: route.proxy().is_some(),
        authorized: request.authorization.is_some(),
    };
    let key = generate_key();
    let exchanged = exchange(connector, stream, request, options, &key, &asked).await;
    let subject = subject(&request.url);
    let (stream, headers, subprotocol) = exchanged.map_err(|error| {
        let error = error.about(&*subject).while_doing(doing());
        let error = error.with_route(&route).after(steps.clone());
        match route.proxy() {
            Some(proxy) => advice::behind_tunnel(error, proxy, &target),
            None => error,
        }
    })?;
    let mut words = "101 Switching Protocols".to_owned();
    if let Some(chosen) = &subprotocol {
        words += &format!(", {chosen}");
    }
    steps.pass(Stage::Request, subject, words, started.elapsed());
    log_last(&steps);
    Ok(Upgraded {
        stream: stream.with_steps(steps),
        headers,
        subprotocol,
        route,
        target,
    })
}

/// The request for the steps, as those of HTTP are told.
fn subject(url: &Url) -> String {
    let query = if url.query().is_some() { "?…" } else { "" };
    format!("GET {}{query}", text::clip(url.path()))
}

/// Fields that are the handshake's own, or the proxy's.
const RESERVED: [&str; 13] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "transfer-encoding",
    "upgrade",
];

/// Refuses what cannot be asked for, before anything is opened.
fn check(target: &Target, request: &Request, options: &Options) -> Result<()> {
    let refused = |what: String| Error::new(Kind::Usage, Stage::Request, what);
    if !matches!(target.scheme(), Scheme::Ws | Scheme::Wss) {
        let what = format!("`{}://` is no WebSocket", target.scheme());
        let hint = match target.scheme() {
            Scheme::Http => "write ws:// for what is http:// otherwise",
            _ => "write wss:// for what is https:// otherwise",
        };
        return Err(refused(what).with_hint(hint));
    }
    if let Some(name) = RESERVED
        .into_iter()
        .find(|name| request.headers.contains_key(*name))
    {
        let error = refused(format!("the field `{name}` cannot be set by hand"));
        return Err(match name {
            "proxy-authorization" => error.with_hint(
                "it would reach the server; set the proxy's username and password instead",
            ),
            "sec-websocket-protocol" => error.with_hint("ws::Options::subprotocols offers them"),
            _ => error,
        });
    }
    let names = &options.subprotocols;
    for (at, name) in names.iter().enumerate() {
        // A token each, and none twice (RFC 6455 section 4.1): what a field's name may be.
        let is_token = HeaderName::from_bytes(name.as_bytes()).is_ok();
        if !is_token || names[..at].contains(name) {
            let what = format!("the subprotocol `{}` cannot be offered", text::clip(name));
            return Err(
                refused(what).with_hint("each is a word without blanks, and none comes twice")
            );
        }
    }
    Ok(())
}

type Body = Empty<Bytes>;

/// The request as it is sent.
fn upgrading(
    request: &Request,
    options: &Options,
    target: &Target,
    key: &str,
) -> Result<http::Request<Body>> {
    let unsendable = |_| Error::new(Kind::Usage, Stage::Request, "the URL cannot be requested");
    let mut headers = request.headers.clone();
    headers
        .entry(USER_AGENT)
        .or_insert(HeaderValue::from_static(crate::base::USER_AGENT));
    // Servers compare it with Origin, which browsers write without a default port.
    let host = match target.port() == target.scheme().default_port() {
        true => target.host().to_string(),
        false => target.authority(),
    };
    let text = |text: &str| HeaderValue::from_str(text).map_err(|_| unsendable(()));
    headers.insert(HOST, text(&host)?);
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(SEC_WEBSOCKET_KEY, text(key)?);
    if !options.subprotocols.is_empty() {
        let offered = text(&options.subprotocols.join(", "))?;
        headers.insert(SEC_WEBSOCKET_PROTOCOL, offered);
    }
    if let Some(authorization) = &request.authorization {
        headers.insert(AUTHORIZATION, fields::secret(authorization)?);
    }
    let path = match request.url.query() {
        Some(query) => format!("{}?{query}", request.url.path()),
        None => request.url.path().to_owned(),
    };
    let mut upgrading = http::Request::new(Empty::new());
    *upgrading.uri_mut() = path.parse().map_err(|_| unsendable(()))?;
    *upgrading.headers_mut() = headers;
    Ok(upgrading)
}

/// Drives a connection; what is left of it goes with this.
struct Driving(JoinHandle<hyper::Result<()>>);

impl Drop for Driving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends the request, and gives the stream behind a good 101.
async fn exchange(
    connector: &Connector,
    stream: Stream,
    request: &Request,
    options: &Options,
    key: &str,
    asked: &Asked<'_>,
) -> Result<(Stream, HeaderMap, Option<String>)> {
    let sent = upgrading(request, options, asked.target, key)?;
    let hidden = fields::hidden(sent.headers());
    debug!(
        "ws > {} by HTTP/1.1, {} fields",
        subject(&request.url),
        sent.headers().len()
    );
    let limit = connector.timeouts().reply;
    let answering = async {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(HEAD_MAX);
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        let driving = Driving(tokio::spawn(connection.with_upgrades()));
        let response = sender.send_request(sent).await?;
        Ok((response, driving))
    };
    let (mut response, driving) = match timeout(limit, answering).await {
        Ok(answered) => answered.map_err(|cause: hyper::Error| refusal::broken(&cause, asked))?,
        Err(_) => return Err(refusal::silence(limit, asked)),
    };
    debug!("ws < {}", response.status());
    if response.status() != http::StatusCode::SWITCHING_PROTOCOLS {
        let headers = response.headers().clone();
        let answer = answer_of(response).await.hiding(&hidden);
        return Err(refusal::refused(answer, &headers, asked));
    }
    let accept = derive_accept_key(key.as_bytes());
    let subprotocol = refusal::judge(response.headers(), &accept, &options.subprotocols, asked)?;
    let upgraded = hyper::upgrade::on(&mut response).await;
    let upgraded = upgraded.map_err(|cause| refusal::broken(&cause, asked))?;
    drop(driving);
    let parts = upgraded.downcast::<TokioIo<Stream>>().map_err(|_| {
        Error::new(
            Kind::Unsupported,
            Stage::Request,
            "the stream was changed on its way",
        )
    })?;
    // Frames often come together with the 101.
    let stream = parts.io.into_inner().with_leftover(parts.read_buf);
    Ok((stream, response.into_parts().0.headers, subprotocol))
}

/// How long the words of a refusal are waited for.
const WORDS: std::time::Duration = std::time::Duration::from_secs(2);

/// An answer that is no 101, with the start of its body.
async fn answer_of(response: http::Response<Incoming>) -> Answer {
    let reason = fields::reason(response.status(), response.extensions());
    let status = response.status().as_u16();
    let mut answer = fields::answer(status, &reason, response.headers(), SystemTime::now());
    let mut body = response.into_body();
    let mut kept = Vec::new();
    let reading = async {
        while kept.len() < BODY_KEPT
            && let Some(Ok(frame)) = body.frame().await
        {
            kept.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
        }
    };
    // What goes wrong on the way is no matter: the refusal stands.
    let _ = timeout(WORDS, reading).await;
    kept.truncate(BODY_KEPT);
    answer.body = String::from_utf8_lossy(&kept).into_owned();
    answer
}
