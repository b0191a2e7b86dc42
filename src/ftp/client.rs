//! One login on one server.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::channel::{Asked, Channel, Remedy, Setback};
use super::dial::Dial;
use super::explain::said;
use super::plan::Plan;
use super::protect;
use super::transfer::{Opened, What};
use super::{Download, Login, Memory, Modified, RemotePath, TransferType, Want};
use crate::base::{
    Answer, Encoding, Error, ExplicitTls, Kind, Result, Route, Scheme, Stage, Steps, Target,
};
use crate::connector::Connector;
use crate::proto::ftp::Protection;

/// What is known about a file. What a server does not tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stat {
    /// The size in bytes (SIZE, RFC 3659).
    pub size: Option<u64>,
    /// The time of the last change (MDTM, RFC 3659).
    pub modified: Option<Modified>,
}

/// What [`Client::connect_with`] takes besides the login. Write
/// `Options { memory, ..Default::default() }`: there will be more.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What was learned about servers; shared between clients.
    pub memory: Memory,
    /// What will be asked first. It travels with the login, which saves a round trip.
    pub errand: Option<(RemotePath, Want)>,
    /// Whether an `ftp://` server is asked for TLS. `ftps://` is TLS from the first byte.
    pub tls: ExplicitTls,
    /// The encoding of names in listings, where it is known.
    pub encoding: Option<Encoding>,
    /// Sends NOOP on the control channel so often while a file comes; none unless set: not every
    /// server takes commands then.
    pub keepalive: Option<Duration>,
    /// How files travel.
    pub transfer_type: TransferType,
}

/// How [`Client::retrieve`] ended well.
#[derive(Debug)]
#[non_exhaustive]
pub enum Retrieval {
    /// The file is coming.
    Download(Download),
    /// The server cannot start in the middle of a file (REST refused): start over at 0.
    NoRestart {
        /// The login, to be used again.
        client: Client,
        /// What the server said.
        answer: Answer,
    },
}

/// A logged-in control channel. Dropping it closes the channel; [`close`](Self::close) says
/// good-bye first.
pub struct Client(pub(super) Box<Channel>);

impl Client {
    /// Connects and logs in.
    ///
    /// # Errors
    /// Those of [`Connector::route`] and [`Connector::open`]; [`Kind::Timeout`] (limit
    /// `timeouts.reply`), [`Kind::TargetAuth`], [`Kind::TargetUnavailable`] (421 and other 4yz),
    /// [`Kind::TargetProtocol`]; [`Kind::Usage`] when the user name or password cannot be sent.
    ///
    /// # Cancel safety
    /// Dropping the future closes what was opened.
    pub async fn connect(connector: &Connector, target: &Target, login: Login) -> Result<Self> {
        Self::connect_with(connector, target, login, Options::default()).await
    }

    /// [`connect`](Self::connect) with what is known about servers, and with the first question.
    ///
    /// # Errors
    /// As there.
    pub async fn connect_with(
        connector: &Connector,
        target: &Target,
        login: Login,
        options: Options,
    ) -> Result<Self> {
        Self::start(Arc::new(connector.clone()), target, login, options).await
    }

    pub(super) async fn start(
        dial: Arc<dyn Dial>,
        target: &Target,
        login: Login,
        options: Options,
    ) -> Result<Self> {
        let doing = || format!("log in at {target}");
        let route = dial
            .route(target)
            .map_err(|error| error.while_doing(doing()))?;
        let plan = Arc::new(Plan {
            dial,
            target: target.clone(),
            route,
            login,
            memory: options.memory,
            protection: match (target.scheme(), options.tls) {
                (Scheme::Ftps, _) => Protection::Implicit,
                (_, ExplicitTls::Required) => Protection::Explicit,
                (_, ExplicitTls::Opportunistic) => Protection::Opportunistic,
                (_, ExplicitTls::Off) => Protection::Clear,
            },
            encoding: options.encoding,
            keepalive: options.keepalive,
            transfer_type: options.transfer_type,
        });
        let channel = plan.log_in(options.errand.as_ref()).await?;
        Ok(Self(Box::new(channel)))
    }

    /// The server.
    pub fn target(&self) -> &Target {
        &self.0.plan.target
    }

    /// The way that both channels take.
    pub fn route(&self) -> &Route {
        &self.0.plan.route
    }

    /// The stages passed: from dialling to the login, then those of the last operation.
    pub fn steps(&self) -> Steps {
        self.0.steps()
    }

    /// What the server tells about a file.
    ///
    /// # Errors
    /// [`Kind::TargetRefused`] when it answers 550 to both SIZE and MDTM, which is how servers say
    /// that there is no such file; and those of the control channel.
    ///
    /// # Cancel safety
    /// After a cancelled call the client can be used again.
    pub async fn stat(&mut self, path: &RemotePath) -> Result<Stat> {
        let want = Want {
            size: true,
            modified: true,
            port: false,
            following: false,
        };
        let doing = format!("stat `{path}` at {}", self.0.plan.target);
        let asked = self.0.ask(path, want, &doing).await;
        if let Err(setback) = asked {
            self.0.mend(setback).await?;
            let asked = self.0.ask(path, want, &doing).await;
            asked.map_err(|setback| setback.error)?;
        }
        match self.0.asked.missing() {
            Some(reply) => {
                let what = "the server knows no such file:";
                let error = said(Kind::TargetRefused, Stage::Request, what, reply);
                Err(self.0.blame(error, &doing))
            }
            None => Ok(self.0.asked.stat()),
        }
    }

    /// Starts to get a file from `offset` on. `want` says what to find out about it on the way,
    /// as far as [`stat`](Self::stat) has not (`port` is taken for granted). With
    /// [`TransferType::Ascii`] lines end in CRLF, and only the server's word shows that all came.
    ///
    /// # Errors
    /// [`Kind::TargetRefused`] (550), [`Kind::TargetUnavailable`] (4yz), those of the control
    /// channel, and in [`Stage::Data`] those of [`Connector::open`] for the data channel. The
    /// login is given up then.
    ///
    /// # Cancel safety
    /// Dropping the future closes both channels.
    pub async fn retrieve(self, path: &RemotePath, offset: u64, want: Want) -> Result<Retrieval> {
        let mut client = self;
        let doing = format!("retrieve `{path}` from {}", client.0.plan.target);
        if path.is_directory() {
            let what = "the path names a folder, not a file";
            return Err(Error::new(Kind::Unsupported, Stage::Request, what)
                .with_hint("`outbound list` shows what is in a folder, `fetch -r` brings it in")
                .while_doing(doing));
        }
        let is_text = client.0.plan.transfer_type == TransferType::Ascii;
        if is_text && offset > 0 {
            let what = "text with changed line ends can only come from its start";
            let error = Error::new(Kind::Unsupported, Stage::Request, what);
            return Err(error.while_doing(doing));
        }
        let want = Want {
            size: want.size && !is_text,
            ..want
        };
        match client.open(path, What::File(offset), want, &doing).await? {
            Opened::Coming { data, announced } => {
                let mut stat = client.0.asked.stat();
                if is_text {
                    // Whatever was told, on this login or with the 150, counts other bytes.
                    stat.size = None;
                }
                let announced = announced.filter(|_| !is_text);
                // The next transfer finds out anew.
                client.0.asked = Asked::default();
                let download = Download::new(client, data, offset, stat, doing);
                Ok(Retrieval::Download(download.announced(announced)))
            }
            Opened::NoRestart(reply) => Ok(Retrieval::NoRestart {
                client,
                answer: reply.to_answer(),
            }),
        }
    }

    /// Opens what is at a path, once more if that may help.
    pub(super) async fn open(
        &mut self,
        path: &RemotePath,
        what: What,
        want: Want,
        doing: &str,
    ) -> Result<Opened> {
        match self.0.open(path, what, want, doing).await {
            Err(setback) if setback.remedy.is_some() => {
                self.open_again(setback, path, what, want, doing).await
            }
            opened => opened.map_err(|setback| setback.error),
        }
    }

    /// Opens it once more after a setback.
    async fn open_again(
        &mut self,
        setback: Setback,
        path: &RemotePath,
        what: What,
        want: Want,
        doing: &str,
    ) -> Result<Opened> {
        let plain = setback.remedy == Some(Remedy::Plain);
        let dead_port = plain.then(|| setback.error.clone());
        let again = match self.0.mend(setback).await {
            Ok(()) => {
                let opened = self.0.open(path, what, want, doing).await;
                opened.map_err(|setback| setback.error)
            }
            Err(error) => Err(error),
        };
        match (again, dead_port) {
            // Without PASV, or a second login, it is the dead port of EPSV that matters.
            (Err(second), Some(first)) if second.stage() != Stage::Data => Err(first),
            (again, _) => again,
        }
    }

    /// Goes into the folder at `path`, opens a data channel that carries nothing, and closes it
    /// again: shows that passive mode works where there is no file to get.
    ///
    /// # Errors
    /// As [`retrieve`](Self::retrieve); there is no such folder.
    ///
    /// # Cancel safety
    /// Dropping the future closes both channels.
    pub async fn try_data(&mut self, path: &RemotePath) -> Result<()> {
        let doing = format!("open a data channel to {}", self.0.plan.target);
        let tried = match self.0.try_data(path, &doing).await {
            Err(setback) if setback.remedy.is_some() => {
                self.0.mend(setback).await?;
                self.0.try_data(path, &doing).await
            }
            tried => tried,
        };
        tried.map_err(|setback| setback.error)
    }

    /// Says good-bye as well as it can, and closes. Waits at most a second.
    pub async fn close(self) {
        self.0.control.quit().await;
    }

    /// The idle limit of the data channel.
    pub(super) fn idle(&self) -> std::time::Duration {
        self.0.plan.dial.timeouts().idle
    }

    /// Forgets what the server said of a file.
    pub(super) fn forget(&mut self) {
        self.0.asked = Asked::default();
    }

    /// An error with what is known here added to it.
    pub(super) fn blame(&self, error: Error, doing: &str) -> Error {
        let error = self.0.blame(error, doing);
        protect::advise(error, &self.0.plan.target, self.0.tls.is_some())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("target", &self.0.plan.target)
            .field("route", &self.0.plan.route)
            .field("login", &self.0.plan.login)
            .field("habits", &self.0.habits)
            .finish_non_exhaustive()
    }
}
