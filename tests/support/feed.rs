//! A server of numbered rows that does not end its answers where a client would like it to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};

use super::runtime::{finish, listen, spawn};

/// A running server: `/lines?from=N` gives `row N` and those behind it as lines, `/events` gives
/// them as Server-Sent Events behind `Last-Event-ID`. Both are chunked, with heartbeats between
/// rows; who has all gets 204.
pub struct Feed {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    task: AbortHandle,
}

impl Feed {
    /// Starts one that has so many rows, from 1.
    pub fn start(rows: usize) -> Self {
        let (listener, address) = listen();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&heads);
        let task = spawn(async move {
            let mut all = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let _ = socket.set_nodelay(true);
                all.spawn(serve(socket, rows, Arc::clone(&shared)));
            }
        });
        Self {
            address,
            heads,
            task: task.abort_handle(),
        }
    }

    /// A URL of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The heads of the requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("the record").clone()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut socket: TcpStream, rows: usize, heads: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    heads.lock().expect("the record").push(head.clone());
    let number = |text: Option<&str>| {
        let digits: String = text?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().ok()
    };
    let lower = head.to_ascii_lowercase();
    let events = lower.contains("/events");
    let from = match events {
        true => number(lower.split("last-event-id: ").nth(1)).map_or(1, |last| last + 1),
        false => number(lower.split("from=").nth(1)).unwrap_or(1),
    };
    let answer = match from > rows {
        true => b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n".to_vec(),
        false => answer(events, from, rows),
    };
    let _ = socket.write_all(&answer).await;
    finish(&mut socket, |_| {}).await;
}

fn answer(events: bool, from: usize, rows: usize) -> Vec<u8> {
    let media_type = match events {
        true => "text/event-stream; charset=utf-8",
        false => "application/x-ndjson",
    };
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nConnection: close\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    let mut chunk = |text: &str| {
        answer.extend(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes());
    };
    for row in from..=rows {
        match events {
            true => chunk(&format!(": alive\n\nid: {row}\ndata: row {row}\n\n")),
            // A row in two chunks, behind a heartbeat.
            false => {
                chunk("\r\nro");
                chunk(&format!("w {row}\r\n"));
            }
        }
    }
    answer.extend(b"0\r\n\r\n");
    answer
}
