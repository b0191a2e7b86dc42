//! Fields of HTTP: what they say of a refusal, and how a secret goes into one.

use std::time::SystemTime;

use http::header::{
    AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, RETRY_AFTER, SERVER, VIA, WWW_AUTHENTICATE,
};
use http::{Extensions, StatusCode};
use hyper::ext::ReasonPhrase;

use super::auth;
use crate::base::answer::BODY_KEPT;
use crate::base::hidden::Hidden;
use crate::base::{Answer, Error, Kind, Result, Secret, Stage};

/// What an answer of HTTP says by its head; the body is the caller's. A `Retry-After` that is a
/// date counts from `now`.
pub fn answer(status: u16, reason: &str, headers: &HeaderMap, now: SystemTime) -> Answer {
    let mut answer = Answer::new(status, reason);
    answer.server = field(headers, &SERVER);
    answer.via = field(headers, &VIA);
    answer.proxy_status = field(headers, &HeaderName::from_static("proxy-status"));
    answer.squid_error = field(headers, &HeaderName::from_static("x-squid-error"));
    if (300..=399).contains(&status) {
        answer.location = field(headers, &LOCATION);
    }
    answer.retry_after = field(headers, &RETRY_AFTER).and_then(|v| seconds(&v, now));
    let challenging = match status {
        407 => PROXY_AUTHENTICATE,
        _ => WWW_AUTHENTICATE,
    };
    let fields = headers.get_all(challenging).iter();
    let challenges = auth::challenges(fields.map(HeaderValue::as_bytes));
    answer.schemes = challenges.into_iter().map(|c| c.scheme).collect();
    answer
}

/// The reason phrase as it was sent (HTTP/1 only), else the status's usual one: hyper keeps it only
/// when it is another. Not escaped.
pub fn reason(status: StatusCode, extensions: &Extensions) -> String {
    match extensions.get::<ReasonPhrase>() {
        Some(sent) => String::from_utf8_lossy(sent.as_bytes()).into_owned(),
        None => status.canonical_reason().unwrap_or_default().to_owned(),
    }
}

fn field(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let value = headers.get(name)?.as_bytes();
    let kept = &value[..value.len().min(BODY_KEPT)];
    Some(String::from_utf8_lossy(kept).into_owned())
}

/// `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3).
fn seconds(value: &str, now: SystemTime) -> Option<u64> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(seconds);
    }
    let date = httpdate::parse_http_date(value.trim()).ok()?;
    let wait = date.duration_since(now).unwrap_or_default();
    Some(wait.as_secs())
}

/// What of a request's fields is not shown where an answer repeats it: all but those that hold no
/// secret in any program, whose words (`https`) stand in answers anyway.
pub(crate) fn hidden(headers: &HeaderMap) -> Hidden {
    let mut hidden = Hidden::default();
    for (name, value) in headers {
        let Ok(value) = value.to_str() else { continue };
        match name {
            &AUTHORIZATION | &PROXY_AUTHORIZATION => auth::hide(value, &mut hidden),
            name if is_plain(name.as_str()) => {}
            _ => hidden.add(value),
        }
    }
    hidden
}

fn is_plain(name: &str) -> bool {
    let beginnings = [
        "accept",
        "content-",
        "if-",
        "sec-websocket-",
        "x-forwarded-",
    ];
    beginnings.iter().any(|start| name.starts_with(start))
        || matches!(
            name,
            "cache-control"
                | "connection"
                | "expect"
                | "forwarded"
                | "host"
                | "origin"
                | "pragma"
                | "range"
                | "te"
                | "upgrade"
                | "user-agent"
                | "x-amz-content-sha256"
                | "x-amz-date"
                | "x-requested-with"
        )
}

/// A secret as the value of a field, which no `Debug` shows.
///
/// # Errors
/// It has a control character.
pub fn secret(value: &Secret) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(value.expose()).map_err(|_| {
        let what = "a header value contains a control character";
        Error::new(Kind::Usage, Stage::Request, what)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_to_wait_for_counts_from_now() {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:00 GMT").unwrap();
        for (value, seconds) in [
            ("7", Some(7)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(37)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("soon", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(value));
            assert_eq!(answer(503, "", &headers, now).retry_after, seconds);
        }
    }

    /// A login with all its parts, and what no program knows as harmless: `https` stands in answers.
    #[test]
    fn what_was_sent_is_hidden_but_for_what_holds_no_secret() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            // `joe:gr4nted`
            ("authorization", "Basic am9lOmdyNG50ZWQ="),
            ("x-api-key", "k3y-of-mine"),
            ("x-forwarded-proto", "https"),
            ("accept", "text/csv"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let said = "am9lOmdyNG50ZWQ= joe:gr4nted k3y-of-mine https text/csv";
        let told = "… joe:… … https text/csv";
        assert_eq!(hidden(&headers).out_of(said), told);
    }

    #[test]
    fn schemes_are_those_of_who_asks() {
        let mut headers = HeaderMap::new();
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        headers.insert(PROXY_AUTHENTICATE, HeaderValue::from_static("Basic"));
        let schemes = |status| answer(status, "", &headers, SystemTime::UNIX_EPOCH).schemes;
        assert_eq!(schemes(401), ["Bearer"]);
        assert_eq!(schemes(407), ["Basic"]);
        assert!(secret(&Secret::new("a\r\nb")).is_err());
    }
}
