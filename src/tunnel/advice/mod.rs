//! What an answer to CONNECT means, and what to ask the proxy's administrator for.

mod forbidden;
mod unavailable;

pub use forbidden::{forbidden, is_policy};
pub use unavailable::{is_own_page, is_unknown_name, unavailable};

use crate::base::{Answer, Code, Error, Host, Kind, Origin, Proxy, Scheme, Side, Stage, Target};

/// The advice for a refused CONNECT to `target`: one line that says what is refused, then the
/// line to add for the proxies that are common.
pub fn refused(target: &Target, answer: &Answer) -> String {
    let port = target.port();
    let site = match target.host() {
        Host::Domain(name) => format!("dstdomain {name}"),
        address => format!("dst {}", address.to_string().trim_matches(['[', ']'])),
    };
    let (why, apache, squid) = match (target.scheme(), port) {
        (Scheme::Ftp | Scheme::Ftps, 1024..) => (
            format!(
                "the proxy refuses CONNECT to port {port}; passive FTP needs CONNECT to ports 1024-65535"
            ),
            "AllowConnect 20 21 443 1024-65535".to_owned(),
            format!(
                "acl ftp_data port 1024-65535; acl ftp_site {site}; http_access allow CONNECT ftp_site ftp_data"
            ),
        ),
        (Scheme::Ftp | Scheme::Ftps, _) => (
            format!(
                "the proxy refuses CONNECT to {target}; FTP needs CONNECT to port {port}, and to ports 1024-65535 for its data"
            ),
            match port {
                20 | 21 | 443 => "AllowConnect 20 21 443 1024-65535".to_owned(),
                _ => format!("AllowConnect 20 21 {port} 443 1024-65535"),
            },
            format!(
                "acl ftp_ports port {port} 1024-65535; acl ftp_site {site}; http_access allow CONNECT ftp_site ftp_ports"
            ),
        ),
        (scheme, _) => (
            match scheme {
                // By CONNECT it has to go: proxies do not pass Upgrade on.
                Scheme::Ws => format!(
                    "the proxy refuses CONNECT to {target}, by which WebSocket has to go; most \
                     allow it to port 443 alone (Squid's SSL_ports): use wss:// where the server \
                     has it, or ask the proxy's administrator to allow it"
                ),
                _ => format!("ask the proxy's administrator to allow CONNECT to {target}"),
            },
            match port {
                443 => "AllowConnect 443".to_owned(),
                _ => format!("AllowConnect 443 {port}"),
            },
            format!(
                "acl SSL_ports port {port}; acl site {site}; http_access allow CONNECT site SSL_ports"
            ),
        ),
    };
    let apache = format!("\n  apache   {apache}");
    // Squid's own configuration has both, in this order, and no Safe_ports below 1025 but a few.
    let squid = format!(
        "\n  squid    {squid}\n           above `http_access deny !Safe_ports` and `http_access deny \
         CONNECT !SSL_ports`"
    );
    // Where the answer tells the product, the other one's line would only confuse.
    match (says(answer, "squid"), says(answer, "apache")) {
        (true, false) => why + &squid,
        (false, true) => why + &apache,
        _ => why + &apache + &squid,
    }
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

/// Whether the answer names the product, as its own or as one that it came by.
fn says(answer: &Answer, product: &str) -> bool {
    let fields = [&answer.server, &answer.via];
    let mut told = fields.into_iter().flatten();
    told.any(|field| field.to_ascii_lowercase().contains(product))
}

#[cfg(test)]
mod tests;
