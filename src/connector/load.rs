//! Stand-in.
use crate::base::Result;
use crate::settings::{Flags, Layers, Policy};

/// Reads the layers.
pub fn policy(flags: &Flags) -> Result<Policy> {
    let mut layers = Layers::new();
    if let Some(path) = &flags.config {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        layers = layers.toml(path, &text);
    }
    let names: Vec<std::ffi::OsString> = std::env::vars_os().map(|v| v.0).collect();
    Ok(layers
        .variables(|name| std::env::var_os(name), names)
        .flags(flags)
        .build()?)
}
