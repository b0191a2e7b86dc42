//! What an answer to CONNECT means, and what to ask the proxy's administrator for.

mod forbidden;
mod own_page;
mod unavailable;

pub use forbidden::{forbidden, is_policy};
pub use own_page::{Word, is_of_a_proxy, own_page};
pub use unavailable::{is_unknown_name, unavailable};

use crate::base::{
    Answer, Code, Error, FtpMode, Kind, Origin, Proxy, Result, Scheme, Side, Stage, Target,
    TunnelMode,
};
use crate::rules::{self, Method, Need, Passage, Ports, Product, Refused};

/// The advice for a CONNECT to `target` that `proxy` refused: one line that says what is refused, then
/// the lines that mend it, for the proxy that shows itself or those that are common.
pub fn refused(proxy: &Proxy, target: &Target, answer: &Answer) -> String {
    let port = target.port();
    let is_ftp = matches!(target.scheme(), Scheme::Ftp | Scheme::Ftps);
    let is_data = is_ftp && port >= Ports::PASSIVE.first;
    let why = match target.scheme() {
        _ if is_data => format!(
            "the proxy refuses CONNECT to port {port}; passive FTP needs CONNECT to ports 1024-65535"
        ),
        _ if is_ftp => format!(
            "the proxy refuses CONNECT to {target}; FTP needs CONNECT to port {port}, and to ports \
             1024-65535 for its data"
        ),
        // By CONNECT it has to go: proxies do not pass Upgrade on.
        Scheme::Ws => format!(
            "the proxy refuses CONNECT to {target}, by which WebSocket has to go; most allow it to \
             port 443 alone (Squid's SSL_ports): use wss:// where the server has it, or ask the \
             proxy's administrator to allow it"
        ),
        _ => format!("ask the proxy's administrator to allow CONNECT to {target}"),
    };
    let passage = Passage {
        tunnel: TunnelMode::Always,
        ..Passage::default()
    };
    let need = Need::new(target, &passage).map(|mut need| {
        if is_data {
            need.ports = vec![Ports::PASSIVE];
        }
        need
    });
    match answer.code {
        403 => why + &mended(proxy, need, answer),
        // No rule of a list is behind it.
        _ => why,
    }
}

/// The advice for a request in absolute form that was refused: `method` of `http://` or `ftp://` at
/// `target`. Where the answer does not show that it is the proxy's, there is advice only where a product
/// shows itself that is no web server.
pub fn refused_request(
    proxy: &Proxy,
    target: &Target,
    method: &str,
    answer: &Answer,
    word: Word,
) -> Option<String> {
    let shown = Product::recognise(answer);
    // A server's answer that a proxy passed on has its Via; tinyproxy and haproxy are no servers.
    let may_be = |one: &Product| match one {
        // Its name may stand in the Via of what it passed on.
        Product::Tinyproxy => own_page(answer) == Some(Product::Tinyproxy),
        Product::Haproxy => true,
        Product::Apache => answer.via.is_none(),
        Product::Squid => false,
    };
    if !word.is_proxys() && !shown.iter().any(may_be) {
        return None;
    }
    let mut passage = Passage {
        ftp: FtpMode::ProxyGet,
        ..Passage::default()
    };
    passage.methods.extend(method.parse::<Method>());
    let what = match target.scheme() {
        Scheme::Ftp => format!("ftp:// to {target}"),
        _ => "this URL".to_owned(),
    };
    let ask = format!("ask the proxy's administrator to allow {what}");
    let why = match (word, word.doubt()) {
        (_, Some(doubt)) => format!("{ask} ({doubt})"),
        (Word::Proxys, None) => ask,
        (_, None) => format!("if this is the proxy's word, {ask}"),
    };
    Some(why + &mended(proxy, Need::new(target, &passage), answer))
}

/// A host that can stand in no configuration has no lines.
fn mended(proxy: &Proxy, need: Result<Need>, answer: &Answer) -> String {
    let credentials = proxy.credentials.as_ref();
    need.map_or_else(
        |_| String::new(),
        |need| {
            rules::mend(Refused {
                need: &need,
                user: credentials.map(|credentials| credentials.username.as_str()),
                answer,
            })
        },
    )
}

/// [`refused`], and the other way for files over plain FTP.
pub fn or_by_proxy(refused: &str) -> String {
    format!(
        "{refused}\n  or       ask the proxy for the file itself: ftp = \"proxy-get\" (--ftp proxy-get), \
         if it knows FTP as Squid does"
    )
}

/// Whether an answer says that plain HTTP came to a port of TLS: what nginx, Apache httpd and Go
/// servers say.
pub fn says_tls(answer: &Answer) -> bool {
    let body = answer.body.to_ascii_lowercase();
    let marks = [
        "plain http request was sent to https port",
        "speaking plain http to an ssl-enabled",
        "sent an http request to an https server",
    ];
    answer.code == 400 && marks.iter().any(|mark| body.contains(mark))
}

/// The advice for a proxy's port that speaks TLS.
pub fn proxy_speaks_tls(proxy: &Proxy) -> String {
    format!(
        "the port of {} speaks TLS, which cannot be used to a proxy yet: set {} to its plain HTTP \
         port",
        proxy.authority(),
        proxy.origin
    )
}

/// The advice for a proxy that hangs up before it has answered.
pub fn closed(proxy: &Proxy) -> String {
    format!(
        "the proxy may be restarting, at its limits, or closed to this machine: try again later, \
         ask its administrator, and check the port in {} (one for TLS ends it like this)",
        proxy.origin
    )
}

/// The advice for an answer of a proxy that is longer than is read.
pub fn too_long(origin: &Origin) -> String {
    format!(
        "no setting changes this limit, and no proxy needs as much: ask its administrator what \
         fills its answers, and check the port in {origin}"
    )
}

/// The advice for an answer that a web server gives and a proxy does not.
pub fn web_server(proxy: &Proxy) -> String {
    format!(
        "what listens at {} may be a web server and not a proxy: check the port in {}",
        proxy.authority(),
        proxy.origin
    )
}

/// Adds what the proxy had said to an error behind a tunnel to `target` through which no good
/// word of the target came: the tunnel was the last stage that was passed. Whether the proxy or
/// the target hung up cannot be told here, so that neither is blamed for it.
pub fn behind_tunnel(error: Error, proxy: &Proxy, target: &Target) -> Error {
    let last = error.steps().last();
    let opened = last.filter(|step| matches!(step.stage, Stage::Connect | Stage::Data));
    let Some((stage, status)) = opened.map(|step| (step.stage, step.answer.clone())) else {
        return error;
    };
    let said = format!("; the proxy had answered CONNECT with {status}");
    if status != "200" {
        // RFC 9110 section 9.3.6: any 2xx opens the tunnel. Proxies say 200.
        let hint = format!("a proxy opens a tunnel with 200; {}", web_server(proxy));
        let error = error.and_also(said).with_side(Side::Proxy);
        return error
            .with_better_code(Code::TunnelDoubtful)
            .with_better_hint(hint);
    }
    match (
        stage,
        error.kind(),
        error.answer().map(|answer| answer.code),
    ) {
        // The server waits for a data channel that the proxy says is there.
        (Stage::Data, _, Some(425)) => {
            let error = error.and_also(said).with_side(Side::Proxy);
            error.with_better_code(Code::FtpDataUnseen)
        }
        (_, Kind::Cut | Kind::Timeout | Kind::TargetUnavailable, None) => {
            let (kind, ended) = match error.kind() {
                Kind::Timeout => (Kind::Timeout, "is silent"),
                // Also where the protocol took the end for the target's word.
                _ => (Kind::Cut, "hung up"),
            };
            let hint = format!(
                "the proxy, the network behind it or {target} {ended}: the proxy's log tells \
                 which; a proxy that inspects traffic may refuse like this"
            );
            let code = match (kind, error.stage()) {
                // What is missing is the protocol's own word, which says more.
                (Kind::Timeout, Stage::Greeting) => Code::FtpNoGreeting,
                (Kind::Timeout, _) if stage == Stage::Data => Code::FtpDataSilent,
                (Kind::Timeout, _) => Code::TunnelSilent,
                _ => Code::TunnelCut,
            };
            let error = error.and_also(said).with_kind(kind).with_better_code(code);
            error.with_side(Side::Network).with_better_hint(hint)
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests;
