//! Bytes of a file, or what is known of it.

use std::time::SystemTime;

use ::object_store::path::Path;
use ::object_store::{
    Attributes, Extensions, GetOptions, GetRange, GetResult, GetResultPayload, ObjectMeta,
};
use futures_util::StreamExt as _;
use futures_util::stream;

use super::failure::{not_built, told};
use super::{FolderStore, NAME};
use crate::dataset::{Facts, Span, SpanReader};

impl FolderStore {
    pub(super) async fn read(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> ::object_store::Result<GetResult> {
        if options.version.is_some() {
            return Err(not_built("get_opts with a version"));
        }
        let file = self.file(location)?;
        if options.head {
            let facts = file.facts().await;
            let facts = facts.map_err(|error| told(error, location))?;
            let meta = meta(&facts, location);
            options.check_preconditions(&meta)?;
            return Ok(result(
                meta,
                0..0,
                GetResultPayload::Stream(stream::empty().boxed()),
            ));
        }
        let span = match &options.range {
            None => Span::Whole,
            Some(range) => {
                range
                    .is_valid()
                    .map_err(|cause| ::object_store::Error::Generic {
                        store: NAME,
                        source: Box::new(cause),
                    })?;
                match range {
                    GetRange::Bounded(range) => Span::Within(range.clone()),
                    GetRange::Offset(start) => Span::From(*start),
                    GetRange::Suffix(count) => Span::Last(*count),
                }
            }
        };
        let reader = file.open_span(span).await;
        let reader = reader.map_err(|error| told(error, location))?;
        let meta = meta(reader.facts(), location);
        options.check_preconditions(&meta)?;
        let range = reader.range();
        Ok(result(meta, range, bytes(reader, location.clone())))
    }
}

fn bytes(reader: SpanReader, location: Path) -> GetResultPayload {
    let pieces = stream::unfold((reader, location), |(mut reader, location)| async move {
        let piece = reader.next().await?;
        let piece = piece.map_err(|error| told(error, &location));
        Some((piece, (reader, location)))
    });
    // An end that stays: of an empty file it is asked for twice.
    GetResultPayload::Stream(pieces.fuse().boxed())
}

fn result(meta: ObjectMeta, range: std::ops::Range<u64>, payload: GetResultPayload) -> GetResult {
    GetResult {
        payload,
        meta,
        range,
        attributes: Attributes::default(),
        extensions: Extensions::default(),
    }
}

/// What is known of a file as object_store has it. A time that the server does not tell is 1970.
pub(super) fn meta(facts: &Facts, location: &Path) -> ObjectMeta {
    ObjectMeta {
        location: location.clone(),
        last_modified: facts.modified.unwrap_or(SystemTime::UNIX_EPOCH).into(),
        size: facts.size,
        e_tag: facts.tag.clone(),
        version: None,
    }
}
