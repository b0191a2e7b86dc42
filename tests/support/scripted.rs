//! A peer that plays a script: for what real servers do not do on demand.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};

use super::runtime::{finish, listen, reset, settle, spawn};
use super::sockets;

/// One thing that the peer does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Reads until these bytes came. What follows them in the same read is kept for the next
    /// reading step.
    ReadUntil(Vec<u8>),
    /// Reads so many bytes.
    Read(usize),
    /// Reads until the client's end.
    ReadToEnd,
    /// Writes.
    Write(Vec<u8>),
    /// Waits until the client has read all that was written: a certain split.
    Settle,
    /// Ends with FIN, then reads what the client still says.
    Close,
    /// Ends with RST.
    Reset,
    /// Reads what comes and does nothing until the peer is dropped or the client leaves.
    Stall,
    /// Goes on with these steps in place of the rest, if what came holds these bytes.
    When(Vec<u8>, Vec<Step>),
    /// Answers each line by its first word, until the client leaves: a small server.
    Answer(&'static [(&'static str, &'static str)]),
}

impl Step {
    /// Reads a request's head: until the empty line.
    pub fn head() -> Self {
        Self::ReadUntil(b"\r\n\r\n".to_vec())
    }

    /// Reads a command: until the end of a line.
    pub fn line() -> Self {
        Self::ReadUntil(b"\r\n".to_vec())
    }

    /// Writes.
    pub fn write(bytes: impl AsRef<[u8]>) -> Self {
        Self::Write(bytes.as_ref().to_vec())
    }

    /// Writes in pieces that the client reads one by one.
    pub fn pieces<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Self> {
        pieces
            .into_iter()
            .flat_map(|piece| [Self::write(piece), Self::Settle])
            .collect()
    }
}

/// A scripted peer that listens; dropping it ends its connections.
pub struct Scripted {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
    task: AbortHandle,
    must_be_called: bool,
}

impl Scripted {
    /// Plays the same steps on every connection. The end of the steps is a [`Step::Close`].
    pub fn each(steps: Vec<Step>) -> Self {
        Self::play(move |_| Some(steps.clone()))
    }

    /// Plays the n-th script on the n-th connection; one too many is reset at once, and shows
    /// in [`Scripted::connections`].
    pub fn sequence(scripts: Vec<Vec<Step>>) -> Self {
        Self::play(move |number| scripts.get(number).cloned())
    }

    fn play(script: impl Fn(usize) -> Option<Vec<Step>> + Send + 'static) -> Self {
        let (listener, address) = listen();
        let received = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&received);
        let task = spawn(async move {
            let mut players = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let mut all = shared.lock().expect("the record");
                let number = all.len();
                all.push(Vec::new());
                drop(all);
                let _ = stream.set_nodelay(true);
                let steps = script(number).unwrap_or_else(|| vec![Step::Reset]);
                let player = Player {
                    number,
                    received: Arc::clone(&shared),
                    stream,
                    unread: Vec::new(),
                };
                players.spawn(player.play(steps));
            }
        });
        Self {
            address,
            received,
            task: task.abort_handle(),
            must_be_called: false,
        }
    }

    /// Makes dropping it panic when no one has connected.
    pub fn must_be_called(mut self) -> Self {
        self.must_be_called = true;
        self
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections came.
    pub fn connections(&self) -> usize {
        self.received.lock().expect("the record").len()
    }

    /// What came on each connection so far, as text.
    pub fn received(&self) -> Vec<String> {
        let all = self.received.lock().expect("the record");
        all.iter()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .collect()
    }

    /// What came on all connections, once it holds the text: the client may be ahead of us.
    pub fn received_with(&self, text: &str) -> String {
        sockets::until(|| Some(self.received().concat()).filter(|all| all.contains(text)))
            .unwrap_or_else(|| panic!("never came: {text:?}; what came: {:?}", self.received()))
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
        if self.must_be_called && !std::thread::panicking() {
            assert!(
                self.connections() > 0,
                "no one called the scripted peer at {}",
                self.address
            );
        }
    }
}

struct Player {
    number: usize,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
    stream: TcpStream,
    /// Received after what a reading step waited for.
    unread: Vec<u8>,
}

impl Player {
    /// Plays until a step ends the connection or the client has gone.
    async fn play(mut self, steps: Vec<Step>) {
        let mut steps = VecDeque::from(steps);
        while let Some(step) = steps.pop_front() {
            let goes_on = match step {
                Step::ReadUntil(pattern) => self.read_until(&pattern).await,
                Step::Read(count) => self.read(count).await,
                Step::ReadToEnd => self.read_to_end().await,
                Step::Write(bytes) => self.stream.write_all(&bytes).await.is_ok(),
                Step::Settle => self.settle().await,
                Step::Close => break,
                Step::Reset => return reset(self.stream),
                Step::Stall => {
                    self.read_to_end().await;
                    return;
                }
                Step::When(bytes, other) => {
                    if self.came(&bytes) {
                        steps = other.into();
                    }
                    true
                }
                Step::Answer(replies) => self.answer(replies).await,
            };
            if !goes_on {
                break;
            }
        }
        let (number, received) = (self.number, self.received);
        finish(&mut self.stream, |bytes| record(&received, number, bytes)).await;
    }

    fn came(&self, bytes: &[u8]) -> bool {
        let all = self.received.lock().expect("the record");
        let mut windows = all[self.number].windows(bytes.len());
        windows.any(|window| window == bytes)
    }

    async fn answer(&mut self, replies: &[(&str, &str)]) -> bool {
        loop {
            let Some(end) = self.unread.windows(2).position(|two| two == b"\r\n") else {
                if self.more().await {
                    continue;
                }
                return false;
            };
            let line: Vec<u8> = self.unread.drain(..end + 2).collect();
            let line = String::from_utf8_lossy(&line);
            let word = line.split([' ', '\r']).next().unwrap_or_default();
            let known = replies.iter().find(|(known, _)| *known == word);
            let reply = known.map_or("502 what?", |(_, reply)| reply);
            let reply = format!("{reply}\r\n");
            if self.stream.write_all(reply.as_bytes()).await.is_err() {
                return false;
            }
        }
    }

    async fn settle(&self) -> bool {
        if let (Ok(from), Ok(to)) = (self.stream.local_addr(), self.stream.peer_addr()) {
            settle(from, to).await;
        }
        true
    }

    async fn read_until(&mut self, pattern: &[u8]) -> bool {
        loop {
            let found = self
                .unread
                .windows(pattern.len())
                .position(|window| window == pattern);
            if let Some(at) = found {
                self.unread.drain(..at + pattern.len());
                return true;
            }
            if !self.more().await {
                return false;
            }
        }
    }

    async fn read(&mut self, count: usize) -> bool {
        while self.unread.len() < count {
            if !self.more().await {
                return false;
            }
        }
        self.unread.drain(..count);
        true
    }

    async fn read_to_end(&mut self) -> bool {
        while self.more().await {
            self.unread.clear();
        }
        true
    }

    /// Takes what came next; false at the client's end.
    async fn more(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes).await {
            Ok(count @ 1..) => {
                record(&self.received, self.number, &bytes[..count]);
                self.unread.extend(&bytes[..count]);
                true
            }
            _ => false,
        }
    }
}

fn record(received: &Mutex<Vec<Vec<u8>>>, number: usize, bytes: &[u8]) {
    received.lock().expect("the record")[number].extend(bytes);
}
