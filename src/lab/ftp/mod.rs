//! A small FTP server (RFC 959, 2428, 3659), passive; it takes files where it is told to.

mod listing;
mod passive;
mod session;
mod transfer;
mod upload;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use self::session::Session;
use super::cut::Cut;
use super::login::Login;
use super::serve::{Log, Server};
use super::tree::Tree;

/// How an [`FtpServer`] behaves. The default behaves well and lets `anonymous` in.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The files.
    pub tree: Tree,
    /// Who may log in; `anonymous` and `ftp` with any password when `None`.
    pub login: Option<Login>,
    /// The lines of the greeting; one of its own when empty.
    pub greeting: Vec<String>,
    /// How long the greeting takes.
    pub greeting_delay: Duration,
    /// 230 after USER: no password wanted (vsftpd for `anonymous`).
    pub user_is_enough: bool,
    /// Commands answered with 502, as a server that never heard of them: `EPSV`, `SIZE`, `REST`; or,
    /// with an argument, for that alone: `RNTO a.csv`.
    pub refuse: Vec<&'static str>,
    /// EPSV names a port where nothing listens.
    pub epsv_is_dead: bool,
    /// The address in the 227, instead of the server's own: a private one behind NAT.
    pub pasv_address: Option<Ipv4Addr>,
    /// What becomes of commands that come in one segment with another.
    pub pipelining: Pipelining,
    /// Ends the data channel of the first transfers early.
    pub cut: Option<Cut>,
    /// What the control channel says about that.
    pub cut_end: CutEnd,
    /// Closes the control channel at this command, without a reply.
    pub hang_up_on: Option<&'static str>,
    /// Takes files, gives them other names, removes them and makes folders.
    pub writable: bool,
    /// Gives no file the name of another, as servers on Windows.
    pub keeps_names: bool,
    /// The pause after every 16 KiB of data.
    pub pace: Option<Duration>,
}

/// What becomes of commands that come in one segment with another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pipelining {
    /// They are served in order (vsftpd, ProFTPD, Pure-FTPd).
    #[default]
    Served,
    /// They are lost.
    Dropped,
    /// Each is answered with 500.
    Refused,
}

/// What the control channel says after a data channel that was cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CutEnd {
    /// 426: the server knows.
    #[default]
    Aborted,
    /// 226: the server believes that all is well, because the break is further along.
    Complete,
    /// Nothing, and the control channel stays open.
    Silence,
    /// The control channel closes too.
    HangUp,
}

/// A command line as the server received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Which control connection it came on, counted from 1.
    pub connection: usize,
    /// The line, without its end.
    pub line: String,
}

/// A running FTP server. Dropping it closes its port and ends every session.
#[derive(Debug)]
pub struct FtpServer {
    server: Server,
    commands: Log<Command>,
    tree: Tree,
}

impl FtpServer {
    /// Starts a server on a free loopback port.
    ///
    /// # Errors
    /// No socket is to be had.
    pub async fn start(options: Options) -> io::Result<Self> {
        let commands = Log::default();
        let tree = options.tree.clone();
        let (options, log) = (Arc::new(options), commands.clone());
        let server = Server::start(move |number, socket| {
            let (options, log) = (Arc::clone(&options), log.clone());
            async move {
                let session = Session::new(number, Box::new(socket), options, log);
                // A session that breaks is the client's matter.
                let _ = session.serve().await;
            }
        })
        .await?;
        Ok(Self {
            server,
            commands,
            tree,
        })
    }

    /// The address of its control port.
    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// How many control connections came in.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Every command line, dropped ones too, in order of arrival.
    pub fn commands(&self) -> Vec<Command> {
        self.commands.entries()
    }

    /// The files.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Changes a file while the server runs: new bytes and time.
    pub fn replace(&self, path: &str, bytes: impl Into<Bytes>) {
        self.tree.put(path, bytes);
    }
}
