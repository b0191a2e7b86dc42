//! Which of object_store's kinds an error is: they decide whether it tries again.

use ::object_store::client::{HttpError, HttpErrorKind};

use crate::base::{Error, Kind, Stage};

/// The error as object_store knows errors. It tries what is `Connect` or `Request` again, and what
/// is `Timeout` or `Interrupted` where the request may be sent twice. A refusal is never tried
/// again: neither a policy nor a password changes by itself.
pub(super) fn classed(error: Error) -> HttpError {
    let kind = match error.kind() {
        _ if !error.is_transient() => HttpErrorKind::Unknown,
        Kind::Cut | Kind::Changed => HttpErrorKind::Interrupted,
        Kind::Timeout if error.stage() >= Stage::Request => HttpErrorKind::Timeout,
        _ if error.stage() < Stage::Request => HttpErrorKind::Connect,
        _ => HttpErrorKind::Request,
    };
    HttpError::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_never_tried_again() {
        let of = |kind, stage| classed(Error::new(kind, stage, "x")).kind();
        #[rustfmt::skip]
        let table = [
            (Kind::ProxyRefused, Stage::Connect, HttpErrorKind::Unknown),
            (Kind::ProxyAuth, Stage::Connect, HttpErrorKind::Unknown),
            (Kind::ProxyAuth, Stage::Request, HttpErrorKind::Unknown),
            (Kind::Policy, Stage::Route, HttpErrorKind::Unknown),
            (Kind::Tls, Stage::TargetTls, HttpErrorKind::Unknown),
            (Kind::Settings, Stage::Route, HttpErrorKind::Unknown),
            (Kind::ProxyUnavailable, Stage::Connect, HttpErrorKind::Connect),
            (Kind::Dial, Stage::Dial, HttpErrorKind::Connect),
            (Kind::Resolve, Stage::Resolve, HttpErrorKind::Connect),
            (Kind::Timeout, Stage::Dial, HttpErrorKind::Connect),
            (Kind::Timeout, Stage::Request, HttpErrorKind::Timeout),
            (Kind::Timeout, Stage::Transfer, HttpErrorKind::Timeout),
            (Kind::Cut, Stage::Transfer, HttpErrorKind::Interrupted),
            (Kind::TargetUnavailable, Stage::Request, HttpErrorKind::Request),
        ];
        for (kind, stage, wanted) in table {
            assert_eq!(of(kind, stage), wanted, "{kind:?} at {stage:?}");
        }
        let permanent = Error::new(Kind::Dial, Stage::Dial, "x").permanent();
        assert_eq!(classed(permanent).kind(), HttpErrorKind::Unknown);
    }
}
