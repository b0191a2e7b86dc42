//! The `OUTBOUND_*` variables: a layer of settings.

use std::ffi::OsString;

use super::check::{Checked, Place, nearest, single};
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

/// What every settings variable begins with.
const PREFIX: &str = "OUTBOUND_";

/// `OUTBOUND_*` variables that mean nothing: errors where the name of one that means something
/// was probably meant (without its proxy everything would go direct), else warnings. Those in
/// which a secret is kept do mean something.
pub(super) fn unknown(names: &[String], settings: &Settings) -> Vec<Problem> {
    let keeps_a_secret = |name: &str| {
        settings.iter().any(|(_, fact)| match &fact.value {
            Value::Secret(secret) => {
                matches!(&secret.source, SecretSource::Env(env) if env == name)
            }
            _ => false,
        })
    };
    let begins = |name: &str| {
        let begin = name.get(..PREFIX.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(PREFIX))
    };
    let mut unknown: Vec<_> = names
        .iter()
        .filter(|name| begins(name))
        .filter(|name| !KNOWN.contains(&name.as_str()) && !keeps_a_secret(name))
        .collect();
    unknown.sort();
    unknown.into_iter().map(|name| meaningless(name)).collect()
}

fn meaningless(name: &str) -> Problem {
    let origin = Origin::Variable(clip(name));
    // The prefix agrees in all of them: it would make short words near that are not.
    let word = name.get(PREFIX.len()..).unwrap_or_default();
    let words = KNOWN.map(|known| known.strip_prefix(PREFIX).unwrap_or(known));
    match nearest(word, words) {
        Some(near) => Problem::error(origin, "no setting has this variable")
            .hint(format!("did you mean `{PREFIX}{near}`?")),
        None => Problem::warning(origin, "no setting has this variable, it is ignored")
            .hint(format!("known are {}", KNOWN.join(", "))),
    }
}
