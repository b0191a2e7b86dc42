//! What is checked.

use std::time::Instant;

use url::Url;

use super::Report;
use super::second_port::told_apart;
#[cfg(feature = "ws")]
use crate::base::Scheme;
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
    connector: Connector,
    target: Target,
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

/// What came of leaving a stream alone.
#[derive(Debug)]
#[non_exhaustive]
pub struct Held {
    /// For how long it stood.
    pub stood: std::time::Duration,
    /// Why it did not stand to the end.
    pub failure: Option<Error>,
    /// What the other side said meanwhile, its start, safe to show.
    pub said: String,
}

/// How much of what is said in an idle stream is kept.
const SAID: usize = 200;

impl Subject {
    /// Opens what is to be left alone and leaves it alone for so long: the stream to the target, with
    /// TLS where the scheme has it, and without a request; of a WebSocket the socket, in which pings
    /// are sent when `ping` says how often. It shows who on the way ends what is idle.
    ///
    /// # Errors
    /// It cannot be opened.
    ///
    /// # Cancel safety
    /// Dropping the future closes it.
    pub async fn hold(
        &self,
        how_long: std::time::Duration,
        ping: Option<std::time::Duration>,
    ) -> Result<Held> {
        #[cfg(feature = "ws")]
        if let Self::Dataset(dataset) = self
            && matches!(self.target().scheme(), Scheme::Ws | Scheme::Wss)
        {
            return super::hold::socket(dataset, how_long, ping).await;
        }
        if ping.is_some() {
            let what = "only a WebSocket (ws://, wss://) can be pinged";
            return Err(
                Error::new(Kind::Usage, Stage::Settings, what).with_hint("leave --ping out")
            );
        }
        let stream = match self {
            Self::Port(port) => port.connector.open(&self.route()?, &port.target).await?,
            Self::Dataset(dataset) => dataset.connector().connect(dataset.target()).await?,
        };
        let began = Instant::now();
        super::hold::stream(stream, how_long, SAID, began, self).await
    }
}
