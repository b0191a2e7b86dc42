//! What every server of the lab is made of: a socket on a free loopback port, one task a
//! connection, and a log that a test can read.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A running server. Dropping it closes its port and ends every connection.
#[derive(Debug)]
pub(super) struct Server {
    addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    _accept: Task,
}

impl Server {
    /// Listens on a port that the system chooses. `serve` gets each connection with its number,
    /// counted from 1.
    pub(super) async fn start<S, F>(serve: S) -> io::Result<Self>
    where
        S: Fn(usize, TcpStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let addr = listener.local_addr()?;
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let accept = tokio::spawn(async move {
            let mut running = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((socket, _)) => {
                            let _ = socket.set_nodelay(true);
                            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
                            running.spawn(serve(number, socket));
                        }
                        // Out of descriptors: the pause keeps it from spinning.
                        Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                    },
                    Some(_) = running.join_next() => {}
                }
            }
        });
        Ok(Self {
            addr,
            connections,
            _accept: Task(accept),
        })
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A task that ends with its owner.
#[derive(Debug)]
pub(super) struct Task(pub(super) JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A request as a server received it, for checks that nothing leaked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Which connection it came on, counted from 1.
    pub connection: usize,
    /// The method.
    pub method: String,
    /// The request target as sent: path, absolute URL or authority.
    pub target: String,
    /// Every field, names in lower case, in order.
    pub headers: Vec<(String, String)>,
}

impl Received {
    pub(super) fn of<B>(connection: usize, request: &http::Request<B>) -> Self {
        let headers = request.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        Self {
            connection,
            method: request.method().to_string(),
            target: request.uri().to_string(),
            headers: headers.collect(),
        }
    }

    /// The first value of the field `name` (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let field = self.headers.iter().find(|(known, _)| known == name);
        field.map(|(_, value)| value.as_str())
    }
}

/// A list that a server's tasks add to and its handle reads.
#[derive(Debug)]
pub(super) struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T: Clone> Log<T> {
    pub(super) fn push(&self, entry: T) {
        lock(&self.0).push(entry);
    }

    pub(super) fn entries(&self) -> Vec<T> {
        lock(&self.0).clone()
    }
}

/// Locks, also after another task panicked with the lock: what it guards here has no half-done
/// states.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
