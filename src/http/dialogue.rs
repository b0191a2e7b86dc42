//! Requests and answers in the log, without what may be a secret.

use http::StatusCode;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, HOST, HeaderMap, HeaderName,
    HeaderValue, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE, RETRY_AFTER, USER_AGENT,
};
use tracing::{Level, debug, enabled};
use url::Url;

use super::request::shown;
use crate::base::text;

/// Fields of a request whose values are shown. Of all others the name is.
const SENT: [HeaderName; 6] = [ACCEPT, ACCEPT_ENCODING, RANGE, IF_RANGE, USER_AGENT, HOST];

/// Fields of an answer that are shown.
const RECEIVED: [HeaderName; 6] = [
    CONTENT_LENGTH,
    CONTENT_RANGE,
    ETAG,
    LAST_MODIFIED,
    LOCATION,
    RETRY_AFTER,
];

/// What is to be logged of a request once it is on its way; `None` when nobody listens.
pub(super) fn request(line: impl FnOnce() -> String, headers: &HeaderMap) -> Option<String> {
    enabled!(Level::DEBUG).then(|| format!("{}{}", line(), request_fields(headers)))
}

/// Logs a request.
pub(super) fn sent(request: Option<String>) {
    if let Some(request) = request {
        debug!("http > {request}");
    }
}

/// Logs the head of the answer of `url`.
pub(super) fn received(status: StatusCode, headers: &HeaderMap, url: &Url) {
    if enabled!(Level::DEBUG) {
        debug!("http < {status}{}", answer_fields(headers, url));
    }
}

fn request_fields(headers: &HeaderMap) -> String {
    fields(headers, |name, value| {
        let is_open = SENT.contains(name) && !value.is_sensitive();
        Some(match is_open {
            true => clip(value),
            false => "…".to_owned(),
        })
    })
}

fn answer_fields(headers: &HeaderMap, url: &Url) -> String {
    fields(headers, |name, value| match name {
        name if !RECEIVED.contains(name) => None,
        &LOCATION => {
            let target = value.to_str().ok().and_then(|to| url.join(to).ok());
            Some(target.map_or_else(|| "…".to_owned(), |target| shown(&target)))
        }
        _ => Some(clip(value)),
    })
}

fn fields(
    headers: &HeaderMap,
    show: impl Fn(&HeaderName, &HeaderValue) -> Option<String>,
) -> String {
    let shown = headers.iter().filter_map(|(name, value)| {
        let value = show(name, value)?;
        Some(format!("; {name}: {value}"))
    });
    shown.collect()
}

fn clip(value: &HeaderValue) -> String {
    text::clip(&String::from_utf8_lossy(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&'static str, &[u8])]) -> HeaderMap {
        let parsed = fields.iter().map(|(name, value)| {
            let value = HeaderValue::from_bytes(value).unwrap();
            (HeaderName::from_static(name), value)
        });
        parsed.collect()
    }

    #[test]
    fn what_may_be_a_secret_is_left_out_of_requests() {
        let mut sent = headers(&[
            ("range", b"bytes=5-"),
            ("authorization", b"Basic secret"),
            ("proxy-authorization", b"Basic secret"),
            ("cookie", b"secret"),
            ("x-api-key", b"secret"),
            ("x-tenant", b"secret"),
        ]);
        let mut by_hand = HeaderValue::from_static("secret");
        by_hand.set_sensitive(true);
        sent.insert(ACCEPT, by_hand);
        let shown = request_fields(&sent);
        assert!(shown.contains("; range: bytes=5-"), "{shown}");
        for name in ["authorization", "cookie", "x-api-key", "x-tenant", "accept"] {
            assert!(shown.contains(&format!("; {name}: …")), "{name}: {shown}");
        }
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn answers_are_escaped_and_lose_tokens() {
        let url = Url::parse("http://h.example/a/b").unwrap();
        for (location, shown) in [
            ("c?sig=secret#x", "; location: http://h.example/a/c?…"),
            (
                "https://ann:secret@o.example/x",
                "; location: https://o.example/x",
            ),
            ("http://[secret", "; location: …"),
        ] {
            let headers = headers(&[("location", location.as_bytes())]);
            assert_eq!(answer_fields(&headers, &url), shown);
        }
        let headers = headers(&[
            ("etag", b"\"a\xe9\xc2\x9b31m\""),
            ("set-cookie", b"secret"),
            ("content-length", b"5"),
        ]);
        let shown = answer_fields(&headers, &url);
        assert_eq!(shown, "; etag: \"a\u{fffd}\\x9b31m\"; content-length: 5");
    }
}
