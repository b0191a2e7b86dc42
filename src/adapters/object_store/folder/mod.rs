//! A folder of an FTP or HTTP server as an object store.

mod failure;
mod list;
mod names;
mod read;
mod upload;
mod write;

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use ::bytes::Bytes;
use ::object_store::path::Path;
use ::object_store::{
    CopyOptions, GetOptions, GetRange, GetResult, ListResult, MultipartUpload,
    OBJECT_STORE_COALESCE_DEFAULT, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions,
    PutPayload, PutResult, RenameOptions, coalesce_ranges,
};
use async_trait::async_trait;
use futures_util::stream::BoxStream;

use self::failure::changed;
use crate::base::{Error, Kind, Result, Scheme, Stage, text};
use crate::dataset::{Client, Dataset};

/// The name of the store in errors.
const NAME: &str = "outbound";

/// A folder of an FTP server, or of an HTTP server that shows its folders as index pages, as an
/// [`ObjectStore`]: for engines that read CSV and Parquet by it. Cheap to clone.
///
/// docs/object-store.md tells what each operation costs, and what such servers cannot do.
///
/// ```
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use object_store::{ObjectStoreExt as _, path::Path};
/// use outbound::adapters::object_store::FolderStore;
/// # use outbound::lab::ftp::{FtpServer, Options};
/// # let server = FtpServer::start(Options::default()).await?;
/// # server.tree().put("/pub/rows.csv", "a,b\n1,2\n");
/// # let url = format!("ftp://{}/pub/", server.addr());
/// let client = outbound::Client::new(outbound::Settings::from_toml("[policy]\ndirect = \"allow\"\n")?);
/// let store = FolderStore::new(&client, &url)?;
/// let end = store.get_range(&Path::from("rows.csv"), 4..8).await?;
/// assert_eq!(end, "1,2\n");
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
/// ```
#[derive(Clone)]
pub struct FolderStore {
    base: Dataset,
}

impl FolderStore {
    /// The folder at a URL (`ftp://host/pub/`), or at a path below a named connection (`census:` or
    /// `census:2020/`). Paths of the store are below it; all of them go by the connection that
    /// this place belongs to. No I/O.
    ///
    /// # Errors
    /// As [`Client::dataset`], and [`Kind::Unsupported`] for a place that is no folder of FTP or HTTP,
    /// or whose connection has `ftp = "proxy-get"`, which knows neither listings nor ranges.
    pub fn new(client: &Client, place: &str) -> Result<Self> {
        Self::of(client.dataset(place)?)
    }

    /// The folder at a dataset's URL, with the dataset's login, limits and ways.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of(dataset: Dataset) -> Result<Self> {
        let scheme = dataset.url().scheme();
        let known = matches!(
            dataset.target().scheme(),
            Scheme::Ftp | Scheme::Ftps | Scheme::Http | Scheme::Https
        );
        if !known || scheme == "s3" {
            let what = format!("a folder of `{scheme}://` is not read by this store");
            let hint = match scheme {
                "s3" => "adapters::object_store::bucket gives object_store's client for it",
                _ => "it reads ftp://, ftps://, http:// and https://",
            };
            return Err(Error::new(Kind::Unsupported, Stage::Route, what).with_hint(hint));
        }
        if dataset.asks_proxy_for_ftp()? {
            let what = "with `ftp = \"proxy-get\"` there are no listings and no ranges";
            return Err(Error::new(Kind::Unsupported, Stage::Route, what)
                .with_hint("let the proxy tunnel to the server, and leave `ftp` out"));
        }
        Ok(Self { base: dataset })
    }

    /// Whether it is a folder of FTP.
    fn is_ftp(&self) -> bool {
        matches!(self.base.target().scheme(), Scheme::Ftp | Scheme::Ftps)
    }
}

impl fmt::Display for FolderStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FolderStore({})", text::shown_url(self.base.url()))
    }
}

impl fmt::Debug for FolderStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[async_trait]
impl ObjectStore for FolderStore {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        options: PutOptions,
    ) -> ::object_store::Result<PutResult> {
        self.put_whole(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> ::object_store::Result<Box<dyn MultipartUpload>> {
        self.put_parts(location, &options)
    }

    async fn get_opts(
        &self,
        location: &Path,
        options: GetOptions,
    ) -> ::object_store::Result<GetResult> {
        self.read(location, options).await
    }

    /// Those that lie near each other come together. All of them are of one state of the file, as far
    /// as the server shows it.
    async fn get_ranges(
        &self,
        location: &Path,
        ranges: &[Range<u64>],
    ) -> ::object_store::Result<Vec<Bytes>> {
        let first: Arc<Mutex<Option<ObjectMeta>>> = Arc::default();
        let fetch = |range: Range<u64>| {
            let first = Arc::clone(&first);
            async move {
                let options = GetOptions::new().with_range(Some(GetRange::Bounded(range)));
                let result = self.read(location, options).await?;
                {
                    let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                    if first.get_or_insert_with(|| result.meta.clone()) != &result.meta {
                        return Err(changed(location));
                    }
                }
                result.bytes().await
            }
        };
        coalesce_ranges(ranges, fetch, OBJECT_STORE_COALESCE_DEFAULT).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, ::object_store::Result<Path>>,
    ) -> BoxStream<'static, ::object_store::Result<Path>> {
        self.remove_all(locations)
    }

    fn list(
        &self,
        prefix: Option<&Path>,
    ) -> BoxStream<'static, ::object_store::Result<ObjectMeta>> {
        self.list_below(prefix)
    }

    async fn list_with_delimiter(
        &self,
        prefix: Option<&Path>,
    ) -> ::object_store::Result<ListResult> {
        self.list_folder(prefix).await
    }

    /// FTP copies nothing by itself: it is read and written.
    async fn copy_opts(
        &self,
        from: &Path,
        to: &Path,
        options: CopyOptions,
    ) -> ::object_store::Result<()> {
        self.copy_file(from, to, &options).await
    }

    async fn rename_opts(
        &self,
        from: &Path,
        to: &Path,
        options: RenameOptions,
    ) -> ::object_store::Result<()> {
        self.rename_file(from, to, &options).await
    }
}
