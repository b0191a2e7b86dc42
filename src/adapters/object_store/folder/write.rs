//! Files that are written, copied, renamed and removed.

use ::object_store::path::Path;
use ::object_store::{
    Attributes, CopyMode, CopyOptions, Extensions, GetOptions, MultipartUpload,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    RenameOptions, RenameTargetMode,
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;

use super::FolderStore;
use super::failure::{not_built, told};
use super::upload::Upload;
use crate::base::{Error, Kind, Stage, text};
use crate::dataset::{Dataset, Lack, StoreOptions, alone};

/// So many files are removed at a time: as many as there are logins, unless the client has others.
const REMOVED: usize = 4;

/// FTP copies nothing by itself: a copy is read into memory and written again, up to so many bytes.
const COPIED_MAX: u64 = 64 << 20;

impl FolderStore {
    pub(super) async fn put_whole(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> ::object_store::Result<PutResult> {
        refuse_attributes(&options.attributes, "put_opts")?;
        let force = match options.mode {
            PutMode::Overwrite => true,
            PutMode::Create => false,
            PutMode::Update(_) => return Err(not_built("put_opts with PutMode::Update")),
        };
        self.write(location, payload.into(), force).await
    }

    async fn write(
        &self,
        location: &Path,
        bytes: Bytes,
        force: bool,
    ) -> ::object_store::Result<PutResult> {
        let file = self.writable(location)?;
        let (options, whither) = (how(force), file.clone());
        let stored = alone(async move { whither.store_bytes(bytes, &options).await }).await;
        match stored {
            Ok(_) => Ok(stored_at(&file).await),
            Err(error) if !force && error.kind() == Kind::TargetRefused => {
                // It was refused because there is one, or would have been without.
                match file.facts().await {
                    Ok(_) => Err(told(error.with_source(Lack::Taken), location)),
                    Err(_) => Err(told(error, location)),
                }
            }
            Err(error) => Err(told(error, location)),
        }
    }

    pub(super) fn put_parts(
        &self,
        location: &Path,
        options: &PutMultipartOptions,
    ) -> ::object_store::Result<Box<dyn MultipartUpload>> {
        refuse_attributes(&options.attributes, "put_multipart_opts")?;
        let upload = Upload::new(self.writable(location)?, location.clone());
        Ok(Box::new(upload))
    }

    pub(super) fn remove_all(
        &self,
        locations: BoxStream<'static, ::object_store::Result<Path>>,
    ) -> BoxStream<'static, ::object_store::Result<Path>> {
        let store = self.clone();
        locations
            .map(move |location| {
                let store = store.clone();
                async move {
                    let location = location?;
                    let removed = store.writable(&location)?.remove().await;
                    removed.map_err(|error| told(error, &location))?;
                    Ok(location)
                }
            })
            .buffered(REMOVED)
            .boxed()
    }

    pub(super) async fn copy_file(
        &self,
        from: &Path,
        to: &Path,
        options: &CopyOptions,
    ) -> ::object_store::Result<()> {
        self.writable(to)?;
        let meta = self.head(from).await?;
        if meta.size > COPIED_MAX {
            let what = format!(
                "FTP copies nothing by itself, and {} bytes are more than the {COPIED_MAX} that are \
                 copied by reading and writing them",
                meta.size
            );
            let error = Error::new(Kind::Unsupported, Stage::Request, what);
            return Err(told(
                error.with_hint("read it, and write it by put_multipart"),
                from,
            ));
        }
        let read = self.read(from, GetOptions::default()).await?;
        let bytes = read.bytes().await?;
        let force = options.mode == CopyMode::Overwrite;
        self.write(to, bytes, force).await.map(drop)
    }

    pub(super) async fn rename_file(
        &self,
        from: &Path,
        to: &Path,
        options: &RenameOptions,
    ) -> ::object_store::Result<()> {
        let (old, new) = (self.writable(from)?, self.writable(to)?);
        let over = options.target_mode == RenameTargetMode::Overwrite;
        let named = old.rename(&new, over).await;
        named.map_err(|error| match Lack::of(&error) {
            Some(Lack::Taken) => told(error, to),
            _ => told(error, from),
        })
    }

    /// The file at `location`, which can be written where the server is one of FTP.
    fn writable(&self, location: &Path) -> ::object_store::Result<Dataset> {
        if self.is_ftp() {
            return self.file(location);
        }
        let what = "a folder of an HTTP server is read, and not written to";
        let error = Error::new(Kind::Unsupported, Stage::Request, what);
        Err(told(
            error.with_hint("HTTP's PUT is Dataset::store_bytes, or `outbound put`"),
            location,
        ))
    }
}

/// How files are stored: folders come with what is in them.
pub(super) fn how(force: bool) -> StoreOptions {
    StoreOptions {
        force,
        create_dirs: true,
        ..StoreOptions::default()
    }
}

/// What is told of a file that was stored. That its tag cannot be had is no failure.
pub(super) async fn stored_at(file: &Dataset) -> PutResult {
    let facts = file.facts().await;
    let e_tag = match facts {
        Ok(facts) => facts.tag,
        Err(error) => {
            let shown = text::clip(file.url().as_str());
            tracing::debug!(%error, "nothing is known of {shown}, which was stored");
            None
        }
    };
    PutResult {
        e_tag,
        version: None,
        extensions: Extensions::default(),
    }
}

fn refuse_attributes(attributes: &Attributes, operation: &str) -> ::object_store::Result<()> {
    match attributes.is_empty() {
        true => Ok(()),
        false => Err(not_built(&format!("{operation} with attributes"))),
    }
}
