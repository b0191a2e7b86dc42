//! What the FTP client needs of the connector.

use std::pin::Pin;

use crate::base::{Result, Route, Target};
use crate::connector::Connector;
use crate::dial::Stream;
use crate::settings::Timeouts;

/// A future that gives a stream.
pub(super) type Opening<'a> = Pin<Box<dyn Future<Output = Result<Stream>> + Send + 'a>>;

/// The connector's verbs that FTP uses, so that its tests can script what a proxy does.
pub(super) trait Dial: Send + Sync {
    /// As [`Connector::route`].
    fn route(&self, target: &Target) -> Result<Route>;
    /// As [`Connector::open`].
    fn open<'a>(&'a self, route: &'a Route, target: &'a Target) -> Opening<'a>;
    /// As [`Connector::timeouts`].
    fn timeouts(&self) -> &Timeouts;
}

impl Dial for Connector {
    fn route(&self, target: &Target) -> Result<Route> {
        self.route(target)
    }

    fn open<'a>(&'a self, route: &'a Route, target: &'a Target) -> Opening<'a> {
        Box::pin(self.open(route, target))
    }

    fn timeouts(&self) -> &Timeouts {
        self.timeouts()
    }
}
