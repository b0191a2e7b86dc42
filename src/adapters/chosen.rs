//! A client, and the named connection that requests were told to go under.

use url::Url;

use crate::base::{Result, Target};
use crate::dataset::{Client, Dataset, homes};

/// Whose policy requests of another client go by.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    client: Client,
    home: Option<Home>,
}

/// A named connection, and where it is at home.
#[derive(Clone, Debug)]
struct Home {
    name: String,
    targets: Vec<Target>,
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
    /// There is no such connection, or its bucket can be nowhere.
    pub(super) fn for_connection(mut self, name: &str) -> Result<Self> {
        let connection = self.client.connector().policy().connection(name)?;
        self.home = Some(Home {
            name: name.to_owned(),
            targets: homes(connection)?,
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
        let target = Target::from_url(url)?;
        let home = self.home.as_ref();
        let home = home.filter(|home| home.targets.contains(&target));
        let home = home.map(|home| home.name.as_str());
        self.client.dataset_of(url.as_str(), home)
    }
}
