//! Whether a large upload is refused: asked without a byte of it (RFC 9110 section 10.1.1).

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::Method;
use http::header::{CONTENT_TYPE, EXPECT, HeaderValue};
use http_body::Frame;
use http_body_util::StreamBody;
use tokio::time::{Instant, sleep_until};
use url::Url;

use super::directives::Front;
use super::fault::Fault;
use super::finding::{Finding, Item, request, status};
use super::probe::bytes;
use super::site::{Page, Site};
use crate::base::{Result, text};
use crate::http::{Informed, RequestBody, Response};

/// How long a refusal may come behind a 100, which may be the application's: Apache passes it on before
/// it looks at anything of the body.
const SETTLED: Duration = Duration::from_secs(1);

/// No answer at all is not waited for longer than this.
const SILENT: Duration = Duration::from_secs(15);

/// What came of the question.
enum Asked {
    /// 100: it wants the upload.
    Wanted,
    Answered(Box<Result<Response>>),
    Silent(Duration),
}

/// Asks for an upload of `size` bytes with POST: length and `Expect: 100-continue`, and no body.
pub(super) async fn check(site: &Site<'_>, url: &Url, size: u64, front: &Front) -> Finding {
    let did = format!("{} of {}", request("POST", url), bytes(size));
    match ask(site, url, size).await {
        Asked::Wanted => Finding::passed(Item::Upload, &did, "100 Continue: it is wanted"),
        Asked::Silent(waited) => {
            let words = format!(
                "no answer in {}: neither wanted nor refused",
                text::seconds(waited)
            );
            Finding::doubtful(Item::Upload, &did, words)
        }
        Asked::Answered(answered) => match *answered {
            Ok(response) => judge(&Page::of(response).await, &did, front),
            Err(error) => Finding::unclear(Item::Upload, &did, &error),
        },
    }
}

async fn ask(site: &Site<'_>, url: &Url, size: u64) -> Asked {
    let (informed, mut heard) = Informed::new();
    let mut request = site.request(Method::POST, url);
    let fields = &mut request.headers;
    fields.insert(EXPECT, HeaderValue::from_static("100-continue"));
    let media = HeaderValue::from_static("application/octet-stream");
    fields.entry(CONTENT_TYPE).or_insert(media);
    request.informed = Some(informed);
    let never = stream::pending::<std::result::Result<Frame<Bytes>, Infallible>>();
    request.body = RequestBody::stream(StreamBody::new(never)).with_length(size);
    let limit = site.reply().min(SILENT);
    let mut until = Instant::now() + limit;
    let mut is_wanted = false;
    let sending = site.send(request);
    tokio::pin!(sending);
    loop {
        tokio::select! {
            answered = &mut sending => return match (answered, is_wanted) {
                // Who wanted the body waited for it in vain, unless it says that it is too large.
                (answered, true) if !is_too_large(&answered) => Asked::Wanted,
                (answered, _) => Asked::Answered(Box::new(answered)),
            },
            heard = heard.wait_for(|status| *status == Some(100)), if !is_wanted => {
                // The sender goes with the request: then the answer is there.
                if heard.is_ok() {
                    is_wanted = true;
                    until = Instant::now() + SETTLED;
                }
            }
            () = sleep_until(until) => return match is_wanted {
                true => Asked::Wanted,
                false => Asked::Silent(limit),
            },
        }
    }
}

fn is_too_large(answered: &Result<Response>) -> bool {
    let status = answered.as_ref().map(|response| response.status.as_u16());
    status.is_ok_and(|status| status == 413)
}

fn judge(page: &Page, did: &str, front: &Front) -> Finding {
    let words = status(page.status);
    match page.status.as_u16() {
        413 if page.is_from_proxy() => Finding::doubtful(Item::Upload, did, words)
            .meaning("it is the forward proxy on the way that says so"),
        413 => {
            let front = page.front.clone().or(front);
            let fault = Fault::UploadRefused;
            Finding::failed(Item::Upload, did, words, fault, &front, Some(&page.route))
        }
        417 | 500..=599 => {
            Finding::doubtful(Item::Upload, did, words).meaning("that tells nothing of the size")
        }
        _ => Finding::passed(
            Item::Upload,
            did,
            format!("{words}: the size is not what is refused"),
        ),
    }
}
