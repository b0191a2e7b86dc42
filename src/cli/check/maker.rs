//! What is made of an argument to be checked.

use url::Url;

use crate::base::{Error, Kind, Result, Scheme};
use crate::check::{Port, Subject};
use crate::cli::args::{CheckArgs, Common};
use crate::cli::dataset::dataset;
use crate::cli::output::Output;
use crate::cli::place::Place;
use crate::dataset::Client;
use crate::settings::Policy;

/// Makes subjects, each with connections of its own: nothing is reused between two walks.
pub(super) struct Maker<'a> {
    pub policy: Policy,
    /// The settings for the direct way, when that is to be shown too.
    pub direct: Option<Policy>,
    pub common: &'a Common,
    pub args: &'a CheckArgs,
    pub output: &'a Output,
}

impl Maker<'_> {
    /// What a place names. The place gets to know its URL.
    ///
    /// # Errors
    /// It is no URL, the connection is unknown, or an argument contradicts it.
    pub fn make(&self, place: &mut Place<'_>) -> Result<Subject> {
        let subject = self.make_by(&self.policy, place, self.output)?;
        if self.pings_all() {
            subject.can_be_pinged()?;
        }
        Ok(subject)
    }

    /// [`make`](Self::make) again: its warnings have been said.
    ///
    /// # Errors
    /// As there.
    pub fn make_again(&self, place: &Place<'_>) -> Result<Subject> {
        self.make_by(&self.policy, &mut place.clone(), &self.output.silenced())
    }

    /// [`make_again`](Self::make_again) for the direct way, when that is wanted.
    ///
    /// # Errors
    /// As there.
    pub fn make_direct(&self, place: &Place<'_>) -> Option<Result<Subject>> {
        let policy = self.direct.as_ref()?;
        let silenced = self.output.silenced();
        Some(self.make_by(policy, &mut place.clone(), &silenced))
    }

    /// Whether every one is to be pinged: of all connections nobody asked that of each.
    fn pings_all(&self) -> bool {
        self.args.ping.is_some() && !self.args.all
    }

    fn make_by(&self, policy: &Policy, place: &mut Place<'_>, output: &Output) -> Result<Subject> {
        let client = Client::new(policy.clone());
        if let Ok(url) = Url::parse(place.typed)
            && url.scheme() == "tcp"
        {
            let connection = self.common.connection.as_deref();
            let connection = connection.map(|name| policy.connection(name)).transpose()?;
            let connector = client.connector().for_connection(connection.cloned());
            let port = Port::from_url(connector, &url)?;
            place.url = Some(url);
            return Ok(Subject::Port(port));
        }
        let fields = &self.args.fields.headers;
        let dataset = dataset(
            &client,
            self.common,
            &self.args.login,
            fields,
            place,
            output,
        );
        Ok(dataset.map_err(|error| or_port(error, place))?.into())
    }
}

/// Tells of `tcp`, which only a check knows, where the scheme is one that nobody knows.
fn or_port(error: Error, place: &Place<'_>) -> Error {
    let is_unknown = place
        .typed
        .split_once("://")
        .is_some_and(|(scheme, _)| Scheme::parse(scheme).is_none());
    match error.hint() {
        None if is_unknown && error.kind() == Kind::Usage => {
            error.with_hint("`tcp://HOST:PORT` checks the port of anything else")
        }
        _ => error,
    }
}
