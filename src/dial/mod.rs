//! From a host and port to a byte stream: resolve, happy eyeballs, socket.

mod eyeballs;
mod lowat;
mod socket;
pub mod stream;
mod watch;

pub use stream::Stream;
pub use watch::Remark;
pub(crate) use watch::{Presented, Watch, passed, presented, remark};

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use socket2::{SockRef, TcpKeepalive};
use tokio::time::timeout;

use crate::base::{Code, Error, Host, Kind, Result, Side, Stage, Steps, text};

/// How long the two steps of dialling may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Resolving the name (`timeouts.resolve`).
    pub resolve: Duration,
    /// Opening a socket, all addresses together (`timeouts.dial`).
    pub dial: Duration,
}

/// Opens a socket to the first hop: resolves its name, then tries its addresses as RFC 8305 has
/// it. The stages are noted in the stream's steps.
///
/// # Errors
/// [`Kind::Resolve`], [`Kind::Dial`] or [`Kind::Timeout`]; the error keeps the steps passed.
///
/// # Cancel safety
/// Dropping the future closes whatever was being opened.
pub async fn dial(host: &Host, port: u16, limits: Limits) -> Result<Stream> {
    let mut steps = Steps::default();
    let addresses = resolve(host, port, limits.resolve, &mut steps).await?;
    let subject = format!("{host}:{port}");
    let started = Instant::now();
    let mut failures = eyeballs::Failures::new();
    match timeout(limits.dial, eyeballs::connect(&addresses, &mut failures)).await {
        Ok(Some((socket, address))) => {
            // One request and one answer at a time: waiting to fill a segment only costs a trip.
            let _ = socket.set_nodelay(true);
            keep_alive(&socket);
            steps.pass(
                Stage::Dial,
                subject,
                address.to_string(),
                started.elapsed(),
            );
            log_last(&steps);
            Ok(Stream::tcp(socket).with_steps(steps))
        }
        Ok(None) => Err(refused(&failures)
            .while_doing(format!("dial {subject}"))
            .after(steps)),
        Err(_) => Err(Error::new(Kind::Timeout, Stage::Dial, silence(&addresses, &failures))
            .while_doing(format!("dial {subject}"))
            .with_limit("timeouts.dial", text::seconds(limits.dial))
            .with_hint("a firewall that drops packets looks like this: ask whether this machine may reach that address and port")
            .after(steps)),
    }
}

/// How long a socket is silent before it is probed: firewalls forget silent ones after minutes.
const PROBED_AFTER: Duration = Duration::from_secs(60);

/// Has the system probe a socket that is silent, as FTP's control channel is for the whole of a long
/// transfer. Where that cannot be had, it is as it was.
fn keep_alive(socket: &tokio::net::TcpStream) {
    let probes = TcpKeepalive::new()
        .with_time(PROBED_AFTER)
        .with_interval(PROBED_AFTER);
    let _ = SockRef::from(socket).set_tcp_keepalive(&probes);
}

async fn resolve(
    host: &Host,
    port: u16,
    limit: Duration,
    steps: &mut Steps,
) -> Result<Vec<SocketAddr>> {
    let name = match host {
        Host::Ipv4(address) => return Ok(vec![(IpAddr::V4(*address), port).into()]),
        Host::Ipv6(address) => return Ok(vec![(IpAddr::V6(*address), port).into()]),
        Host::Domain(name) => name,
    };
    let doing = || format!("resolve {name}");
    let started = Instant::now();
    let found = timeout(limit, tokio::net::lookup_host((name.as_str(), port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(cause)) => {
            return Err(unresolved(&cause).while_doing(doing()).with_source(cause));
        }
        Err(_) => {
            return Err(Error::new(
                Kind::Timeout,
                Stage::Resolve,
                "the name server did not answer",
            )
            .while_doing(doing())
            .with_limit("timeouts.resolve", text::seconds(limit)));
        }
    };
    if addresses.is_empty() {
        let none = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(unresolved(&none).while_doing(doing()));
    }
    let shown: Vec<String> = addresses.iter().map(|a| a.ip().to_string()).collect();
    steps.pass(
        Stage::Resolve,
        name.as_str(),
        shown.join(", "),
        started.elapsed(),
    );
    log_last(steps);
    Ok(addresses)
}

/// Logs the stage that was just passed, and tells whoever watches.
pub(crate) fn log_last(steps: &Steps) {
    if let Some(step) = steps.last() {
        tracing::info!("{step}");
        passed(step);
    }
}

/// A name that does not exist stays unknown; a name server in trouble may recover. The standard
/// library gives `getaddrinfo`'s EAI_AGAIN by its words only.
fn unresolved(cause: &std::io::Error) -> Error {
    let error = |what| Error::new(Kind::Resolve, Stage::Resolve, what);
    match cause.to_string().to_ascii_lowercase() {
        words if words.contains("temporary") || words.contains("try again") => {
            error("the name server is in trouble").with_code(Code::ResolverTrouble)
        }
        _ => error("the name is unknown here").permanent(),
    }
}

/// Which addresses kept silent, and what the others said.
fn silence(addresses: &[SocketAddr], failures: &[(SocketAddr, std::io::Error)]) -> String {
    let spoke = |address: &SocketAddr| failures.iter().any(|(other, _)| other == address);
    let silent: Vec<String> = addresses
        .iter()
        .filter(|address| !spoke(address))
        .map(ToString::to_string)
        .collect();
    let silence = format!("no answer from {}", text::clip(&silent.join(", ")));
    match failures {
        [] => silence,
        _ => format!("{silence}; {}", said(failures)),
    }
}

/// What each address said.
fn said(failures: &[(SocketAddr, std::io::Error)]) -> String {
    let said = failures.iter().map(|(address, cause)| {
        let words = match cause.kind() {
            std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
            std::io::ErrorKind::HostUnreachable => "host unreachable".to_owned(),
            std::io::ErrorKind::NetworkUnreachable => "network unreachable".to_owned(),
            _ => text::clip(&cause.to_string()),
        };
        format!("{address}: {words}")
    });
    said.collect::<Vec<_>>().join("; ")
}

fn refused(failures: &[(SocketAddr, std::io::Error)]) -> Error {
    let error = Error::new(Kind::Dial, Stage::Dial, said(failures));
    let all_refused = failures
        .iter()
        .all(|(_, cause)| cause.kind() == std::io::ErrorKind::ConnectionRefused);
    if all_refused {
        // A refusal is an answer: the host is there, and the network too.
        return error
            .with_side(Side::Target)
            .with_code(Code::PortClosed)
            .with_hint("nothing listens there: check the port, and whether the server is up");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        resolve: Duration::from_secs(10),
        dial: Duration::from_secs(10),
    };

    #[tokio::test]
    async fn a_closed_port_says_which_address_refused() {
        // Bound, so that nobody else gets it, and nobody listens there.
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let closed = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
        let closed = closed.unwrap();
        closed.bind(&any.into()).unwrap();
        let port = closed.local_addr().unwrap().as_socket().unwrap().port();
        let host = Host::parse("localhost").unwrap();
        let error = dial(&host, port, LIMITS).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (Kind::Dial, Stage::Dial));
        assert!(
            error
                .what()
                .contains(&format!("127.0.0.1:{port}: connection refused"))
        );
        assert_eq!(error.steps().iter().count(), 1, "the resolve step is kept");
    }

    #[tokio::test]
    async fn an_unknown_name_is_said() {
        let host = Host::parse("no-such-name.invalid").unwrap();
        let error = dial(&host, 80, LIMITS).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Resolve);
        assert!(
            error
                .to_string()
                .starts_with("resolve no-such-name.invalid: ")
        );
    }

    /// By the words of glibc, musl and macOS.
    #[test]
    fn a_name_server_in_trouble_is_no_unknown_name() {
        for (words, code, may_pass) in [
            (
                "Temporary failure in name resolution",
                "OUT-RESOLVER-TROUBLE",
                true,
            ),
            ("Try again", "OUT-RESOLVER-TROUBLE", true),
            ("Name or service not known", "OUT-NAME-UNKNOWN", false),
            (
                "nodename nor servname provided, or not known",
                "OUT-NAME-UNKNOWN",
                false,
            ),
        ] {
            let said = format!("failed to lookup address information: {words}");
            let error = unresolved(&std::io::Error::other(said));
            assert_eq!(
                (error.code().as_str(), error.is_transient()),
                (code, may_pass),
                "{words}"
            );
        }
    }

    #[tokio::test]
    async fn a_silent_socket_is_probed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = Host::parse("127.0.0.1").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stream = dial(&host, port, LIMITS).await.unwrap();
        let socket = stream.into_tcp().unwrap();
        assert!(SockRef::from(&socket).keepalive().unwrap());
    }

    #[tokio::test]
    async fn steps_tell_name_and_address() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let host = Host::parse("localhost").unwrap();
        let stream = dial(&host, port, LIMITS).await.unwrap();
        let steps: Vec<_> = stream.steps().iter().map(|s| s.stage).collect();
        assert_eq!(steps, [Stage::Resolve, Stage::Dial]);
    }
}
