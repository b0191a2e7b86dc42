//! Answers by which a service may be known.

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use outbound::proto::service::recognise;

use super::assert_showable;

pub const WORDS: &[&str] = &[
    "x-amzn-requestid: 1\n",
    "x-amz-request-id: 1\n",
    "x-amzn-errortype: ",
    "x-elastic-product: Elasticsearch\n",
    "www-authenticate: Basic realm=\"security\"\n",
    "<Code>",
    "</Code>",
    "<RequestId>",
    "<Response><Errors>",
    "<?xml",
    "?>",
    "{\"error\":{\"type\":\"",
    "\"tagline\":\"You Know, for Search\"",
    "{\"version\":{\"number\":\"",
    "{\"__type\":\"a#",
    "AuthFailure",
    "Exception",
    "\"}}",
    "\n\n",
    "\u{1b}[31m",
];

/// What is told is one short line, its words are plain, and an answer that is no refusal is not
/// taken for one. Lines before an empty one are the status and the fields.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.parse().ok());
    let status = status.and_then(|code: u16| StatusCode::from_u16(code).ok());
    let status = status.unwrap_or(StatusCode::FORBIDDEN);
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        let name = HeaderName::from_bytes(name.to_lowercase().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    let Some(service) = recognise(status, &headers, body) else {
        return;
    };
    assert_showable(&service.told(), 300);
    for word in [&service.code, &service.version].into_iter().flatten() {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
        assert!(word.len() <= 64 && word.chars().all(is_plain), "{word:?}");
    }
    if service.wants_client() {
        assert!(
            status.is_client_error() || status.is_redirection(),
            "{status}"
        );
    }
}
