//! What the FTP client needs of the connector.

use std::pin::Pin;

use crate::base::{Result, Route, Target};
use crate::connector::{Ahead, Connector};
use crate::dial::Stream;
use crate::settings::Timeouts;
use crate::tls::{OneSession, Versions};

/// A future that gives a stream.
pub(super) type Opening<'a> = Pin<Box<dyn Future<Output = Result<Stream>> + Send + 'a>>;

/// The connector's verbs that FTP uses, so that its tests can script what a proxy does.
pub(super) trait Dial: Send + Sync {
    /// As [`Connector::route`].
    fn route(&self, target: &Target) -> Result<Route>;
    /// As [`Connector::dial_ahead`].
    fn dial_ahead(&self, route: &Route) -> Option<Ahead>;
    /// As [`Connector::open_by`].
    fn open<'a>(
        &'a self,
        route: &'a Route,
        target: &'a Target,
        ahead: Option<Ahead>,
    ) -> Opening<'a>;
    /// As [`Connector::one_session`].
    fn one_session(&self, target: &Target, versions: Versions) -> Result<OneSession>;
    /// As [`Connector::secure_in`].
    fn secure<'a>(
        &'a self,
        stream: Stream,
        target: &'a Target,
        session: &'a OneSession,
    ) -> Opening<'a>;
    /// As [`Connector::timeouts`].
    fn timeouts(&self) -> &Timeouts;
}

impl Dial for Connector {
    fn route(&self, target: &Target) -> Result<Route> {
        self.route(target)
    }

    fn dial_ahead(&self, route: &Route) -> Option<Ahead> {
        self.dial_ahead(route)
    }

    fn open<'a>(
        &'a self,
        route: &'a Route,
        target: &'a Target,
        ahead: Option<Ahead>,
    ) -> Opening<'a> {
        Box::pin(self.open_by(route, target, ahead))
    }

    fn one_session(&self, target: &Target, versions: Versions) -> Result<OneSession> {
        self.one_session(target, versions)
    }

    fn secure<'a>(
        &'a self,
        stream: Stream,
        target: &'a Target,
        session: &'a OneSession,
    ) -> Opening<'a> {
        Box::pin(self.secure_in(stream, target, session))
    }

    fn timeouts(&self) -> &Timeouts {
        self.timeouts()
    }
}
