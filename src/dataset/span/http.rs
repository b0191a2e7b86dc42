//! Parts of files over HTTP.

use http::header::{CONTENT_RANGE, LAST_MODIFIED, RANGE};
use http::{HeaderValue, Method, StatusCode};

use super::{Body, Coming, Facts, From, Lack, SKIPPED_MAX, Span};
use crate::base::{Error, Kind, Result, Stage};
use crate::dataset::Validator;
use crate::dataset::source::{HttpSource, field, proven};
use crate::dataset::validator::http_time;
use crate::http::Response;
use crate::proto::range::ContentRange;

impl HttpSource {
    pub(super) async fn span(&self, span: &Span) -> Result<Coming> {
        let mut request = self.request(Method::GET);
        if let Some(range) = wanted(span) {
            request.headers.insert(RANGE, range);
        }
        let response = self.client.send(request).await?;
        if self.is_folder(&response) {
            return Err(folder());
        }
        let response = match response.success().await {
            Ok(response) => response,
            Err(error) => return Err(lacking(error)),
        };
        let range = field(&response.headers, &CONTENT_RANGE).and_then(ContentRange::parse);
        let (size, first) = match (response.status, range) {
            (StatusCode::PARTIAL_CONTENT, Some(ContentRange::Part { first, total, .. })) => {
                (total, first)
            }
            (StatusCode::PARTIAL_CONTENT, _) => (None, 0),
            _ => (response.body.remaining(), 0),
        };
        let Some(size) = size else {
            return Err(no_size(&response));
        };
        let range = span.of(size)?;
        let Some(skip) = range
            .start
            .checked_sub(first)
            .filter(|skip| *skip <= SKIPPED_MAX)
        else {
            let what = "the server does not give the range that was asked for";
            let error = Error::new(Kind::Unsupported, Stage::Request, what);
            return Err(error.with_route(&response.route));
        };
        let facts = facts(&response, size);
        Ok(Coming {
            body: Body {
                skip,
                from: From::Http(Box::new(response.body)),
            },
            facts,
            range,
        })
    }

    /// What is known of the file.
    #[cfg(feature = "object_store")]
    pub(super) async fn facts(&self) -> Result<Facts> {
        let stat = self.stat().await.map_err(lacking)?;
        if stat.url.path().ends_with('/') && !self.url.path().ends_with('/') {
            return Err(folder());
        }
        let Some(size) = stat.length else {
            // What is made at once has a length only when it is asked for.
            return Ok(self.span(&Span::Whole).await?.facts);
        };
        Ok(Facts {
            size,
            modified: stat.modified,
            proven: stat.validator.is_some(),
            tag: stat.validator.and_then(tag),
        })
    }

    /// Whether it is the page of a folder: servers lead to it from its name without the slash.
    fn is_folder(&self, response: &Response) -> bool {
        response.url.path().ends_with('/') && !self.url.path().ends_with('/')
    }
}

fn wanted(span: &Span) -> Option<HeaderValue> {
    let range = match span {
        Span::Whole => return None,
        Span::From(start) => format!("bytes={start}-"),
        Span::Within(range) => format!("bytes={}-{}", range.start, range.end.saturating_sub(1)),
        Span::Last(count) => format!("bytes=-{count}"),
    };
    HeaderValue::from_str(&range).ok()
}

fn facts(response: &Response, size: u64) -> Facts {
    let validator = proven(&response.headers, Some(size));
    Facts {
        size,
        modified: field(&response.headers, &LAST_MODIFIED).and_then(http_time),
        proven: validator.is_some(),
        tag: validator.and_then(tag),
    }
}

fn tag(validator: Validator) -> Option<String> {
    match validator {
        Validator::Etag { tag } => Some(tag),
        _ => None,
    }
}

fn lacking(error: Error) -> Error {
    match Lack::by_status(&error) {
        Some(lack) => error.with_source(lack),
        None => error,
    }
}

fn folder() -> Error {
    let what = "this is a folder, not a file";
    Error::new(Kind::TargetRefused, Stage::Request, what).with_source(Lack::Missing)
}

fn no_size(response: &Response) -> Error {
    let what = "the server does not tell the length of the file";
    Error::new(Kind::Unsupported, Stage::Request, what).with_route(&response.route)
}
