//! A named entry of the settings: a place to get data from, and how to reach it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::fact::{Fact, Value};
use super::problems::Problem;
use super::s3::{S3Options, with_bucket};
use crate::base::{
    Credentials, Encoding, ExplicitTls, FtpMode, Origin, Proxy, Target, Trust, TunnelMode,
};

/// A named dataset connection.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Connection {
    /// Its name in `[connections.NAME]`.
    pub name: String,
    /// Its base URL, without userinfo: what lies below belongs to this connection.
    pub url: Url,
    /// Which proxy it uses.
    pub proxy: ProxyChoice,
    /// Credentials for the target.
    pub credentials: Option<Credentials>,
    /// Trust for TLS to the target.
    pub trust: Trust,
    /// Overrides the proxy's tunnel mode.
    pub tunnel: Option<TunnelMode>,
    /// Whether an `ftp://` server is asked for TLS.
    pub tls: ExplicitTls,
    /// How an FTP server writes names, where it is not UTF-8.
    pub encoding: Option<Encoding>,
    /// Overrides how the proxy is asked for plain `ftp://`.
    pub ftp: Option<FtpMode>,
    /// How often NOOP is sent on FTP's control channel while a file comes.
    pub keepalive: Option<Duration>,
    /// How its bucket is reached, with `s3://`.
    pub s3: S3Options,
    /// Where its URL is written.
    pub origin: Origin,
}

impl Connection {
    /// The server that it is about, as far as the settings tell: of a bucket that is its endpoint.
    /// `None` for a bucket without one: it is at Amazon, or where AWS's variables and files say.
    pub fn server(&self) -> Option<Target> {
        let url = match (self.url.scheme(), &self.s3.endpoint) {
            ("s3", None) => return None,
            ("s3", Some(endpoint)) if self.s3.path_style == Some(false) => {
                with_bucket(endpoint, self.url.host_str()?).ok()?
            }
            ("s3", Some(endpoint)) => endpoint.clone(),
            _ => self.url.clone(),
        };
        Target::from_url(&url).ok()
    }
}

/// Which proxy a connection uses, and where that is written.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ProxyChoice {
    /// Nothing is said: the global proxy if there is one, else the environment.
    Default,
    /// `proxy = "global"`, or `use_global_proxy = true`: an error when there is none.
    Global(Origin),
    /// `proxy = "direct"`, or `use_global_proxy = false`.
    Direct(Origin),
    /// `proxy = "environment"`.
    Environment(Origin),
    /// `proxy = "NAME"` of `[proxies.NAME]`.
    Named(String, Origin),
    /// `proxy = { url = … }`.
    Inline(Arc<Proxy>, Origin),
}

/// The keys that are for FTP alone: whether TLS is asked for, how often the control channel is used
/// while data moves, and what is wrong with these or with `ftp`.
pub(super) fn of_ftp<'a>(
    fact: impl Fn(&str) -> Option<&'a Fact>,
    base: &Url,
) -> (ExplicitTls, Option<Duration>, Vec<Problem>) {
    let (tls, of_tls) = tls(fact("tls"), base);
    let (keepalive, of_keepalive) = keepalive(fact("ftp_keepalive"), base);
    let problems = [of_tls, ftp(fact("ftp"), base, tls), of_keepalive];
    (tls, keepalive, problems.into_iter().flatten().collect())
}

/// Whether an `ftp://` server is asked for TLS. Elsewhere the key means nothing, and whoever wrote
/// it meant something.
fn tls(fact: Option<&Fact>, base: &Url) -> (ExplicitTls, Option<Problem>) {
    let Some(fact) = fact else {
        return (ExplicitTls::Off, None);
    };
    let asked = fact.value.as_text().and_then(ExplicitTls::parse);
    let asked = asked.unwrap_or_default();
    let hint = match base.scheme() {
        "ftp" => return (asked, None),
        // There even `off` would be a contradiction.
        "ftps" => {
            "ftps:// is TLS from the first byte, mostly at port 990: remove it, or write ftp:// for \
             AUTH TLS"
        }
        _ if asked == ExplicitTls::Off => return (asked, None),
        _ => "remove it",
    };
    let what = format!("`tls` is for ftp://, not for {}://", base.scheme());
    let problem = Problem::error(fact.origin.clone(), what).hint(hint);
    (asked, Some(problem))
}

/// What is wrong with a connection's `ftp`: a proxy that is asked for a file has no way to be told
/// of TLS with the server.
fn ftp(fact: Option<&Fact>, base: &Url, tls: ExplicitTls) -> Option<Problem> {
    let fact = fact?;
    let asked = fact.value.as_text().and_then(FtpMode::parse)?;
    let (what, hint) = match (base.scheme(), asked, tls) {
        (_, FtpMode::Tunnel, _) | ("ftp", _, ExplicitTls::Off) => return None,
        ("ftp", ..) => (
            format!(
                "`ftp = \"{}\"` cannot go with `tls = \"{tls}\"`",
                asked.as_str()
            ),
            "a proxy that fetches the file itself speaks FTP without TLS: remove one of the two",
        ),
        ("ftps", ..) => (
            format!(
                "`ftp = \"{}\"` is for ftp://, not for ftps://",
                asked.as_str()
            ),
            "a proxy that fetches the file itself speaks FTP without TLS: remove it",
        ),
        (scheme, ..) => (
            format!("`ftp` is for ftp://, not for {scheme}://"),
            "remove it",
        ),
    };
    Some(Problem::error(fact.origin.clone(), what).hint(hint))
}

/// How often FTP's control channel is used while data moves; HTTP has none.
fn keepalive(fact: Option<&Fact>, base: &Url) -> (Option<Duration>, Option<Problem>) {
    let Some(fact) = fact else {
        return (None, None);
    };
    let every = match fact.value {
        Value::Time(every) => Some(every),
        _ => None,
    };
    let wrong = (!matches!(base.scheme(), "ftp" | "ftps")).then(|| {
        let what = format!("`ftp_keepalive` is for FTP, not for {}://", base.scheme());
        Problem::error(fact.origin.clone(), what).hint("remove it")
    });
    (every, wrong)
}

/// A URL belongs to the connection whose base is its longest prefix: of two with one base, which
/// proxy and password it gets would be a matter of luck.
pub(super) fn same_urls(connections: &BTreeMap<String, Arc<Connection>>) -> Vec<Problem> {
    let mut written: Vec<_> = connections.values().collect();
    // As they are written: the later one is wrong.
    written.sort_by_key(|connection| match &connection.origin {
        Origin::File { path, line, .. } => Some((path, *line)),
        _ => None,
    });
    let problem = |(index, later): (usize, &&Arc<Connection>)| {
        let same = |other: &&&Arc<Connection>| other.covers(&later.url) && later.covers(&other.url);
        let first = written[..index].iter().find(same)?;
        let what = format!(
            "has the same url as [connections.{}] ({}): a URL cannot belong to both",
            first.name, first.origin
        );
        let problem = Problem::error(later.origin.clone(), what);
        Some(problem.hint("keep one of them, or give one a longer path"))
    };
    written.iter().enumerate().filter_map(problem).collect()
}
