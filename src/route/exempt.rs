//! What goes direct whatever proxy was chosen: by a bypass rule, and instance metadata.

use crate::base::bypass::Rule;
use crate::base::{Origin, Reason, Rejected, Route, Target, metadata};
use crate::settings::{Connection, Policy, ProxyChoice};

/// Why a target goes direct whatever proxy was chosen.
pub(super) enum Exempt<'a> {
    Rule(&'a Rule, &'a Origin),
    Metadata,
}

impl Exempt<'_> {
    pub fn route(&self) -> Route {
        match self {
            Self::Rule(rule, place) => {
                Route::direct(Reason::Bypass(rule.to_string()), (*place).clone())
            }
            Self::Metadata => Route::direct(Reason::Metadata, Origin::Default),
        }
    }

    /// What was passed over for it.
    pub fn passed(&self, candidate: String, origin: Origin) -> Rejected {
        let why = match self {
            Self::Rule(rule, _) => format!("bypass rule `{rule}` matches"),
            Self::Metadata => "instance metadata goes to no proxy, but by a connection at it that \
                               names one"
                .into(),
        };
        Rejected {
            candidate,
            why,
            origin,
        }
    }
}

/// A rule that somebody wrote is named before the one that nobody did.
pub(super) fn exempted<'a>(
    policy: &'a Policy,
    connection: Option<&Connection>,
    target: &Target,
) -> Option<Exempt<'a>> {
    if let Some((rule, place)) = policy.bypassed(target) {
        return Some(Exempt::Rule(rule, place));
    }
    let host = metadata::host_of(target)?;
    let is_given = connection.is_some_and(|own| proxied_metadata(own) == Some(host));
    (!is_given).then_some(Exempt::Metadata)
}

/// The host of instance metadata that the connection lies at and names a proxy for: nothing less
/// is meant for it.
pub(crate) fn proxied_metadata(connection: &Connection) -> Option<&'static str> {
    let is_named = !matches!(
        connection.proxy,
        ProxyChoice::Default | ProxyChoice::Direct(_)
    );
    let target = connection.server()?;
    metadata::host_of(&target).filter(|_| is_named)
}
