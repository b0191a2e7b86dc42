//! What a proxy means that cannot now.

use crate::base::{Answer, Code, Host, Side, Target};
use crate::rules::Product;

/// What it is that a proxy cannot now (408, 429, 5xx), whose side that is, and the advice: the
/// target cannot be reached from the proxy, or the proxy itself is at its limits.
pub fn unavailable(target: &Target, answer: &Answer) -> (Code, Side, String) {
    let code = code(target, answer);
    let host = target.host();
    let hint = match code {
        _ if has_no_server(answer) => {
            let hint = "it is haproxy's word that none of the servers behind it is up: ask who runs \
                        it to look at its backend, or at the target that it goes on to";
            return (code, Side::Proxy, hint.to_owned());
        }
        Code::ProxyBusy if matches!(answer.code, 408 | 420 | 429) => {
            "the proxy is busy; try again later".to_owned()
        }
        Code::TargetPortClosed => format!(
            "{target} refused the proxy's connection: check the port, and whether the server is up"
        ),
        Code::TargetNameUnknown if found_nothing(answer) => format!(
            "Squid found no way to {target}, mostly because it does not know the name {host}: check \
             it; a name of the private network needs a bypass rule"
        ),
        Code::TargetNameUnknown => format!(
            "the proxy does not know the name {host}: check it; a name of the private network \
             needs a bypass rule"
        ),
        Code::TargetHungUp if page(answer).contains(UNREAD) => format!(
            "{target} took the proxy's connection and gave no answer: it ended it, or was silent for \
             longer than the proxy waits (Apache's ProxyTimeout)"
        ),
        Code::TargetUnreachable if page(answer).contains(UNABLE) => format!(
            "tinyproxy does not say why it could not reach {target}: its log does; check the name \
             and port, and whether the proxy's network may reach it"
        ),
        Code::TargetHungUp if page(answer).contains(NO_HEADERS) => format!(
            "{target} took the proxy's connection, and what it said is not HTTP, or nothing: another \
             service may listen there (check the port), or it wants TLS (https://)"
        ),
        Code::TargetHungUp => format!(
            "{target} took the proxy's connection and ended it without an answer: it may want \
             TLS (https://), be restarting, or be closed to the proxy"
        ),
        Code::TargetUnreachable | Code::TargetTimeout => format!(
            "the proxy could not reach {target}: check the name and port, and whether the proxy's \
             network may reach it"
        ),
        _ => format!("the proxy is overloaded or cannot reach {target}; try again later"),
    };
    let side = match code {
        Code::ProxyBusy => Side::Proxy,
        _ => Side::Target,
    };
    (code, side, hint)
}

/// The cause, as far as the proxy tells it: by Proxy-Status, by Squid's name of the error, by the
/// page, and by the status.
fn code(target: &Target, answer: &Answer) -> Code {
    if matches!(answer.code, 408 | 420 | 429) {
        return Code::ProxyBusy;
    }
    if is_unknown_name(target, answer) {
        return Code::TargetNameUnknown;
    }
    let by_name = by_proxy_status(answer)
        .or_else(|| by_squid(answer))
        .or_else(|| by_page(answer));
    by_name.unwrap_or(match answer.code {
        504 => Code::TargetTimeout,
        502 => Code::TargetUnreachable,
        // Apache's own limits never show as an answer to CONNECT.
        503 if Product::recognise(answer).contains(&Product::Apache) => Code::TargetUnreachable,
        _ => Code::ProxyBusy,
    })
}

/// RFC 9209 section 2.3.
fn by_proxy_status(answer: &Answer) -> Option<Code> {
    let status = answer.proxy_status.as_deref()?;
    let error = status.split("error=").nth(1)?;
    let error = error.split([';', ',', ' ']).next()?;
    Some(match error {
        "dns_error" => Code::TargetNameUnknown,
        "dns_timeout"
        | "connection_timeout"
        | "connection_read_timeout"
        | "http_response_timeout" => Code::TargetTimeout,
        "connection_refused" => Code::TargetPortClosed,
        "connection_terminated" | "http_response_incomplete" => Code::TargetHungUp,
        "destination_unavailable" | "destination_ip_unroutable" | "destination_not_found" => {
            Code::TargetUnreachable
        }
        "connection_limit_reached" => Code::ProxyBusy,
        _ => return None,
    })
}

/// `X-Squid-Error: ERR_CONNECT_FAIL 111`: with the number of the system's error, Linux's here.
fn by_squid(answer: &Answer) -> Option<Code> {
    let mut words = answer.squid_error.as_deref()?.split_whitespace();
    Some(match (words.next()?, words.next()) {
        ("ERR_CONNECT_FAIL", Some("111")) => Code::TargetPortClosed,
        ("ERR_CONNECT_FAIL", Some("110")) | ("ERR_READ_TIMEOUT", _) => Code::TargetTimeout,
        ("ERR_CONNECT_FAIL" | "ERR_CANNOT_FORWARD", _) => Code::TargetUnreachable,
        ("ERR_DNS_FAIL", _) => Code::TargetNameUnknown,
        ("ERR_ZERO_SIZE_OBJECT" | "ERR_READ_ERROR", _) => Code::TargetHungUp,
        _ => return None,
    })
}

/// What Apache httpd says of a server that it asked in vain: one that ended, or one that was silent.
const UNREAD: &str = "error reading from remote server";

/// What tinyproxy says of every target that it cannot reach, by name or by port.
const UNABLE: &str = "tinyproxy was unable to connect to the remote";

/// What tinyproxy says of a server whose answer it cannot read, or that ends before it has given one.
const NO_HEADERS: &str = "unable to retrieve and process headers from the remote";

/// Whether it is Squid 5's word that no address is left to try: in answer to CONNECT, and to a
/// request. Of a name that nobody knows it says this, and not ERR_DNS_FAIL.
fn found_nothing(answer: &Answer) -> bool {
    let error = answer.squid_error.as_deref().unwrap_or_default();
    error.starts_with("ERR_CANNOT_FORWARD") || error == "ERR_READ_ERROR 0"
}

/// Whether Squid does not know the target's name, where it does not say so by ERR_DNS_FAIL.
pub fn is_unknown_name(target: &Target, answer: &Answer) -> bool {
    found_nothing(answer) && matches!(target.host(), Host::Domain(_))
}

/// Apache httpd's, tinyproxy's and haproxy's words.
fn by_page(answer: &Answer) -> Option<Code> {
    let page = page(answer);
    let marks = [
        ("dns lookup failure", Code::TargetNameUnknown),
        ("could not retrieve address info", Code::TargetNameUnknown),
        (UNREAD, Code::TargetHungUp),
        (UNABLE, Code::TargetUnreachable),
        (NO_HEADERS, Code::TargetHungUp),
        // haproxy's 502.
        (
            "the server returned an invalid or incomplete response",
            Code::TargetHungUp,
        ),
        // Apache's, whose own limits never show as an answer to CONNECT.
        (
            "temporarily unable to service your",
            Code::TargetUnreachable,
        ),
        (NO_SERVER, Code::TargetUnreachable),
    ];
    let found = marks.iter().find(|(mark, _)| page.contains(mark));
    found.map(|(_, code)| *code)
}

/// haproxy's 503.
const NO_SERVER: &str = "no server is available to handle this request";

fn has_no_server(answer: &Answer) -> bool {
    page(answer).contains(NO_SERVER)
}

/// What is read of a page: its words in small letters.
pub(super) fn page(answer: &Answer) -> String {
    let words = answer.body.split_whitespace().collect::<Vec<_>>();
    words.join(" ").to_ascii_lowercase()
}
