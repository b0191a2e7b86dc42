//! Byte ranges of HTTP (RFC 9110 section 14).

/// What `Content-Range` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentRange {
    /// `bytes 5-9/10`: the first byte, the last byte, and the whole length if it is known.
    Part {
        /// Offset of the first byte.
        first: u64,
        /// Offset of the last byte.
        last: u64,
        /// The length of the whole, unless `*`.
        total: Option<u64>,
    },
    /// `bytes */10`: nothing fits; the length of the whole.
    Unsatisfied {
        /// The length of the whole.
        total: u64,
    },
}

impl ContentRange {
    /// Parses the field's value. `None` when it is not what RFC 9110 section 14.4 allows.
    pub fn parse(value: &str) -> Option<Self> {
        let (unit, rest) = value.trim().split_once(' ')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (range, total) = rest.trim().split_once('/')?;
        if range == "*" {
            return Some(Self::Unsatisfied {
                total: number(total)?,
            });
        }
        let (first, last) = range.split_once('-')?;
        let (first, last) = (number(first)?, number(last)?);
        let total = match total {
            "*" => None,
            total => Some(number(total)?),
        };
        let sensible = first <= last && total.is_none_or(|total| last < total);
        sensible.then_some(Self::Part { first, last, total })
    }
}

fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_range_of_rfc_9110() {
        let part = |first, last, total| Some(ContentRange::Part { first, last, total });
        let cases = [
            ("bytes 42-1233/1234", part(42, 1233, Some(1234))),
            ("bytes 42-1233/*", part(42, 1233, None)),
            ("Bytes 0-0/1", part(0, 0, Some(1))),
            (
                "bytes */1234",
                Some(ContentRange::Unsatisfied { total: 1234 }),
            ),
            ("bytes 5-4/10", None),
            ("bytes 0-10/10", None),
            ("bytes 0-", None),
            ("bytes +1-2/3", None),
            ("bytes 0-99999999999999999999/*", None),
            ("items 0-1/2", None),
            ("", None),
        ];
        for (value, expected) in cases {
            assert_eq!(ContentRange::parse(value), expected, "{value}");
        }
    }
}
