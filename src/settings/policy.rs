//! The settings, checked and compiled: what `route::resolve` and the connector work from.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::check::did_you_mean;
use super::connection::Connection;
use super::environment::Environment;
use super::fact::BypassList;
use super::problems::{Level, Problem};
use super::shown::Shown;
use crate::base::bypass::Rule;
use crate::base::text::clip;
use crate::base::{Error, Kind, Origin, Proxy, Result, Stage, Target};

/// Everything that was asked for, checked. Made once, then shared.
///
/// [`Policy::default`] has no settings and no environment: everything goes direct.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    pub(super) proxy: Option<Arc<Proxy>>,
    pub(super) named: BTreeMap<String, Arc<Proxy>>,
    pub(super) connections: BTreeMap<String, Arc<Connection>>,
    pub(super) forced: Option<Forced>,
    /// The one in force first.
    pub(super) bypasses: Vec<Arc<BypassList>>,
    pub(super) environment: Environment,
    pub(super) direct: Direct,
    pub(super) timeouts: Timeouts,
    pub(super) retry: Retry,
    pub(super) log: Option<(String, Origin)>,
    pub(super) shown: Vec<Shown>,
    pub(super) warnings: Vec<Problem>,
}

/// What `--proxy` says.
#[derive(Clone, Debug)]
pub(crate) enum Forced {
    Direct(Origin),
    Proxy(Arc<Proxy>),
}

/// When a target may be reached without a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Direct {
    /// Whenever no proxy is configured for it.
    #[default]
    Allow,
    /// By a bypass rule or `proxy = "direct"` only; where that is written.
    BypassOnly(Origin),
}

impl Policy {
    /// The global proxy: that of `--proxy` if given, else that of the settings. The environment's
    /// is not among them, it depends on the target.
    pub fn proxy(&self) -> Option<&Arc<Proxy>> {
        match &self.forced {
            Some(Forced::Proxy(proxy)) => Some(proxy),
            Some(Forced::Direct(_)) => None,
            None => self.proxy.as_ref(),
        }
    }

    /// The proxy of `[proxies.NAME]`.
    pub fn named(&self, name: &str) -> Option<&Arc<Proxy>> {
        self.named.get(name)
    }

    /// The proxies of `[proxies]`, by name.
    pub fn proxies(&self) -> impl Iterator<Item = &Arc<Proxy>> {
        self.named.values()
    }

    /// Every connection, by name.
    pub fn connections(&self) -> impl Iterator<Item = &Arc<Connection>> {
        self.connections.values()
    }

    /// The connection called `name`.
    ///
    /// # Errors
    /// There is none; the error suggests the nearest name.
    pub fn connection(&self, name: &str) -> Result<&Arc<Connection>> {
        if let Some(connection) = self.connections.get(name) {
            return Ok(connection);
        }
        let what = format!("no connection is called `{}`", clip(name));
        let error = Error::new(Kind::Usage, Stage::Settings, what);
        let known = || self.connections.keys().map(String::as_str);
        Err(match did_you_mean(name, known()) {
            Some(hint) => error.with_hint(hint),
            None if self.connections.is_empty() => {
                error.with_hint("the settings have no [connections]")
            }
            None => error.with_hint(format!(
                "known are {}",
                known().collect::<Vec<_>>().join(", ")
            )),
        })
    }

    /// How long each stage may take.
    pub fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// How often, and with which pauses, a transfer is tried again.
    pub fn retry(&self) -> &Retry {
        &self.retry
    }

    /// What is logged (`log`, `OUTBOUND_LOG`), and where that is written.
    pub fn log(&self) -> Option<(&str, &Origin)> {
        self.log
            .as_ref()
            .map(|(log, origin)| (log.as_str(), origin))
    }

    /// When a target may be reached without a proxy.
    pub fn direct(&self) -> &Direct {
        &self.direct
    }

    /// What is not wrong, but not as somebody may expect.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// [`warnings`](Self::warnings), and the proxy variables whose values are wrong: those are
    /// errors for the targets that ask for them, and for no other.
    pub fn doubts(&self) -> Vec<Problem> {
        let mut doubts = self.warnings.clone();
        for variable in self.environment.variables() {
            if let (Err(problem), false) = (&variable.proxy, variable.dropped) {
                doubts.push(Problem {
                    level: Level::Warning,
                    ..problem.clone()
                });
            }
        }
        doubts
    }

    /// Every value in force with its origin, for `config show`; secrets are not among them, only
    /// the places where they are kept.
    pub fn shown(&self) -> &[Shown] {
        &self.shown
    }

    /// Whether the variables can decide any route.
    pub(super) fn asks_environment(&self) -> bool {
        let chosen =
            |c: &Arc<Connection>| matches!(c.proxy, super::connection::ProxyChoice::Environment(_));
        self.forced.is_none() && (self.proxy.is_none() || self.connections().any(chosen))
    }

    /// Whether this is the bypass list that counts.
    pub(super) fn is_in_force(&self, list: Option<&Arc<BypassList>>) -> bool {
        match (self.bypasses.first(), list) {
            (Some(first), Some(list)) => Arc::ptr_eq(first, list),
            _ => false,
        }
    }

    pub(crate) fn forced(&self) -> Option<&Forced> {
        self.forced.as_ref()
    }

    /// The global proxy of the settings, `--proxy` or not.
    pub(crate) fn global(&self) -> Option<&Arc<Proxy>> {
        self.proxy.as_ref()
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The rule of the list in force that sends `target` direct, and where it is written.
    pub(crate) fn bypassed(&self, target: &Target) -> Option<(&Rule, &Origin)> {
        self.bypasses.first()?.matches(target)
    }

    /// The rules of the list in force, and where each is written.
    pub(crate) fn bypass_rules(&self) -> impl Iterator<Item = (&Rule, &Origin)> {
        self.bypasses
            .first()
            .into_iter()
            .flat_map(|list| list.rules())
    }

    /// Rules that match `target` in lists that are not in force, and where the list that is in
    /// force is written.
    pub(crate) fn overruled(
        &self,
        target: &Target,
    ) -> impl Iterator<Item = (&Rule, &Origin, &Origin)> {
        let in_force = self.bypasses.first();
        let others = self.bypasses.iter().skip(1);
        others.filter_map(move |list| {
            let (rule, origin) = list.matches(target)?;
            Some((rule, origin, &in_force?.origin))
        })
    }
}

/// How long each stage may take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// `timeouts.resolve`: resolving the first hop's name.
    pub resolve: Duration,
    /// `timeouts.dial`: opening a socket to the first hop, all addresses together.
    pub dial: Duration,
    /// `timeouts.tls`: one TLS handshake.
    pub tls: Duration,
    /// `timeouts.connect`: the proxy's answer to one CONNECT.
    pub connect: Duration,
    /// `timeouts.reply`: the target's answer to one request or command.
    pub reply: Duration,
    /// `timeouts.idle`: no byte in the middle of a transfer.
    pub idle: Duration,
    /// `timeouts.secret`: a command that prints a secret.
    pub secret: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(10),
            dial: Duration::from_secs(10),
            tls: Duration::from_secs(15),
            connect: Duration::from_secs(60),
            reply: Duration::from_secs(60),
            idle: Duration::from_secs(60),
            secret: Duration::from_secs(15),
        }
    }
}

/// How often, and with which pauses, a transfer is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    /// `retry.attempts`: tries without progress before giving up, the first one included.
    pub attempts: u32,
    /// `retry.pause`: the first pause; it doubles with every further try.
    pub pause: Duration,
    /// `retry.pause_max`: no pause is longer, and no `Retry-After` is waited for beyond it.
    pub pause_max: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 5,
            pause: Duration::from_millis(500),
            pause_max: Duration::from_secs(30),
        }
    }
}
