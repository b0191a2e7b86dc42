//! What went wrong with a request, and whose side it is.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::Method;
use http::header::{HeaderMap, HeaderName, VIA};

use super::client::Response;
use super::request::shown;
use crate::base::answer::BODY_KEPT;
use crate::base::{Answer, Code, Error, Kind, Proxy, Side, Stage, Target, text};
use crate::proto::connect::HEAD_MAX;
use crate::proto::fields;
use crate::proto::service::{self, Reception, Service};
use crate::proto::status;
use crate::tls;
use crate::tunnel::advice;

/// What the answer says, with the start of its body.
pub(super) async fn answer(response: Response) -> Answer {
    let status = response.status.as_u16();
    let now = SystemTime::now();
    let mut answer = fields::answer(status, &response.reason, &response.headers, now);
    let body = response.body.start(BODY_KEPT).await;
    answer.body = String::from_utf8_lossy(&body).into_owned();
    answer
}

/// The error for an answer that is not 2xx, and the service that shows itself by it.
pub(super) async fn refusal(response: Response) -> (Error, Option<Service>) {
    let doing = format!("{} {}", response.method, shown(&response.url));
    let subject = format!("{} {}", response.method, text::clip(response.url.path()));
    let (route, mut steps) = (response.route.clone(), response.steps.clone());
    steps.take_back(Stage::Request);
    let (by_proxy, in_clear) = (response.is_from_proxy(), response.in_clear);
    let (authorized, target) = (response.authorized, Target::from_url(&response.url).ok());
    let is_signed = service::is_signed(&response.url);
    let elsewhere = not_a_proxy(&response);
    // The page that would tell does not come in answer to HEAD.
    let unread = response.method == Method::HEAD && response.url.scheme() == "http";
    let method = response.method.to_string();
    let (status, headers) = (response.status, response.headers.clone());
    let answer = answer(response).await;
    // What came from a server by way of the proxy has its Via.
    let by_proxy =
        by_proxy || (in_clear && !headers.contains_key(VIA) && advice::is_own_page(&answer));
    let service = match by_proxy {
        true => None,
        false => service::recognise(status, &headers, &answer.body),
    };
    let service = match authorized || is_signed {
        true => service.map(Service::to_credentials),
        false => service,
    };
    let unsure =
        in_clear && !by_proxy && service.is_none() && matches!(answer.code, 403 | 502..=504);
    let who = match (by_proxy, unsure) {
        (true, _) => "the proxy",
        (_, true) => EITHER,
        _ => "the server",
    };
    let offered = match &answer.schemes[..] {
        [] => String::new(),
        schemes => format!("; it offers {}", text::clip(&schemes.join(", "))),
    };
    let what = format!("{who} answered {answer}{offered}");
    let (kind, hint) = classify(answer.code, by_proxy, authorized);
    let error = Error::new(kind, Stage::Request, what);
    let error = match &target {
        Some(target) if kind == Kind::ProxyUnavailable => {
            let (code, side, hint) = advice::unavailable(target, &answer);
            error.with_code(code).with_side(side).with_hint(hint)
        }
        Some(target) if unsure && answer.code >= 500 => error.with_hint(format!(
            "if this is the proxy's word, it cannot reach {target}: check the name and port; else \
             the server is at its limits: try again later"
        )),
        _ => error,
    };
    let error = error.with_code(code(&answer, by_proxy, elsewhere.is_some(), authorized));
    let lines = match (route.proxy(), &target, answer.code) {
        (Some(proxy), Some(target), 403) if by_proxy || unsure => {
            advice::refused_request(proxy, target, &method, &answer, by_proxy)
        }
        _ => None,
    };
    let hint = match advice::says_tls(&answer) {
        true => Some(wants_tls(route.proxy().filter(|_| in_clear))),
        false if unread && !by_proxy && answer.code == 400 => Some(MAY_BE_TLS.to_owned()),
        false if lines.is_some() => lines,
        false => service
            .as_ref()
            .filter(|service| !authorized || service.reception != Reception::Login)
            .and_then(Service::hint)
            .or(hint)
            .map(str::to_owned),
    };
    let error = match (hint, elsewhere) {
        (Some(hint), Some(elsewhere)) if answer.code == 404 => {
            error.with_hint(format!("{hint}; or {elsewhere}"))
        }
        (Some(hint), _) => error.with_hint(hint),
        (None, _) => error,
    };
    let error = error
        .about(subject)
        .while_doing(doing)
        .with_route(&route)
        .with_answer(answer)
        .after(steps);
    let error = match (route.proxy(), target) {
        (Some(proxy), Some(target)) => advice::behind_tunnel(error, proxy, &target),
        _ => error,
    };
    (error, service)
}

/// The advice for plain HTTP at a port of TLS; in absolute form it may be the proxy's.
fn wants_tls(hop: Option<&Arc<Proxy>>) -> String {
    let target = "this port speaks TLS: write https:// in the URL";
    match hop {
        None => target.to_owned(),
        Some(proxy) => format!("{target}; or {}", advice::proxy_speaks_tls(proxy)),
    }
}

/// The advice for a port that does not answer plain HTTP as it should.
const MAY_BE_TLS: &str = "if this port speaks TLS, write https:// in the URL";

/// Who answered, when the proxy may have done so in the server's place.
const EITHER: &str = "the server (or the proxy on its way)";

/// The doubt whether a proxy answered at all: proxies say that an answer passed them (RFC 9110
/// section 7.6.3), and a web server in the proxy's place does not know the path.
pub(super) fn not_a_proxy(response: &Response) -> Option<String> {
    let proxy = response.route.proxy()?;
    let doubtful = response.in_clear && !response.headers.contains_key(VIA);
    doubtful.then(|| advice::web_server(proxy))
}

/// The doubt about an answer that is good in itself. Apache httpd says nothing of itself unless
/// `ProxyVia` is on.
pub(super) fn no_trace_of_proxy(response: &Response) -> Option<String> {
    if response.headers.keys().any(is_trace_of_proxy) {
        return None;
    }
    not_a_proxy(response).map(|doubt| {
        format!(
            "nothing in the answer shows that a proxy passed it on (no Via field); {doubt}, and \
             whether the data is the right one; `tunnel = \"always\"` makes sure"
        )
    })
}

/// Whether a field is one that proxies and caches add: Via and its vendors' forms, X-Cache and
/// X-Cache-Lookup, Proxy-Status and its like, Age.
fn is_trace_of_proxy(name: &HeaderName) -> bool {
    let name = name.as_str();
    matches!(name, "via" | "age" | "x-squid-error")
        || name.ends_with("-via")
        || name.starts_with("x-cache")
        || name.starts_with("proxy-")
}

/// The error for a 2xx that brings no data when data was asked for.
pub(super) fn no_data(response: Response) -> Error {
    let who = match response.in_clear {
        true => EITHER,
        false => "the server",
    };
    let status = text::clip(&format!("{} {}", response.status.as_u16(), response.reason));
    let hint = match not_a_proxy(&response) {
        Some(elsewhere) => format!("check the path; or {elsewhere}"),
        None => "check the path: the server knows it, and has nothing there".to_owned(),
    };
    let what = format!("{who} answered {status}, which gives no data");
    let mut steps = response.steps;
    steps.take_back(Stage::Request);
    Error::new(Kind::TargetProtocol, Stage::Request, what)
        .with_hint(hint)
        .about(format!(
            "{} {}",
            response.method,
            text::clip(response.url.path())
        ))
        .while_doing(format!("{} {}", response.method, shown(&response.url)))
        .with_route(&response.route)
        .with_answer(Answer::new(response.status.as_u16(), response.reason))
        .after(steps)
}

/// The fields of an answer may not be longer than this, as in answer to CONNECT.
const FIELDS_MAX: usize = HEAD_MAX;

/// Whether the head of an answer is longer than anybody needs. (hyper's own limit is on what it
/// reads at once.)
pub(super) fn is_too_long(headers: &HeaderMap) -> bool {
    let lengths = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    lengths.sum::<usize>() > FIELDS_MAX
}

/// The error for such an answer.
pub(super) fn too_long(hop: Option<&Proxy>) -> Error {
    let (who, kind) = match hop {
        Some(_) => ("the proxy's answer", Kind::ProxyProtocol),
        None => ("the server's answer", Kind::TargetProtocol),
    };
    let what = format!(
        "the head of {who} is longer than {} KiB (a fixed limit)",
        FIELDS_MAX / 1024
    );
    let error = Error::new(kind, Stage::Request, what).permanent();
    match hop {
        Some(proxy) => error
            .with_code(Code::ProxyTooLong)
            .with_hint(advice::too_long(&proxy.origin)),
        None => error.with_hint(
            "no setting changes this limit: ask who runs the server what fills its answers",
        ),
    }
}

/// The name of the cause, where it is more than the status. `no_via`: a proxy was asked, and nothing
/// shows that it passed the answer on.
fn code(answer: &Answer, by_proxy: bool, no_via: bool, authorized: bool) -> Option<Code> {
    match answer.code {
        511 => Some(Code::CaptivePortal),
        300..=399 if by_proxy => Some(Code::CaptivePortal),
        403 if by_proxy && advice::is_policy(answer) => Some(Code::ForbiddenByPolicy),
        401 if authorized && !by_proxy => Some(Code::TargetAuthWrong),
        300..=399 => Some(Code::RedirectRefused),
        _ if advice::says_tls(answer) && no_via => Some(Code::ProxyWantsTls),
        _ if advice::says_tls(answer) => Some(Code::TargetWantsTls),
        400 if wants_certificate(answer) => Some(Code::TlsClientCertificate),
        _ => None,
    }
}

/// nginx's words, which lets everybody through the handshake.
fn wants_certificate(answer: &Answer) -> bool {
    let page = answer.body.to_ascii_lowercase();
    page.contains("no required ssl certificate was sent")
}

fn classify(code: u16, by_proxy: bool, authorized: bool) -> (Kind, Option<&'static str>) {
    if by_proxy {
        let kind = status::of_proxy(code);
        let hint = match code {
            501 | 505 => Some(
                "the proxy does not know the method or the protocol; with `tunnel = \"always\"` it \
                 need not",
            ),
            _ if kind == Kind::ProxyUnavailable => None,
            _ => Some("ask the proxy's administrator to allow this URL"),
        };
        return (kind, hint);
    }
    let hint = match code {
        401 if authorized => Some("the user name or the password for the server is wrong"),
        401 => Some(
            "the server wants a user name and password: --user with --password-file, or \
             username and password of the connection",
        ),
        // Others are followed, or say themselves why not.
        301..=303 | 307 | 308 => {
            Some("it is a redirect that does not say where to: ask who runs the server")
        }
        404 | 410 => Some("check the path"),
        403 => Some("the server knows the path but does not give it to you"),
        501 | 505 => Some("the server does not do this at all: check host and port"),
        _ => None,
    };
    (status::of_server(code), hint)
}

/// The error for a request that got no answer. `hop` is the proxy that should have answered, for a
/// request in absolute form; `heard` bytes of an answer had come. `plain`: without TLS.
pub(super) fn broken(
    cause: hyper_util::client::legacy::Error,
    hop: Option<&Proxy>,
    plain: bool,
    heard: u64,
) -> Error {
    if let Some(ours) = Error::find(&cause) {
        return ours.clone();
    }
    tracing::debug!(?cause, "no answer came");
    let hyper = std::error::Error::source(&cause).and_then(|e| e.downcast_ref::<hyper::Error>());
    let malformed = hyper.is_some_and(|e| e.is_parse() && !e.is_incomplete_message());
    // Without its server, hyper does not say that it is the length.
    if malformed && heard > HEAD_MAX as u64 {
        return too_long(hop);
    }
    let (who, malformed_kind, closed_kind) = match hop {
        Some(_) => ("the proxy", Kind::ProxyProtocol, Kind::ProxyProtocol),
        None => ("the server", Kind::TargetProtocol, Kind::Cut),
    };
    let (stranger, closed) = match hop {
        Some(_) => (Code::NotAProxy, Code::ProxyClosed),
        None => (Code::TargetNotHttp, Code::TargetClosed),
    };
    // Under TLS 1.3 a server says so only after the handshake.
    if tls::wants_certificate(&cause) {
        return tls::no_certificate(Stage::Request);
    }
    // Of hyper's chain only the innermost says more than the message.
    let mut innermost: &(dyn std::error::Error + 'static) = &cause;
    while let Some(next) = innermost.source() {
        innermost = next;
    }
    if malformed {
        let what = format!("{who}'s answer is not HTTP");
        let error = Error::new(malformed_kind, Stage::Request, what)
            .with_code(stranger)
            .permanent()
            .with_source(innermost.to_string());
        return match hop {
            Some(proxy) => error.with_hint(format!(
                "check the proxy's port in {}: some other service may listen there",
                proxy.origin
            )),
            None if plain => error.with_hint(MAY_BE_TLS),
            None => error,
        };
    }
    if hyper.is_some_and(hyper::Error::is_user) {
        let what = match hyper.is_some_and(hyper::Error::is_body_write_aborted) {
            true => "the request's body ended before its length",
            false => "the request's body cannot be read",
        };
        return Error::new(Kind::Usage, Stage::Request, what).with_source(innermost.to_string());
    }
    let what = match heard {
        0 => format!("{who} closed the connection without an answer"),
        _ => format!("{who} closed the connection inside its answer, after {heard} bytes"),
    };
    let error = Error::new(closed_kind, Stage::Request, what).with_code(closed);
    let error = match hop {
        Some(proxy) => error.with_hint(advice::closed(proxy)),
        None if plain && heard == 0 => error.with_hint(MAY_BE_TLS),
        None => error,
    };
    match innermost.is::<std::io::Error>() {
        true => error.with_source(innermost.to_string()),
        false => error,
    }
}

/// The error for a request whose answer did not come in time. In absolute form the silence may
/// be the proxy's or the server's: whoever runs the proxy can tell.
pub(super) fn silence(
    (limit, setting): (Duration, &'static str),
    target: &Target,
    hop: Option<&Proxy>,
    all_sent: bool,
) -> Error {
    let error = |what: &str| {
        let what = match all_sent {
            true => what.to_owned(),
            false => format!("{what}, and the request's body was not taken to its end"),
        };
        Error::new(Kind::Timeout, Stage::Request, what).with_limit(setting, text::seconds(limit))
    };
    match hop {
        None => error("no answer to the request"),
        Some(proxy) => error("no answer from the proxy (or the server behind it)")
            .with_side(Side::Proxy)
            .with_code(Code::ProxySilent)
            .with_hint(format!(
                "ask whether the proxy can reach {target}; a service that is no proxy may be \
                 silent too: check the proxy's port in {}",
                proxy.origin
            )),
    }
}

/// The error for a body that broke off.
pub(super) fn cut(cause: hyper::Error, from_proxy: bool) -> Error {
    if let Some(ours) = Error::find(&cause) {
        return ours.clone();
    }
    let who = if from_proxy {
        "the proxy"
    } else {
        "the server"
    };
    let what = format!("{who} closed the connection before the end of the data");
    let error = Error::new(Kind::Cut, Stage::Transfer, what).with_source(cause);
    match from_proxy {
        true => error.with_hint(
            "the proxy, or the server behind it, broke off: where that happens again and again, ask \
             the proxy's administrator for its limits on time and size",
        ),
        false => error,
    }
}
