//! What a 403 of a proxy is about.

use crate::base::{Answer, Code, Target};
use crate::rules::{self, Test};

/// The titles that proxies give the page of a 403 when nobody wrote one.
const STOCK: [&str; 4] = [
    "403",
    "ERROR: The requested URL could not be retrieved",
    "Forbidden",
    "Access Denied",
];

/// What a 403 in answer to CONNECT forbids, as far as the answer alone tells: whether the port or
/// the name is meant only another try can tell, but by 443 it is no matter of the port. `known`: the
/// proxy had asked for credentials, and they were sent.
pub fn forbidden(target: &Target, answer: &Answer, known: bool) -> Code {
    if is_policy(answer) {
        return Code::ForbiddenByPolicy;
    }
    // tinyproxy tells the two apart.
    match rules::test(answer) {
        Some(Test::Port) => return Code::ConnectForbiddenPort,
        Some(Test::List) => return Code::ConnectForbiddenName,
        Some(Test::Client) | None => {}
    }
    match (target.port(), known) {
        (443, true) => Code::ProxyAuthNotAllowed,
        (443, false) => Code::ConnectForbiddenName,
        _ => Code::ConnectForbidden,
    }
}

/// Whether somebody wrote the page that refuses: a filter's, or the company's own.
pub fn is_policy(answer: &Answer) -> bool {
    match answer.squid_error.as_deref() {
        Some(name) if name.starts_with("ERR_ACCESS_DENIED") => return false,
        // `deny_info` names a page of one's own.
        Some(_) => return true,
        None => {}
    }
    match answer.title() {
        Some(title) => !STOCK.iter().any(|stock| title.starts_with(stock)),
        None => false,
    }
}
