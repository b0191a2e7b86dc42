//! The runtime of the in-process peers.

use std::net::SocketAddr;
use std::sync::LazyLock;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use super::sockets;

/// Apart from any test's own runtime: a test may block its thread (a `curl`, the CLI), and a
/// runtime that ends with one test must not take another test's peer along.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("peers")
        .enable_all()
        .build()
        .expect("a runtime")
});

/// Runs the task until it ends or its handle is aborted.
pub fn spawn<F>(task: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    RUNTIME.spawn(task)
}

/// A listener on a free loopback port, and its address.
pub fn listen() -> (TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a loopback port");
    listener
        .set_nonblocking(true)
        .expect("a listener that does not block");
    let address = listener.local_addr().expect("its address");
    let _inside = RUNTIME.enter();
    (
        TcpListener::from_std(listener).expect("a listener"),
        address,
    )
}

/// Waits until the program at `to` has read everything that was written to it from `from`.
///
/// This is what makes a split of bytes certain: what is written next cannot arrive in the same
/// read. Gives up, as [`sockets::until`] does, on a reader that stalls.
pub async fn settle(from: SocketAddr, to: SocketAddr) {
    let read = move || sockets::until(|| sockets::drained(from, to).then_some(()));
    let _ = tokio::task::spawn_blocking(read).await;
}

/// Ends a connection with FIN and lets the client say the rest, which goes to `take`.
///
/// Closing a socket that holds unread bytes would send RST instead.
pub async fn finish(stream: &mut TcpStream, mut take: impl FnMut(&[u8])) {
    let _ = stream.shutdown().await;
    let mut rest = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut rest).await {
        take(&rest[..count]);
    }
}

/// Ends a connection with RST.
pub fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}

/// A loopback port that is silent as one behind a firewall that drops: its queue is full, so that the
/// kernel answers no more.
pub struct Full {
    address: SocketAddr,
    _listener: TcpListener,
    _waiting: Vec<std::net::TcpStream>,
}

impl Full {
    /// Takes a free port, and fills its queue.
    pub fn new() -> Self {
        let _inside = RUNTIME.enter();
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        let any = ([127, 0, 0, 1], 0).into();
        socket.bind(any).expect("a loopback port");
        let listener = socket.listen(1).expect("a listener");
        let address = listener.local_addr().expect("its address");
        let limit = std::time::Duration::from_millis(300);
        let connect = || std::net::TcpStream::connect_timeout(&address, limit).ok();
        let waiting = std::iter::from_fn(connect).collect();
        Self {
            address,
            _listener: listener,
            _waiting: waiting,
        }
    }

    /// Where nobody answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
