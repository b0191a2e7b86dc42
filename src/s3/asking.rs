//! GET of an object, and what comes of it.

use ::object_store::aws::AmazonS3;
use ::object_store::path::Path;
use ::object_store::{GetOptions, GetRange, GetResult, ObjectStore as _, ObjectStoreExt as _};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use super::ranges::{PIECE, Ranges};
use super::store::{About, about};
use super::wire::{Body, Wire};
use crate::base::{Error, Kind, Result, Stage};

/// The bytes of an object as they come.
pub(super) type Chunks = BoxStream<'static, Result<Bytes>>;

/// Who asks for an object.
#[derive(Clone)]
pub(super) struct Asking {
    pub(super) inner: AmazonS3,
    pub(super) path: Path,
    pub(super) wire: Wire,
    /// What is being done, for errors.
    pub(super) doing: String,
}

/// An object that is coming.
pub(crate) struct Coming {
    pub about: About,
    /// Where in it the first byte stands.
    pub offset: u64,
    pub body: Body,
}

/// What there is behind the bytes that are here.
pub(crate) enum Rest {
    Coming(Coming),
    /// Nothing: everything is here.
    AtEnd(About),
    /// It is another object now.
    Changed,
    /// The service gives no part of it.
    Whole,
}

impl Asking {
    /// The object from its start, `at_once` ranges at a time if it is long.
    pub(super) async fn get(&self, at_once: usize) -> Result<Coming> {
        if at_once > 1 {
            let got = self.ask(Some(GetRange::Bounded(0..PIECE)), None).await;
            match got {
                Ok(got) => {
                    if let Some(coming) = self.coming(got, at_once) {
                        return Ok(coming);
                    }
                }
                Err(error) if !self.ranges_are_at_fault(&error) => return Err(error),
                // An empty object has no range, and some services know none.
                Err(error) => tracing::debug!(%error, "the object is asked for as a whole"),
            }
        }
        let got = self.ask(None, None).await?;
        Ok(self.whole(got))
    }

    /// The object from `offset` on if it has that tag still.
    pub(super) async fn get_from(&self, offset: u64, tag: &str, at_once: usize) -> Result<Rest> {
        let range = match at_once {
            0 | 1 => GetRange::Offset(offset),
            _ => GetRange::Bounded(offset..offset.saturating_add(PIECE)),
        };
        let error = match self.ask(Some(range), Some(tag)).await {
            // Without a proof it would be two objects in one.
            Ok(got) if about(&got.meta).tag.as_deref() == Some(tag) => {
                let coming = self.coming(got, at_once);
                return Ok(coming.map_or(Rest::Changed, Rest::Coming));
            }
            Ok(_) => return Ok(Rest::Changed),
            Err(error) => error,
        };
        match error.answer().map(|answer| answer.code) {
            Some(412) => Ok(Rest::Changed),
            // Behind the last byte there is no range.
            Some(416) => {
                let meta = self.inner.head(&self.path).await;
                let about = about(&meta.map_err(|error| self.told(error))?);
                let is_same = about.tag.as_deref() == Some(tag) && about.length == offset;
                Ok(match is_same {
                    true => Rest::AtEnd(about),
                    false => Rest::Changed,
                })
            }
            // Some services know none: it comes from its start.
            _ if self.ranges_are_at_fault(&error) => Ok(Rest::Whole),
            _ => Err(error),
        }
    }

    /// One range of the object with that tag.
    pub(super) async fn chunks(&self, range: GetRange, tag: &str) -> Result<Chunks> {
        let got = match self.ask(Some(range), Some(tag)).await {
            // Not every service knows `If-Match`.
            Ok(got) if about(&got.meta).tag.as_deref() == Some(tag) => got,
            Err(error) if error.answer().is_none_or(|answer| answer.code != 412) => {
                return Err(error);
            }
            Ok(_) | Err(_) => {
                let what = "the object changed while it came";
                return Err(self.blamed(Error::new(Kind::Changed, Stage::Transfer, what)));
            }
        };
        Ok(self.stream(got))
    }

    async fn ask(&self, range: Option<GetRange>, tag: Option<&str>) -> Result<GetResult> {
        let options = GetOptions::new().with_range(range).with_if_match(tag);
        let got = self.inner.get_opts(&self.path, options).await;
        got.map_err(|error| self.told(error))
    }

    /// Whether an error may come of that a range was asked for.
    fn ranges_are_at_fault(&self, error: &Error) -> bool {
        match error.answer() {
            Some(answer) => answer.code == 416,
            None => error.kind() == Kind::TargetProtocol && error.stage() == Stage::Request,
        }
    }

    /// What was got, and the ranges behind it; `None` if nothing would prove that those are of the
    /// same object.
    fn coming(&self, got: GetResult, at_once: usize) -> Option<Coming> {
        if got.range.end >= got.meta.size {
            return Some(self.whole(got));
        }
        let (about, range) = (about(&got.meta), got.range.clone());
        let tag = about.tag.clone()?;
        let first = (self.stream(got), range.clone());
        let ranges = Ranges::new(self.clone(), tag, first, about.length, at_once);
        Some(Coming {
            about,
            offset: range.start,
            body: Body::new(ranges.boxed()),
        })
    }

    fn whole(&self, got: GetResult) -> Coming {
        Coming {
            about: about(&got.meta),
            offset: got.range.start,
            body: Body::new(self.stream(got)),
        }
    }

    fn stream(&self, got: GetResult) -> Chunks {
        let asking = self.clone();
        let chunks = got.into_stream();
        let chunks = chunks.map(move |chunk| chunk.map_err(|error| asking.told(error)));
        chunks.boxed()
    }

    fn told(&self, error: ::object_store::Error) -> Error {
        self.blamed(self.wire.told(error))
    }

    /// The error with what was being done, and by which way.
    pub(super) fn blamed(&self, error: Error) -> Error {
        let error = error.while_doing(self.doing.as_str());
        self.wire.with_route(error)
    }
}
