//! A store of one version of object_store as a store of another.
//!
//! DataFusion 55 and Ballista 55 stand on object_store 0.13, outbound on 0.14: to the compiler two
//! crates that have nothing to do with each other, although the methods are the same. [`Bridge`] takes
//! a store of 0.14 and is one of 0.13. With an engine that has come to 0.14 this file goes away, and
//! the stores are registered as they are.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use datafusion::object_store as engine;
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use object_store as ours;

use ours::ObjectStoreExt as _;

/// A store of outbound's object_store, as the engine wants it.
#[derive(Debug)]
pub struct Bridge(Arc<dyn ours::ObjectStore>);

impl Bridge {
    /// The store, for `register_object_store` and registries.
    pub fn over(store: impl ours::ObjectStore) -> Arc<dyn engine::ObjectStore> {
        Arc::new(Self(Arc::new(store)))
    }
}

impl fmt::Display for Bridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait]
impl engine::ObjectStore for Bridge {
    async fn put_opts(
        &self,
        location: &engine::path::Path,
        payload: engine::PutPayload,
        options: engine::PutOptions,
    ) -> engine::Result<engine::PutResult> {
        bare(&options.tags, &options.attributes)?;
        let mode = match options.mode {
            engine::PutMode::Overwrite => ours::PutMode::Overwrite,
            engine::PutMode::Create => ours::PutMode::Create,
            engine::PutMode::Update(version) => ours::PutMode::Update(ours::UpdateVersion {
                e_tag: version.e_tag,
                version: version.version,
            }),
        };
        let options = ours::PutOptions {
            mode,
            extensions: options.extensions,
            ..Default::default()
        };
        let location = path(location)?;
        let put = self.0.put_opts(&location, bytes(payload), options);
        put.await.map(stored).map_err(error)
    }

    async fn put_multipart_opts(
        &self,
        location: &engine::path::Path,
        options: engine::PutMultipartOptions,
    ) -> engine::Result<Box<dyn engine::MultipartUpload>> {
        bare(&options.tags, &options.attributes)?;
        let options = ours::PutMultipartOptions {
            extensions: options.extensions,
            ..Default::default()
        };
        let upload = self.0.put_multipart_opts(&path(location)?, options).await;
        Ok(Box::new(Upload(upload.map_err(error)?)))
    }

    async fn get_opts(
        &self,
        location: &engine::path::Path,
        options: engine::GetOptions,
    ) -> engine::Result<engine::GetResult> {
        let options = ours::GetOptions {
            if_match: options.if_match,
            if_none_match: options.if_none_match,
            if_modified_since: options.if_modified_since,
            if_unmodified_since: options.if_unmodified_since,
            range: options.range.map(|range| match range {
                engine::GetRange::Bounded(range) => ours::GetRange::Bounded(range),
                engine::GetRange::Offset(offset) => ours::GetRange::Offset(offset),
                engine::GetRange::Suffix(last) => ours::GetRange::Suffix(last),
            }),
            version: options.version,
            head: options.head,
            extensions: options.extensions,
        };
        let got = self.0.get_opts(&path(location)?, options).await;
        let got = got.map_err(error)?;
        Ok(engine::GetResult {
            meta: meta(got.meta.clone())?,
            range: got.range.clone(),
            // No engine asks what the object's media type is.
            attributes: engine::Attributes::new(),
            payload: engine::GetResultPayload::Stream(got.into_stream().map_err(error).boxed()),
        })
    }

    async fn get_ranges(
        &self,
        location: &engine::path::Path,
        ranges: &[Range<u64>],
    ) -> engine::Result<Vec<Bytes>> {
        let got = self.0.get_ranges(&path(location)?, ranges).await;
        got.map_err(error)
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, engine::Result<engine::path::Path>>,
    ) -> BoxStream<'static, engine::Result<engine::path::Path>> {
        let locations = locations.map(|location| {
            let location = location.and_then(|location| path(&location));
            location.map_err(|error| ours::Error::Generic {
                store: "engine",
                source: error.into(),
            })
        });
        let deleted = self.0.delete_stream(locations.boxed());
        deleted.map(|done| back(done.map_err(error)?)).boxed()
    }

    fn list(
        &self,
        prefix: Option<&engine::path::Path>,
    ) -> BoxStream<'static, engine::Result<engine::ObjectMeta>> {
        match prefix.map(path).transpose() {
            Ok(prefix) => listed(self.0.list(prefix.as_ref())),
            Err(error) => failed(error),
        }
    }

    fn list_with_offset(
        &self,
        prefix: Option<&engine::path::Path>,
        offset: &engine::path::Path,
    ) -> BoxStream<'static, engine::Result<engine::ObjectMeta>> {
        match (prefix.map(path).transpose(), path(offset)) {
            (Ok(prefix), Ok(offset)) => listed(self.0.list_with_offset(prefix.as_ref(), &offset)),
            (Err(error), _) | (_, Err(error)) => failed(error),
        }
    }

    async fn list_with_delimiter(
        &self,
        prefix: Option<&engine::path::Path>,
    ) -> engine::Result<engine::ListResult> {
        let prefix = prefix.map(path).transpose()?;
        let found = self.0.list_with_delimiter(prefix.as_ref()).await;
        let found = found.map_err(error)?;
        let prefixes = found.common_prefixes.into_iter().map(back);
        let objects = found.objects.into_iter().map(meta);
        Ok(engine::ListResult {
            common_prefixes: prefixes.collect::<engine::Result<_>>()?,
            objects: objects.collect::<engine::Result<_>>()?,
        })
    }

    async fn copy_opts(
        &self,
        from: &engine::path::Path,
        to: &engine::path::Path,
        options: engine::CopyOptions,
    ) -> engine::Result<()> {
        let (from, to) = (path(from)?, path(to)?);
        let copied = match options.mode {
            engine::CopyMode::Overwrite => self.0.copy(&from, &to).await,
            engine::CopyMode::Create => self.0.copy_if_not_exists(&from, &to).await,
        };
        copied.map_err(error)
    }

    // Without this one a rename would be a copy and a deletion, which ftp does not know.
    async fn rename_opts(
        &self,
        from: &engine::path::Path,
        to: &engine::path::Path,
        options: engine::RenameOptions,
    ) -> engine::Result<()> {
        let (from, to) = (path(from)?, path(to)?);
        let renamed = match options.target_mode {
            engine::RenameTargetMode::Overwrite => self.0.rename(&from, &to).await,
            engine::RenameTargetMode::Create => self.0.rename_if_not_exists(&from, &to).await,
        };
        renamed.map_err(error)
    }
}

/// A multipart upload under way.
#[derive(Debug)]
struct Upload(Box<dyn ours::MultipartUpload>);

#[async_trait]
impl engine::MultipartUpload for Upload {
    fn put_part(&mut self, data: engine::PutPayload) -> engine::UploadPart {
        let part = self.0.put_part(bytes(data));
        Box::pin(async move { part.await.map_err(error) })
    }

    async fn complete(&mut self) -> engine::Result<engine::PutResult> {
        self.0.complete().await.map(stored).map_err(error)
    }

    async fn abort(&mut self) -> engine::Result<()> {
        self.0.abort().await.map_err(error)
    }
}

fn path(location: &engine::path::Path) -> engine::Result<ours::path::Path> {
    ours::path::Path::parse(location).map_err(|error| engine::Error::Generic {
        store: "outbound",
        source: error.into(),
    })
}

fn back(location: ours::path::Path) -> engine::Result<engine::path::Path> {
    Ok(engine::path::Path::parse(location)?)
}

fn bytes(payload: engine::PutPayload) -> ours::PutPayload {
    payload.into_iter().collect()
}

fn meta(meta: ours::ObjectMeta) -> engine::Result<engine::ObjectMeta> {
    Ok(engine::ObjectMeta {
        location: back(meta.location)?,
        last_modified: meta.last_modified,
        size: meta.size,
        e_tag: meta.e_tag,
        version: meta.version,
    })
}

fn listed(
    found: BoxStream<'static, ours::Result<ours::ObjectMeta>>,
) -> BoxStream<'static, engine::Result<engine::ObjectMeta>> {
    found.map(|found| meta(found.map_err(error)?)).boxed()
}

fn failed<T: Send + 'static>(error: engine::Error) -> BoxStream<'static, engine::Result<T>> {
    futures::stream::once(std::future::ready(Err(error))).boxed()
}

fn stored(result: ours::PutResult) -> engine::PutResult {
    engine::PutResult {
        e_tag: result.e_tag,
        version: result.version,
    }
}

/// Tags and attributes have no way across: neither engine writes any.
fn bare(tags: &engine::TagSet, attributes: &engine::Attributes) -> engine::Result<()> {
    if tags.encoded().is_empty() && attributes.is_empty() {
        return Ok(());
    }
    Err(engine::Error::NotSupported {
        source: "tags and attributes are not taken across versions of object_store".into(),
    })
}

/// The same error of the other version: engines tell a file that is not there from one that may not be
/// read. What was said is kept as it was, so that [`outbound::Error::find`] finds outbound's own.
fn error(error: ours::Error) -> engine::Error {
    use engine::Error as To;
    use ours::Error as From;
    match error {
        From::NotFound { path, source } => To::NotFound { path, source },
        From::AlreadyExists { path, source } => To::AlreadyExists { path, source },
        From::Precondition { path, source } => To::Precondition { path, source },
        From::NotModified { path, source } => To::NotModified { path, source },
        From::PermissionDenied { path, source } => To::PermissionDenied { path, source },
        From::Unauthenticated { path, source } => To::Unauthenticated { path, source },
        From::NotSupported { source } => To::NotSupported { source },
        From::Generic { store, source } => To::Generic { store, source },
        other => To::Generic {
            store: "outbound",
            source: other.into(),
        },
    }
}
