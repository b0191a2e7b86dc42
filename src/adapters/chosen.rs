//! A client, and the named connection that requests were told to go under.

use url::Url;

use crate::base::{Host, Result, Target};
use crate::dataset::{Client, Dataset};

/// Whose policy requests of another client go by.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    client: Client,
    home: Option<Home>,
}

/// A named connection, and the server that it is for.
#[derive(Clone, Debug)]
struct Home {
    name: String,
    target: Target,
    /// The bucket, of one of S3: it may stand in the host's name, or in the path.
    bucket: Option<String>,
}

impl Chosen {
    pub(super) fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            home: None,
        }
    }

    /// What goes to the server of the connection called `name` goes under it.
    ///
    /// # Errors
    /// There is no such connection.
    pub(super) fn for_connection(mut self, name: &str) -> Result<Self> {
        let connection = self.client.connector().policy().connection(name)?;
        let (url, is_bucket) = (&connection.url, connection.url.scheme() == "s3");
        let bucket = url.host_str().filter(|_| is_bucket).map(str::to_owned);
        let target = self.client.dataset_of(url.as_str(), Some(name))?;
        self.home = Some(Home {
            name: name.to_owned(),
            target: target.target().clone(),
            bucket,
        });
        Ok(self)
    }

    /// The name of the connection.
    pub(super) fn connection(&self) -> Option<&str> {
        self.home.as_ref().map(|home| home.name.as_str())
    }

    /// The dataset at a URL of a request. The connection's credentials and trust are for nobody
    /// else: a URL elsewhere, such as a link in an answer, belongs to what covers it.
    pub(super) fn dataset(&self, url: &Url) -> Result<Dataset> {
        let home = self.home.as_ref();
        let home = match home {
            Some(home) if home.is_at(&Target::from_url(url)?) => Some(home.name.as_str()),
            _ => None,
        };
        self.client.dataset_of(url.as_str(), home)
    }
}

impl Home {
    fn is_at(&self, target: &Target) -> bool {
        let of = |target: &Target| (target.scheme(), target.port());
        if of(&self.target) != of(target) {
            return false;
        }
        let (home, host) = (self.target.host(), target.host());
        if home == host {
            return true;
        }
        match (&self.bucket, home, host) {
            (Some(bucket), Host::Domain(home), Host::Domain(host)) => {
                let without = |name: &str| {
                    let rest = name.strip_prefix(bucket.as_str());
                    rest.and_then(|rest| rest.strip_prefix('.'))
                        .map(str::to_owned)
                };
                without(home).as_deref() == Some(host) || without(host).as_deref() == Some(home)
            }
            _ => false,
        }
    }
}
