//! What a proxy can do wrong: eleven faults, each as a script.

use crate::support::scripted::{Scripted, Step};

/// One fault of a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 407 again, after the credentials.
    WrongPassword,
    /// 403 with `Proxy-Status` (RFC 9209) and a body.
    Forbidden,
    GatewayTimeout,
    /// Bytes that are no HTTP.
    Junk,
    CloseAtOnce,
    CloseInHeader,
    /// A header of 300 kB.
    LongHeader,
    /// It reads the request and says nothing.
    Silence,
    /// 204, and what it said before is all that it understood: to a web server what comes next is
    /// a bad request.
    NoContent,
    /// 200, then the end of the stream.
    OpenThenClose,
    /// Nothing listens there.
    PortClosed,
}

impl Fault {
    pub const ALL: [Self; 11] = [
        Self::WrongPassword,
        Self::Forbidden,
        Self::GatewayTimeout,
        Self::Junk,
        Self::CloseAtOnce,
        Self::CloseInHeader,
        Self::LongHeader,
        Self::Silence,
        Self::NoContent,
        Self::OpenThenClose,
        Self::PortClosed,
    ];

    /// What is done once the head of a request has come; `absolute` when that is no CONNECT.
    pub fn steps(self, absolute: bool) -> Vec<Step> {
        let asks = "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"corp\"\r\n\
                    Connection: keep-alive\r\nContent-Length: 0\r\n\r\n";
        let write = |text: &str| vec![Step::write(text), Step::Close];
        match self {
            Self::WrongPassword => vec![
                Step::write(asks),
                Step::head(),
                Step::write(asks),
                Step::ReadToEnd,
            ],
            Self::Forbidden => write(
                "HTTP/1.1 403 Forbidden\r\nProxy-Status: gw.corp; error=http_request_denied\r\n\
                 Content-Length: 41\r\n\r\n<title>Blocked by\x1b[31m policy 7</title>\n\x1b[2J",
            ),
            Self::GatewayTimeout => {
                write("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n")
            }
            Self::Junk => vec![
                Step::write(b"\x00\x01\xfe\x1b]0;owned\x07 junk\r\n\r\n"),
                Step::Stall,
            ],
            Self::CloseAtOnce => vec![Step::Close],
            Self::CloseInHeader => write("HTTP/1.1 200 OK\r\nVia: 1.1 gw\r\n"),
            Self::LongHeader => vec![
                Step::write(format!(
                    "HTTP/1.1 200 OK\r\nX-Trace: {}\r\n\r\n",
                    "a".repeat(300_000)
                )),
                Step::Stall,
            ],
            Self::Silence => vec![Step::Stall],
            Self::NoContent if absolute => write("HTTP/1.1 204 No Content\r\n\r\n"),
            Self::NoContent => vec![
                Step::write("HTTP/1.1 204 No Content\r\n\r\n"),
                Step::Read(1),
                Step::write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
                Step::Close,
            ],
            Self::OpenThenClose if absolute => {
                write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            }
            Self::OpenThenClose => write("HTTP/1.1 200 Connection established\r\n\r\n"),
            Self::PortClosed => Vec::new(),
        }
    }

    /// A proxy that does it on every connection.
    pub fn proxy(self, absolute: bool) -> Scripted {
        let mut steps = self.steps(absolute);
        if self != Self::CloseAtOnce {
            steps.insert(0, Step::head());
        }
        Scripted::each(steps)
    }

    /// A proxy that lets through what has `mark` in its head, as `through` does it, and does this
    /// to all else.
    pub fn proxy_but_for(self, mark: &str, through: Vec<Step>) -> Scripted {
        let mark = Step::When(mark.as_bytes().to_vec(), through);
        let steps = [vec![Step::head(), mark], self.steps(false)].concat();
        Scripted::each(steps)
    }
}
