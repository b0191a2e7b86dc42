//! What an answer to the upgrade means, and whose side it is.

use std::time::Duration;

use http::header::{
    CONNECTION, HeaderMap, HeaderName, LOCATION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_EXTENSIONS,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use url::Url;

use crate::base::{Answer, Code, Error, Kind, Result, Scheme, Stage, Target, text};
use crate::proto::connect::HEAD_MAX;
use crate::proto::status;
use crate::tls;

/// What was asked, as far as a refusal tells of it.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    pub url: &'a Url,
    pub target: &'a Target,
    pub proxied: bool,
    pub authorized: bool,
}

impl Asked<'_> {
    fn in_clear(&self) -> bool {
        self.target.scheme() == Scheme::Ws
    }

    /// What to do where something on the way meddles with the upgrade.
    fn meddled(&self) -> String {
        let reverse = "a reverse proxy in front of the server must pass the upgrade on (nginx: \
                       proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
                       proxy_set_header Connection \"upgrade\")";
        match self.in_clear() {
            true => format!(
                "{reverse}; something between here and there may also swallow it: wss:// hides it"
            ),
            false => reverse.to_owned(),
        }
    }
}

fn error(kind: Kind, what: impl Into<String>) -> Error {
    Error::new(kind, Stage::Request, what)
}

/// Whether a 101 is one to this upgrade; gives the subprotocol that was chosen.
///
/// # Errors
/// [`Kind::TargetProtocol`].
pub(super) fn judge(
    headers: &HeaderMap,
    accept: &str,
    offered: &[String],
    asked: &Asked<'_>,
) -> Result<Option<String>> {
    let wrong = |what: String| {
        let error = error(
            Kind::TargetProtocol,
            format!("the server answered 101, but {what}"),
        );
        let error = error.permanent().with_code(Code::WsNotUpgraded);
        Err(error.with_hint(format!(
            "what answers may be no WebSocket server: check the path and the port; {}",
            asked.meddled()
        )))
    };
    if !has_word(headers, &UPGRADE, "websocket") {
        return wrong("not with `Upgrade: websocket`".to_owned());
    }
    if !has_word(headers, &CONNECTION, "upgrade") {
        return wrong("not with `Connection: Upgrade`".to_owned());
    }
    let mut keys = headers.get_all(SEC_WEBSOCKET_ACCEPT).iter();
    match (keys.next(), keys.next()) {
        (Some(key), None) if key.as_bytes().trim_ascii() == accept.as_bytes() => {}
        (None, _) => return wrong("without Sec-WebSocket-Accept".to_owned()),
        // It is the answer to another request: a cache's, or made up.
        _ => return wrong("its Sec-WebSocket-Accept is not that of this request".to_owned()),
    }
    if let Some(extensions) = headers.get(SEC_WEBSOCKET_EXTENSIONS) {
        let extensions = text::clip(&String::from_utf8_lossy(extensions.as_bytes()));
        return wrong(format!(
            "uses an extension that was not offered: {extensions}"
        ));
    }
    let mut chosen = headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let (first, second) = (chosen.next(), chosen.next());
    let Some(first) = first else {
        return Ok(None);
    };
    let name = String::from_utf8_lossy(first.as_bytes()).into_owned();
    match second.is_none() && offered.contains(&name) {
        true => Ok(Some(name)),
        false => wrong(format!(
            "with a subprotocol that was not offered: {}",
            text::clip(&name)
        )),
    }
}

/// Whether a word is among those of a field, in any case.
fn has_word(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).into_iter();
    let mut words = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    words.any(|found| found.trim().eq_ignore_ascii_case(word))
}

/// The error for an answer that is no 101.
pub(super) fn refused(answer: Answer, headers: &HeaderMap, asked: &Asked<'_>) -> Error {
    let location = headers.get(LOCATION);
    let location = location.map(|to| String::from_utf8_lossy(to.as_bytes()));
    let offered = match &answer.schemes[..] {
        [] => String::new(),
        schemes => format!("; it offers {}", text::clip(&schemes.join(", "))),
    };
    let what = format!("the server answered {answer} to the upgrade{offered}");
    let kind = match answer.code {
        200..=299 => Kind::TargetProtocol,
        code => status::of_server(code),
    };
    let hint = match answer.code {
        200..=299 => format!(
            "it took the upgrade for an ordinary request: check the path; {}",
            asked.meddled()
        ),
        300..=399 => elsewhere(location.as_deref(), asked.url),
        400 | 426 => format!(
            "the upgrade did not arrive as one, or the server wants another version: {}",
            asked.meddled()
        ),
        401 if asked.authorized => {
            "the user name or the password for the server is wrong".to_owned()
        }
        401 => "the server wants a login: username and password of a connection whose url is this \
                one (ws:// or wss://, not https://), --user with --password-file, or a field with a \
                token"
            .to_owned(),
        403 => "the server knows the path but does not let you in; some want the field `Origin` of \
                their own pages"
            .to_owned(),
        404 | 405 | 410 => "check the path: there is no WebSocket at it".to_owned(),
        407 if asked.proxied => {
            "another proxy answers inside the tunnel: something between the proxy and the server \
             wants a login; wss:// hides the request from it"
                .to_owned()
        }
        501 | 505 => "the server does not do this at all: check host and port".to_owned(),
        _ if kind == Kind::TargetUnavailable => {
            "the server, or what stands in front of it, cannot now: try again later".to_owned()
        }
        _ => "check the path".to_owned(),
    };
    let code = match answer.code {
        // RFC 6455 section 4.4: a server names the versions that it speaks.
        400 | 426 if headers.contains_key(SEC_WEBSOCKET_VERSION) => Some(Code::WsVersion),
        200..=299 | 400 | 426 => Some(Code::WsNotUpgraded),
        300..=399 => Some(Code::RedirectRefused),
        401 if asked.authorized => Some(Code::TargetAuthWrong),
        407 if asked.proxied => Some(Code::ProxyAuthMissing),
        511 => Some(Code::CaptivePortal),
        _ => None,
    };
    error(kind, what)
        .with_code(code)
        .with_hint(hint)
        .with_answer(answer)
}

/// The advice for a redirect, which a WebSocket does not follow, as browsers do not.
fn elsewhere(location: Option<&str>, url: &Url) -> String {
    let to = location.and_then(|to| url.join(to).ok());
    let Some(mut to) = to else {
        return "no redirect is followed: connect to the right URL".to_owned();
    };
    let scheme = match to.scheme() {
        "https" | "wss" => "wss",
        "http" | "ws" => "ws",
        _ => return "no redirect is followed, and this one leads to no WebSocket".to_owned(),
    };
    let _ = to.set_scheme(scheme);
    format!(
        "no redirect is followed: if it is right, connect to {} (a login page is not)",
        text::shown_url(&to)
    )
}

/// The error for a request that got no answer that can be read.
pub(super) fn broken(cause: &hyper::Error, asked: &Asked<'_>) -> Error {
    if let Some(ours) = Error::find(cause) {
        return ours.clone();
    }
    if tls::wants_certificate(cause) {
        return tls::no_certificate(Stage::Request);
    }
    let reason = std::error::Error::source(cause).map(ToString::to_string);
    let with_reason = |error: Error| match &reason {
        Some(reason) => error.with_source(reason.clone()),
        None => error,
    };
    // Without its server, hyper says that it is the length in words alone.
    if cause.is_parse() && cause.to_string().contains("too large") {
        let what = format!(
            "the head of the server's answer is longer than {} KiB (a fixed limit)",
            HEAD_MAX / 1024
        );
        return error(Kind::TargetProtocol, what).permanent().with_hint(
            "no setting changes this limit: ask who runs the server what fills its answers",
        );
    }
    if cause.is_parse() && !cause.is_incomplete_message() {
        let what = "the server's answer is not HTTP/1.1";
        let hint = match asked.in_clear() {
            true => "if this port speaks TLS, write wss:// in the URL",
            false => "some other service may listen there: check the port",
        };
        let error = error(Kind::TargetProtocol, what)
            .with_code(Code::TargetNotHttp)
            .permanent()
            .with_hint(hint);
        return with_reason(error);
    }
    let what = "the server closed the connection without an answer to the upgrade";
    let hint = match asked.in_clear() {
        true => {
            "if this port speaks TLS, write wss:// in the URL; something on the way may not let \
             WebSocket through: wss:// hides it"
        }
        false => "something on the way that inspects TLS may not let WebSocket through",
    };
    with_reason(
        error(Kind::Cut, what)
            .with_code(Code::TargetClosed)
            .with_hint(hint),
    )
}

/// The error for an upgrade that is not answered in time.
pub(super) fn silence(limit: Duration, asked: &Asked<'_>) -> Error {
    error(Kind::Timeout, "no answer to the upgrade")
        .with_limit("timeouts.reply", text::seconds(limit))
        .with_hint(asked.meddled())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    fn judged(fields: &[(HeaderName, &'static str)]) -> Result<Option<String>> {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (UPGRADE, "WebSocket"),
            (CONNECTION, "keep-alive, Upgrade"),
            (SEC_WEBSOCKET_ACCEPT, ACCEPT),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        for (name, value) in fields {
            headers.append(name.clone(), HeaderValue::from_static(value));
        }
        let url: Url = "ws://h.test/feed".parse().unwrap();
        let target = Target::from_url(&url).unwrap();
        let asked = Asked {
            url: &url,
            target: &target,
            proxied: true,
            authorized: false,
        };
        judge(&headers, ACCEPT, &["a".to_owned()], &asked)
    }

    #[test]
    fn a_101_is_taken_at_its_word_and_no_further() {
        assert_eq!(judged(&[]).unwrap(), None);
        let chosen = judged(&[(SEC_WEBSOCKET_PROTOCOL, "a")]).unwrap();
        assert_eq!(chosen.as_deref(), Some("a"));
        for (fields, what) in [
            (
                &[(SEC_WEBSOCKET_PROTOCOL, "b")][..],
                "a subprotocol that was not offered: b",
            ),
            (
                &[(SEC_WEBSOCKET_PROTOCOL, "a"), (SEC_WEBSOCKET_PROTOCOL, "a")],
                "a subprotocol that was not offered",
            ),
            (
                &[(SEC_WEBSOCKET_EXTENSIONS, "permessage-deflate")],
                "an extension that was not offered: permessage-deflate",
            ),
            (
                &[(SEC_WEBSOCKET_ACCEPT, ACCEPT)],
                "is not that of this request",
            ),
        ] {
            let error = judged(fields).unwrap_err();
            assert!(error.to_string().contains(what), "{what}: {error}");
            assert_eq!(error.kind(), Kind::TargetProtocol);
        }
    }
}
