//! Datasets in buckets of S3: where they are, and who signs.

#[cfg(feature = "object_store")]
use ::object_store::aws::AmazonS3Builder;
use url::Url;

use super::client::Dataset;
#[cfg(feature = "object_store")]
use super::source::S3Source;
use super::source::Source;
use crate::base::{Error, Kind, Result, Stage, Target};
#[cfg(feature = "object_store")]
use crate::s3::{Place, Signer, Store, Surroundings, builder};
use crate::settings::Connection;
#[cfg(feature = "object_store")]
use crate::settings::S3Options;

/// What is reached over the network for a URL: of a bucket it is the endpoint.
///
/// # Errors
/// As [`Target::from_url`]; no bucket can be where the URL says; files of AWS cannot be read.
pub(crate) fn reached(url: &Url, connection: Option<&Connection>) -> Result<Target> {
    match url.scheme() {
        "s3" => endpoint(url, connection),
        _ => Target::from_url(url),
    }
}

/// [`reached`], and where another client may reach the same for the connection.
///
/// # Errors
/// As there.
#[cfg(any(feature = "object_store", feature = "reqwest"))]
pub(crate) fn homes(connection: &Connection) -> Result<Vec<Target>> {
    #[cfg(feature = "object_store")]
    if connection.url.scheme() == "s3" {
        let options = options(Some(connection));
        return Place::new(&connection.url, &options, &Surroundings::load()?)?.targets();
    }
    Ok(vec![reached(&connection.url, Some(connection))?])
}

/// So many ranges of an object come at a time: 8 MiB each are held in memory.
#[cfg(feature = "object_store")]
const AT_ONCE: usize = 4;

#[cfg(feature = "object_store")]
impl Dataset {
    /// The bucket's side of this dataset.
    pub(super) async fn bucket(&self) -> Result<Source> {
        let (place, signer) = self.signed().await?;
        Ok(Source::S3(Box::new(S3Source {
            store: Store::new(self.http.clone(), place, signer, self.retry())?,
            connector: self.connector.clone(),
            target: self.target.clone(),
            url: self.url().clone(),
            // What is to come slowly needs no haste.
            at_once: match self.rate_limit() {
                Some(_) => 1,
                None => AT_ONCE,
            },
        })))
    }

    /// What makes object_store's client for this bucket, still without its way.
    ///
    /// # Errors
    /// It is no bucket; files of AWS or the connection's secret cannot be read.
    pub(crate) async fn bucket_builder(&self) -> Result<AmazonS3Builder> {
        if self.url().scheme() != "s3" {
            let what = format!("`{}://` is no bucket of S3", self.url().scheme());
            return Err(Error::new(Kind::Usage, Stage::Route, what)
                .with_hint("write s3://BUCKET/, or the name of a connection to one"));
        }
        let (place, signer) = self.signed().await?;
        Ok(builder(&place, &signer))
    }

    /// Where it is, and who signs. The files of AWS are read anew for each operation: what keeps
    /// temporary keys there replaces them every hour or so, and a client that lives for days would
    /// sign with keys that ended.
    async fn signed(&self) -> Result<(Place, Signer)> {
        let connection = self.connector.connection().map(AsRef::as_ref);
        let (around, options) = (Surroundings::load()?, options(connection));
        let place = Place::new(self.url(), &options, &around)?;
        let credentials = self.credentials.as_ref();
        let signer = Signer::find(&self.connector, credentials, &options, &around).await?;
        Ok((place, signer))
    }
}

#[cfg(feature = "object_store")]
fn endpoint(url: &Url, connection: Option<&Connection>) -> Result<Target> {
    Place::new(url, &options(connection), &Surroundings::load()?)?.target()
}

#[cfg(feature = "object_store")]
fn options(connection: Option<&Connection>) -> S3Options {
    connection
        .map(|connection| connection.s3.clone())
        .unwrap_or_default()
}

#[cfg(not(feature = "object_store"))]
impl Dataset {
    /// There is none.
    pub(super) async fn bucket(&self) -> Result<Source> {
        Err(not_built_in())
    }
}

#[cfg(not(feature = "object_store"))]
fn endpoint(_: &Url, _: Option<&Connection>) -> Result<Target> {
    Err(not_built_in())
}

#[cfg(not(feature = "object_store"))]
fn not_built_in() -> Error {
    let what = "`s3://` is not built in";
    let error = Error::new(Kind::Unsupported, Stage::Route, what);
    error.with_hint("build the crate with its feature `object_store`")
}
