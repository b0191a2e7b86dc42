//! Tests of the layers as a whole.

use std::collections::HashMap;

use super::*;

mod layering;
mod locating;
mod showing;
mod together;
mod wrong;
mod wrong_variables;

/// A policy from one file, `f.toml`.
fn one(text: &str) -> Result<Policy, Problems> {
    Layers::new().toml("/etc/f.toml", text).build()
}

/// Every problem as `origin: what; hint`, warnings marked.
fn said<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> Vec<String> {
    let line = |problem: &Problem| {
        let mark = match problem.level {
            Level::Warning => "warning ",
            Level::Error => "",
        };
        let hint = problem.hint.as_ref().map(|hint| format!("; {hint}"));
        format!("{mark}{problem}{}", hint.unwrap_or_default())
    };
    problems.into_iter().map(line).collect()
}

/// Layers with variables.
fn variables(layers: Layers, variables: &[(&str, &str)]) -> Layers {
    let values: HashMap<&str, &str> = variables.iter().copied().collect();
    layers.variables(
        |name| values.get(name).map(Into::into),
        variables.iter().map(|(name, _)| *name),
    )
}
