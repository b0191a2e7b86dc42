//! Opening a file or a folder: data port, data channel, and RETR, STOR, MLSD, LIST or NLST.

use std::sync::Arc;
use std::time::Duration;

use super::channel::{Channel, Remedy, Setback};
use super::control::Trouble;
use super::dial::Opening;
use super::{RemotePath, Want};
use crate::base::{Error, Kind, Stage};
use crate::dial::Stream;
use crate::proto::ftp::listing::Form;
use crate::proto::ftp::{Event, Failure, Passive, Reply, Verb};

/// How long the server's word on a file is waited for when its data port turned out to be closed.
const WORD_WAIT: Duration = Duration::from_secs(1);

/// How opening a file ended well.
pub(super) enum Opened {
    /// The server sends it, or takes it, over this stream; the size is the one its 150 tells.
    Coming {
        data: Stream,
        announced: Option<u64>,
    },
    /// REST was refused.
    NoRestart(Reply),
}

/// What to open at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A file, from an offset on.
    File(u64),
    /// A file, from an offset on: what was asked of it is looked at when it comes.
    Piece(u64),
    /// A file to write, from an offset on.
    Stored(u64),
    /// A file to write on, at its end.
    Appended,
    /// A folder, named with the command.
    Folder(Form),
    /// A folder, gone into first.
    Entered(Form),
}

impl What {
    /// The form of a folder's listing.
    pub(super) fn form(self) -> Option<Form> {
        match self {
            Self::File(_) | Self::Piece(_) | Self::Stored(_) | Self::Appended => None,
            Self::Folder(form) | Self::Entered(form) => Some(form),
        }
    }

    /// The command that asks for it.
    fn verb(self) -> Verb {
        match self {
            Self::File(_) | Self::Piece(_) => Verb::Retr,
            Self::Stored(_) => Verb::Stor,
            Self::Appended => Verb::Appe,
            Self::Folder(Form::Mlsd) | Self::Entered(Form::Mlsd) => Verb::Mlsd,
            Self::Folder(Form::List) | Self::Entered(Form::List) => Verb::List,
            Self::Folder(Form::Nlst) | Self::Entered(Form::Nlst) => Verb::Nlst,
        }
    }
}

impl Channel {
    /// Opens what is at `path`.
    pub(super) async fn open(
        &mut self,
        path: &RemotePath,
        what: What,
        want: Want,
        doing: &str,
    ) -> Result<Opened, Setback> {
        let want = Want { port: true, ..want };
        // A second command in the same folder: a path may be relative to where the login began.
        if matches!(what, What::Entered(_)) && !self.asked.is_in(path) {
            self.enter(path, doing).await?;
        }
        let answered = self.send_questions(path, want, doing).await?;
        let at_once = matches!(what, What::File(0) | What::Piece(_)) && self.may_retrieve_behind();
        if !at_once {
            self.settle_anew(doing, answered).await?;
        }
        let may_restart = self.takes_port_behind;
        let session = &mut self.control.session;
        let asked = match what {
            // A server that copes with what waits behind a transfer copes with this.
            What::Piece(offset) if may_restart => session.retrieve_at_once(path, offset),
            What::File(offset) | What::Piece(offset) => session.retrieve(path, offset),
            What::Stored(offset) => session.store(path, offset),
            What::Appended => session.append(path),
            What::Folder(form) => session.list(Some(path), form),
            What::Entered(form) => session.list(None, form),
        };
        asked.map_err(|bad| self.unsendable(bad, doing))?;
        self.following = want.following;
        if want.following {
            let asked = self.ask_following(path);
            asked.map_err(|bad| self.unsendable(bad, doing))?;
        }
        let sent = self.control.send().await;
        sent.map_err(|trouble| self.setback(trouble, Stage::Request, doing))?;
        let data = self.open_either(doing).await?;
        self.control.session.data_opened();
        match self.protect(data, what.verb(), doing).await? {
            Ok(data) => self.started(data, doing).await,
            Err(reply) => Ok(Opened::NoRestart(reply)),
        }
    }

    /// Goes into a folder: what shows that there is one.
    pub(super) async fn enter(&mut self, path: &RemotePath, doing: &str) -> Result<(), Setback> {
        self.ask(path, Want::default(), doing).await?;
        // No CWD is sent for the folder of the login.
        self.asked.entered = Some(Ok(()));
        let asked = self.control.session.enter(path);
        asked.map_err(|bad| self.unsendable(bad, doing))?;
        self.settle(doing, Stage::Request).await?;
        match self.asked.entered.clone() {
            Some(Err(reply)) => {
                let verb = Verb::Cwd;
                let trouble = Trouble::Failed(Failure::Refused { verb, reply });
                Err(self.setback(trouble, Stage::Request, doing))
            }
            _ => Ok(()),
        }
    }

    /// Goes into the folder, opens a data channel that will carry nothing, and closes it again. Under
    /// TLS it carries the beginning of a listing: without a command no server does its part of the
    /// handshake.
    pub(super) async fn try_data(&mut self, path: &RemotePath, doing: &str) -> Result<(), Setback> {
        if !path.as_folder().is_empty() && !self.asked.is_in(path) {
            self.enter(path, doing).await?;
        }
        if self.tls.is_some() {
            let what = What::Entered(Form::List);
            let opened = self.open(path, what, Want::default(), doing).await;
            return match opened {
                // There is nothing to list, and nothing wrong with the data channel.
                Err(setback)
                    if setback
                        .error
                        .answer()
                        .is_some_and(|a| matches!(a.code, 450 | 550)) =>
                {
                    Ok(())
                }
                opened => opened.map(drop),
            };
        }
        let want = Want {
            port: true,
            ..Want::default()
        };
        self.ask(path, want, doing).await?;
        self.open_either(doing).await.map(drop)
    }

    /// Opens the data channel to the port that EPSV gave, or else to that of PASV.
    async fn open_either(&mut self, doing: &str) -> Result<Stream, Setback> {
        match self.open_data(doing).await? {
            Ok(data) => Ok(data),
            Err((error, Passive::Extended)) => self.open_plain(error, doing).await,
            Err((error, Passive::Plain)) => Err(error.into()),
        }
    }

    /// Opens the data channel to the port that the server gave. A failure to open it, where
    /// another port may help, is given with the command that asked for this one.
    async fn open_data(
        &mut self,
        doing: &str,
    ) -> Result<Result<Stream, (Error, Passive)>, Setback> {
        let Some((port, passive)) = self.port.take() else {
            let trouble = Trouble::Failed(Failure::Closed);
            return Err(self.setback(trouble, Stage::Passive, doing));
        };
        let plan = Arc::clone(&self.plan);
        let target = plan.target.at_port(port);
        self.data_target = Some(target.clone());
        let started = std::time::Instant::now();
        let opening = plan.dial.open(&plan.route, &target, self.ahead.take());
        if self.following {
            // Now: of a small file all comes in one piece, and the next one begins at once.
            self.dial_ahead();
        }
        match self.meanwhile(opening, doing).await? {
            Ok(mut data) => {
                let mut steps = data.take_steps();
                if !steps.rename_last(Stage::Connect, Stage::Data) {
                    steps.pass(Stage::Data, target.authority(), "open", started.elapsed());
                }
                self.recent.extend(steps);
                self.clock = std::time::Instant::now();
                self.data_passed = true;
                Ok(Ok(data))
            }
            Err(error) => {
                // A dead port looks like this; a 403 is the proxy's policy.
                let may_pass = matches!(
                    error.kind(),
                    Kind::Dial | Kind::Timeout | Kind::ProxyUnavailable | Kind::ProxyProtocol
                );
                let error = self.if_one_port(error);
                let error = self.blame(error.of_data_channel(), doing);
                let is_early = may_pass && self.control.session.is_moving();
                // Of what came at once, the session may be past the refusal that waits to be heard.
                let is_answered = may_pass && self.control.has_events();
                if (is_early || is_answered)
                    && let Some(refusal) = self.refusal().await
                {
                    return Err(self.setback(refusal, Stage::Request, doing));
                }
                match may_pass {
                    // The server waits at the dead port: only another login has its ear.
                    true if is_early => Err(Setback {
                        error,
                        remedy: (passive == Passive::Extended).then_some(Remedy::Plain),
                    }),
                    true => Ok(Err((error, passive))),
                    false => Err(error.into()),
                }
            }
        }
    }

    /// Where the proxy let a data port of this login through before, its 403 is about this one number,
    /// and the next try gets another. That is bounded: a new login whose first port is refused ends it.
    fn if_one_port(&self, error: Error) -> Error {
        let forbidden = error.answer().is_some_and(|answer| answer.code == 403);
        match forbidden && error.kind() == Kind::ProxyRefused && self.data_passed {
            true => error
                .and_also(", but let other data ports of this login through")
                .transient(),
            false => error,
        }
    }

    /// Opens the data channel while the server may already answer REST and RETR: what refuses the
    /// file counts at once, what announces it is kept until the channel stands.
    async fn meanwhile(
        &mut self,
        mut opening: Opening<'_>,
        doing: &str,
    ) -> Result<Result<Stream, Error>, Setback> {
        if self.control.session.is_settled() {
            return Ok(opening.await);
        }
        let mut early = Vec::new();
        let opened = loop {
            let told = tokio::select! {
                biased;
                opened = &mut opening => break opened,
                told = self.control.next() => told,
            };
            match told {
                Ok(Some(answer @ (Event::Size(_) | Event::Modified(_)))) => self.note(answer),
                Ok(Some(event)) => early.push(event),
                // All is said: only the data is still to come.
                Ok(None) => break opening.await,
                // The server waits for the data channel too; its opening has limits of its own.
                Err(Trouble::Silence(_)) => {}
                // The file was announced: what was sent before the trouble counts.
                Err(_) if !early.is_empty() => break opening.await,
                Err(trouble) => return Err(self.setback(trouble, Stage::Request, doing)),
            }
        };
        self.control.put_back(early);
        Ok(opened)
    }

    /// What the server said of the file, where that is why the data channel cannot be opened: a port
    /// that nothing will come by is closed at once (ProFTPD), often before the word is here.
    async fn refusal(&mut self) -> Option<Trouble> {
        let heard = async {
            loop {
                match self.control.next().await {
                    Ok(Some(answer @ (Event::Size(_) | Event::Modified(_)))) => self.note(answer),
                    Ok(Some(event)) => {
                        self.control.put_back([event]);
                        return None;
                    }
                    Ok(None) => return None,
                    Err(trouble) => return trouble.refuses_file().then_some(trouble),
                }
            }
        };
        tokio::time::timeout(WORD_WAIT, heard).await.ok().flatten()
    }

    /// Tries PASV after EPSV's port could not be reached: behind some firewalls the server's EPSV
    /// port is dead. A second failure is reported as such; when PASV is refused, the first one is.
    async fn open_plain(&mut self, first: Error, doing: &str) -> Result<Stream, Setback> {
        tracing::debug!("ftp: the port of EPSV is dead, trying PASV: {first}");
        let tried = self.control.session.data_failed(Passive::Extended);
        if !tried.map_err(|bad| self.unsendable(bad, doing))? {
            return Err(first.into());
        }
        let settled = self.settle(doing, Stage::Passive).await;
        if let Err(setback) = settled {
            return Err(if setback.remedy.is_some() {
                setback
            } else {
                first.into()
            });
        }
        match self.open_data(doing).await? {
            Ok(data) => Ok(data),
            Err((second, _)) => Err(second.into()),
        }
    }

    /// Waits for the server's word that the file is coming.
    async fn started(&mut self, data: Stream, doing: &str) -> Result<Opened, Setback> {
        loop {
            let announced = match self.control.next().await {
                Ok(Some(Event::Started { size })) => size,
                Ok(Some(Event::NoRestart(reply))) => return Ok(Opened::NoRestart(reply)),
                Ok(Some(ended @ Event::Ended(_))) => {
                    // No 150 came before: the download asks for the final reply again.
                    self.control.put_back([ended]);
                    None
                }
                Ok(Some(event)) => {
                    self.note(event);
                    continue;
                }
                Ok(None) => {
                    if let Some(reply) = self.asked.no_restart.take() {
                        return Ok(Opened::NoRestart(reply));
                    }
                    let trouble = Trouble::Failed(Failure::Closed);
                    return Err(self.setback(trouble, Stage::Request, doing));
                }
                Err(trouble) => return Err(self.setback(trouble, Stage::Request, doing)),
            };
            return Ok(Opened::Coming { data, announced });
        }
    }
}
