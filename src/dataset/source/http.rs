//! Bytes over HTTP: ranges with `If-Range`.

use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG,
    HeaderMap, HeaderName, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE,
};
use http::{Method, StatusCode};
use url::Url;

use super::{Opened, Probed, Refusal, Resume, Stat};
use crate::base::answer::BODY_KEPT;
use crate::base::{Error, Kind, Result, Secret, Stage, text};
use crate::dataset::Validator;
use crate::dataset::validator::http_time;
use crate::http::{Client, Request, Response};
use crate::proto::range::ContentRange;
use crate::proto::service::{self, Service};

/// A URL of HTTP or HTTPS.
#[derive(Debug)]
pub(crate) struct HttpSource {
    pub client: Client,
    pub url: Url,
    pub headers: HeaderMap,
    pub authorization: Option<Secret>,
}

impl HttpSource {
    pub(in crate::dataset) fn request(&self, method: Method) -> Request {
        let mut headers = self.headers.clone();
        // Bytes as they are: a length and an offset mean something only then.
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        Request {
            method,
            headers,
            authorization: self.authorization.clone(),
            ..Request::get(self.url.clone())
        }
    }

    pub(in crate::dataset) async fn stat(&self) -> Result<Stat> {
        let head = self.client.send(self.request(Method::HEAD)).await?;
        let response = match head.status {
            // A refusal of the proxy is final.
            _ if head.is_from_proxy() => head,
            StatusCode::FORBIDDEN if head.may_be_from_proxy() => head,
            // Servers and signed URLs that know GET only: ask for it and leave the body.
            StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::NOT_IMPLEMENTED
            | StatusCode::FORBIDDEN => self.client.send(self.request(Method::GET)).await?,
            _ => head,
        };
        let response = response.success().await?;
        let length = number(&response.headers, &CONTENT_LENGTH);
        let media_type = field(&response.headers, &CONTENT_TYPE).map(text::clip);
        let resumable = field(&response.headers, &ACCEPT_RANGES).map(|v| v.contains("bytes"));
        Ok(Stat {
            length,
            modified: field(&response.headers, &LAST_MODIFIED).and_then(http_time),
            media_type,
            validator: proven(&response.headers, length),
            resumable,
            doubt: response.doubt(),
            url: response.url,
            route: response.route,
            steps: response.steps,
        })
    }

    /// Asks as [`open`](Self::open) does: what lets HEAD through need not let GET through, and a
    /// refusal of GET says why.
    pub(super) async fn probe(&self) -> Result<Probed> {
        let mut request = self.request(Method::GET);
        request.stays_at_api = true;
        let response = self.client.send(request).await?;
        let (doubt, url) = (response.doubt(), response.url.clone());
        let steps = response.steps.clone();
        let mut response = match response.judged().await {
            Ok(response) => response,
            Err((error, None)) => return Err(error),
            Err((error, Some(service))) => {
                let is_reached = service.is_reached(&self.url, &url);
                return Ok(Probed {
                    service: Some(service),
                    refusal: Some(Refusal { error, is_reached }),
                    ..Probed::passed(steps, doubt)
                });
            }
        };
        let (total, subject) = (response.body.remaining(), url.path().to_owned());
        let (steps, first) =
            super::first_byte(&mut response.body, subject, total, response.steps).await?;
        // The JSON at the root tells who it is; of a file's bytes no more are wanted.
        let media_type = field(&response.headers, &CONTENT_TYPE).unwrap_or_default();
        let mut body: Vec<u8> = first.into_iter().collect();
        if url.path() == "/" && media_type.contains("json") {
            body.extend(response.body.start(BODY_KEPT).await);
        }
        let body = String::from_utf8_lossy(&body);
        let service = service::recognise(response.status, &response.headers, &body);
        let lack = || service.as_ref().and_then(Service::doubt);
        Ok(Probed {
            doubt: doubt.or_else(|| lack().map(str::to_owned)),
            service,
            ..Probed::passed(steps, None)
        })
    }

    pub(super) async fn open(&self, resume: Option<&Resume>) -> Result<Opened> {
        let condition = resume.and_then(|r| Some((r, r.validator.if_range()?)));
        let Some((resume, if_range)) = condition else {
            let why = resume.map(|_| "the server gives no proof that the file is the same");
            return self.open_whole(why).await;
        };
        let mut request = self.request(Method::GET);
        let fields = &mut request.headers;
        fields.insert(RANGE, value(&format!("bytes={}-", resume.offset))?);
        fields.insert(IF_RANGE, value(if_range)?);
        let response = self.client.send(request).await?;
        let range = field(&response.headers, &CONTENT_RANGE).and_then(ContentRange::parse);
        match (response.status, range) {
            (StatusCode::PARTIAL_CONTENT, Some(ContentRange::Part { first, total, .. }))
                if first == resume.offset && total.is_some() =>
            {
                if !is_same(&response.headers, total, &resume.validator) {
                    return self.open_whole(Some(CHANGED)).await;
                }
                Ok(Opened {
                    validator: Some(resume.validator.clone()),
                    ..opened(response, resume.offset, total)
                })
            }
            // Without the whole length there is no telling where the file ends.
            (StatusCode::PARTIAL_CONTENT, _) => {
                let why = "the server does not give the range that was asked for";
                self.open_whole(Some(why)).await
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(ContentRange::Unsatisfied { total }))
                if total == resume.offset =>
            {
                self.confirm_whole(resume).await
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, _) => self.open_whole(Some(CHANGED)).await,
            // A server that knows no ranges, or a file that is another one now.
            (StatusCode::OK, _) => {
                let opened = whole(response);
                let same = opened.validator.as_ref() == Some(&resume.validator);
                let why = if same {
                    "the server does not give ranges"
                } else {
                    CHANGED
                };
                Ok(Opened {
                    restarted: Some(why),
                    ..opened
                })
            }
            _ => Err(unexpected(response).await),
        }
    }

    /// Everything seems to be here: asks for the last byte again, because a 416 proves nothing of
    /// which file it speaks.
    async fn confirm_whole(&self, resume: &Resume) -> Result<Opened> {
        let Some(if_range) = resume.validator.if_range() else {
            return self.open_whole(Some(CHANGED)).await;
        };
        let mut request = self.request(Method::GET);
        let last = resume.offset.saturating_sub(1);
        request
            .headers
            .insert(RANGE, value(&format!("bytes={last}-"))?);
        request.headers.insert(IF_RANGE, value(if_range)?);
        let response = self.client.send(request).await?;
        let range = field(&response.headers, &CONTENT_RANGE).and_then(ContentRange::parse);
        let total = Some(resume.offset);
        let proven = response.status == StatusCode::PARTIAL_CONTENT
            && matches!(range, Some(ContentRange::Part { first, total: all, .. }) if first == last && all == total)
            && is_same(&response.headers, total, &resume.validator);
        if !proven {
            return self.open_whole(Some(CHANGED)).await;
        }
        Ok(Opened {
            validator: Some(resume.validator.clone()),
            body: Box::new(tokio::io::empty()),
            ..opened(response, resume.offset, total)
        })
    }

    async fn open_whole(&self, why: Option<&'static str>) -> Result<Opened> {
        let response = self.client.send(self.request(Method::GET)).await?;
        match response.status {
            StatusCode::OK | StatusCode::NON_AUTHORITATIVE_INFORMATION => Ok(Opened {
                restarted: why,
                ..whole(response)
            }),
            _ => Err(unexpected(response).await),
        }
    }
}

const CHANGED: &str = "the file changed on the server";

fn whole(response: Response) -> Opened {
    let total = response.body.remaining();
    opened(response, 0, total)
}

fn opened(response: Response, offset: u64, total: Option<u64>) -> Opened {
    Opened {
        offset,
        restarted: None,
        total,
        validator: proven(&response.headers, total),
        modified: field(&response.headers, &LAST_MODIFIED).and_then(http_time),
        doubt: response.doubt(),
        route: response.route,
        body: Box::new(response.body),
    }
}

/// Whether a 206 is of the file that `before` proves. A server may ignore `If-Range`; one that
/// honours it must send the ETag again, and may leave Last-Modified out (RFC 9110 section 15.3.7).
fn is_same(headers: &HeaderMap, total: Option<u64>, before: &Validator) -> bool {
    match before {
        Validator::Etag { tag } => field(headers, &ETAG) == Some(tag),
        Validator::Modified { date, length } => {
            let same_date = field(headers, &LAST_MODIFIED).is_none_or(|now| now == date);
            same_date && total == Some(*length)
        }
        _ => false,
    }
}

/// What the fields of an answer prove.
pub(in crate::dataset) fn proven(headers: &HeaderMap, length: Option<u64>) -> Option<Validator> {
    let of = |name| field(headers, name);
    Validator::http(of(&ETAG), of(&LAST_MODIFIED), of(&DATE), length)
}

pub(in crate::dataset) fn field<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    field(headers, name)?.parse().ok()
}

fn value(text: &str) -> Result<HeaderValue> {
    HeaderValue::from_str(text).map_err(|cause| {
        let what = "the validator of the kept part cannot be sent";
        Error::new(Kind::LocalFile, Stage::Request, what).with_source(cause)
    })
}

/// The error for a status that gives no bytes.
async fn unexpected(response: Response) -> Error {
    match response.success().await {
        Err(refusal) => refusal,
        Ok(empty) => empty.without_data(),
    }
}
