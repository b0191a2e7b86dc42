//! CONNECT through a proxy, with its credentials.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use super::{Ahead, Connector};
use crate::base::{
    Answer, Auth, Code, Credentials, Error, Kind, Origin, Proxy, Result, Secret, Stage, Steps,
    Target, text,
};
use crate::dial::{Stream, log_last};
use crate::proto::auth;
use crate::proto::connect::Refusal;
use crate::proto::status;
use crate::tunnel::{self, Outcome, advice};

/// Opens a tunnel to `target` through `proxy`.
///
/// Credentials are shown when the proxy asked for them, and unasked once it has asked in this
/// process. An answered 407 and every 403 is final. A proxy that closes behind its 407 is dialled
/// again (RFC 9931 lets it close), and so is one that closed a socket dialled `ahead`.
pub(super) async fn tunnel(
    connector: &Connector,
    proxy: &Proxy,
    target: &Target,
    ahead: Option<Ahead>,
) -> Result<Stream> {
    let doing = || format!("open a tunnel to {target}");
    let mut authorization = connector.unasked(proxy).await?;
    let waiting = match ahead {
        Some(ahead) => ahead.take().await?,
        None => None,
    };
    let mut again = waiting.is_some();
    let mut stream = match waiting {
        Some(stream) => stream,
        None => connector.dial_proxy(proxy).await?,
    };
    loop {
        let limit = connector.timeouts().connect;
        let shown = authorization.as_ref();
        let started = Instant::now();
        let opened = tunnel::open(stream, proxy, target, shown, limit, again).await;
        match opened.map_err(|error| error.while_doing(doing()))? {
            Outcome::Open(stream) => {
                if authorization.is_some() {
                    connector.remember_asking(proxy);
                }
                return Ok(stream);
            }
            Outcome::Stale(steps) => {
                stream = redial(connector, proxy, steps).await?;
                again = false;
            }
            Outcome::Refused {
                refusal,
                stream: kept,
                mut steps,
            } => {
                let sent = authorization.is_some();
                let credentials = match answerable(proxy, &refusal, sent) {
                    Some(credentials) => credentials,
                    None => {
                        if refusal.answer.code == 407 {
                            steps.take_back(Stage::Auth);
                        }
                        let error = refused(proxy, target, *refusal, sent);
                        return Err(error.while_doing(doing()).after(steps));
                    }
                };
                let basic = connector.basic(credentials).await;
                let basic = basic.map_err(|error| error.while_doing(doing()).after(steps.clone()));
                authorization = Some(basic?);
                again = kept.is_some();
                pass_auth(&mut steps, proxy, &refusal.answer, started.elapsed());
                stream = match kept {
                    Some(kept) => kept.with_steps(steps),
                    None => redial(connector, proxy, steps).await?,
                };
            }
        }
    }
}

/// Opens another socket to the proxy, after the stages passed by an earlier one.
async fn redial(connector: &Connector, proxy: &Proxy, steps: Steps) -> Result<Stream> {
    match connector.dial_proxy(proxy).await {
        Ok(mut stream) => {
            let mut all = steps;
            all.extend(stream.take_steps());
            Ok(stream.with_steps(all))
        }
        Err(error) => Err(error.after(steps)),
    }
}

/// Notes that the proxy asked for credentials, and that they are shown now.
pub(crate) fn pass_auth(steps: &mut Steps, proxy: &Proxy, answer: &Answer, elapsed: Duration) {
    let words = format!("{}, {} offered", answer.code, answer.schemes.join(", "));
    steps.pass(Stage::Auth, proxy.authority(), words, elapsed);
    log_last(steps);
}

/// The credentials to answer a refusal with: it is a 407 that offers Basic, and they were not
/// sent yet.
fn answerable<'p>(proxy: &'p Proxy, refusal: &Refusal, sent: bool) -> Option<&'p Credentials> {
    let basic = refusal.challenges.iter().any(|c| c.is("Basic"));
    let answerable = refusal.answer.code == 407 && basic && !sent;
    proxy.credentials.as_ref().filter(|_| answerable)
}

impl Connector {
    /// The value of `Proxy-Authorization` to send before being asked, if any.
    pub(crate) async fn unasked(&self, proxy: &Proxy) -> Result<Option<Secret>> {
        let Some(credentials) = &proxy.credentials else {
            return Ok(None);
        };
        if proxy.auth != Auth::Basic && !self.is_asking(proxy) {
            return Ok(None);
        }
        self.basic(credentials).await.map(Some)
    }

    /// The value of `Proxy-Authorization` for Basic.
    pub(crate) async fn basic(&self, credentials: &Credentials) -> Result<Secret> {
        let password = match &credentials.password {
            Some(place) => {
                let limit = self.timeouts().secret;
                self.secrets().read(place, limit).await?
            }
            None => Secret::new(""),
        };
        auth::basic(&credentials.username, &password).map_err(|what| {
            Error::new(Kind::Secret, Stage::Auth, what)
                .while_doing(format!("prepare credentials of {}", credentials.origin))
        })
    }

    fn is_asking(&self, proxy: &Proxy) -> bool {
        let asking = self.shared.asking.lock();
        let asking = asking.unwrap_or_else(PoisonError::into_inner);
        asking.contains(&memory_key(proxy))
    }

    /// Notes that `proxy` wants credentials and took ours.
    pub(crate) fn remember_asking(&self, proxy: &Proxy) {
        let asking = self.shared.asking.lock();
        let mut asking = asking.unwrap_or_else(PoisonError::into_inner);
        asking.insert(memory_key(proxy));
    }
}

/// One proxy under one user name.
fn memory_key(proxy: &Proxy) -> String {
    let username = proxy.credentials.as_ref().map(|c| c.username.as_str());
    format!("{proxy} {}", username.unwrap_or_default())
}

/// The error for a 407: credentials are missing, wrong, or of a scheme that we do not speak.
pub(crate) fn wants_credentials(proxy: &Proxy, answer: Answer, sent: bool) -> Error {
    let offered = match &answer.schemes[..] {
        [] => "no scheme".to_owned(),
        schemes => text::clip(&schemes.join(", ")),
    };
    let basic = answer
        .schemes
        .iter()
        .any(|scheme| scheme.eq_ignore_ascii_case("basic"));
    let (code, what, hint) = match &proxy.credentials {
        Some(credentials) if sent => {
            let (place, hint) = match &credentials.password {
                None => (
                    "no password is set".to_owned(),
                    write_down(proxy, ["password"]),
                ),
                Some(place) => (
                    format!("password from {place}"),
                    "the user name or the password is wrong, or the account is locked".to_owned(),
                ),
            };
            (
                Code::ProxyAuthWrong,
                format!(
                    "the proxy does not accept user `{}` ({place}): {answer}; it offers {offered}",
                    text::clip(&credentials.username)
                ),
                hint,
            )
        }
        _ if !basic => (
            Code::ProxyAuthScheme,
            format!("the proxy wants a login that is not built in: {answer}; it offers {offered}"),
            "Basic is understood; ask the proxy's administrator to offer it to this machine"
                .to_owned(),
        ),
        Some(_) | None => (
            Code::ProxyAuthMissing,
            format!("the proxy wants a user name and password: {answer}; it offers {offered}"),
            write_down(proxy, ["username", "password"]),
        ),
    };
    Error::new(Kind::ProxyAuth, Stage::Auth, what)
        .with_code(code)
        .about(proxy.authority())
        .with_hint(hint)
        .with_answer(answer)
}

/// Where to write what is missing of the credentials: in the URL, or under the proxy's keys.
fn write_down<const N: usize>(proxy: &Proxy, missing: [&str; N]) -> String {
    let key = match &*proxy.key {
        "" => "proxy",
        key => key,
    };
    match &proxy.origin {
        // Other users of the machine see what stands in an argument.
        Origin::Flag(_) => "set proxy.url, proxy.username and proxy.password in a settings file, \
                            where nobody else reads it"
            .to_owned(),
        Origin::Variable(_) => format!(
            "write `http://USER:PASSWORD@{}` into {}, or set proxy.url, proxy.username and \
             proxy.password in a settings file",
            proxy.authority(),
            proxy.origin
        ),
        _ => format!(
            "set {}",
            missing.map(|word| format!("{key}.{word}")).join(" and ")
        ),
    }
}

/// The error for a refusal of CONNECT.
fn refused(proxy: &Proxy, target: &Target, refusal: Refusal, sent: bool) -> Error {
    let answer = refusal.answer;
    let what = format!("the proxy answered {answer}");
    let (code, kind, side, hint) = match answer.code {
        407 => return wants_credentials(proxy, answer, sent),
        400 if advice::says_tls(&answer) => (
            Some(Code::ProxyWantsTls),
            Kind::ProxyRefused,
            None,
            advice::proxy_speaks_tls(proxy),
        ),
        400 | 404 | 405 | 501 | 505 => (
            Some(Code::NotAProxy),
            Kind::ProxyRefused,
            None,
            format!(
                "what answers may be a web server or a proxy without CONNECT: check the proxy's \
                 port in {}",
                proxy.origin
            ),
        ),
        300..=399 | 511 => (
            Some(Code::CaptivePortal),
            Kind::ProxyRefused,
            None,
            "the answer to CONNECT is a login page (captive portal): log in by browser first"
                .to_owned(),
        ),
        code if status::of_proxy(code) == Kind::ProxyUnavailable => {
            let (code, side, hint) = advice::unavailable(target, &answer);
            (Some(code), Kind::ProxyUnavailable, Some(side), hint)
        }
        status => (
            (status == 403).then(|| advice::forbidden(target, &answer, sent)),
            Kind::ProxyRefused,
            None,
            advice::refused(proxy, target, &answer),
        ),
    };
    Error::new(kind, Stage::Connect, what)
        .with_code(code)
        .with_side(side)
        .with_hint(hint)
        .with_answer(answer)
}
