//! The tables in `fixtures/`, and what they cannot say.

use std::collections::HashMap;

use super::*;
use crate::base::Bypass;
use crate::base::bypass::Dialect;
use crate::settings::{Flags, Layers, Problems};

mod metadata;
mod tables;
mod ways;

/// Settings, variables and flags as one policy.
pub(super) fn policy(
    toml: &str,
    variables: &[(&str, &str)],
    flags: &Flags,
) -> Result<Policy, Problems> {
    let values: HashMap<&str, &str> = variables.iter().copied().collect();
    let none: [&str; 0] = [];
    Layers::new()
        .toml("/etc/outbound.toml", toml)
        .variables(|name| values.get(name).map(Into::into), none)
        .flags(flags)
        .build()
}
