//! The client against scripted servers on loopback.

mod data_port;
mod ends;
mod list;
mod login;
mod server;
mod transfer;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncReadExt;

use self::server::{Script, Server};
use super::client::Retrieval;
use super::dial::{Dial, Opening};
use super::{Client, Download, Login, Options, RemotePath, Want};
use crate::base::{Error, Result, Route, Target};
use crate::connector::{Ahead, Connector};
use crate::dial::Stream;
use crate::settings::{Policy, Timeouts};
use crate::tls::{OneSession, Versions};

/// The bytes that the scripted servers have.
fn file() -> Vec<u8> {
    Script::default().file
}

/// Dials loopback directly, but for the data channels that a test refuses.
struct Lines {
    connector: Connector,
    timeouts: Timeouts,
    control: Target,
    refusals: Mutex<VecDeque<Error>>,
    /// How often a data channel is asked for before it is refused.
    patience: AtomicUsize,
    /// The next data channel is opened for ever.
    stalls: AtomicBool,
    opened: Mutex<Vec<Target>>,
}

impl Dial for Lines {
    fn route(&self, target: &Target) -> Result<Route> {
        self.connector.route(target)
    }

    fn dial_ahead(&self, _: &Route) -> Option<Ahead> {
        None
    }

    fn open<'a>(&'a self, route: &'a Route, target: &'a Target, _: Option<Ahead>) -> Opening<'a> {
        self.opened.lock().unwrap().push(target.clone());
        let refusal = (*target != self.control)
            .then(|| self.refusals.lock().unwrap().pop_front())
            .flatten();
        if *target != self.control && self.stalls.swap(false, Ordering::Relaxed) {
            return Box::pin(std::future::pending());
        }
        match refusal {
            Some(error) => {
                let mut left = self.patience.load(Ordering::Relaxed);
                let mut error = Some(error);
                Box::pin(std::future::poll_fn(move |_| {
                    if left > 0 {
                        left -= 1;
                        return Poll::Pending;
                    }
                    Poll::Ready(Err(error.take().expect("it is asked once more")))
                }))
            }
            None => Box::pin(self.connector.open(route, target)),
        }
    }

    fn one_session(&self, target: &Target, versions: Versions) -> Result<OneSession> {
        self.connector.one_session(target, versions)
    }

    fn secure<'a>(
        &'a self,
        stream: Stream,
        target: &'a Target,
        session: &'a OneSession,
    ) -> Opening<'a> {
        Box::pin(self.connector.secure_in(stream, target, session))
    }

    fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }
}

/// One server with one way to it.
struct Bench {
    server: Server,
    lines: Arc<Lines>,
    options: Options,
}

impl Bench {
    async fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let server = Server::start(scripts).await;
        let lines = Lines {
            connector: Connector::new(Arc::new(Policy::default())),
            timeouts: Timeouts::default(),
            control: server.target.clone(),
            refusals: Mutex::default(),
            patience: AtomicUsize::new(0),
            stalls: AtomicBool::default(),
            opened: Mutex::default(),
        };
        Self {
            server,
            lines: Arc::new(lines),
            options: Options::default(),
        }
    }

    /// Limits so short that a silent server is found out soon.
    fn reply_within(mut self, limit: Duration) -> Self {
        let lines = Arc::get_mut(&mut self.lines).unwrap();
        lines.timeouts.reply = limit;
        lines.timeouts.idle = limit;
        self
    }

    fn refusing(self, errors: impl IntoIterator<Item = Error>) -> Self {
        self.lines.refusals.lock().unwrap().extend(errors);
        self
    }

    /// Refuses a data channel only when it was asked for that often before.
    fn patient(self, asked: usize) -> Self {
        self.lines.patience.store(asked, Ordering::Relaxed);
        self
    }

    fn stalling_once(self) -> Self {
        self.lines.stalls.store(true, Ordering::Relaxed);
        self
    }

    async fn client(&self) -> Result<Client> {
        self.client_as(Login::default()).await
    }

    async fn client_as(&self, login: Login) -> Result<Client> {
        let dial = Arc::clone(&self.lines) as Arc<dyn Dial>;
        Client::start(dial, &self.server.target, login, self.options.clone()).await
    }

    async fn open(&self, offset: u64) -> Result<Download> {
        open(self.client().await?, offset).await
    }

    /// Reads the whole file; the error of the read, where there is one.
    async fn get(&self, offset: u64) -> Result<(Vec<u8>, Client)> {
        let mut download = self.open(offset).await?;
        let bytes = read(&mut download).await.1?;
        Ok((bytes, download.finish().await?))
    }
}

async fn open(client: Client, offset: u64) -> Result<Download> {
    match client.retrieve(&path("/pub/a.bin"), offset, SIZE).await? {
        Retrieval::Download(download) => Ok(download),
        Retrieval::NoRestart { .. } => panic!("REST was refused"),
    }
}

/// How many bytes came, and all of them or the error.
async fn read(download: &mut Download) -> (usize, Result<Vec<u8>>) {
    let mut bytes = Vec::new();
    let ended = download.read_to_end(&mut bytes).await;
    let ended = ended.map(|_| bytes.clone());
    let ended = ended.map_err(|error| *error.into_inner().unwrap().downcast::<Error>().unwrap());
    (bytes.len(), ended)
}

fn path(url_path: &str) -> RemotePath {
    RemotePath::from_url_path(url_path).unwrap()
}

const SIZE: Want = Want {
    size: true,
    modified: false,
    port: true,
    following: false,
};
