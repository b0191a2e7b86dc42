//! Control channels that are kept for the next file.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::leaving::Leaving;
use super::{Client, Download, Login, Memory, Options, RemotePath, TransferType, Want};
use crate::base::{Error, ExplicitTls, Kind, Result, Secret, Target};
use crate::connector::Connector;

/// So many control channels to one server at a time, as one login.
const MOST: usize = 4;

/// An idle channel is kept so long: servers close theirs after some minutes, and NAT tables forget
/// a silent connection sooner.
const KEPT: Duration = Duration::from_secs(45);

/// Logged-in control channels, kept apart by way, server and login. Cheap to clone; clones share
/// them, and what was learned of servers.
#[derive(Clone, Debug)]
pub struct Pool {
    memory: Memory,
    most: usize,
    servers: Arc<Mutex<HashMap<Key, Arc<Server>>>>,
}

/// What a channel is wanted for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errand<'a> {
    /// What will be asked about first. It travels with a login.
    pub path: &'a RemotePath,
    /// What will be asked.
    pub want: Want,
    /// Whether TLS is asked for.
    pub tls: ExplicitTls,
    /// How files travel.
    pub transfer_type: TransferType,
}

/// What must be equal for two transfers to share a channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    connection: Option<String>,
    server: String,
    route: String,
    username: String,
    /// Who does not know it must not use a login that was made with it.
    password: Option<Secret>,
    tls: ExplicitTls,
    transfer_type: TransferType,
}

/// The channels of one server and login.
#[derive(Debug)]
struct Server {
    places: Arc<Semaphore>,
    idle: Mutex<Vec<(Idle, Instant)>>,
    /// How many wait for a place.
    waiting: AtomicUsize,
    /// Told when somebody begins to wait.
    wanted: Notify,
    /// How many places there still are: a server that takes fewer channels lowers it.
    most: Mutex<usize>,
}

/// A channel that nobody uses.
enum Idle {
    Ready(Client),
    /// The server's word on its last transfer is still to be heard.
    Leaving(Leaving),
}

impl fmt::Debug for Idle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready(_) => "Ready",
            Self::Leaving(_) => "Leaving",
        })
    }
}

/// Somebody who waits for a place.
struct Waiting<'a>(&'a Server);

impl<'a> Waiting<'a> {
    fn at(server: &'a Server) -> Self {
        server.waiting.fetch_add(1, Ordering::SeqCst);
        server.wanted.notify_waiters();
        Self(server)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new(MOST)
    }
}

impl Pool {
    /// A pool that opens at most `most` channels to a server for one login; at least one.
    pub fn new(most: usize) -> Self {
        Self {
            memory: Memory::default(),
            most: most.clamp(1, Semaphore::MAX_PERMITS),
            servers: Arc::default(),
        }
    }

    /// A logged-in channel: an idle one, or a new one whose login takes `errand` along. Waits for
    /// another to come back when there are as many as there may be. A server that says that it
    /// takes no more gets no more than it took.
    ///
    /// # Errors
    /// Those of [`Client::connect_with`].
    pub(crate) async fn take(
        &self,
        connector: &Connector,
        target: &Target,
        login: &Login,
        errand: Errand<'_>,
    ) -> Result<(Client, Place)> {
        let server = self.server(connector, target, login, errand)?;
        loop {
            let permit = match Arc::clone(&server.places).try_acquire_owned() {
                Ok(permit) => Some(permit),
                Err(_) => {
                    tracing::info!("ftp: waiting for one of the logins at {target} to be free");
                    let _waiting = Waiting::at(&server);
                    // The semaphore is never closed.
                    Arc::clone(&server.places).acquire_owned().await.ok()
                }
            };
            let place = Place {
                permit,
                server: Arc::clone(&server),
            };
            while let Some(idle) = server.pop() {
                match idle {
                    Idle::Ready(client) => return Ok((client, place)),
                    // Less than a round trip, where a login takes several.
                    Idle::Leaving(leaving) => {
                        if let Some(mut client) = leaving.login().await {
                            client.forget();
                            return Ok((client, place));
                        }
                    }
                }
            }
            match self.fresh(connector, target, login, errand).await {
                Ok(client) => return Ok((client, place)),
                Err(error) if says_too_many(&error) && place.lower() => {
                    tracing::info!(%error, "ftp: {target} takes no more logins at a time");
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A new channel, whatever there is: to see every stage of a login.
    ///
    /// # Errors
    /// Those of [`Client::connect_with`].
    pub(crate) async fn fresh(
        &self,
        connector: &Connector,
        target: &Target,
        login: &Login,
        errand: Errand<'_>,
    ) -> Result<Client> {
        let options = Options {
            memory: self.memory.clone(),
            errand: Some((errand.path.clone(), errand.want)),
            tls: errand.tls,
            encoding: connector.connection().and_then(|c| c.encoding),
            keepalive: connector.connection().and_then(|c| c.keepalive),
            transfer_type: errand.transfer_type,
        };
        Client::connect_with(connector, target, login.clone(), options).await
    }

    fn server(
        &self,
        connector: &Connector,
        target: &Target,
        login: &Login,
        errand: Errand<'_>,
    ) -> Result<Arc<Server>> {
        let key = Key {
            connection: connector.connection().map(|c| c.name.clone()),
            server: target.to_string(),
            route: connector.route(target)?.to_string(),
            username: login.username.clone(),
            password: login.password.clone(),
            tls: errand.tls,
            transfer_type: errand.transfer_type,
        };
        let mut servers = lock(&self.servers);
        // A server that nobody uses any more is forgotten.
        servers.retain(|_, server| Arc::strong_count(server) > 1 || server.has_idle());
        let server = servers.entry(key).or_insert_with(|| {
            Arc::new(Server {
                places: Arc::new(Semaphore::new(self.most)),
                idle: Mutex::default(),
                waiting: AtomicUsize::new(0),
                wanted: Notify::new(),
                most: Mutex::new(self.most),
            })
        });
        Ok(Arc::clone(server))
    }
}

impl Server {
    /// One that is ready, if there is any.
    fn pop(&self) -> Option<Idle> {
        let mut idle = lock(&self.idle);
        idle.retain(|(_, since)| since.elapsed() < KEPT);
        let is_ready = |(idle, _): &(Idle, Instant)| matches!(idle, Idle::Ready(_));
        let at = idle.iter().rposition(is_ready);
        let at = at.or_else(|| idle.len().checked_sub(1))?;
        Some(idle.remove(at).0)
    }

    fn has_idle(&self) -> bool {
        !lock(&self.idle).is_empty()
    }
}

/// One of the channels that a server may have. Dropping it lets another take its place.
#[derive(Debug)]
pub(crate) struct Place {
    permit: Option<OwnedSemaphorePermit>,
    server: Arc<Server>,
}

impl Place {
    /// Keeps a channel that is ready for the next command.
    pub(crate) fn keep(self, mut client: Client) {
        // What was said of a file may be untrue when it is asked for again.
        client.forget();
        lock(&self.server.idle).push((Idle::Ready(client), Instant::now()));
    }

    /// Gives the rest of a download up. Its channel is kept, and is ready again once the server has
    /// noticed: the next one to take it waits for that.
    fn leave(self, download: Download) {
        if let Some(leaving) = download.leave() {
            lock(&self.server.idle).push((Idle::Leaving(leaving), Instant::now()));
        }
    }

    /// Waits until somebody waits for a place.
    pub(crate) fn wanted(&self) -> impl Future<Output = ()> + Send + use<> {
        let server = Arc::clone(&self.server);
        async move {
            loop {
                let mut told = std::pin::pin!(server.wanted.notified());
                // From here on nothing is missed.
                told.as_mut().enable();
                if server.waiting.load(Ordering::SeqCst) > 0 {
                    return;
                }
                told.await;
            }
        }
    }

    /// Gives this place up for good; false when no other is taken: then there is nobody to wait
    /// for.
    fn lower(mut self) -> bool {
        let mut most = lock(&self.server.most);
        let free = self.server.places.available_permits();
        if *most <= free + 1 {
            return false;
        }
        *most -= 1;
        if let Some(permit) = self.permit.take() {
            permit.forget();
        }
        true
    }
}

/// What servers say that have as many logins as they take: 421, and ProFTPD 530.
fn says_too_many(error: &Error) -> bool {
    let Some(answer) = error.answer() else {
        return false;
    };
    let words = answer.to_string().to_ascii_lowercase();
    let marks = [
        "too many",
        "maximum",
        "limit",
        "connections",
        "already logged in",
    ];
    let is_full = marks.iter().any(|mark| words.contains(mark));
    match error.kind() {
        Kind::TargetUnavailable => answer.code == 421,
        Kind::TargetAuth => answer.code == 530 && is_full,
        _ => false,
    }
}

/// A download whose channel is kept once the file is whole.
pub(crate) struct Kept(Option<(Download, Place)>);

impl Kept {
    pub(crate) fn new(download: Download, place: Place) -> Self {
        Self(Some((download, place)))
    }

    /// Gives the rest up, and keeps the channel all the same.
    pub(crate) fn leave(self) {
        if let Some((download, place)) = self.0 {
            place.leave(download);
        }
    }

    /// Waits until somebody waits for the channel's place; for ever when it was given back.
    pub(crate) fn wanted(&self) -> impl Future<Output = ()> + Send + use<> {
        let wanted = self.0.as_ref().map(|(_, place)| place.wanted());
        async move {
            match wanted {
                Some(wanted) => wanted.await,
                None => std::future::pending().await,
            }
        }
    }
}

impl AsyncRead for Kept {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let Some((download, _)) = &mut self.0 else {
            return Poll::Ready(Ok(()));
        };
        ready!(Pin::new(download).poll_read(cx, buf))?;
        if buf.filled().len() == before
            && buf.remaining() > 0
            && let Some((download, place)) = self.0.take()
            && let Some(client) = download.into_client()
        {
            place.keep(client);
        }
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kept").field(&self.0).finish()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
