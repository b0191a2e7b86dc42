//! What proves that a file is still the same file.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

/// What a server says of a file that changes when the file does. A transfer goes on in the middle
/// only when it is the same as before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[non_exhaustive]
pub enum Validator {
    /// A strong entity tag (RFC 9110 section 8.8.3), with its quotes.
    Etag {
        /// The tag.
        tag: String,
    },
    /// `Last-Modified` as sent (RFC 9110 section 8.8.2), with the whole length.
    Modified {
        /// The date as the server wrote it.
        date: String,
        /// The length of the whole.
        length: u64,
    },
    /// FTP's SIZE and MDTM (RFC 3659).
    Ftp {
        /// SIZE.
        size: u64,
        /// MDTM as the server wrote it.
        modified: String,
    },
}

impl Validator {
    /// The validator of an HTTP answer, from its fields: a strong `ETag`, else `Last-Modified`
    /// when it is at least a minute older than the answer, because a file that changes twice in
    /// one second keeps its date (RFC 9110 section 8.8.2.2).
    pub fn http(
        etag: Option<&str>,
        modified: Option<&str>,
        date: Option<&str>,
        length: Option<u64>,
    ) -> Option<Self> {
        if let Some(tag) = etag.filter(|tag| tag.starts_with('"') && tag.len() >= 2) {
            return Some(Self::Etag {
                tag: tag.to_owned(),
            });
        }
        let (modified, length) = (modified?, length?);
        let then = httpdate::parse_http_date(modified).ok()?;
        let now = httpdate::parse_http_date(date?).ok()?;
        let old_enough = now
            .duration_since(then)
            .is_ok_and(|age| age.as_secs() >= 60);
        old_enough.then(|| Self::Modified {
            date: modified.to_owned(),
            length,
        })
    }

    /// The value of `If-Range`.
    pub fn if_range(&self) -> Option<&str> {
        match self {
            Self::Etag { tag } => Some(tag),
            Self::Modified { date, .. } => Some(date),
            Self::Ftp { .. } => None,
        }
    }
}

/// The time of an HTTP date.
pub(super) fn http_time(date: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(date).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strong_proofs_count() {
        let modified = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let hours_later = Some("Sun, 06 Nov 1994 10:00:00 GMT");
        let seconds_later = Some("Sun, 06 Nov 1994 08:49:47 GMT");
        let of = Validator::http;
        assert!(matches!(
            of(Some("\"x\""), modified, hours_later, Some(3)),
            Some(Validator::Etag { .. })
        ));
        assert!(matches!(
            of(Some("W/\"x\""), modified, hours_later, Some(3)),
            Some(Validator::Modified { length: 3, .. })
        ));
        assert_eq!(of(Some("W/\"x\""), None, hours_later, Some(3)), None);
        assert_eq!(of(None, modified, seconds_later, Some(3)), None);
        assert_eq!(of(None, modified, None, Some(3)), None);
        assert_eq!(of(None, modified, hours_later, None), None);
        assert_eq!(of(Some("\""), None, None, None), None);
    }
}
