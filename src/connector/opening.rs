//! Watches how the other side opens its mouth, where HTTP is spoken without TLS: to a proxy without
//! CONNECT, and to a server.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::base::{Code, Error, Kind, Proxy, Stage};
use crate::dial::Stream;
use crate::proto::connect::{Fault, recognise_stranger};
use crate::tunnel;

/// As much as says whether it is HTTP, with the words to show when it is not.
const ENOUGH: usize = 64;

/// Who should answer by HTTP/1.1.
#[derive(Debug)]
pub(super) enum Answering {
    Proxy(Arc<Proxy>),
    Server,
}

impl Answering {
    /// The error for bytes that are no answer of theirs.
    fn explain(&self, fault: &Fault) -> Error {
        match self {
            Self::Proxy(proxy) => tunnel::explain(fault, proxy).with_stage(Stage::Request),
            Self::Server => stranger(fault),
        }
    }
}

/// The error for a server that does not speak HTTP.
fn stranger(fault: &Fault) -> Error {
    let error = |what: &str| Error::new(Kind::TargetProtocol, Stage::Request, what).permanent();
    match fault {
        Fault::Tls => error("the server answered with TLS")
            .with_code(Code::TargetWantsTls)
            .with_hint("this port speaks TLS: write https:// in the URL"),
        Fault::NotHttp { start } => error(&format!(
            "what answers is not an HTTP server: it said `{start}`"
        ))
        .with_code(Code::TargetNotHttp)
        .with_hint(
            "some other service listens there: check the port; if it speaks TLS, write \
                     https:// in the URL",
        ),
        other => error(&other.to_string()),
    }
}

/// A stream whose first bytes are judged as those in answer to CONNECT are: hyper would only say that
/// something broke, and nothing at all of what a stranger says unasked.
#[derive(Debug)]
pub(super) struct Watched {
    pub stream: Stream,
    watch: Option<Watch>,
    heard: Heard,
}

/// How many bytes came since the last ones were sent: in HTTP/1.1, how much of an answer. hyper
/// does not tell an answer that breaks off from none.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard(Arc<AtomicU64>);

impl Heard {
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Debug)]
struct Watch {
    answering: Answering,
    heard: Vec<u8>,
    verdict: Verdict,
}

/// Why what answers is no proxy or no server of HTTP, once that shows.
pub(super) type Verdict = Arc<OnceLock<Error>>;

impl Watched {
    /// `answering` is given where the answers come in clear.
    pub fn new(stream: Stream, answering: Option<Answering>) -> (Self, Verdict, Heard) {
        let heard = Heard::default();
        let verdict = Verdict::default();
        let watch = answering.map(|answering| Watch {
            answering,
            heard: Vec::new(),
            verdict: Arc::clone(&verdict),
        });
        let watched = Self {
            stream,
            watch,
            heard: heard.clone(),
        };
        (watched, verdict, heard)
    }
}

impl Watch {
    /// Takes the next bytes; true when enough was heard.
    fn hear(&mut self, bytes: &[u8]) -> Result<bool, Error> {
        let room = ENOUGH - self.heard.len();
        self.heard.extend(&bytes[..bytes.len().min(room)]);
        match recognise_stranger(&self.heard) {
            Ok(()) => Ok(self.heard.len() == ENOUGH),
            Err(fault) => {
                let error = self.answering.explain(&fault);
                Err(self.verdict.get_or_init(|| error).clone())
            }
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        let count = (buf.filled().len() - before) as u64;
        self.heard.0.fetch_add(count, Ordering::Relaxed);
        if let Some(watch) = &mut self.watch
            && watch.hear(&buf.filled()[before..])?
        {
            self.watch = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.heard.0.store(0, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.heard.0.store(0, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }
}
