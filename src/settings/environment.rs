//! The `*_PROXY` and `NO_PROXY` variables: one source of the global proxy, and of a bypass list.
//!
//! The rules are those of `fixtures/environment.tsv`, where each line names the program that has
//! the same behaviour.

use std::ffi::OsString;
use std::sync::Arc;

use super::fact::BypassList;
use super::problems::Problem;
use super::variables::not_utf8;
use crate::base::bypass::Dialect;
use crate::base::{
    Auth, Credentials, FtpMode, Origin, Proxy, ProxyUrl, Scheme, SecretRef, SecretSource, Trust,
    TunnelMode,
};

/// The variables as they were when the policy was made. Empty ones are left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Environment {
    /// In the order of asking.
    variables: Vec<Variable>,
    bypass: Option<Arc<BypassList>>,
    /// Draws a warning when a proxy is looked for here.
    pub(super) dropped: Option<Problem>,
    /// The void entries of the list, warnings when it is in force.
    pub(super) void: Vec<Problem>,
}

/// One variable that names a proxy.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    /// Its name, as it is spelled.
    pub name: &'static str,
    family: Family,
    /// Its proxy, or what is wrong with it: an error only for a target that asks for it.
    pub proxy: Result<Arc<Proxy>, Problem>,
    /// `HTTP_PROXY` in a CGI program, where a client's `Proxy:` header sets it (httpoxy).
    pub dropped: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Http,
    Https,
    Ftps,
    Ftp,
    All,
}

/// In the order of asking: own variable before `all_proxy`, lower case before upper case.
const NAMES: [(&str, Family); 10] = [
    ("http_proxy", Family::Http),
    ("HTTP_PROXY", Family::Http),
    ("https_proxy", Family::Https),
    ("HTTPS_PROXY", Family::Https),
    ("ftps_proxy", Family::Ftps),
    ("FTPS_PROXY", Family::Ftps),
    ("ftp_proxy", Family::Ftp),
    ("FTP_PROXY", Family::Ftp),
    ("all_proxy", Family::All),
    ("ALL_PROXY", Family::All),
];

impl Family {
    fn serves(self, scheme: Scheme) -> bool {
        match self {
            Self::Http => matches!(scheme, Scheme::Http | Scheme::Ws),
            Self::Https => matches!(scheme, Scheme::Https | Scheme::Wss),
            Self::Ftps => scheme == Scheme::Ftps,
            Self::Ftp => matches!(scheme, Scheme::Ftp | Scheme::Ftps),
            Self::All => true,
        }
    }

    fn served(self) -> &'static str {
        match self {
            Self::Http => "serves http and ws only",
            Self::Https => "serves https and wss only",
            Self::Ftps => "serves ftps only",
            Self::Ftp => "serves ftp and ftps only",
            Self::All => "serves every scheme",
        }
    }
}

impl Environment {
    /// Takes a snapshot. Nothing is an error yet.
    pub fn read(look_up: &dyn Fn(&str) -> Option<OsString>) -> Self {
        let is_set = |name: &str| look_up(name).is_some_and(|value| !is_blank(&value));
        let cgi = is_set("REQUEST_METHOD");
        let mut environment = Self::default();
        for (name, family) in NAMES {
            let Some(value) = look_up(name).filter(|value| !is_blank(value)) else {
                continue;
            };
            let dropped = cgi && name == "HTTP_PROXY";
            if dropped && !is_set("http_proxy") {
                let what = "ignored because REQUEST_METHOD is set: in a CGI program a client's \
                            `Proxy:` header sets it";
                let warning = Problem::warning(Origin::Variable(name.into()), what);
                environment.dropped = Some(warning.hint("use http_proxy"));
            }
            environment.variables.push(Variable {
                name,
                family,
                proxy: parse(name, &value),
                dropped,
            });
        }
        environment.read_bypass(look_up);
        environment
    }

    fn read_bypass(&mut self, look_up: &dyn Fn(&str) -> Option<OsString>) {
        for name in ["no_proxy", "NO_PROXY"] {
            let Some(value) = look_up(name).filter(|value| !is_blank(value)) else {
                continue;
            };
            let origin = Origin::Variable(name.into());
            // The entries around one that is not UTF-8 still count; that one is void.
            let text = value.to_string_lossy();
            let (list, faults) = BypassList::from_text(&text, Dialect::Environment, origin.clone());
            for fault in faults {
                let warning = Problem::warning(origin.clone(), format!("void entry {fault}"));
                self.void.push(warning);
            }
            self.bypass = Some(Arc::new(list));
            return;
        }
    }

    /// The list of `no_proxy`.
    pub(super) fn bypass(&self) -> Option<&Arc<BypassList>> {
        self.bypass.as_ref()
    }

    /// The variables that name a proxy for `scheme`, in the order of asking.
    pub fn serving(&self, scheme: Scheme) -> impl Iterator<Item = &Variable> {
        self.variables
            .iter()
            .filter(move |variable| variable.family.serves(scheme))
    }

    /// The variables that are set and say nothing about `scheme`, with what they are for.
    pub fn not_serving(&self, scheme: Scheme) -> impl Iterator<Item = (&Variable, &'static str)> {
        self.variables
            .iter()
            .filter(move |variable| !variable.family.serves(scheme))
            .map(|variable| (variable, variable.family.served()))
    }

    /// Every variable that is set.
    pub fn variables(&self) -> &[Variable] {
        &self.variables
    }
}

impl Variable {
    /// Where it is written.
    pub fn origin(&self) -> Origin {
        Origin::Variable(self.name.to_owned())
    }
}

fn is_blank(value: &OsString) -> bool {
    value.to_str().is_some_and(|text| text.trim().is_empty())
}

fn parse(name: &str, value: &OsString) -> Result<Arc<Proxy>, Problem> {
    let origin = Origin::Variable(name.to_owned());
    let text = value.to_str().ok_or_else(|| not_utf8(name))?;
    let url = ProxyUrl::parse(text)
        .map_err(|bad| Problem::error(origin.clone(), bad.what).maybe_hint(bad.hint))?;
    let password = url.password.map(|password| SecretRef {
        source: SecretSource::Inline(password),
        origin: origin.clone(),
    });
    Ok(Arc::new(Proxy {
        scheme: url.scheme,
        host: url.host,
        port: url.port,
        credentials: url.username.map(|username| Credentials {
            username,
            origin: origin.clone(),
            password,
        }),
        auth: Auth::default(),
        tunnel: TunnelMode::default(),
        ftp: FtpMode::default(),
        trust: Trust::default(),
        key: String::new(),
        origin,
    }))
}
