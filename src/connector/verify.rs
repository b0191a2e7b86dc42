//! What in good settings cannot be used on this machine: files and variables that are not there,
//! proxies that cannot be spoken to yet. No network, and no command is run.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::load::Surroundings;
use crate::base::{
    Credentials, Error, Origin, Proxy, ProxyScheme, SecretRef, SecretSource, Trust, text,
};
use crate::settings::{Policy, Problem, ProxyChoice};
use crate::tls::{Alpn, TlsConfigs};

/// Everything that the settings name and that would fail at first use.
pub fn unusable(policy: &Policy, surroundings: &Surroundings) -> Vec<Problem> {
    let mut verifier = Verifier {
        policy,
        surroundings,
        tls: TlsConfigs::default(),
        found: Vec::new(),
    };
    for proxy in policy.proxy().into_iter().chain(policy.proxies()) {
        verifier.proxy(proxy);
    }
    for connection in policy.connections() {
        let key = format!("connections.{}", connection.name);
        match &connection.proxy {
            ProxyChoice::Global(origin) if policy.proxy().is_none() => {
                let what = "it goes through the global proxy, and none is configured";
                let problem = Problem::error(origin.clone(), what);
                verifier.found.push(problem.hint("set proxy.url"));
            }
            ProxyChoice::Inline(proxy, _) => verifier.proxy(proxy),
            _ => {}
        }
        if matches!(connection.url.scheme(), "ws" | "wss") {
            let what = format!(
                "{}:// is known to `route`, `env` and `exec` alone: nothing is read over it yet",
                connection.url.scheme()
            );
            let origin = verifier.origin(&format!("{key}.url"));
            verifier.found.push(Problem::warning(origin, what));
        }
        if let Some(credentials) = &connection.credentials {
            verifier.password(credentials);
        }
        verifier.ca_file(&connection.trust, &key);
    }
    verifier.found
}

struct Verifier<'a> {
    policy: &'a Policy,
    surroundings: &'a Surroundings,
    tls: TlsConfigs,
    found: Vec<Problem>,
}

impl Verifier<'_> {
    fn proxy(&mut self, proxy: &Proxy) {
        if proxy.scheme != ProxyScheme::Http {
            let what = format!("{} proxies cannot be used yet", proxy.scheme);
            let problem = Problem::warning(proxy.origin.clone(), what);
            let hint = "ask for the proxy's plain HTTP port (http://…)";
            self.found.push(problem.hint(hint));
        }
        if let Some(credentials) = &proxy.credentials {
            if credentials.password.is_none() {
                let what = "a user name without a password";
                let problem = Problem::warning(credentials.origin.clone(), what);
                self.found
                    .push(problem.hint("the empty password is sent; set the password"));
            }
            self.password(credentials);
        }
        self.ca_file(&proxy.trust, &proxy.key);
    }

    fn password(&mut self, credentials: &Credentials) {
        let Some(SecretRef { source, origin }) = &credentials.password else {
            return;
        };
        match source {
            SecretSource::Env(name) if !self.surroundings.has(name) => {
                let what = format!("the variable {} is not set here", text::clip(name));
                let problem = Problem::warning(origin.clone(), what);
                self.found
                    .push(problem.hint("it may be set where the program will run"));
            }
            SecretSource::File(path) => {
                let shown = text::escape(&path.to_string_lossy());
                let what = match first_byte(path) {
                    Ok(Some(byte)) if !matches!(byte, b'\r' | b'\n') => return,
                    Ok(_) => format!("the first line of the secret's file {shown} is empty"),
                    Err(cause) => format!("the secret's file {shown} cannot be read: {cause}"),
                };
                self.found.push(Problem::error(origin.clone(), what));
            }
            _ => {}
        }
    }

    fn ca_file(&mut self, trust: &Trust, key: &str) {
        if trust.ca_file.is_none() {
            return;
        }
        if let Err(error) = self.tls.get(trust, Alpn::None, key) {
            let problem = Problem::error(self.origin(&format!("{key}.ca_file")), explained(&error));
            self.found
                .push(problem.maybe_hint(error.hint().map(str::to_owned)));
        }
    }

    /// Where the value of a key is written.
    fn origin(&self, key: &str) -> Origin {
        let rows = self.policy.shown();
        let row = rows.iter().find(|row| row.key == key);
        row.map_or_else(|| Origin::code(key), |row| row.origin.clone())
    }
}

/// The error with its causes, in one line.
fn explained(error: &Error) -> String {
    let mut words = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        words = format!("{words}: {}", text::clip(&cause.to_string()));
        next = cause.source();
    }
    words
}

fn first_byte(path: &Path) -> std::io::Result<Option<u8>> {
    let mut byte = [0];
    let read = File::open(path)?.read(&mut byte)?;
    Ok((read > 0).then_some(byte[0]))
}
