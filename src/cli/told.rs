//! What other programs are told: the variables of `env` and `exec`.

use std::sync::Arc;

use super::args::{Common, Told};
use super::output::Output;
use crate::base::{Error, Kind, Proxy, Result, Secret, Stage, text};
use crate::connector::load::Surroundings;
use crate::connector::{Connector, ca_bundle};
use crate::export::{CA_VARIABLES, Export, Variable};
use crate::settings::Policy;

/// The policy as variables. What is lost in them is said as a warning; `habits` asks for what is
/// merely good to know.
pub async fn variables(
    policy: Policy,
    surroundings: &Surroundings,
    common: &Common,
    told: &Told,
    habits: bool,
    output: &Output,
) -> Result<Vec<Variable>> {
    let connection = match &common.connection {
        Some(name) => Some(Arc::clone(policy.connection(name)?)),
        None => None,
    };
    let export = Export::new(&policy, connection.as_deref())?;
    for note in export.notes() {
        match note.is_loss {
            true => output.warn(&note.text),
            false if habits => output.say(&format!("outbound: note: {note}")),
            false => {}
        }
    }
    let passwords = passwords(policy, &export, told, output).await?;
    let bundle = bundle(&export, surroundings, output)?;
    let password = |proxy: &Proxy| {
        let found = passwords.iter().find(|(other, _)| **other == *proxy);
        found.map(|(_, password)| password.clone())
    };
    Ok(export.variables(&password, bundle.as_deref()))
}

/// The passwords that are told: none, unless they are asked for.
async fn passwords(
    policy: Policy,
    export: &Export,
    told: &Told,
    output: &Output,
) -> Result<Vec<(Arc<Proxy>, Secret)>> {
    let connector = Connector::new(Arc::new(policy));
    let mut passwords = Vec::new();
    for proxy in export.proxies() {
        let Some(credentials) = &proxy.credentials else {
            continue;
        };
        if !told.with_password {
            output.warn(&format!(
                "the password for {proxy} ({}) is left out, so that the proxy will ask for it; \
                 --with-password puts it in",
                credentials.origin
            ));
            continue;
        }
        let password = match &credentials.password {
            Some(place) => {
                let limit = connector.timeouts().secret;
                connector.secrets().read(place, limit).await?
            }
            None => Secret::new(""),
        };
        output.warn(&format!(
            "the password for {proxy} stands in the variables, where every process of this user \
             can see it"
        ));
        passwords.push((Arc::clone(proxy), password));
    }
    Ok(passwords)
}

/// The file with every certificate to believe, when the settings have a `ca_file`.
fn bundle(export: &Export, surroundings: &Surroundings, output: &Output) -> Result<Option<String>> {
    if export.trusts().next().is_none() {
        return Ok(None);
    }
    let failed = |what: &str| {
        Error::new(Kind::LocalFile, Stage::Store, what)
            .while_doing("write a CA bundle for other programs")
            .with_hint("set XDG_CACHE_HOME to a folder that can be written")
    };
    let folder = surroundings.cache_folder();
    let folder = folder.ok_or_else(|| failed("neither XDG_CACHE_HOME nor HOME names a folder"))?;
    let file = ca_bundle::write(&folder.join("ca"), export.trusts())?;
    let file = file
        .into_os_string()
        .into_string()
        .map_err(|_| failed("the path of the cache is not UTF-8"))?;
    // What SSL_CERT_FILE names is in the bundle.
    let known = [
        Some(file.clone().into()),
        surroundings.path("SSL_CERT_FILE"),
    ];
    for name in &CA_VARIABLES[1..] {
        let before = surroundings.path(name).map(Some);
        if let Some(Some(other)) = before.filter(|before| !known.contains(before)) {
            let other = text::escape(&other.to_string_lossy());
            output.warn(&format!(
                "{name} is set anew: it was {other}, which is not in {file}"
            ));
        }
    }
    Ok(Some(file))
}
