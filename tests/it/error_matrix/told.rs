//! What is told of each fault.

use outbound::base::{Kind, Side, Stage};

use super::Way;
use super::faults::Fault;

/// The facts of one error, but for the proxy and the setting that chose it.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// What was being done, to which host and port.
    pub doing: &'static str,
    pub kind: Kind,
    pub stage: Stage,
    /// What the other side said, or did.
    pub said: &'static str,
    /// The limit that was hit, with the setting that changes it.
    pub limit: Option<(&'static str, &'static str)>,
    pub side: Side,
    pub again: bool,
    /// What the hint must speak of.
    pub next: &'static str,
    /// The exit code, by the table in docs/guide.md.
    pub exit: i32,
}

/// The row of the matrix.
pub fn told(fault: Fault, way: Way) -> Told {
    let told = match way {
        Way::Absolute => absolute(fault),
        way => connect(fault, way),
    };
    match (fault, way) {
        (Fault::NoContent | Fault::OpenThenClose, Way::Absolute) => told,
        (Fault::NoContent | Fault::OpenThenClose, way) => in_the_tunnel(fault, way, told),
        _ => told,
    }
}

/// What the proxy answers to CONNECT.
fn connect(fault: Fault, way: Way) -> Told {
    let proxy = Told {
        doing: match way {
            Way::Https => "open a tunnel to data.example:443",
            Way::Absolute | Way::Tunnelled => "open a tunnel to data.example:80",
            Way::Control => "open a tunnel to ftp.example:21",
            Way::Data => "open a tunnel to ftp.example:50000",
        },
        kind: Kind::ProxyProtocol,
        stage: match way {
            Way::Data => Stage::Data,
            _ => Stage::Connect,
        },
        said: "",
        limit: None,
        side: Side::Proxy,
        again: false,
        next: "PLACE",
        exit: 6,
    };
    match fault {
        Fault::WrongPassword => Told {
            kind: Kind::ProxyAuth,
            stage: match way {
                Way::Data => Stage::Data,
                _ => Stage::Auth,
            },
            said: "the proxy does not accept user `svc-data` (password from FILE:4: \
                   proxy.password): 407 Login; it offers Basic",
            side: Side::Settings,
            next: "the user name or the password is wrong, or the account is locked",
            exit: 7,
            ..proxy
        },
        Fault::Forbidden => Told {
            kind: Kind::ProxyRefused,
            said: "the proxy answered 403 Forbidden (Blocked by\\x1b[31m policy 7; proxy-status: \
                   gw.corp; error=http_request_denied)",
            next: match way {
                Way::Data => "passive FTP needs CONNECT to ports 1024-65535\n",
                Way::Control => "FTP needs CONNECT to port 21, and to ports 1024-65535",
                _ => "ask the proxy's administrator to allow CONNECT to data.example:",
            },
            ..proxy
        },
        Fault::GatewayTimeout => Told {
            kind: Kind::ProxyUnavailable,
            said: "the proxy answered 504 Gateway Timeout",
            side: Side::Target,
            again: true,
            next: "check the name and port, and whether the proxy's network may reach it",
            ..proxy
        },
        Fault::Junk => Told {
            said: "what answers is not an HTTP proxy: it said `\\x00\\x01\\xfe\\x1b]0;owned\\x07 \
                   junk`",
            side: Side::Settings,
            next: "check the proxy's port in PLACE: some other service listens there",
            ..proxy
        },
        Fault::CloseAtOnce => Told {
            said: "the proxy closed the connection without an answer",
            again: true,
            next: "try again later, ask its administrator, and check the port in PLACE",
            ..proxy
        },
        Fault::CloseInHeader => Told {
            said: "the proxy closed the connection inside its answer, after 30 bytes",
            again: true,
            next: "try again later, ask its administrator, and check the port in PLACE",
            ..proxy
        },
        Fault::LongHeader => Told {
            said: "the head of the proxy's answer is longer than 64 KiB (a fixed limit)",
            next: "no setting changes this limit",
            ..proxy
        },
        Fault::Silence => Told {
            kind: Kind::Timeout,
            said: "the proxy did not answer CONNECT",
            limit: Some(("timeouts.connect", "100 ms")),
            again: true,
            next: "ask whether the proxy can reach it",
            ..proxy
        },
        Fault::PortClosed => Told {
            doing: match way {
                Way::Https => "reach the proxy WAY for data.example:443",
                Way::Absolute | Way::Tunnelled => "reach the proxy WAY for data.example:80",
                Way::Control | Way::Data => "reach the proxy WAY for ftp.example:21",
            },
            kind: Kind::Dial,
            stage: Stage::Dial,
            said: "connection refused",
            again: true,
            next: "check the port in PLACE, and whether the proxy is up",
            exit: 5,
            ..proxy
        },
        Fault::NoContent | Fault::OpenThenClose => proxy,
    }
}

/// What is answered to a GET in absolute form, by whoever is there.
fn absolute(fault: Fault) -> Told {
    let as_to_connect = connect(fault, Way::Absolute);
    let told = match as_to_connect.stage {
        Stage::Dial => return as_to_connect,
        Stage::Auth => as_to_connect,
        _ => Told {
            stage: Stage::Request,
            ..as_to_connect
        },
    };
    let told = Told {
        doing: "GET http://data.example/air.csv",
        ..told
    };
    match fault {
        Fault::Forbidden => Told {
            next: "ask the proxy's administrator to allow this URL",
            ..told
        },
        Fault::GatewayTimeout => Told {
            kind: Kind::TargetUnavailable,
            said: "the server (or the proxy on its way) answered 504 Gateway Timeout",
            next: "if this is the proxy's word, it cannot reach data.example:80",
            exit: 9,
            ..told
        },
        Fault::Silence => Told {
            said: "no answer from the proxy (or the server behind it)",
            limit: Some(("timeouts.reply", "100 ms")),
            next: "ask whether the proxy can reach data.example:80",
            ..told
        },
        Fault::NoContent => Told {
            kind: Kind::TargetProtocol,
            said: "the server (or the proxy on its way) answered 204 No Content, which gives no \
                   data",
            side: Side::Target,
            next: "may be a web server and not a proxy: check the port in PLACE",
            exit: 9,
            ..told
        },
        Fault::OpenThenClose => Told {
            kind: Kind::Cut,
            stage: Stage::Transfer,
            said: "the proxy closed the connection before the end of the data",
            side: Side::Network,
            again: true,
            next: "ask the proxy's administrator for its limits on time and size",
            exit: 11,
            ..told
        },
        _ => told,
    }
}

/// What happens next when the proxy opens a tunnel (RFC 9110 section 9.3.6: by any 2xx) that leads
/// nowhere.
fn in_the_tunnel(fault: Fault, way: Way, proxy: Told) -> Told {
    let no_content = fault == Fault::NoContent;
    let next = match (no_content, way) {
        (true, _) => "may be a web server and not a proxy: check the port in PLACE",
        (_, Way::Https | Way::Tunnelled) => "or data.example:",
        (_, Way::Control) => "or ftp.example:21 hung up: the proxy's log tells which",
        (..) => "a firewall or proxy between may hold it back",
    };
    let told = Told {
        side: match (no_content, way) {
            (false, Way::Https | Way::Tunnelled | Way::Control) => Side::Network,
            _ => Side::Proxy,
        },
        next,
        ..proxy
    };
    match (no_content, way) {
        (true, Way::Https) => Told {
            doing: "start TLS with data.example:443",
            kind: Kind::Tls,
            stage: Stage::TargetTls,
            said: "what answers does not speak TLS; the proxy had answered CONNECT with 204",
            exit: 8,
            ..told
        },
        (false, Way::Https) => Told {
            doing: "start TLS with data.example:443",
            kind: Kind::Cut,
            stage: Stage::TargetTls,
            said: "the stream was closed during the TLS handshake; the proxy had answered CONNECT \
                   with 200",
            again: true,
            exit: 11,
            ..told
        },
        (true, Way::Tunnelled | Way::Absolute) => Told {
            doing: "GET http://data.example/air.csv",
            kind: Kind::TargetRefused,
            stage: Stage::Request,
            said: "the server answered 400 Bad Request; the proxy had answered CONNECT with 204",
            exit: 9,
            ..told
        },
        (false, Way::Tunnelled | Way::Absolute) => Told {
            doing: "GET http://data.example/air.csv",
            kind: Kind::Cut,
            stage: Stage::Request,
            said: "the server closed the connection without an answer; the proxy had answered \
                   CONNECT with 200",
            again: true,
            exit: 11,
            ..told
        },
        (true, Way::Control) => Told {
            doing: "log in at ftp.example:21",
            kind: Kind::Timeout,
            stage: Stage::Greeting,
            said: "the server did not greet; the proxy had answered CONNECT with 204",
            limit: Some(("timeouts.reply", "100 ms")),
            again: true,
            ..told
        },
        (false, Way::Control) => Told {
            doing: "log in at ftp.example:21",
            kind: Kind::Cut,
            stage: Stage::Greeting,
            said: "the server closed the control channel without a word; the proxy had answered \
                   CONNECT with 200",
            again: true,
            exit: 11,
            ..told
        },
        (_, Way::Data) => Told {
            doing: "retrieve `air.csv` from ftp.example:21",
            kind: Kind::TargetUnavailable,
            stage: Stage::Request,
            said: match no_content {
                true => {
                    "the server answered RETR with 425 nobody opened the data connection; the \
                         proxy had answered CONNECT with 204"
                }
                false => {
                    "the server answered RETR with 425 nobody opened the data connection; the \
                          proxy had answered CONNECT with 200"
                }
            },
            again: true,
            exit: 9,
            ..told
        },
    }
}
