//! A file to an HTTP server: PUT (RFC 9110 section 9.3.4).

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use ::http::header::{CONTENT_LENGTH, IF_NONE_MATCH};
use ::http::{HeaderValue, Method, StatusCode};
use bytes::Bytes;
use futures_util::Stream;
use http_body::Frame;
use http_body_util::StreamBody;

use super::super::event::{Event, Observer};
use super::super::rate::RateLimit;
use super::super::source::HttpSource;
use super::feed::Flow;
use super::material::Material;
use super::{StoreOptions, Stored, Tries, exists, tried};
use crate::base::{Error, Kind, Result, Route, Stage, text};
use crate::dataset::client::Dataset;
use crate::http::{RequestBody, Response};

pub(super) async fn store(
    dataset: &Dataset,
    source: &HttpSource,
    material: Material,
    options: &StoreOptions,
) -> Result<Stored> {
    if source.url.path().ends_with('/') {
        let what = "the URL names a folder, not a file";
        return Err(Error::new(Kind::Usage, Stage::Request, what)
            .with_hint("write the name that the file is to have behind the `/`"));
    }
    let run = Run {
        dataset,
        source,
        options,
        material,
        checked: options.force,
        sent: Arc::default(),
    };
    tried(run, dataset, options).await
}

/// How far the last try has got.
#[derive(Debug, Default)]
struct Sent {
    /// Bytes went out in some try: what is there now may be from this run.
    begun: AtomicBool,
    bytes: AtomicU64,
    /// What was to be sent came to its end.
    ended: AtomicBool,
}

impl Sent {
    /// Whether that is all, as far as its length is known.
    fn is_all(&self, total: Option<u64>) -> bool {
        match total {
            Some(total) => self.bytes.load(Ordering::Relaxed) == total,
            None => self.ended.load(Ordering::Relaxed),
        }
    }
}

struct Run<'a> {
    dataset: &'a Dataset,
    source: &'a HttpSource,
    options: &'a StoreOptions,
    material: Material,
    /// Nothing stands in the way, or it does not matter.
    checked: bool,
    sent: Arc<Sent>,
}

impl Tries for Run<'_> {
    async fn attempt(&mut self) -> Result<Stored> {
        self.check().await?;
        let mut request = self.source.request(Method::PUT);
        request.is_strict = true;
        // The answer to an earlier try may be lost: then what is there is ours.
        if !self.options.force && !self.sent.begun.load(Ordering::Relaxed) {
            let any = HeaderValue::from_static("*");
            request.headers.insert(IF_NONE_MATCH, any);
        }
        request.body = self.body()?;
        let response = self.source.client.send(request).await?;
        let (status, url) = (response.status, response.url.clone());
        if let Some(why) = response.doubt() {
            self.options.observer.notify(Event::Doubted { why: &why });
        }
        match response.success().await {
            Ok(response) if !self.sent.is_all(self.material.length()) => Err(early(&response)),
            Ok(_) => Ok(Stored {
                url,
                length: self.sent.bytes.load(Ordering::Relaxed),
                kept: 0,
            }),
            Err(refusal) => Err(explained(refusal, status)),
        }
    }

    fn can_be_sent(&self) -> bool {
        self.material.can_be_sent()
    }
}

impl Run<'_> {
    /// Whether something is there. Many servers know no `If-None-Match` with PUT and would overwrite
    /// it, so that they are asked before. Those that do not answer HEAD have the condition.
    async fn check(&mut self) -> Result<()> {
        if self.checked {
            return Ok(());
        }
        let request = self.source.request(Method::HEAD);
        let response = self.source.client.send(request).await?;
        let status = response.status;
        let free = match status {
            _ if status.is_success() => return Err(taken(&response)),
            _ if response.is_from_proxy() => false,
            StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => false,
            StatusCode::NOT_IMPLEMENTED => true,
            // Something is there, wherever that is.
            _ => !status.is_server_error() && !status.is_redirection(),
        };
        match free {
            true => self.checked = true,
            false => {
                response.success().await?;
            }
        }
        Ok(())
    }

    fn body(&mut self) -> Result<RequestBody> {
        let plan = Plan {
            route: Arc::new(self.dataset.connector().route(self.dataset.target())?),
            limit: self.dataset.rate_limit().cloned(),
            observer: self.options.observer.clone(),
            sent: Arc::clone(&self.sent),
            total: self.material.length(),
        };
        if let (Some(total), Some(_)) = (plan.total, self.material.again()) {
            let material = Mutex::new(self.material.again());
            return Ok(RequestBody::again(total, move || {
                let held = material.lock().unwrap_or_else(PoisonError::into_inner);
                let material = held.as_ref().and_then(Material::again);
                StreamBody::new(frames(plan.clone(), material))
            }));
        }
        let material = self.material.take();
        Ok(RequestBody::stream(StreamBody::new(frames(plan, material))))
    }
}

/// What a body needs besides its bytes.
#[derive(Clone)]
struct Plan {
    route: Arc<Route>,
    limit: Option<RateLimit>,
    observer: Observer,
    sent: Arc<Sent>,
    total: Option<u64>,
}

impl Plan {
    /// Opens what is to be sent.
    async fn begin(self, material: Option<Material>) -> Result<Sending> {
        let Some(mut material) = material else {
            let what = "what was to be sent could be read once, and was";
            return Err(Error::new(Kind::Usage, Stage::Store, what));
        };
        let feed = material.feed(0).await?;
        self.sent.begun.store(true, Ordering::Relaxed);
        self.sent.bytes.store(0, Ordering::Relaxed);
        self.observer.notify(Event::Started {
            route: &self.route,
            offset: 0,
            total: self.total,
        });
        Ok(Sending {
            flow: Flow::new(feed, 0, self.limit, self.observer),
            sent: self.sent,
        })
    }
}

/// A body on its way.
struct Sending {
    flow: Flow,
    sent: Arc<Sent>,
}

enum State {
    New(Box<Plan>, Option<Material>),
    Begun(Box<Sending>),
}

/// The frames of a body. The file is opened when the first of them is wanted.
fn frames(
    plan: Plan,
    material: Option<Material>,
) -> impl Stream<Item = Result<Frame<Bytes>>> + Send + 'static {
    let new = State::New(Box::new(plan), material);
    futures_util::stream::try_unfold(new, async |state| {
        let mut sending = match state {
            State::New(plan, material) => Box::new(plan.begin(material).await?),
            State::Begun(sending) => sending,
        };
        let piece = sending.flow.next().await?;
        if let Some(piece) = &piece {
            sending.flow.went(piece.len() as u64);
        }
        let offset = sending.flow.offset();
        sending.sent.bytes.store(offset, Ordering::Relaxed);
        let sent = &sending.sent;
        sent.ended.store(piece.is_none(), Ordering::Relaxed);
        Ok(piece.map(|piece| (Frame::data(piece), State::Begun(sending))))
    })
}

/// The error for a file that is there.
fn taken(response: &Response) -> Error {
    let mut shown = response.url.clone();
    shown.set_query(None);
    let name = shown.path().trim_start_matches('/');
    let size = response.headers.get(CONTENT_LENGTH);
    let size = size.and_then(|size| size.to_str().ok()?.parse().ok());
    exists(name, size)
        .while_doing(format!("store {}", text::clip(shown.as_str())))
        .about(response.url.path())
        .with_route(&response.route)
        .after(response.steps.clone())
}

/// The error for an answer of 2xx that did not wait for the end.
fn early(response: &Response) -> Error {
    let mut shown = response.url.clone();
    shown.set_query(None);
    let status = response.status;
    let what = format!("the server answered {status} before all of it was sent");
    Error::new(Kind::Cut, Stage::Request, what)
        .with_hint("what it has now is not whole: it, or a proxy, does not read what is put there")
        .while_doing(format!("store {}", text::clip(shown.as_str())))
        .with_route(&response.route)
        .after(response.steps.clone())
}

/// A refusal, with what it mostly means for an upload.
fn explained(refusal: Error, status: StatusCode) -> Error {
    let hint = match status {
        StatusCode::PRECONDITION_FAILED => {
            "the server has a file of that name already: overwrite it with --force"
        }
        StatusCode::CONFLICT => "WebDAV servers answer like this where the folder is missing",
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
            "this server, or this place on it, takes no uploads by PUT"
        }
        StatusCode::PAYLOAD_TOO_LARGE => "the file is larger than the server, or the proxy, takes",
        StatusCode::LENGTH_REQUIRED => {
            "the server wants to know the length before: send a file instead of standard input"
        }
        StatusCode::INSUFFICIENT_STORAGE => {
            return refusal
                .with_better_hint("the server's disk is full, or the quota is used up")
                .permanent();
        }
        _ => return refusal,
    };
    refusal.with_better_hint(hint)
}
