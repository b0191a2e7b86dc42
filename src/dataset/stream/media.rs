//! What an answer says that it is, and whether that can be what came before.

use ::http::header::{CONTENT_TYPE, HeaderMap};

use super::options::Form;
use crate::base::{Error, Kind, Stage};

pub(super) const EVENT_STREAM: &str = "text/event-stream";

/// What an answer is by its `Content-Type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// Server-Sent Events.
    Events,
    /// A page for browsers.
    Page,
    /// What may be lines, or unsaid.
    Other,
}

impl Media {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let value = headers
            .get(CONTENT_TYPE)
            .map_or(&b""[..], |value| value.as_bytes());
        let end = value.iter().position(|byte| *byte == b';');
        let essence = value[..end.unwrap_or(value.len())].trim_ascii();
        let is = |name: &str| essence.eq_ignore_ascii_case(name.as_bytes());
        match () {
            () if is(EVENT_STREAM) => Self::Events,
            () if is("text/html") || is("application/xhtml+xml") => Self::Page,
            () => Self::Other,
        }
    }

    /// Whether its records are events.
    pub(super) fn gives_events(self, form: Form) -> bool {
        match form {
            Form::Lines => false,
            Form::Events => true,
            Form::ByMediaType => self == Self::Events,
        }
    }

    /// Whether these are records of the stream that was `before` open, if it was.
    ///
    /// # Errors
    /// It is something else: passing where a network or a server puts a page in its place for a
    /// while.
    pub(super) fn judge(self, form: Form, before: Option<Self>) -> Result<(), Error> {
        let name = |media| match media {
            Self::Events => "an event stream",
            Self::Page => "a page (text/html)",
            Self::Other => "no event stream",
        };
        match (self, before) {
            (Self::Page, Some(Self::Events | Self::Other)) => {
                let what = "a page (text/html) came where the stream was";
                let error = Error::new(Kind::TargetUnavailable, Stage::Request, what);
                Err(error.with_hint(
                    "a login page of the network or of a proxy (captive portal: log in by \
                     browser), or one that says that the server is being worked on",
                ))
            }
            (Self::Page, None) if form == Form::ByMediaType => {
                let what = "the answer is a page (text/html), and no stream";
                let error = Error::new(Kind::TargetProtocol, Stage::Request, what);
                Err(error.permanent().with_hint(
                    "check the path; a network or a proxy may have put a login page in its place; \
                     in programs, `Form::Lines` takes it as it is",
                ))
            }
            (now, Some(before)) if form == Form::ByMediaType && now != before => {
                let what = format!(
                    "the answer is {}; before, it was {}",
                    name(now),
                    name(before)
                );
                let error = Error::new(Kind::TargetProtocol, Stage::Request, what);
                Err(error.permanent().with_hint(
                    "start anew if the server has changed; in programs, `StreamOptions::with_form` \
                     takes one form alone",
                ))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ::http::HeaderValue;

    use super::*;

    #[test]
    fn parameters_and_case_are_no_matter() {
        for (value, media) in [
            ("text/event-stream", Media::Events),
            ("Text/Event-Stream ;charset=utf-8", Media::Events),
            ("text/event-stream-2", Media::Other),
            ("text/HTML; charset=\"\u{e9}\"", Media::Page),
            ("application/xhtml+xml", Media::Page),
            ("application/json", Media::Other),
            ("", Media::Other),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
            assert_eq!(Media::of(&headers), media, "{value}");
        }
        assert_eq!(Media::of(&HeaderMap::new()), Media::Other);
    }

    #[test]
    fn what_was_a_stream_stays_one_of_its_kind() {
        use Form::{ByMediaType, Events as AsEvents, Lines as AsLines};
        use Media::{Events, Other, Page};
        for (form, before, now, wanted) in [
            (ByMediaType, None, Page, Err(false)),
            (ByMediaType, Some(Events), Events, Ok(())),
            (ByMediaType, Some(Other), Events, Err(false)),
            (ByMediaType, Some(Events), Other, Err(false)),
            (ByMediaType, Some(Other), Page, Err(true)),
            (AsLines, None, Page, Ok(())),
            (AsLines, Some(Page), Page, Ok(())),
            (AsLines, Some(Page), Other, Ok(())),
            (AsLines, Some(Other), Events, Ok(())),
            (AsEvents, Some(Other), Events, Ok(())),
            (AsEvents, Some(Events), Page, Err(true)),
        ] {
            let judged = now
                .judge(form, before)
                .map_err(|error| error.is_transient());
            assert_eq!(judged, wanted, "{form:?}: {before:?}, {now:?}");
        }
    }
}
