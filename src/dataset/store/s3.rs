//! A file to S3: one request, or parts.

use std::sync::Arc;
use std::time::Duration;

use ::object_store::MultipartUpload;
use bytes::{Bytes, BytesMut};
use percent_encoding::percent_decode_str;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::super::event::{Event, Observer};
use super::super::source::S3Source;
use super::feed::Flow;
use super::material::Material;
use super::{StoreOptions, Stored, Tries, exists, tried};
use crate::base::{Error, Kind, Result, Stage};
use crate::dataset::client::Dataset;
use crate::s3::Store;

/// What is no longer goes in one request: a part may have 5 MiB to 5 GiB ("Amazon S3 multipart upload
/// limits").
const PART: usize = 8 << 20;

/// The most parts that an object may have.
const PARTS: u64 = 10_000;

/// How long taking back what failed may take.
const TIDY_WAIT: Duration = Duration::from_secs(5);

/// So many parts go at a time.
const AT_ONCE: usize = 4;

pub(super) async fn store(
    dataset: &Dataset,
    source: &S3Source,
    material: Material,
    options: &StoreOptions,
) -> Result<Stored> {
    let path = percent_decode_str(source.url.path()).collect::<Vec<u8>>();
    if path.is_empty() || path.ends_with(b"/") {
        let what = "the URL names a folder, not an object";
        return Err(Error::new(Kind::Usage, Stage::Request, what)
            .with_hint("write the name that the object is to have behind the `/`"));
    }
    let run = Run {
        dataset,
        source,
        options,
        material,
        checked: options.force,
    };
    tried(run, dataset, options).await
}

struct Run<'a> {
    dataset: &'a Dataset,
    source: &'a S3Source,
    options: &'a StoreOptions,
    material: Material,
    /// Nothing stands in the way, or it does not matter.
    checked: bool,
}

impl Tries for Run<'_> {
    async fn attempt(&mut self) -> Result<Stored> {
        self.check().await?;
        let total = self.material.length();
        let feed = self.material.feed(0).await?;
        let observer = self.options.observer.clone();
        let route = Arc::new(self.dataset.connector().route(self.dataset.target())?);
        observer.notify(Event::Started {
            route: &route,
            offset: 0,
            total,
        });
        let limit = self.dataset.rate_limit().cloned();
        let mut flow = Flow::new(feed, 0, limit, observer);
        let size = part_size(total);
        let mut rest = Bytes::new();
        let first = next_part(&mut flow, &mut rest, size).await?;
        if first.len() < size {
            self.source.store.put(first.into()).await?;
        } else {
            let to = (&self.source.store, &self.options.observer);
            put_in_parts(to, first, (&mut flow, &mut rest), size).await?;
        }
        Ok(Stored {
            url: self.source.url.clone(),
            length: flow.offset(),
            kept: 0,
        })
    }

    fn can_be_sent(&self) -> bool {
        self.material.can_be_sent()
    }
}

impl Run<'_> {
    /// Whether something is there.
    async fn check(&mut self) -> Result<()> {
        if self.checked {
            return Ok(());
        }
        let Some(about) = self.source.store.about_any().await? else {
            self.checked = true;
            return Ok(());
        };
        let name = self.source.url.path().trim_start_matches('/');
        Err(exists(name, Some(about.length)).while_doing(format!("store {}", self.source.url)))
    }
}

/// Parts appear together as one object when all of them are there. What failed is taken back: its
/// parts would be paid for.
async fn put_in_parts(
    (store, observer): (&Store, &Observer),
    first: Bytes,
    from: (&mut Flow, &mut Bytes),
    size: usize,
) -> Result<()> {
    let mut upload = store.put_in_parts().await?;
    observer.notify(Event::Staged { name: "parts" });
    let sent = put_parts(store, &mut *upload, first, from, size).await;
    let error = match sent {
        Ok(()) => match upload.complete().await {
            Ok(_) => return Ok(()),
            Err(error) => store.told(error, "put"),
        },
        Err(error) => error,
    };
    match timeout(TIDY_WAIT, upload.abort()).await {
        Ok(Ok(())) => observer.notify(Event::Removed),
        left => tracing::info!(?left, "parts are left in the bucket"),
    }
    Err(error)
}

async fn put_parts(
    store: &Store,
    upload: &mut dyn MultipartUpload,
    first: Bytes,
    (flow, rest): (&mut Flow, &mut Bytes),
    size: usize,
) -> Result<()> {
    let told = |error| store.told_of_part(error);
    // Dropping it ends what is under way.
    let mut under_way = JoinSet::new();
    let mut part = first;
    while !part.is_empty() {
        under_way.spawn(upload.put_part(part.into()));
        if under_way.len() >= AT_ONCE {
            ended(under_way.join_next().await)?.map_err(told)?;
        }
        part = next_part(flow, rest, size).await?;
    }
    while !under_way.is_empty() {
        ended(under_way.join_next().await)?.map_err(told)?;
    }
    Ok(())
}

/// What one of the uploads under way came to.
fn ended<T>(joined: Option<std::result::Result<T, tokio::task::JoinError>>) -> Result<T> {
    let what = || {
        Error::new(
            Kind::Interrupted,
            Stage::Transfer,
            "an upload of a part was ended",
        )
    };
    match joined {
        Some(Ok(ended)) => Ok(ended),
        Some(Err(cause)) => Err(what().with_source(cause)),
        None => Err(what()),
    }
}

/// The next `size` bytes, or what is left. What came too much is left in `rest`.
async fn next_part(flow: &mut Flow, rest: &mut Bytes, size: usize) -> Result<Bytes> {
    // Grows with what comes: a reader may give a few bytes at a time.
    let mut part = BytesMut::new();
    while part.len() < size {
        if rest.is_empty() {
            let Some(piece) = flow.next().await? else {
                break;
            };
            flow.went(piece.len() as u64);
            *rest = piece;
        }
        part.extend_from_slice(&rest.split_to(rest.len().min(size - part.len())));
    }
    Ok(part.freeze())
}

/// How large parts are, so that there are not too many. Of what has no length, 80 GB fit.
fn part_size(total: Option<u64>) -> usize {
    let least = total.unwrap_or(0).div_ceil(PARTS);
    let least = usize::try_from(least).unwrap_or(usize::MAX);
    least.next_multiple_of(1 << 20).max(PART)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_neither_too_small_nor_too_many() {
        for (total, wanted) in [
            (None, PART),
            (Some(0), PART),
            (Some(1 << 30), PART),
            (Some(100_000_000_000), 10 << 20),
            (Some(5 << 40), 525 << 20),
        ] {
            let size = part_size(total);
            assert_eq!(size, wanted, "{total:?}");
            assert!(total.unwrap_or(0).div_ceil(size as u64) <= PARTS);
        }
    }
}
