//! A stock client, as far as reqwest can keep to a policy.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ::reqwest::dns::{Addrs, Name, Resolve, Resolving};
use ::reqwest::{ClientBuilder, redirect};
use url::Url;

use crate::base::{Credentials, Error, Kind, Proxy, ProxyScheme, Result, Stage, Target, Trust};
use crate::connector::Connector;
use crate::dataset::Dataset;
use crate::proto::redirect as rules;
use crate::tls::{Alpn, Versions};

/// A builder for a stock `reqwest::Client` that reaches `dataset` as the policy says: its proxy
/// with Basic credentials, the bypass, the connection's trust, limits on time. Nothing is read from
/// the environment but by the policy. HTTP/1.1 is spoken.
///
/// The client keeps to it for every other URL too: whatever wants another proxy or a proxy's CA,
/// and what leaves a connection that has trust of its own, is refused, with an error that
/// [`Error::find`] finds in reqwest's. Redirects from https to http are refused.
///
/// What reqwest does not show: why a proxy refused a CONNECT. [`Executor`](super::Executor) does.
///
/// # Errors
/// [`Kind::Unsupported`] where reqwest would ignore what the settings say: SOCKS, a proxy with
/// trust of its own, `tunnel = "always"` for `http://`, a login for the target (give it with
/// `RequestBuilder::basic_auth`). Those of [`Connector::route`], of the secret, and of `ca_file`.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = outbound::Client::load()?;
/// let place = client.dataset("https://data.example.org/")?;
/// let stock = outbound::adapters::reqwest::client_builder(&place).await?.build()?;
/// let rows = stock.get("https://data.example.org/rows").send().await?;
/// # Ok(())
/// # }
/// ```
pub async fn client_builder(dataset: &Dataset) -> Result<ClientBuilder> {
    let connector = dataset.connector();
    let target = dataset.target();
    let doing = |error: Error| error.while_doing(format!("set a reqwest client for {target}"));
    if let Some(credentials) = dataset.credentials() {
        let what = format!(
            "the login from {} would be ignored: a stock client has none of its own",
            credentials.origin
        );
        return Err(doing(unsupported(what).with_better_hint(format!(
            "{INSTEAD}; or leave the login out, and give it with RequestBuilder::basic_auth"
        ))));
    }
    let route = connector.route(target).map_err(doing)?;
    let way = Arc::new(OneWay {
        connector: connector.clone(),
        base: target.clone(),
        proxy: route.proxy().cloned(),
        refused: Mutex::default(),
    });
    let proxy = way.proxy(target);
    let proxy = proxy.map_err(|error| doing(error).with_route(&route))?;
    let mut stock = ::reqwest::Proxy::custom({
        let way = Arc::clone(&way);
        move |url: &Url| way.answer(url)
    });
    if let Some(credentials) = proxy.as_ref().and_then(|proxy| proxy.credentials.as_ref()) {
        stock = stock.custom_http_auth(basic(connector, credentials).await?);
    }
    let timeouts = connector.timeouts();
    let connect = timeouts.resolve + timeouts.dial + timeouts.connect + timeouts.tls;
    let tls = connector.tls_config(Alpn::Http1, Versions::All)?;
    Ok(::reqwest::Client::builder()
        .no_proxy()
        .proxy(stock)
        .dns_resolver(way)
        .tls_backend_preconfigured((*tls).clone())
        .redirect(redirect::Policy::custom(follow))
        .connect_timeout(connect)
        .read_timeout(timeouts.reply.max(timeouts.idle))
        .user_agent(crate::base::USER_AGENT))
}

/// `Proxy-Authorization`, which reqwest sends to the proxy that the policy gives, and to no other.
async fn basic(connector: &Connector, credentials: &Credentials) -> Result<::http::HeaderValue> {
    let value = connector.basic(credentials).await?;
    let mut value = ::http::HeaderValue::from_str(value.expose()).map_err(|_| {
        let what = "the credentials for the proxy cannot be sent";
        Error::new(Kind::Secret, Stage::Auth, what)
    })?;
    value.set_sensitive(true);
    Ok(value)
}

const INSTEAD: &str = "adapters::reqwest::Executor runs requests by any route";

fn unsupported(what: impl Into<String>) -> Error {
    Error::new(Kind::Unsupported, Stage::Route, what).with_hint(INSTEAD)
}

/// What [`Connector`] would do, as far as a client with one proxy can do it.
struct OneWay {
    connector: Connector,
    base: Target,
    proxy: Option<Arc<Proxy>>,
    /// What was refused. reqwest lets nobody refuse a URL, only name its proxy: the place in this
    /// list is the proxy's name, and whoever resolves that gets the error.
    refused: Mutex<Vec<(Target, Error)>>,
}

impl OneWay {
    /// The proxy for `target`, when the client can go there.
    fn proxy(&self, target: &Target) -> Result<Option<Arc<Proxy>>> {
        let own = self.connector.connection();
        let connector = match own {
            Some(connection) if *target != self.base => {
                if connection.trust != Trust::default() {
                    return Err(unsupported(format!(
                        "this client trusts what connection `{}` trusts, and {target} is outside",
                        connection.name
                    )));
                }
                self.connector.for_connection(None)
            }
            _ => self.connector.clone(),
        };
        let route = connector.route(target)?;
        let Some(proxy) = route.proxy() else {
            return Ok(None);
        };
        let refused = |what: String| Err(unsupported(what).with_route(&route));
        let trusts = connector.connection().map(|c| &c.trust);
        if self.proxy.as_ref().is_none_or(|own| !is_same(own, proxy)) {
            return refused("a stock client has one proxy, and this is another".into());
        }
        match proxy.scheme {
            ProxyScheme::Http => {}
            ProxyScheme::Https
                if proxy.trust == Trust::default()
                    && trusts.is_none_or(|t| *t == Trust::default()) => {}
            ProxyScheme::Https => {
                let what = "a stock client cannot trust the proxy and the target apart";
                return refused(what.into());
            }
            scheme => return refused(format!("a stock client speaks no {scheme} to a proxy")),
        }
        if !target.scheme().is_tls() && connector.tunnels_plain_http(proxy) {
            let what = "a stock client sends http:// in absolute form, and `tunnel` says always";
            return refused(what.into());
        }
        Ok(Some(Arc::clone(proxy)))
    }

    /// What reqwest asks: the URL of the proxy.
    fn answer(&self, url: &Url) -> Option<Url> {
        let Ok(target) = Target::from_url(url) else {
            return nowhere();
        };
        match self.proxy(&target) {
            Ok(None) => None,
            Ok(Some(proxy)) => Url::parse(&proxy.to_string()).ok().or_else(nowhere),
            Err(error) => self.refuse(target, error),
        }
    }

    /// The name of a proxy that does not exist (RFC 6761), to be resolved to `error`.
    fn refuse(&self, target: Target, error: Error) -> Option<Url> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let known = refused.iter().position(|(known, _)| *known == target);
        let place = known.unwrap_or_else(|| {
            let error = error.while_doing(format!("reach {target}"));
            refused.push((target, error));
            refused.len() - 1
        });
        Url::parse(&format!("http://{REFUSED}{place}{INVALID}:9"))
            .ok()
            .or_else(nowhere)
    }
}

const REFUSED: &str = "refused-";
const INVALID: &str = ".invalid";

/// A proxy that nobody reaches: without any, reqwest would go direct.
fn nowhere() -> Option<Url> {
    Url::parse("http://127.0.0.1:0").ok()
}

/// Whether two settings name the same proxy, wherever they are written.
fn is_same(one: &Proxy, other: &Proxy) -> bool {
    let login = |proxy: &Proxy| {
        let credentials = proxy.credentials.clone()?;
        Some((credentials.username, credentials.password.map(|p| p.source)))
    };
    (one.scheme, &one.host, one.port) == (other.scheme, &other.host, other.port)
        && login(one) == login(other)
}

impl Resolve for OneWay {
    fn resolve(&self, name: Name) -> Resolving {
        let number = name.as_str().strip_prefix(REFUSED);
        let number = number.and_then(|rest| rest.strip_suffix(INVALID)?.parse().ok());
        if let Some(number) = number {
            let number: usize = number;
            let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, error)) = refused.get(number) {
                return Box::pin(std::future::ready(Err(error.clone().into())));
            }
        }
        Box::pin(async move {
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let refused = |what: String| Error::new(Kind::TargetRefused, Stage::Request, what);
    let downgrades = |from: &Url| from.scheme() == "https" && attempt.url().scheme() == "http";
    if attempt.previous().len() > rules::MOST {
        let what = format!("more than {} redirects in a row", rules::MOST);
        return attempt.error(refused(what));
    }
    let to_metadata = |from: &Url| rules::leads_to_metadata(from, attempt.url());
    if attempt.previous().last().is_some_and(to_metadata) {
        let what = "the redirect leads to this machine's instance metadata";
        return attempt.error(refused(what.into()));
    }
    if attempt.previous().last().is_some_and(downgrades) {
        return attempt.error(refused("the redirect leads from https to http".into()));
    }
    attempt.follow()
}
