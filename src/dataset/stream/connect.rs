//! Opens a stream: the request, and whether the answer is one.

use ::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_ENCODING, HeaderMap};
use ::http::{HeaderName, HeaderValue, Method, StatusCode};

use super::media::{EVENT_STREAM, Media};
use super::options::{Form, Reconnect, StreamOptions};
use super::records::Record;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::dataset::client::Dataset;
use crate::dataset::event::Event;
use crate::http::{Request, Response};

pub(super) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A longer id is not sent: servers refuse heads of more than about twice as much.
const LAST_ID_MAX: usize = 4096;

/// What came before, for whoever is asked to go on behind it.
#[derive(Clone, Debug, Default)]
pub(super) struct Before {
    /// Whether it was open before.
    pub again: bool,
    /// What the first answer was.
    pub media: Option<Media>,
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
    let judged = coding(&response.headers)
        .and_then(|()| Media::of(&response.headers).judge(options.form, before.media));
    match judged {
        Ok(()) => Ok(Some(response)),
        Err(error) => Err(error
            .while_doing(format!("GET {}", text::shown_url(&response.url)))
            .with_route(&response.route)),
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
    // Whatever the first request began behind, the server's own ids count from then on.
    headers.remove(LAST_EVENT_ID);
    if !last_id.is_empty() {
        match sendable(last_id) {
            Ok(id) => drop(headers.insert(LAST_EVENT_ID, id)),
            Err(why) => {
                tracing::warn!("{why}");
                options.observer.notify(Event::Unplaced { why });
            }
        }
    }
    headers
}

/// The id as the value of a field.
///
/// # Errors
/// Why it cannot be one.
pub(super) fn sendable(last_id: &str) -> Result<HeaderValue, &'static str> {
    if last_id.len() > LAST_ID_MAX {
        return Err("the last event's id cannot be sent: it is longer than 4096 bytes");
    }
    let value = HeaderValue::from_bytes(last_id.as_bytes());
    value.map_err(|_| "the last event's id cannot be sent: it has control bytes")
}

/// Whether the records stand there in clear.
///
/// # Errors
/// A content coding hides them.
fn coding(headers: &HeaderMap) -> Result<()> {
    let Some(value) = headers.get(CONTENT_ENCODING) else {
        return Ok(());
    };
    let value = value.to_str().unwrap_or("?").trim();
    if value.is_empty() || value.eq_ignore_ascii_case("identity") {
        return Ok(());
    }
    let coding = text::clip(value);
    let what = format!("the server sends `{coding}`, although it was asked for plain text");
    Err(Error::new(Kind::TargetProtocol, Stage::Request, what).permanent())
}
