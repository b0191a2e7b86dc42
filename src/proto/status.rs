//! What the status of a refusal means, whatever was asked for.

use crate::base::Kind;

/// The kind of error that a server's answer is which is none of the expected ones: whether trying
/// again may help follows from it.
pub fn of_server(code: u16) -> Kind {
    match code {
        401 => Kind::TargetAuth,
        // It does not know the method or the protocol, and will not know it later.
        501 | 505 => Kind::TargetRefused,
        // 408 may be repeated on another connection (RFC 9110 section 15.5.9). 420 is what some
        // services say in place of 429.
        408 | 420 | 429 | 500..=599 => Kind::TargetUnavailable,
        _ => Kind::TargetRefused,
    }
}

/// The kind of error that an answer is which a proxy gives in its own name. (Its 407 is the
/// connector's.)
pub fn of_proxy(code: u16) -> Kind {
    match of_server(code) {
        Kind::TargetUnavailable => Kind::ProxyUnavailable,
        _ => Kind::ProxyRefused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_the_same_of_both() {
        for code in 100..=999 {
            let (server, proxy) = (of_server(code), of_proxy(code));
            assert_eq!(server.is_transient(), proxy.is_transient(), "{code}");
        }
        for code in [408, 420, 429, 500, 502, 503, 504, 507, 599] {
            assert!(of_server(code).is_transient(), "{code}");
        }
        for code in [400, 401, 403, 404, 407, 426, 501, 505] {
            assert!(!of_server(code).is_transient(), "{code}");
        }
    }
}
