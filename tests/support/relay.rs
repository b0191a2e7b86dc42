//! A TCP relay in front of a server: it counts, records, cuts and splits.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::task::{AbortHandle, JoinSet};

use super::runtime::{finish, listen, reset, settle, spawn};

/// How a cut connection ends for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As if the server had closed it (FIN).
    Finish,
    /// With a reset (RST).
    Reset,
}

/// Ends connections after so many bytes went downstream.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Bytes that the client still gets, and has read before the end comes.
    pub after: u64,
    /// How it ends.
    pub ending: Ending,
    /// How many connections are cut before all goes well. One that carries fewer bytes is not
    /// cut and does not count.
    pub times: usize,
    /// Only this connection, counted from 0 in the order of acceptance.
    pub only: Option<usize>,
}

/// What a relay does to the bytes; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Ends connections.
    pub cut: Option<Cut>,
    /// Ends connections after so many bytes went upstream: the server has read all before.
    pub cut_up: Option<Cut>,
    /// Offsets downstream where every connection's bytes are split: the client has read all
    /// before the offset when the next byte is sent.
    pub splits: Vec<u64>,
    /// Holds the first bytes downstream back until so many can be sent at once, or the server
    /// sends no more.
    pub coalesce: usize,
}

impl Plan {
    /// Cuts the first `times` connections that carry `after` bytes.
    pub fn cuts(times: usize, after: u64, ending: Ending) -> Self {
        Self {
            cut: Some(Cut {
                after,
                ending,
                times,
                only: None,
            }),
            ..Self::default()
        }
    }

    /// Cuts the first `times` connections that carry `after` bytes to the server.
    pub fn cuts_up(times: usize, after: u64, ending: Ending) -> Self {
        let down = Self::cuts(times, after, ending);
        Self {
            cut: None,
            cut_up: down.cut,
            ..down
        }
    }

    /// Splits the bytes downstream at these offsets.
    pub fn split_at(splits: &[u64]) -> Self {
        Self {
            splits: splits.to_vec(),
            ..Self::default()
        }
    }

    /// Sends the first bytes downstream at once when there are so many.
    pub fn coalesced(bytes: usize) -> Self {
        Self {
            coalesce: bytes,
            ..Self::default()
        }
    }
}

/// What was seen of one connection.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Bytes from the client to the server.
    pub up: u64,
    /// Bytes that the client was sent.
    pub down: u64,
    /// Changes of direction of the data, the first bytes included: a request and its answer are
    /// two.
    pub flights: usize,
    /// The first bytes from the client, at most [`KEPT`].
    pub first_up: Vec<u8>,
    /// The first bytes to the client, at most [`KEPT`].
    pub first_down: Vec<u8>,
    /// Whether the plan ended it.
    pub cut: bool,
    last: Option<Direction>,
}

/// How many bytes of each direction a relay remembers.
pub const KEPT: usize = 64 * 1024;

const BUFFER: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Seen {
    fn note(&mut self, direction: Direction, bytes: &[u8]) {
        if self.last != Some(direction) {
            self.flights += 1;
            self.last = Some(direction);
        }
        let (count, first) = match direction {
            Direction::Up => (&mut self.up, &mut self.first_up),
            Direction::Down => (&mut self.down, &mut self.first_down),
        };
        *count += bytes.len() as u64;
        let room = KEPT.saturating_sub(first.len()).min(bytes.len());
        first.extend(&bytes[..room]);
    }
}

#[derive(Default)]
struct State {
    connections: Mutex<Vec<Seen>>,
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.connections.lock().expect("the relay's records")
    }
}

/// A relay that runs; dropping it ends its connections.
pub struct Relay {
    address: SocketAddr,
    state: Arc<State>,
    task: AbortHandle,
}

impl Relay {
    /// Relays a new loopback port to the server.
    pub fn start(upstream: SocketAddr, plan: Plan) -> Self {
        let (listener, address) = listen();
        let state = Arc::new(State::default());
        let (shared, plan) = (Arc::clone(&state), Arc::new(plan));
        let task = spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let mut seen = shared.lock();
                let number = seen.len();
                seen.push(Seen::default());
                drop(seen);
                let connection = Connection {
                    number,
                    state: Arc::clone(&shared),
                    plan: Arc::clone(&plan),
                };
                connections.spawn(connection.relay(client, upstream));
            }
        });
        Self {
            address,
            state,
            task: task.abort_handle(),
        }
    }

    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`: the relay as a proxy's or an origin's URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every connection so far, in the order of acceptance.
    pub fn connections(&self) -> Vec<Seen> {
        self.state.lock().clone()
    }

    /// Bytes from the clients to the server.
    pub fn up(&self) -> u64 {
        self.state.lock().iter().map(|seen| seen.up).sum()
    }

    /// Bytes that the clients were sent.
    pub fn down(&self) -> u64 {
        self.state.lock().iter().map(|seen| seen.down).sum()
    }

    /// Connections that the plan ended.
    pub fn cuts(&self) -> usize {
        self.state.lock().iter().filter(|seen| seen.cut).count()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Connection {
    number: usize,
    state: Arc<State>,
    plan: Arc<Plan>,
}

/// Why the bytes downstream ended.
enum End {
    Finished,
    Broken,
    Cut(Ending),
}

impl Connection {
    async fn relay(self, mut client: TcpStream, upstream: SocketAddr) {
        let Ok(mut server) = TcpStream::connect(upstream).await else {
            return;
        };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let end = {
            let (from_client, to_client) = client.split();
            let (from_server, to_server) = server.split();
            let up = self.up(from_client, to_server);
            let down = self.down(from_server, to_client);
            tokio::pin!(up, down);
            // After the client's end the server may still send; after the server's end the
            // client may (an upload). Anything else ends both.
            tokio::select! {
                end = &mut up => match end {
                    Some(ending) => End::Cut(ending),
                    None => down.await,
                },
                end = &mut down => match end {
                    End::Finished => up.await.map_or(end, End::Cut),
                    end => end,
                }
            }
        };
        drop(server);
        match end {
            End::Finished => {}
            End::Cut(Ending::Finish) => finish(&mut client, |_| ()).await,
            End::Broken | End::Cut(Ending::Reset) => reset(client),
        }
    }

    fn note(&self, direction: Direction, bytes: &[u8]) {
        self.state.lock()[self.number].note(direction, bytes);
    }

    async fn up(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> Option<Ending> {
        let mut buffer = vec![0; BUFFER];
        let mut sent = 0;
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let cut = self.plan.cut_up.filter(|cut| self.may_cut(cut));
            let room = cut.map_or(u64::MAX, |cut| cut.after - sent);
            let bytes = &buffer[..count.min(usize::try_from(room).unwrap_or(count))];
            self.note(Direction::Up, bytes);
            if to.write_all(bytes).await.is_err() {
                return None;
            }
            sent += bytes.len() as u64;
            if let Some(cut) = cut.filter(|cut| cut.after == sent) {
                self.settle(&to).await;
                if let Some(ending) = self.take_cut(cut) {
                    return Some(ending);
                }
                if to.write_all(&buffer[bytes.len()..count]).await.is_err() {
                    return None;
                }
            }
        }
        let _ = to.shutdown().await;
        None
    }

    async fn down(&self, mut from: ReadHalf<'_>, mut to: WriteHalf<'_>) -> End {
        let mut buffer = vec![0; BUFFER.max(self.plan.coalesce)];
        let (mut held, mut sent) = (0, 0);
        loop {
            let count = match from.read(&mut buffer[held..]).await {
                Ok(count) => count,
                Err(_) => return End::Broken,
            };
            held += count;
            if count > 0 && sent == 0 && held < self.plan.coalesce {
                continue;
            }
            if let Some(end) = self.send(&buffer[..held], &mut sent, &mut to).await {
                return end;
            }
            held = 0;
            if count == 0 {
                let _ = to.shutdown().await;
                return End::Finished;
            }
        }
    }

    /// Sends the bytes in the plan's pieces, up to a cut.
    async fn send(&self, mut bytes: &[u8], sent: &mut u64, to: &mut WriteHalf<'_>) -> Option<End> {
        while !bytes.is_empty() {
            let cut = self.cut_at();
            let next = self
                .plan
                .splits
                .iter()
                .copied()
                .chain(cut)
                .filter(|at| at > sent)
                .min();
            let room = next.map_or(u64::MAX, |at| at - *sent);
            let (piece, rest) =
                bytes.split_at(bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX)));
            let cut_now = cut.is_some_and(|at| at <= *sent);
            if !cut_now {
                self.note(Direction::Down, piece);
                if to.write_all(piece).await.is_err() {
                    return Some(End::Broken);
                }
                *sent += piece.len() as u64;
                bytes = rest;
            }
            if next == Some(*sent) || cut_now {
                self.settle(to).await;
            }
            if cut.is_some_and(|at| at <= *sent)
                && let Some(ending) = self.plan.cut.and_then(|cut| self.take_cut(cut))
            {
                return Some(End::Cut(ending));
            }
        }
        None
    }

    /// The offset where this connection will be cut if it comes so far.
    fn cut_at(&self) -> Option<u64> {
        let cut = self.plan.cut?;
        self.may_cut(&cut).then_some(cut.after)
    }

    fn may_cut(&self, cut: &Cut) -> bool {
        let mine = cut.only.is_none_or(|only| only == self.number);
        let done = self.state.lock().iter().filter(|seen| seen.cut).count();
        mine && done < cut.times
    }

    /// Claims one of the plan's cuts: another connection may have taken the last meanwhile.
    fn take_cut(&self, cut: Cut) -> Option<Ending> {
        let mut connections = self.state.lock();
        let done = connections.iter().filter(|seen| seen.cut).count();
        (done < cut.times).then(|| {
            connections[self.number].cut = true;
            cut.ending
        })
    }

    async fn settle(&self, to: &WriteHalf<'_>) {
        if let (Ok(from), Ok(to)) = (to.local_addr(), to.peer_addr()) {
            settle(from, to).await;
        }
    }
}
