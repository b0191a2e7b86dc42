//! A link between a client and its proxy that counts round trips, without a clock.
//!
//! It runs in the client's own runtime, which must have one thread. Before it delivers what the
//! proxy sent, it lets the client run until it has nothing left to do, so that all that the client
//! sends without waiting for an answer has been seen: that is one flight. A flight is the first of
//! another round trip when something was delivered since the last one. Opening a connection is a
//! round trip of its own, unless something was delivered between its opening and its first byte:
//! then it was opened ahead.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, yield_now};

/// How often others have a turn before something is delivered: each turn looks at all sockets.
const TURNS: usize = 100;

#[derive(Debug, Default)]
struct Trips {
    count: usize,
    /// Something was delivered since the client's last byte.
    delivered: bool,
    /// How many flights came after a delivery: the time, as far as the client can tell.
    now: usize,
}

impl Trips {
    /// The client opens a connection; gives when.
    fn opened(&self) -> usize {
        self.now + usize::from(self.delivered)
    }

    /// The client sends; `opened` is when it opened the connection, for its first bytes.
    fn sent(&mut self, opened: Option<usize>) {
        if self.delivered {
            self.now += 1;
        }
        if self.delivered || self.count == 0 {
            self.count += 1;
            self.delivered = false;
        }
        if opened.is_some_and(|opened| opened >= self.now) {
            self.count += 1;
        }
    }
}

/// A link that runs in this runtime; dropping it ends it.
pub struct Link {
    address: SocketAddr,
    trips: Arc<Mutex<Trips>>,
    task: AbortHandle,
}

impl Link {
    /// Links a new loopback port to the proxy.
    pub async fn start(proxy: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let trips = Arc::new(Mutex::new(Trips::default()));
        let shared = Arc::clone(&trips);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let opened = shared.lock().unwrap().opened();
                tokio::spawn(connect(client, proxy, opened, Arc::clone(&shared)));
            }
        });
        Self {
            address,
            trips,
            task: task.abort_handle(),
        }
    }

    /// The link as the proxy's URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Round trips since the start or the last call.
    pub fn trips(&self) -> usize {
        std::mem::take(&mut self.trips.lock().unwrap().count)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connect(client: TcpStream, proxy: SocketAddr, opened: usize, trips: Arc<Mutex<Trips>>) {
    let server = TcpStream::connect(proxy).await.unwrap();
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let up = up(from_client, to_server, Some(opened), Arc::clone(&trips));
    tokio::join!(up, down(from_server, to_client, trips));
}

async fn up(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut opened: Option<usize>,
    trips: Arc<Mutex<Trips>>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        trips.lock().unwrap().sent(opened.take());
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

async fn down(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    trips: Arc<Mutex<Trips>>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        for _ in 0..TURNS {
            yield_now().await;
        }
        trips.lock().unwrap().delivered = true;
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
