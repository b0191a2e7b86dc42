//! Opens a stream: the request, and whether the answer is one.

use ::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use ::http::{HeaderName, HeaderValue, Method, StatusCode};

use super::options::{Form, Reconnect, StreamOptions};
use super::records::Record;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::dataset::client::Dataset;
use crate::http::{Request, Response};

pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const EVENT_STREAM: &str = "text/event-stream";

/// What came before, for whoever is asked to go on behind it.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// Whether it was open, or tried, before.
    pub again: bool,
    pub records: u64,
    pub last: Option<Record>,
    pub last_id: String,
}

/// Asks for the stream. `None`: the server says that there is no more.
pub(super) async fn connect(
    dataset: &Dataset,
    options: &StreamOptions,
    before: &Before,
) -> Result<Option<Response>> {
    let mut request = Request::new(Method::GET, dataset.url().clone());
    request.headers = fields(dataset, options, &before.last_id);
    if before.again
        && let Some(resume) = &options.resume
    {
        let mut next = Reconnect {
            url: request.url.clone(),
            headers: std::mem::take(&mut request.headers),
            records: before.records,
            last: before.last.clone(),
        };
        (resume.0)(&mut next)?;
        if next.url.origin() != request.url.origin() {
            let what = "the stream was asked for again at another origin";
            let error = Error::new(Kind::Usage, Stage::Request, what).permanent();
            return Err(error.with_hint("open another dataset for it: its policy may be another"));
        }
        (request.url, request.headers) = (next.url, next.headers);
    }
    request.authorization = dataset.authorization().await?;
    let response = dataset.http.send(request).await?;
    let is_over = matches!(
        response.status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT
    );
    if is_over {
        // The HTML Standard, section 9.2.3: the way to tell a client to stop.
        return match options.form == Form::Events || before.again {
            true => Ok(None),
            false => Err(response.without_data()),
        };
    }
    let response = response.success().await?;
    match coding(&response.headers) {
        None => Ok(Some(response)),
        Some(coding) => {
            let what = format!("the server sends `{coding}`, although it was asked for plain text");
            let error = Error::new(Kind::TargetProtocol, Stage::Request, what).permanent();
            Err(error
                .while_doing(format!("GET {}", text::shown_url(&response.url)))
                .with_route(&response.route))
        }
    }
}

fn fields(dataset: &Dataset, options: &StreamOptions, last_id: &str) -> HeaderMap {
    let mut headers = dataset.headers.clone();
    let fixed = HeaderValue::from_static;
    headers.insert(::http::header::ACCEPT_ENCODING, fixed("identity"));
    // A cache on the way would give what was there before.
    headers.entry(CACHE_CONTROL).or_insert(fixed("no-cache"));
    if options.form == Form::Events {
        headers.entry(ACCEPT).or_insert(fixed(EVENT_STREAM));
    }
    if !last_id.is_empty() {
        match HeaderValue::from_bytes(last_id.as_bytes()) {
            Ok(id) => drop(headers.insert(LAST_EVENT_ID, id)),
            Err(_) => tracing::warn!("the last event's id cannot be sent: it has control bytes"),
        }
    }
    headers
}

/// Whether the answer's records are events.
pub(super) fn gives_events(form: Form, headers: &HeaderMap) -> bool {
    let media_type = || {
        let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        value.split(';').next().map(str::trim)
    };
    match form {
        Form::Lines => false,
        Form::Events => true,
        Form::ByMediaType => media_type().is_some_and(|is| is.eq_ignore_ascii_case(EVENT_STREAM)),
    }
}

/// A content coding that hides the records.
fn coding(headers: &HeaderMap) -> Option<String> {
    let value = headers
        .get(CONTENT_ENCODING)?
        .to_str()
        .unwrap_or("?")
        .trim();
    let plain = value.is_empty() || value.eq_ignore_ascii_case("identity");
    (!plain).then(|| text::clip(value))
}
