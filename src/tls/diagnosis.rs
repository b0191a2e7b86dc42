//! What the error of a handshake tells those who can do something about it.

use std::io;

use rustls::{AlertDescription, Error as TlsError};

use crate::base::{Error, Kind};

/// Whether the other side refused what was offered, so that newer versions of TLS may do better.
pub fn wants_newer(error: &Error) -> bool {
    matches!(
        cause(error),
        Some(TlsError::AlertReceived(
            AlertDescription::ProtocolVersion
                | AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity
        ))
    )
}

/// Whether what answers does not speak TLS.
pub fn is_no_tls(error: &Error) -> bool {
    matches!(cause(error), Some(TlsError::InvalidMessage(_)))
}

/// Whether it was the other side that ended the handshake, or the way to it.
pub fn is_theirs(error: &Error) -> bool {
    error.kind() == Kind::Cut || matches!(cause(error), Some(TlsError::AlertReceived(_)))
}

fn cause(error: &Error) -> Option<&TlsError> {
    let cause = std::error::Error::source(error)?.downcast_ref::<io::Error>()?;
    cause.get_ref()?.downcast_ref()
}
