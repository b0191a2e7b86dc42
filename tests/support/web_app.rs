//! An application that stands behind a reverse proxy, with what such a one has: a start page that
//! redirects to its own address as it sees it, a WebSocket, slow answers, large files.

use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::runtime::{listen, spawn};

/// How large `/big` is.
pub const BIG: usize = 32 << 20;

/// How it differs from an application that does everything right.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// It redirects to the address that it listens at, whatever `Host` says.
    pub knows_own_name: bool,
    /// It takes a WebSocket from its own origin alone: `Origin` and `Host` have to agree.
    pub checks_origin: bool,
    /// It redirects every request that is not by https, as far as it sees, to https.
    pub wants_https: bool,
    /// There is no WebSocket.
    pub has_no_websocket: bool,
}

/// A running application. Its paths:
///
/// - `/` redirects to `/home/`, by an absolute URL; `/home/` is a page with `/static/app.js`;
/// - `/ws` is a WebSocket that gives back what it gets, and so is that of socket.io;
/// - `/slow` never answers, `/big` is [`BIG`] bytes long, and every POST is taken.
pub struct WebApp {
    address: SocketAddr,
    task: AbortHandle,
}

impl WebApp {
    /// Starts one.
    pub fn start(manner: Manner) -> Self {
        let (listener, address) = listen();
        let big: Arc<[u8]> = vec![b'x'; BIG].into();
        let task = spawn(async move {
            let mut all = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let _ = socket.set_nodelay(true);
                let big = Arc::clone(&big);
                all.spawn(async move { serve(socket, manner, address, &big).await });
            }
        });
        Self {
            address,
            task: task.abort_handle(),
        }
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for WebApp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The head of a request.
struct Head(String);

impl Head {
    fn field(&self, name: &str) -> Option<&str> {
        let fields = self
            .0
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'));
        let mut found = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim())
    }

    fn word(&self, at: usize) -> &str {
        let line = self.0.lines().next().unwrap_or_default();
        line.split(' ').nth(at).unwrap_or_default()
    }

    fn is_upgrade(&self) -> bool {
        let has = |name: &str, word: &str| {
            let value = self.field(name).unwrap_or_default().to_ascii_lowercase();
            value.split(',').any(|found| found.trim() == word)
        };
        self.word(2) == "HTTP/1.1" && has("upgrade", "websocket") && has("connection", "upgrade")
    }
}

async fn serve(mut socket: TcpStream, manner: Manner, own: SocketAddr, big: &[u8]) {
    let Some(head) = head(&mut socket).await else {
        return;
    };
    let target = head.word(1).to_owned();
    let path = target.split('?').next().unwrap_or_default();
    let is_websocket = matches!(path, "/ws" | "/socket.io/") && !manner.has_no_websocket;
    if is_websocket && head.is_upgrade() {
        return upgrade(socket, &head, manner).await;
    }
    let scheme = head.field("x-forwarded-proto").unwrap_or("http");
    let host = match manner.knows_own_name {
        true => own.to_string(),
        false => head.field("host").unwrap_or_default().to_owned(),
    };
    let answer = |status: &str, fields: &str, body: &str| {
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\n{fields}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    };
    let answer = match (head.word(0), path) {
        ("POST", _) => {
            if head.field("expect").is_some() {
                let _ = socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
            }
            let mut body = [0; 4096];
            while let Ok(1..) = socket.read(&mut body).await {}
            return;
        }
        (_, path) if manner.wants_https && scheme != "https" => answer(
            "301 Moved Permanently",
            &format!("Location: https://{host}{path}\r\n"),
            "",
        ),
        (_, "/") => answer(
            "302 Found",
            &format!("Location: {scheme}://{host}/home/\r\n"),
            "",
        ),
        (_, "/home/") => {
            let page = "<html><script src=\"/static/app.js\"></script></html>";
            answer("200 OK", "Content-Type: text/html\r\n", page)
        }
        (_, "/static/app.js") => answer("200 OK", "", "0;"),
        (_, "/ws") if is_websocket => answer("426 Upgrade Required", "", "Upgrade Required"),
        (_, "/socket.io/") if is_websocket => answer(
            "400 Bad Request",
            "",
            r#"{"code":3,"message":"Bad request"}"#,
        ),
        (_, "/slow") => {
            let mut rest = [0; 1024];
            while let Ok(1..) = socket.read(&mut rest).await {}
            return;
        }
        (_, "/big") => {
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {BIG}\r\nConnection: close\r\n\r\n");
            let _ = socket.write_all(head.as_bytes()).await;
            let _ = socket.write_all(big).await;
            let _ = socket.shutdown().await;
            return;
        }
        _ => answer("404 Not Found", "", "no such page\n"),
    };
    let _ = socket.write_all(answer.as_bytes()).await;
    let _ = socket.shutdown().await;
}

async fn head(socket: &mut TcpStream) -> Option<Head> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 * 1024 {
        match socket.read(&mut byte).await {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    Some(Head(String::from_utf8_lossy(&head).into_owned()))
}

async fn upgrade(mut socket: TcpStream, head: &Head, manner: Manner) {
    let origin = head
        .field("origin")
        .and_then(|origin| origin.split_once("://"));
    let agrees = origin.is_none_or(|(_, origin)| Some(origin) == head.field("host"));
    if manner.checks_origin && !agrees {
        let refusal = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        let _ = socket.write_all(refusal.as_bytes()).await;
        let _ = socket.shutdown().await;
        return;
    }
    let key = head.field("sec-websocket-key").unwrap_or_default();
    let accept = derive_accept_key(key.as_bytes());
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    if socket.write_all(answer.as_bytes()).await.is_err() {
        return;
    }
    let mut socket = WebSocketStream::from_raw_socket(socket, Role::Server, None).await;
    while let Some(Ok(message)) = socket.next().await {
        if (message.is_text() || message.is_binary()) && socket.send(message).await.is_err() {
            return;
        }
    }
}
