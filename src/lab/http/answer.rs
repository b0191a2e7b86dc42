//! Which status, fields and bytes answer a request for a file (RFC 9110). No I/O.

use std::ops::Range;
use std::time::SystemTime;

use http::header::{
    ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    IF_RANGE, LAST_MODIFIED, RANGE,
};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::lab::tree::File;

/// The answer to a GET or HEAD.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) fields: Vec<(HeaderName, String)>,
    /// Which bytes of the file; `None` when there is no content.
    pub(super) bytes: Option<Range<usize>>,
}

/// Answers a request for `file` at `path`.
pub(super) fn answer(path: &str, file: &File, request: &HeaderMap) -> Answer {
    let length = file.bytes.len();
    let mut answer = Answer {
        status: StatusCode::OK,
        fields: vec![
            (ETAG, file.etag.clone()),
            (LAST_MODIFIED, httpdate::fmt_http_date(file.modified)),
            (ACCEPT_RANGES, "bytes".to_owned()),
        ],
        bytes: Some(0..length),
    };
    if let Some(status) = failed_condition(file, request) {
        answer.status = status;
        answer.bytes = None;
        return answer;
    }
    answer
        .fields
        .push((CONTENT_TYPE, content_type(path).to_owned()));
    let Some(range) = text(request, RANGE).filter(|_| is_same_file(file, request)) else {
        return answer;
    };
    match parse_range(range, length) {
        Wanted::Everything => {}
        Wanted::Part(part) => {
            let field = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            answer.fields.push((CONTENT_RANGE, field));
            answer.status = StatusCode::PARTIAL_CONTENT;
            answer.bytes = Some(part);
        }
        Wanted::Unsatisfiable => {
            answer
                .fields
                .push((CONTENT_RANGE, format!("bytes */{length}")));
            answer.status = StatusCode::RANGE_NOT_SATISFIABLE;
            answer.bytes = None;
        }
    }
    answer
}

/// RFC 9110 section 13.2.2, without If-Unmodified-Since.
fn failed_condition(file: &File, request: &HeaderMap) -> Option<StatusCode> {
    if let Some(tags) = text(request, IF_MATCH)
        && !any_tag(tags, &file.etag)
    {
        return Some(StatusCode::PRECONDITION_FAILED);
    }
    let unchanged = match text(request, IF_NONE_MATCH) {
        Some(tags) => any_tag(tags, &file.etag),
        None => text(request, IF_MODIFIED_SINCE)
            .and_then(|date| httpdate::parse_http_date(date).ok())
            .is_some_and(|date| file.modified <= date),
    };
    unchanged.then_some(StatusCode::NOT_MODIFIED)
}

fn any_tag(tags: &str, etag: &str) -> bool {
    let mut tags = tags.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// Whether If-Range, when sent, names the file as it is now: by a strong comparison of tags, or by
/// the exact date (RFC 9110 section 13.1.5).
fn is_same_file(file: &File, request: &HeaderMap) -> bool {
    let Some(validator) = text(request, IF_RANGE) else {
        return true;
    };
    validator == file.etag
        || httpdate::parse_http_date(validator).is_ok_and(|date| same_second(date, file.modified))
}

fn same_second(one: SystemTime, other: SystemTime) -> bool {
    let seconds = |time: SystemTime| {
        let since = time.duration_since(SystemTime::UNIX_EPOCH);
        since.map(|since| since.as_secs()).unwrap_or_default()
    };
    seconds(one) == seconds(other)
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Everything,
    Part(Range<usize>),
    Unsatisfiable,
}

/// One range of bytes; what is no range, or several, asks for everything (RFC 9110 section 14.2).
fn parse_range(range: &str, length: usize) -> Wanted {
    let Some((first, last)) = range
        .strip_prefix("bytes=")
        .and_then(|spec| spec.split_once('-'))
    else {
        return Wanted::Everything;
    };
    let part = match (first.trim().parse::<usize>(), last.trim()) {
        (Ok(first), "") => first..length,
        (Ok(first), last) => match last.parse::<usize>() {
            Ok(last) if last >= first => first..last.saturating_add(1).min(length),
            _ => return Wanted::Everything,
        },
        (Err(_), last) if first.trim().is_empty() => match last.parse::<usize>() {
            Ok(suffix) => length.saturating_sub(suffix)..length,
            Err(_) => return Wanted::Everything,
        },
        _ => return Wanted::Everything,
    };
    match part.is_empty() {
        true => Wanted::Unsatisfiable,
        false => Wanted::Part(part),
    }
}

fn text(fields: &HeaderMap, name: HeaderName) -> Option<&str> {
    fields.get(name)?.to_str().ok()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("csv") => "text/csv; charset=utf-8",
        Some("txt") => "text/plain; charset=utf-8",
        Some("gz") => "application/gzip",
        Some("parquet") => "application/vnd.apache.parquet",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::tree::Tree;

    #[test]
    fn ranges() {
        let cases = [
            ("bytes=0-3", Wanted::Part(0..4)),
            ("bytes=4-", Wanted::Part(4..10)),
            ("bytes=-3", Wanted::Part(7..10)),
            ("bytes=-30", Wanted::Part(0..10)),
            ("bytes=5-500", Wanted::Part(5..10)),
            ("bytes=0-18446744073709551615", Wanted::Part(0..10)),
            ("bytes=10-", Wanted::Unsatisfiable),
            ("bytes=-0", Wanted::Unsatisfiable),
            ("bytes=5-4", Wanted::Everything),
            ("bytes=0-1,3-4", Wanted::Everything),
            ("bytes=x-1", Wanted::Everything),
            ("lines=0-1", Wanted::Everything),
        ];
        for (range, wanted) in cases {
            assert_eq!(parse_range(range, 10), wanted, "{range}");
        }
        assert_eq!(parse_range("bytes=0-", 0), Wanted::Unsatisfiable);
    }

    #[test]
    fn conditions() {
        let tree = Tree::new();
        tree.put("/x", "0123456789");
        let file = tree.get("/x").unwrap();
        let (etag, date) = (file.etag.as_str(), httpdate::fmt_http_date(file.modified));
        let late = "Wed, 01 Jan 2031 00:00:00 GMT";
        let cases: [(&[(&str, &str)], u16); 10] = [
            (&[], 200),
            (&[("if-none-match", etag)], 304),
            (&[("if-none-match", "\"other\"")], 200),
            (&[("if-modified-since", &date)], 304),
            (
                &[("if-modified-since", late), ("if-none-match", "\"o\"")],
                200,
            ),
            (&[("if-match", "\"other\"")], 412),
            (&[("range", "bytes=2-"), ("if-range", etag)], 206),
            (&[("range", "bytes=2-"), ("if-range", &date)], 206),
            (&[("range", "bytes=2-"), ("if-range", late)], 200),
            (&[("range", "bytes=99-")], 416),
        ];
        for (fields, status) in cases {
            let mut request = HeaderMap::new();
            for (name, value) in fields {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                request.insert(name, value.parse().unwrap());
            }
            assert_eq!(answer("/x", &file, &request).status, status, "{fields:?}");
        }
    }
}
