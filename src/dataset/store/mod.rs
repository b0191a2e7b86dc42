//! A file to the place of a dataset: FTP's STOR, HTTP's PUT.
//!
//! Over FTP the bytes go to a name of their own beside the final one ([`part_name`]), from which a
//! later try goes on, and the file gets its name when the server has all of it. Over HTTP the
//! server does that: an answer of 2xx says that the file is there.

mod feed;
mod ftp;
mod http;
mod listed;
mod material;
#[cfg(feature = "object_store")]
mod orders;
mod part_name;
mod replace;
#[cfg(feature = "object_store")]
mod s3;

use std::path::Path;

use ::bytes::Bytes;
use tokio::io::AsyncRead;
use url::Url;

pub(super) use self::listed::listed_size;
use self::material::Material;
use super::client::Dataset;
use super::event::{Event, Observer};
use super::retry::{Backoff, Decision};
use super::source::Source;
use crate::base::{Error, Kind, Result, Stage, text};

/// How to store. Write `StoreOptions { force: true, ..Default::default() }`: there will be more.
#[derive(Clone, Debug, Default)]
pub struct StoreOptions {
    /// Overwrite a file of that name on the server.
    pub force: bool,
    /// Make missing folders (FTP: MKD). HTTP servers make them by themselves, or not.
    pub create_dirs: bool,
    /// Told what happens.
    pub observer: Observer,
}

/// What became of an upload.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Stored {
    /// Where it is, without userinfo: after redirects, for HTTP.
    pub url: Url,
    /// Its length in bytes.
    pub length: u64,
    /// How many of them were on the server already when the upload began.
    pub kept: u64,
}

impl Dataset {
    /// Sends the local file `path` to this URL, which names a file. Something of that name on the
    /// server is an error, unless `options.force` is set.
    ///
    /// Over FTP the bytes go to `NAME.DIGEST.part` first, and the file gets its name when the server
    /// has all of it. The digest is of what tells one state of a local file from another (device,
    /// inode, length, times), so that a later call goes on where this one was cut, and never goes on
    /// with the bytes of another file. One call at a time for one file and URL.
    ///
    /// ```
    /// # async fn run() -> outbound::Result<()> {
    /// use outbound::dataset::{Client, StoreOptions};
    /// use outbound::lab::ftp::{FtpServer, Options};
    ///
    /// # let folder = std::env::temp_dir().join(format!("outbound-store-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder).unwrap();
    /// let server = FtpServer::start(Options { writable: true, ..Options::default() }).await.unwrap();
    /// let rows = folder.join("rows.csv");
    /// std::fs::write(&rows, "a,b\n1,2\n").unwrap();
    ///
    /// let client = Client::new(outbound::Settings::from_toml("[policy]\ndirect = \"allow\"\n").unwrap());
    /// let dataset = client.dataset(&format!("ftp://{}/rows.csv", server.addr()))?;
    /// let stored = dataset.store_file(&rows, &StoreOptions::default()).await?;
    /// assert_eq!(stored.length, 8);
    /// assert_eq!(server.tree().get("/rows.csv").unwrap().bytes, "a,b\n1,2\n");
    /// # std::fs::remove_dir_all(&folder).unwrap();
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
    /// ```
    ///
    /// # Errors
    /// Every stage up to the last byte, after the tries that the settings allow;
    /// [`Kind::TargetRefused`] when the file exists on the server or may not be written;
    /// [`Kind::Changed`] when the local file changes meanwhile; [`Kind::LocalFile`] when it cannot
    /// be read; [`Kind::Usage`] for a URL that names no file.
    ///
    /// # Cancel safety
    /// Dropping the future leaves what the server has; over FTP the next call goes on from there.
    pub async fn store_file(&self, path: &Path, options: &StoreOptions) -> Result<Stored> {
        self.store(Material::file(path).await?, options).await
    }

    /// Sends these bytes, as [`store_file`](Self::store_file) sends a file. A call that fails leaves
    /// nothing behind on an FTP server that can still be reached.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there, but no later call goes on.
    pub async fn store_bytes(
        &self,
        bytes: impl Into<Bytes>,
        options: &StoreOptions,
    ) -> Result<Stored> {
        self.store(Material::Bytes(bytes.into()), options).await
    }

    /// Sends what a reader gives, to its end. What was read cannot be read again: from the first
    /// byte on there is no second try. An error of the reader ends the upload, and the file does not
    /// get its name.
    ///
    /// # Errors
    /// As [`store_file`](Self::store_file).
    ///
    /// # Cancel safety
    /// As [`store_bytes`](Self::store_bytes).
    pub async fn store_reader(
        &self,
        reader: impl AsyncRead + Send + 'static,
        options: &StoreOptions,
    ) -> Result<Stored> {
        let reader: material::Reader = Box::pin(reader);
        self.store(Material::Reader(Some(reader)), options).await
    }

    async fn store(&self, material: Material, options: &StoreOptions) -> Result<Stored> {
        match self.source().await? {
            Source::Ftp(source) => ftp::store(self, &source, material, options).await,
            Source::Http(source) => http::store(self, &source, material, options).await,
            Source::FtpByProxy(source) => Err(source.store()),
            #[cfg(feature = "ws")]
            Source::Ws(source) => Err(source.no_file()),
            #[cfg(feature = "object_store")]
            Source::S3(source) => s3::store(self, &source, material, options).await,
        }
    }
}

/// An upload that is tried until it is done.
///
/// What is sent may be read by one task alone: none of this borrows it shared over an await, so that
/// the future of an upload can be spawned.
trait Tries: Send {
    /// One try.
    fn attempt(&mut self) -> impl Future<Output = Result<Stored>> + Send;

    /// Whether what is to be sent is there for another try.
    fn can_be_sent(&self) -> bool;

    /// Whether the last try got further than those before it.
    fn progressed(&mut self) -> bool {
        false
    }

    /// Clears up behind the last error, and gives it with what is to be said of that.
    fn ended(&mut self, error: Error) -> impl Future<Output = Error> + Send {
        std::future::ready(error)
    }
}

/// Tries as often as the settings allow, and tells the observer of each further try.
async fn tried(
    mut upload: impl Tries,
    dataset: &Dataset,
    options: &StoreOptions,
) -> Result<Stored> {
    let mut backoff = Backoff::new(dataset.retry().clone());
    loop {
        let error = match upload.attempt().await {
            Ok(stored) => return Ok(stored),
            Err(error) if upload.can_be_sent() => error,
            Err(error) => error.permanent(),
        };
        if upload.progressed() {
            backoff.progress();
        }
        match backoff.after(error.clone()) {
            Decision::GiveUp(error) => return Err(upload.ended(error).await),
            Decision::Again { pause, attempt } => {
                tracing::info!(%error, ?pause, attempt, "trying again");
                options.observer.notify(Event::Retrying {
                    error: &error,
                    pause,
                    attempt,
                });
                tokio::time::sleep(pause).await;
            }
        }
    }
}

/// The error for a name that is taken on the server.
fn exists(name: &str, size: Option<u64>) -> Error {
    let size = size.map_or_else(String::new, |size| format!(" ({size} bytes)"));
    let what = format!("the server has a file `{}` already{size}", text::clip(name));
    Error::new(Kind::TargetRefused, Stage::Request, what).with_hint("overwrite it with --force")
}
