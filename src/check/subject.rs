//! What is checked.

use url::Url;

use super::Report;
use super::second_port::told_apart;
use crate::base::{Error, Kind, Result, Route, Stage, Target, text};
use crate::connector::Connector;
use crate::dataset::Dataset;

/// What a check is about.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Subject {
    /// A dataset, up to its first byte.
    Dataset(Box<Dataset>),
    /// A host and port, up to an open stream.
    Port(Port),
}

/// A host and port of which nothing else is known (`tcp://db.example.org:5432`). It goes the way of
/// `https` (through a proxy by CONNECT), without TLS.
#[derive(Clone, Debug)]
pub struct Port {
    pub(super) connector: Connector,
    pub(super) target: Target,
}

impl Port {
    /// The port that a URL of `tcp` names.
    ///
    /// # Errors
    /// It names no host or no port, or something else beside them.
    pub fn from_url(connector: Connector, url: &Url) -> Result<Self> {
        let bad = |what: &str| {
            Err(Error::new(Kind::Usage, Stage::Settings, what)
                .while_doing(format!("check {}", text::shown_url(url)))
                .with_hint("write tcp://HOST:PORT"))
        };
        let Some(port) = url.port() else {
            return bad("the URL has no port");
        };
        if !matches!(url.path(), "" | "/") || url.query().is_some() || !url.username().is_empty() {
            return bad("there is more than a host and a port");
        }
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return bad("the URL has no host");
        };
        let target = Target::parse(&format!("https://{host}:{port}/"))?;
        Ok(Self { connector, target })
    }

    /// Opens the stream, and closes it.
    async fn walk(&self, route: &Route) -> Report {
        match self.connector.open(route, &self.target).await {
            Ok(mut stream) => Report {
                route: Some(route.clone()),
                steps: stream.take_steps(),
                ..Report::default()
            },
            Err(error) => Report {
                route: Some(route.clone()),
                ..Report::of(error)
            },
        }
    }
}

impl Subject {
    /// Who is to be reached.
    pub fn target(&self) -> &Target {
        match self {
            Self::Dataset(dataset) => dataset.target(),
            Self::Port(port) => &port.target,
        }
    }

    /// The way there.
    pub fn connector(&self) -> &Connector {
        match self {
            Self::Dataset(dataset) => dataset.connector(),
            Self::Port(port) => &port.connector,
        }
    }

    /// Which way it goes.
    ///
    /// # Errors
    /// The policy does not allow one.
    pub fn route(&self) -> Result<Route> {
        self.connector().route(self.target())
    }

    pub(super) async fn walk(&self) -> Report {
        let route = match self.route() {
            Ok(route) => route,
            Err(error) => return Report::of(error),
        };
        let mut report = match self {
            Self::Dataset(dataset) => super::walk(dataset, route).await,
            Self::Port(port) => port.walk(&route).await,
        };
        report.failure = match report.failure.take() {
            Some(failure) => Some(told_apart(self.connector(), failure).await),
            None => None,
        };
        report
    }
}

impl From<Dataset> for Subject {
    fn from(dataset: Dataset) -> Self {
        Self::Dataset(Box::new(dataset))
    }
}
