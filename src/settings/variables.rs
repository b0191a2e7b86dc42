//! The `OUTBOUND_*` variables: a layer of settings.

use std::ffi::OsString;

use super::check::{Checked, Place, did_you_mean, single};
use super::fact::{BypassList, Fact, Value};
use super::layers::Settings;
use super::problems::Problem;
use crate::base::bypass::Dialect;
use crate::base::text::clip;
use crate::base::{Origin, SecretSource};

/// The settings variables; there are no others.
const KNOWN: [&str; 4] = [
    "OUTBOUND_CONFIG",
    "OUTBOUND_PROXY",
    "OUTBOUND_NO_PROXY",
    "OUTBOUND_LOG",
];

/// The layer that the variables make.
pub(super) fn layer(look_up: &dyn Fn(&str) -> Option<OsString>) -> Vec<Checked> {
    let mut layers = Vec::new();
    let mut take = |name: &str, read: &dyn Fn(&str, &Place) -> Checked| {
        let Some(value) = look_up(name) else { return };
        let place = Place::Variable(name.to_owned());
        layers.push(match value.to_str() {
            Some(text) => read(text, &place),
            None => Checked {
                problems: vec![not_utf8(name)],
                ..Checked::default()
            },
        });
    };
    let set = |path: &[&str], text: &str, place: &Place| match text.trim() {
        // Empty means unset, as for the `*_PROXY` variables.
        "" => Checked::default(),
        text => single(path, text, place),
    };
    take("OUTBOUND_PROXY", &|text, place| {
        set(&["proxy", "url"], text, place)
    });
    take("OUTBOUND_LOG", &|text, place| set(&["log"], text, place));
    // Here empty says something: nothing is bypassed.
    take("OUTBOUND_NO_PROXY", &|text, place| bypass(text, place));
    layers
}

fn bypass(text: &str, place: &Place) -> Checked {
    let mut checked = Checked::default();
    let origin = place.origin(&[], None);
    let (list, faults) = BypassList::from_text(text, Dialect::Settings, origin.clone());
    for fault in faults {
        let problem = Problem::error(origin.clone(), fault.to_string());
        checked.problems.push(problem);
    }
    let value = Value::Bypass(std::sync::Arc::new(list));
    let path = vec!["proxy".to_owned(), "bypass".to_owned()];
    checked.facts.push((path, Fact { value, origin }));
    checked
}

/// The problem of a variable whose value is not UTF-8.
pub(super) fn not_utf8(name: &str) -> Problem {
    Problem::error(Origin::Variable(name.to_owned()), "the value is not UTF-8")
}

/// Warnings for `OUTBOUND_*` variables that mean nothing. Those in which a secret is kept do.
pub(super) fn unknown(names: &[String], settings: &Settings) -> Vec<Problem> {
    let keeps_a_secret = |name: &str| {
        settings.iter().any(|(_, fact)| match &fact.value {
            Value::Secret(secret) => {
                matches!(&secret.source, SecretSource::Env(env) if env == name)
            }
            _ => false,
        })
    };
    let mut unknown: Vec<_> = names
        .iter()
        .filter(|name| name.starts_with("OUTBOUND_"))
        .filter(|name| !KNOWN.contains(&name.as_str()) && !keeps_a_secret(name))
        .collect();
    unknown.sort();
    let warn = |name: &String| {
        let what = "no setting has this variable, it is ignored";
        Problem::warning(Origin::Variable(clip(name)), what)
            .hint(format!("known are {}", KNOWN.join(", ")))
            .maybe_hint(did_you_mean(name, KNOWN))
    };
    unknown.into_iter().map(warn).collect()
}
