//! The eleven faulty proxies, on loopback, each in a thread of its own.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a proxy does wrong, and by which words one sees that this was told.
pub struct Fault {
    pub name: &'static str,
    /// Any of these (lower case) tells what the other side said or did.
    pub said: &'static [&'static str],
    /// Any of these tells the limit that was hit; none was, when it is empty.
    pub limit: &'static [&'static str],
    act: Act,
}

enum Act {
    /// Answers each request so, and keeps the connection.
    Keep(&'static str),
    /// Answers so, and closes.
    Say(String),
    /// Answers so, reads on, and then says that.
    SayThen(&'static str, &'static str),
    /// Closes before it reads.
    Close,
    Silence,
    /// Nothing listens.
    Nothing,
}

const CLOSED: &[&str] = &[
    "close",
    "eof",
    "end of file",
    "empty reply",
    "abort",
    "unexpected end",
    "disconnected",
    "incomplete",
    "reset",
];

const NO_ANSWER: &[&str] = &[
    "close",
    "eof",
    "end of file",
    "empty reply",
    "abort",
    "did not respond",
    "reset",
];

pub fn faults() -> Vec<Fault> {
    let fault = |name, said, act| Fault {
        name,
        said,
        limit: &[],
        act,
    };
    vec![
        fault(
            "407, also after the password",
            &["407", "authorization required"],
            Act::Keep(
                "HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"corp\"\r\n\
                 Content-Length: 0\r\n\r\n",
            ),
        ),
        fault(
            "403 with Proxy-Status and a page",
            &["403", "http_request_denied"],
            Act::Say(
                "HTTP/1.1 403 Forbidden\r\nProxy-Status: gw.corp; error=http_request_denied\r\n\
                 Content-Length: 34\r\n\r\n<title>Blocked by policy 7</title>"
                    .into(),
            ),
        ),
        fault(
            "504",
            &["504"],
            Act::Say("HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n".into()),
        ),
        fault(
            "junk",
            &["ssh-2.0"],
            Act::Say("SSH-2.0-OpenSSH_9.2\r\n".into()),
        ),
        fault("closes at once", NO_ANSWER, Act::Close),
        fault(
            "closes inside its header",
            CLOSED,
            Act::Say("HTTP/1.1 200 OK\r\nVia: 1.1 gw\r\n".into()),
        ),
        Fault {
            limit: &["kib", "kb)", "limit"],
            ..fault(
                "a header of 300 kB",
                &["too long", "too large", "longer", "larger", "exceed"],
                Act::Say(format!(
                    "HTTP/1.1 200 OK\r\nX-Trace: {}\r\n\r\n",
                    "a".repeat(300_000)
                )),
            )
        },
        Fault {
            limit: &["2 s", "2000", "2001", "timeout: global"],
            ..fault(
                "is silent",
                &["timed out", "timeout", "did not answer"],
                Act::Silence,
            )
        },
        fault(
            "204, then takes TLS for a bad request",
            &["204"],
            Act::SayThen(
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
            ),
        ),
        fault(
            "200, then closes",
            CLOSED,
            Act::Say("HTTP/1.1 200 OK\r\n\r\n".into()),
        ),
        fault(
            "nothing listens",
            &["refused", "failed to connect"],
            Act::Nothing,
        ),
    ]
}

/// A running proxy, and how many connections came.
pub struct Proxy {
    pub address: SocketAddr,
    pub connections: Arc<AtomicUsize>,
}

impl Fault {
    pub fn start(self: &Arc<Self>) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let connections = Arc::new(AtomicUsize::new(0));
        if !matches!(self.act, Act::Nothing) {
            let (fault, count) = (Arc::clone(self), Arc::clone(&connections));
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    count.fetch_add(1, Ordering::SeqCst);
                    let fault = Arc::clone(&fault);
                    std::thread::spawn(move || fault.serve(stream));
                }
            });
        }
        Proxy {
            address,
            connections,
        }
    }

    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        match &self.act {
            Act::Keep(text) => loop {
                head(&mut stream)?;
                stream.write_all(text.as_bytes()).ok()?;
            },
            Act::Say(text) => {
                head(&mut stream)?;
                stream.write_all(text.as_bytes()).ok()?;
            }
            Act::SayThen(first, second) => {
                head(&mut stream)?;
                stream.write_all(first.as_bytes()).ok()?;
                stream.read_exact(&mut [0]).ok()?;
                stream.write_all(second.as_bytes()).ok()?;
            }
            Act::Silence => head(&mut stream)?,
            Act::Close | Act::Nothing => {}
        }
        if !matches!(self.act, Act::Silence) {
            stream.shutdown(Shutdown::Write).ok()?;
        }
        // A socket that is closed with unread bytes would be reset.
        std::io::copy(&mut stream, &mut std::io::sink()).ok()?;
        Some(())
    }
}

/// Reads a request's head.
fn head(stream: &mut TcpStream) -> Option<()> {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        read.push(byte[0]);
    }
    Some(())
}
