//! Percent-encoding of what goes into URLs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// Everything but what may stand bare anywhere in a URL (RFC 3986 section 2.3).
pub(crate) const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
