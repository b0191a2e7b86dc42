//! From merged settings to a policy: names are resolved, and what is missing is found.

mod limits;

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use super::check::did_you_mean;
use super::connection::{self, Connection, ProxyChoice};
use super::environment::Environment;
use super::fact::{BypassList, Fact, Value};
use super::layers::{Overrides, Settings};
use super::policy::{Direct, Forced, Policy};
use super::problems::{Level, Problem};
use super::s3;
use super::shown;
use crate::base::{
    Auth, Credentials, Encoding, FtpMode, Origin, Proxy, SecretRef, Trust, TunnelMode,
};

/// Makes the policy. It is usable when no problem is an error.
pub(super) fn policy(
    settings: &mut Settings,
    flags: Overrides,
    environment: Environment,
    problems: &mut Vec<Problem>,
) -> Policy {
    let mut compiler = Compiler { settings, problems };
    let mut policy = Policy {
        proxy: compiler.proxy(&["proxy"]),
        ..Policy::default()
    };
    for name in compiler.settings.names("proxies") {
        match compiler.proxy(&["proxies", &name]) {
            Some(proxy) => {
                policy.named.insert(name, proxy);
            }
            None => compiler.no_url(&["proxies", &name]),
        }
    }
    policy.connections = compiler.connections();
    policy.timeouts = compiler.timeouts();
    policy.retry = compiler.retry();
    policy.log = compiler.text(&["log"]);
    policy.direct = match compiler.text(&["policy", "direct"]) {
        Some((word, origin)) if word == "bypass-only" => Direct::BypassOnly(origin),
        _ => Direct::Allow,
    };
    policy.forced = compiler.forced(&flags);
    policy.bypasses = compiler.bypasses(flags.bypass, &environment);
    policy.shown = shown::all(compiler.settings, &policy, &environment);
    // A variable that cannot decide anything is not worth a word.
    if policy.asks_environment() {
        compiler.problems.extend(environment.dropped.clone());
    }
    if policy.is_in_force(environment.bypass()) {
        compiler.problems.extend(environment.void.iter().cloned());
    }
    policy.environment = environment;
    policy
}

struct Compiler<'a> {
    settings: &'a mut Settings,
    problems: &'a mut Vec<Problem>,
}

impl Compiler<'_> {
    fn fact(&self, table: &[&str], key: &str) -> Option<&Fact> {
        let mut path = table.to_vec();
        path.push(key);
        self.settings.get(&path)
    }

    fn text(&self, path: &[&str]) -> Option<(String, Origin)> {
        let fact = self.settings.get(path)?;
        let text = fact.value.as_text()?.to_owned();
        Some((text, fact.origin.clone()))
    }

    fn error(&mut self, origin: Origin, what: impl Into<String>, hint: Option<String>) {
        let problem = Problem::error(origin, what).maybe_hint(hint);
        self.problems.push(problem);
    }

    /// The proxy whose keys lie in `table`; `None` without a `url`.
    fn proxy(&mut self, table: &[&str]) -> Option<Arc<Proxy>> {
        let Some(url) = self.fact(table, "url").cloned() else {
            self.keys_without_url(table);
            return None;
        };
        let Value::Proxy(scheme, host, port) = url.value else {
            return None;
        };
        let credentials = self.credentials(table);
        Some(Arc::new(Proxy {
            scheme,
            host,
            port,
            credentials,
            auth: match self.word(table, "auth") {
                Some("basic") => Auth::Basic,
                _ => Auth::Auto,
            },
            tunnel: self.tunnel(table).unwrap_or_default(),
            ftp: self.ftp(table).unwrap_or_default(),
            trust: self.trust(table),
            key: table.join("."),
            origin: url.origin,
        }))
    }

    /// Keys that mean nothing without the URL beside them.
    fn keys_without_url(&mut self, table: &[&str]) {
        if table != ["proxy"] || self.is_reported(table) {
            return;
        }
        for key in ["username", "password", "auth", "ca_file"] {
            if let Some(fact) = self.fact(table, key) {
                let origin = fact.origin.clone();
                let hint = "set `proxy.url`, or remove it".to_owned();
                self.error(origin, format!("`{key}` without a `url`"), Some(hint));
            }
        }
    }

    /// Says that `table` has no `url`, at the first key that it has.
    fn no_url(&mut self, table: &[&str]) {
        if self.is_reported(table) {
            return;
        }
        let path: Vec<String> = table.iter().map(|s| (*s).to_owned()).collect();
        let first = self.settings.iter().find(|(key, _)| key.starts_with(&path));
        if let Some(origin) = first.map(|(_, fact)| fact.origin.clone()) {
            self.error(origin, format!("`{}` has no `url`", path.join(".")), None);
        }
    }

    /// Whether something in `table` is already known to be wrong: what is missing beside it may
    /// be missing because of that, and is not worth a second line.
    fn is_reported(&self, table: &[&str]) -> bool {
        let table = table.join(".");
        self.reported_keys().any(|key| {
            let below = key.strip_prefix(&table);
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
    }

    /// The keys that are known to be wrong.
    fn reported_keys(&self) -> impl Iterator<Item = &str> {
        let errors = self.problems.iter().filter(|p| p.level == Level::Error);
        errors.filter_map(|problem| match &problem.origin {
            Origin::File { key, .. } | Origin::Code(key) => Some(key.as_str()),
            _ => None,
        })
    }

    /// The names of proxies in which nothing was right: they are in no setting, and still meant.
    fn faulty_proxies(&self) -> Vec<String> {
        let below = self
            .reported_keys()
            .filter_map(|key| key.strip_prefix("proxies."));
        below
            .filter_map(|rest| Some(rest.split('.').next()?.to_owned()))
            .collect()
    }

    fn word(&self, table: &[&str], key: &str) -> Option<&str> {
        self.fact(table, key)?.value.as_text()
    }

    fn tunnel(&self, table: &[&str]) -> Option<TunnelMode> {
        match self.word(table, "tunnel")? {
            "always" => Some(TunnelMode::Always),
            _ => Some(TunnelMode::Auto),
        }
    }

    fn ftp(&self, table: &[&str]) -> Option<FtpMode> {
        FtpMode::parse(self.word(table, "ftp")?)
    }

    /// The encoding of names, where it is not UTF-8. HTTP has none of its own.
    fn encoding(&mut self, table: &[&str], base: &Url) -> Option<Encoding> {
        let fact = self.fact(table, "encoding")?;
        let encoding = fact.value.as_text().and_then(Encoding::parse)?;
        if encoding.is_utf8() {
            return None;
        }
        if !matches!(base.scheme(), "ftp" | "ftps") {
            let origin = fact.origin.clone();
            let what = format!("`encoding` is for FTP, not for {}://", base.scheme());
            self.error(origin, what, Some("remove it".into()));
        }
        Some(encoding)
    }

    fn trust(&self, table: &[&str]) -> Trust {
        Trust {
            ca_file: match self.fact(table, "ca_file").map(|fact| &fact.value) {
                Some(Value::Path(path)) => Some(path.clone()),
                _ => None,
            },
            danger_accept_invalid_certs: matches!(
                self.fact(table, "danger_accept_invalid_certs"),
                Some(Fact {
                    value: Value::Flag(true),
                    ..
                })
            ),
        }
    }

    fn credentials(&mut self, table: &[&str]) -> Option<Credentials> {
        let password = self.fact(table, "password").cloned();
        let password: Option<SecretRef> = password.and_then(|fact| match fact.value {
            Value::Secret(secret) => Some(secret),
            _ => None,
        });
        match self.fact(table, "username") {
            Some(fact) => Some(Credentials {
                username: fact.value.as_text()?.to_owned(),
                origin: fact.origin.clone(),
                password,
            }),
            None => {
                if let (Some(password), false) = (password, self.is_reported(table)) {
                    let hint = format!("set `{}.username`", table.join("."));
                    self.error(
                        password.origin,
                        "a password without a user name",
                        Some(hint),
                    );
                }
                None
            }
        }
    }

    fn connections(&mut self) -> BTreeMap<String, Arc<Connection>> {
        let mut connections = BTreeMap::new();
        for name in self.settings.names("connections") {
            let table = ["connections", name.as_str()];
            let Some(url) = self.fact(&table, "url").cloned() else {
                self.no_url(&table);
                let _ = self.choice(&name);
                continue;
            };
            let Value::Url(base) = url.value else {
                continue;
            };
            let (tls, keepalive, problems) =
                connection::of_ftp(|key| self.fact(&table, key), &base);
            self.problems.extend(problems);
            let (s3, problems) = s3::of_s3(|key| self.fact(&table, key), &base);
            self.problems.extend(problems);
            let connection = Connection {
                proxy: self.choice(&name),
                credentials: self.credentials(&table),
                trust: self.trust(&table),
                tunnel: self.tunnel(&table),
                tls,
                encoding: self.encoding(&table, &base),
                ftp: self.ftp(&table),
                keepalive,
                s3,
                url: base,
                origin: url.origin,
                name: name.clone(),
            };
            connections.insert(name, Arc::new(connection));
        }
        self.problems.extend(connection::same_urls(&connections));
        connections
    }

    fn choice(&mut self, name: &str) -> ProxyChoice {
        let table = ["connections", name, "proxy"];
        let Some((word, origin)) = self.text(&table) else {
            let inline = self.proxy(&table);
            if inline.is_none() {
                self.no_url(&table);
            }
            return inline.map_or(ProxyChoice::Default, |proxy| {
                let origin = proxy.origin.clone();
                ProxyChoice::Inline(proxy, origin)
            });
        };
        match word.as_str() {
            "global" => ProxyChoice::Global(origin),
            "direct" => ProxyChoice::Direct(origin),
            "environment" => ProxyChoice::Environment(origin),
            _ => {
                self.known_proxy(&word, &origin);
                ProxyChoice::Named(word, origin)
            }
        }
    }

    fn known_proxy(&mut self, name: &str, origin: &Origin) {
        let mut known = self.settings.names("proxies");
        if known.iter().any(|proxy| proxy == name) || self.is_reported(&["proxies", name]) {
            return;
        }
        let shown = crate::base::text::clip(name);
        if name.contains([':', '.']) {
            let hint = format!("write proxy = {{ url = \"{shown}\" }}");
            let hint = (!name.contains('@')).then_some(hint);
            let what = "must be the name of a proxy from [proxies], not a URL";
            return self.error(origin.clone(), what, hint);
        }
        known.extend(self.faulty_proxies());
        let words = ["global", "direct", "environment"];
        let candidates = words.into_iter().chain(known.iter().map(String::as_str));
        let hint = did_you_mean(name, candidates)
            .unwrap_or_else(|| format!("add [proxies.{shown}] with its url"));
        self.error(
            origin.clone(),
            format!("no proxy is called `{shown}`"),
            Some(hint),
        );
    }

    /// `--proxy`: a layer over `[proxy]` that also beats a connection's own choice.
    fn forced(&self, flags: &Overrides) -> Option<Forced> {
        if flags.direct {
            return Some(Forced::Direct(Origin::Flag("--proxy".into())));
        }
        let facts = &flags.proxy.as_ref()?.facts;
        let find = |key: &str| {
            let mut facts = facts.iter();
            facts.find(|(path, _)| path.last().is_some_and(|last| last == key))
        };
        let (_, url) = find("url")?;
        let Value::Proxy(scheme, host, port) = &url.value else {
            return None;
        };
        let username = find("username").and_then(|(_, fact)| fact.value.as_text());
        let password = find("password").and_then(|(_, fact)| match &fact.value {
            Value::Secret(secret) => Some(secret.clone()),
            _ => None,
        });
        Some(Forced::Proxy(Arc::new(Proxy {
            credentials: username.map(|username| Credentials {
                username: username.to_owned(),
                origin: url.origin.clone(),
                password,
            }),
            tunnel: self.tunnel(&["proxy"]).unwrap_or_default(),
            ftp: self.ftp(&["proxy"]).unwrap_or_default(),
            key: "proxy".into(),
            ..Proxy::new(*scheme, host.clone(), *port, url.origin.clone())
        })))
    }

    /// The bypass lists, the one in force first.
    fn bypasses(
        &self,
        flag: Option<BypassList>,
        environment: &Environment,
    ) -> Vec<Arc<BypassList>> {
        let settings = match self.fact(&["proxy"], "bypass").map(|fact| &fact.value) {
            Some(Value::Bypass(list)) => Some(Arc::clone(list)),
            _ => None,
        };
        let lists = [flag.map(Arc::new), settings, environment.bypass().cloned()];
        lists.into_iter().flatten().collect()
    }
}
