//! Answers that are not the hoped-for ones: what they mean, and whose side it is. Where none came, see
//! `broken`.

use std::sync::Arc;
use std::time::SystemTime;

use http::Method;
use http::header::{HeaderName, VIA};

use super::client::Response;
use super::request::shown;
use super::word;
use crate::base::answer::BODY_KEPT;
use crate::base::{Answer, Code, Error, Kind, Proxy, Stage, Target, text};
use crate::proto::fields;
use crate::proto::service::{self, Reception, Service};
use crate::proto::status;
use crate::tunnel::advice::{self, Word};

/// What the answer says, with the start of its body.
pub(super) async fn answer(response: &mut Response) -> Answer {
    let body = response.body.start(BODY_KEPT).await;
    told(response, &body)
}

/// What the answer says, of whose body this is the start.
fn told(response: &Response, body: &[u8]) -> Answer {
    let status = response.status.as_u16();
    let now = SystemTime::now();
    let mut answer = fields::answer(status, &response.reason, &response.headers, now);
    let body = &body[..body.len().min(BODY_KEPT)];
    answer.body = String::from_utf8_lossy(body).into_owned();
    answer.hiding(&response.hidden)
}

/// The error for an answer that is not 2xx, and the service that shows itself by it.
pub(super) async fn refusal(mut response: Response) -> (Error, Option<Service>) {
    let answer = answer(&mut response).await;
    let word = word::of(&response, &answer);
    judge(&response, answer, word)
}

/// The error for an answer that is not 2xx, if it is the proxy's own word; `body` is its start.
#[cfg(feature = "ws")]
pub(super) fn proxys_word(response: &Response, body: &[u8]) -> Option<Error> {
    let answer = told(response, body);
    let word = word::of(response, &answer);
    word.is_proxys().then(|| judge(response, answer, word).0)
}

fn judge(response: &Response, answer: Answer, word: Word) -> (Error, Option<Service>) {
    let doing = format!("{} {}", response.method, shown(&response.url));
    let subject = format!("{} {}", response.method, text::clip(response.url.path()));
    let (route, mut steps) = (&response.route, response.steps.clone());
    steps.take_back(Stage::Request);
    let (by_proxy, in_clear) = (word.is_proxys(), response.in_clear);
    let (authorized, target) = (response.authorized, Target::from_url(&response.url).ok());
    let is_signed = service::is_signed(&response.url);
    let elsewhere = not_a_proxy(response);
    // The page that would tell does not come in answer to HEAD.
    let unread = response.method == Method::HEAD && response.url.scheme() == "http";
    let service = match by_proxy {
        true => None,
        false => service::recognise(response.status, &response.headers, &answer.body),
    };
    let service = match authorized || is_signed {
        true => service.map(Service::to_credentials),
        false => service,
    };
    let code = code(&answer, by_proxy, elsewhere.is_some(), authorized);
    let may_be_proxys = elsewhere.is_some() && code.is_some_and(is_in_its_place);
    let unsure = word == Word::Either && service.is_none();
    let who = match word {
        Word::Proxys => "the proxy",
        Word::Likely(_) => LIKELY,
        _ if unsure || may_be_proxys => EITHER,
        _ => "the server",
    };
    let offered = match &answer.schemes[..] {
        [] => String::new(),
        schemes => format!("; it offers {}", text::clip(&schemes.join(", "))),
    };
    let what = format!("{who} answered {answer}{offered}");
    let (kind, hint) = classify(answer.code, by_proxy, authorized);
    let (kind, hint) = match may_be_proxys || by_proxy && code == Some(Code::CaptivePortal) {
        true => (Kind::ProxyRefused, None),
        false => (kind, hint),
    };
    let error = Error::new(kind, Stage::Request, what);
    let error = match &target {
        Some(target) if kind == Kind::ProxyUnavailable => {
            let (code, side, hint) = advice::unavailable(target, &answer);
            let hint = match word.doubt() {
                Some(doubt) => format!("{hint} ({doubt})"),
                None => hint,
            };
            error.with_code(code).with_side(side).with_hint(hint)
        }
        Some(target) if unsure && answer.code >= 500 => error.with_hint(format!(
            "if this is the proxy's word, it cannot reach {target}: check the name and port; else \
             the server is at its limits: try again later"
        )),
        _ => error,
    };
    let error = error.with_code(code);
    let lines = match (route.proxy(), &target, answer.code) {
        (Some(proxy), Some(target), 403) if by_proxy || unsure => {
            let method = response.method.as_str();
            advice::refused_request(proxy, target, method, &answer, word)
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
        .with_route(route)
        .with_answer(answer)
        .after(steps);
    let error = match (route.proxy(), target) {
        (Some(proxy), Some(target)) => advice::behind_tunnel(error, proxy, &target),
        _ => error,
    };
    (error, service)
}

/// Whether it is the cause where something stands at the proxy's port, or before it, that is none: as
/// little of a target is met as by CONNECT.
fn is_in_its_place(code: Code) -> bool {
    matches!(code, Code::ProxyWantsTls | Code::CaptivePortal)
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
pub(super) const MAY_BE_TLS: &str = "if this port speaks TLS, write https:// in the URL";

/// Who answered, when the proxy may have done so in the server's place.
const EITHER: &str = "the server (or the proxy on its way)";

/// Who answered, when the proxy most likely did.
const LIKELY: &str = "the proxy (or the server behind it)";

/// The doubt whether a proxy answered at all: proxies say that an answer passed them (RFC 9110
/// section 7.6.3), and a web server in the proxy's place does not know the path.
pub(super) fn not_a_proxy(response: &Response) -> Option<String> {
    let proxy = response.route.proxy()?;
    let doubtful = response.in_clear && !response.headers.contains_key(VIA);
    doubtful.then(|| advice::web_server(proxy))
}

/// The doubt about an answer that is good in itself, and that the proxy made of a greeting that was no
/// HTTP: Squid passes on what any other service says, and notes that its version was 0.9.
pub(super) fn not_http(response: &Response) -> Option<String> {
    let from = response.headers.get("x-transformed-from")?;
    let is_old = from.as_bytes().eq_ignore_ascii_case(b"http/0.9");
    (is_old && response.in_clear).then(|| {
        "the target does not speak HTTP: the proxy passed on what it said as a file without a head \
         (X-Transformed-From: HTTP/0.9); another service may listen there: check the port"
            .to_owned()
    })
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
