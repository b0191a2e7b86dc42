//! The front door, and a dataset under it.

use std::path::Path;

use ::http::HeaderMap;
use url::Url;

use super::reader::Reader;
use super::runtime::Runtime;
use crate::base::{Credentials, Result, Target};
use crate::connector::load;
use crate::dataset::{self, FetchOptions, Fetched, Observer, Stat};
use crate::settings::{Flags, Policy, Retry};

/// Opens datasets under one policy. Cheap to clone, and shared between threads; clones share
/// connections, secrets, what was learned of servers, and the runtime.
#[derive(Clone, Debug)]
pub struct Client {
    inner: dataset::Client,
    runtime: Runtime,
}

impl Client {
    /// A client under the settings of this machine and user: the settings files and the
    /// environment's variables.
    ///
    /// # Errors
    /// As [`load::policy`] and [`new`](Self::new).
    pub fn load() -> Result<Self> {
        Self::new(load::policy(&Flags::default())?)
    }

    /// A client under `policy`.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn new(policy: Policy) -> Result<Self> {
        Ok(Self {
            inner: dataset::Client::new(policy),
            runtime: Runtime::start()?,
        })
    }

    /// The dataset at a URL, or at a path below a named connection (`census:2020/file.csv`). No
    /// I/O.
    ///
    /// # Errors
    /// As [`dataset::Client::dataset`].
    pub fn dataset(&self, place: &str) -> Result<Dataset> {
        self.dataset_of(place, None)
    }

    /// [`dataset`](Self::dataset) under the connection called `connection`, whatever its URL.
    ///
    /// # Errors
    /// As there.
    pub fn dataset_of(&self, place: &str, connection: Option<&str>) -> Result<Dataset> {
        Ok(Dataset {
            inner: self.inner.dataset_of(place, connection)?,
            runtime: self.runtime.clone(),
        })
    }

    /// Opens the dataset at `place` for reading.
    ///
    /// # Errors
    /// As [`Client::dataset`] and [`Dataset::open`].
    pub fn open(&self, place: &str) -> Result<Reader> {
        self.dataset(place)?.open()
    }
}

/// One URL under a client's policy.
#[derive(Clone, Debug)]
pub struct Dataset {
    inner: dataset::Dataset,
    runtime: Runtime,
}

impl Dataset {
    /// Tries as often as this instead of as the settings say.
    pub fn with_retry(mut self, retry: Retry) -> Self {
        self.inner = self.inner.with_retry(retry);
        self
    }

    /// Uses these credentials for the target instead of the connection's or the URL's.
    pub fn with_credentials(mut self, credentials: Credentials) -> Self {
        self.inner = self.inner.with_credentials(credentials);
        self
    }

    /// Sends these fields with HTTP requests. Those that are not about the representation stay
    /// behind when a redirect leaves the origin.
    pub fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.inner = self.inner.with_headers(headers);
        self
    }

    /// The URL, without userinfo.
    pub fn url(&self) -> &Url {
        self.inner.url()
    }

    /// Scheme, host and port.
    pub fn target(&self) -> &Target {
        self.inner.target()
    }

    /// Asks what is there, without tries.
    ///
    /// # Errors
    /// As [`dataset::Dataset::stat`]; an async task called it.
    pub fn stat(&self) -> Result<Stat> {
        self.runtime.wait(self.inner.stat())?
    }

    /// Opens it for reading from the first byte. The reader goes on by itself after a cut, as
    /// `retry` of the settings allows, when the server proves that the file is the same.
    ///
    /// # Errors
    /// As [`dataset::Dataset::open`]; an async task called it.
    pub fn open(&self) -> Result<Reader> {
        self.open_observed(Observer::default())
    }

    /// [`open`](Self::open), with events for `observer`.
    ///
    /// # Errors
    /// As there.
    pub fn open_observed(&self, observer: Observer) -> Result<Reader> {
        let opened = self.runtime.wait(self.inner.open_observed(observer))?;
        Ok(Reader::new(opened?, self.runtime.clone()))
    }

    /// Brings it into the file `destination`: goes on from `destination.part` when the server
    /// proves that it is the same file, and renames when everything is there and verified.
    ///
    /// # Errors
    /// As [`dataset::Dataset::fetch`]; an async task called it.
    pub fn fetch(&self, destination: &Path, options: &FetchOptions) -> Result<Fetched> {
        self.runtime.wait(self.inner.fetch(destination, options))?
    }
}
