//! A WebSocket server whose paths say how it behaves.
// The large error is tungstenite's own.
#![allow(clippy::result_large_err)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::runtime::{listen, spawn};

/// The subprotocol that it chooses where it is offered.
pub const SUBPROTOCOL: &str = "feed.v2";

/// A running server. Its paths:
///
/// - `/echo` gives every message back;
/// - `/status/403` refuses the upgrade with that status, to `/echo` with a redirect's;
/// - `/close/1012` greets and closes with that code, `/drop/3` greets three times and ends the connection;
/// - `/mute` neither reads nor writes;
/// - `/raw/HEX` sends these bytes as they are, and `/huge` a frame that says that it is large;
/// - `/message/9` sends a message of so many bytes.
pub struct Echo {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    task: AbortHandle,
}

#[derive(Default)]
struct Seen {
    heads: Vec<String>,
    pings: usize,
    ends: Vec<String>,
}

impl Echo {
    /// Starts one, with TLS or without.
    pub fn start(tls: Option<TlsAcceptor>) -> Self {
        let (listener, address) = listen();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let shared = Arc::clone(&seen);
        let task = spawn(async move {
            let mut all = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let (tls, shared) = (tls.clone(), Arc::clone(&shared));
                let _ = socket.set_nodelay(true);
                all.spawn(async move {
                    match tls {
                        None => serve(socket, &shared).await,
                        Some(tls) => {
                            if let Ok(socket) = tls.accept(socket).await {
                                serve(socket, &shared).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            address,
            seen,
            task: task.abort_handle(),
        }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The requests so far, a field a line.
    pub fn heads(&self) -> Vec<String> {
        self.seen.lock().unwrap().heads.clone()
    }

    /// The pings so far.
    pub fn pings(&self) -> usize {
        self.seen.lock().unwrap().pings
    }

    /// How connections to `/echo` ended: `close 1000`, or `broken`.
    pub fn ends(&self) -> Vec<String> {
        self.seen.lock().unwrap().ends.clone()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut socket: impl AsyncRead + AsyncWrite + Unpin, seen: &Mutex<Seen>) {
    let mut path = String::new();
    // By reference, so that what is refused can be closed in good order.
    let accepted =
        tokio_tungstenite::accept_hdr_async(&mut socket, |request: &Request, response| {
            path = request.uri().path().to_owned();
            seen.lock().unwrap().heads.push(head(request));
            answer(request, response)
        });
    if let Ok(socket) = accepted.await {
        let _ = behave(socket, &path, seen).await;
    }
    let _ = socket.shutdown().await;
}

fn head(request: &Request) -> String {
    let mut head = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        head += &format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes()));
    }
    head
}

fn answer(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let path = request.uri().path();
    if let Some(status) = path.strip_prefix("/status/") {
        let mut refusal = ErrorResponse::new(Some(format!("no: {status}\n")));
        *refusal.status_mut() = status.parse().unwrap();
        let fields = refusal.headers_mut();
        fields.insert(
            "location",
            "https://u:p@other.test/echo?token=x".parse().unwrap(),
        );
        fields.insert("www-authenticate", "Basic realm=\"feed\"".parse().unwrap());
        return Err(refusal);
    }
    let offered = request.headers().get("sec-websocket-protocol");
    if offered.is_some_and(|offered| offered.to_str().unwrap().contains(SUBPROTOCOL)) {
        let fields = response.headers_mut();
        fields.insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    }
    Ok(response)
}

type Done = Result<(), tokio_tungstenite::tungstenite::Error>;

async fn behave<S>(mut socket: WebSocketStream<S>, path: &str, seen: &Mutex<Seen>) -> Done
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (what, how) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    match what {
        "close" => {
            socket.send("hello".into()).await?;
            let code: u16 = how.parse().unwrap();
            let frame = CloseFrame {
                code: code.into(),
                reason: "because".into(),
            };
            socket.close(Some(frame)).await?;
            while let Some(Ok(_)) = socket.next().await {}
        }
        "drop" => {
            for _ in 0..how.parse().unwrap() {
                socket.send("hello".into()).await?;
            }
        }
        "mute" => std::future::pending().await,
        "message" => {
            let bytes = vec![7; how.parse().unwrap()];
            socket.send(Message::Binary(bytes.into())).await?;
            while let Some(Ok(_)) = socket.next().await {}
        }
        "raw" | "huge" => {
            // The head of a binary frame of 2^62 bytes.
            let hex = if what == "huge" {
                "827f4000000000000000"
            } else {
                how
            };
            let pairs = (0..hex.len()).step_by(2);
            let bytes: Vec<u8> = pairs
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect();
            let stream = socket.get_mut();
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            let mut rest = [0; 1024];
            while let Ok(1..) = stream.read(&mut rest).await {}
        }
        _ => {
            let mut end = "broken".to_owned();
            while let Some(Ok(message)) = socket.next().await {
                match message {
                    Message::Text(_) | Message::Binary(_) => socket.send(message).await?,
                    Message::Ping(_) => seen.lock().unwrap().pings += 1,
                    Message::Close(frame) => {
                        end = frame.map_or("close".to_owned(), |f| format!("close {}", f.code));
                    }
                    _ => {}
                }
            }
            seen.lock().unwrap().ends.push(end);
        }
    }
    Ok(())
}
