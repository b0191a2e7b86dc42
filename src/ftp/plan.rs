//! Logging in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::channel::{Asked, Channel, Remedy, Setback};
use super::control::Control;
use super::dial::Dial;
use super::{Login, Memory, RemotePath, TransferType, Want, protect};
use crate::base::{Encoding, Error, Kind, Result, Route, Stage, Steps, Target};
use crate::dial::Stream;
use crate::proto::ftp::{BadArgument, Habits, Pace, Protection, Session};
use crate::tls::{self, OneSession, Versions};
use crate::tunnel::advice;

/// Everything it takes to log in, once more if need be.
pub(super) struct Plan {
    pub(super) dial: Arc<dyn Dial>,
    pub(super) target: Target,
    pub(super) route: Route,
    pub(super) login: Login,
    pub(super) memory: Memory,
    pub(super) protection: Protection,
    pub(super) encoding: Option<Encoding>,
    /// How often NOOP is sent while data moves.
    pub(super) keepalive: Option<Duration>,
    pub(super) transfer_type: TransferType,
}

impl Plan {
    /// Connects and logs in, by what is known about the server, and in lock-step when it stumbles.
    pub(super) async fn log_in(
        self: &Arc<Self>,
        errand: Option<&(RemotePath, Want)>,
    ) -> Result<Channel> {
        let habits = self.memory.habits(&self.target);
        match self.log_in_as(habits, errand).await {
            Ok(channel) => Ok(channel),
            Err(setback) if setback.remedy == Some(Remedy::LockStep) => {
                self.log_in_slowly(habits, errand).await
            }
            Err(setback) => Err(setback.error),
        }
    }

    /// Connects and logs in in lock-step, and remembers it when that goes well.
    pub(super) async fn log_in_slowly(
        self: &Arc<Self>,
        habits: Habits,
        errand: Option<&(RemotePath, Want)>,
    ) -> Result<Channel> {
        tracing::debug!("ftp: {} stumbles, going in lock-step", self.target);
        let slow = Habits {
            pace: Pace::LockStep,
            ..habits
        };
        let channel = self.log_in_as(slow, errand).await;
        let channel = channel.map_err(|setback| setback.error)?;
        self.memory.note(&self.target, channel.habits);
        Ok(channel)
    }

    /// Connects and logs in; offers newer versions of TLS too where the server refuses those that
    /// are offered first, and remembers it when that goes well.
    async fn log_in_as(
        self: &Arc<Self>,
        habits: Habits,
        errand: Option<&(RemotePath, Want)>,
    ) -> Result<Channel, Setback> {
        let offered = self.memory.versions(&self.target);
        let wants_newer = |setback: &Setback| setback.remedy == Some(Remedy::NewerTls);
        match self.attempt(habits, offered, errand).await {
            Err(setback) if wants_newer(&setback) && offered != Versions::All => {
                tracing::debug!("ftp: {} refuses TLS 1.2: {}", self.target, setback.error);
                let newer = self.attempt(habits, Versions::All, errand).await;
                if newer.is_ok() {
                    self.memory.refuse_tls12(&self.target);
                }
                newer
            }
            attempted => attempted,
        }
    }

    async fn attempt(
        self: &Arc<Self>,
        habits: Habits,
        versions: Versions,
        errand: Option<&(RemotePath, Want)>,
    ) -> Result<Channel, Setback> {
        let doing = format!("log in at {}", self.target);
        let login = &self.login;
        let told = |error: Error| error.while_doing(doing.clone()).with_route(&self.route);
        let unsendable =
            |bad: BadArgument| told(Error::new(Kind::Usage, Stage::Login, bad.to_string()));
        let password = login.password.as_ref();
        let session = Session::new(
            &login.username,
            password,
            habits,
            self.protection,
            self.transfer_type,
        );
        let mut session = session.map_err(unsendable)?;
        if let Some((path, want)) = errand {
            session.ask(path, *want).map_err(unsendable)?;
        }
        let tls = match self.protection {
            Protection::Clear => None,
            _ => Some(
                self.dial
                    .one_session(&self.target, versions)
                    .map_err(told)?,
            ),
        };
        let wants_port = errand.is_some_and(|(_, want)| want.port);
        let ahead = wants_port.then(|| self.dial.dial_ahead(&self.route));
        let mut stream = self.dial.open(&self.route, &self.target, None).await?;
        if let (Protection::Implicit, Some(tls)) = (self.protection, &tls) {
            stream = self.secure(stream, tls).await?;
        }
        let mut channel = Channel {
            plan: Arc::clone(self),
            habits,
            logged_in: Steps::default(),
            recent: stream.take_steps(),
            control: Control::new(stream, session, self.dial.timeouts().reply),
            asked: Asked::default(),
            port: None,
            data_target: None,
            data_passed: false,
            tls,
            following: false,
            takes_port_behind: false,
            ahead: ahead.flatten(),
            clock: Instant::now(),
        };
        channel.asked.path = errand.map(|(path, _)| path.clone());
        channel.settle(&doing, Stage::Greeting).await?;
        Ok(channel)
    }

    /// Starts implicit TLS on the control channel.
    async fn secure(&self, stream: Stream, session: &OneSession) -> Result<Stream, Setback> {
        let secured = self.dial.secure(stream, &self.target, session).await;
        secured.map_err(|error| {
            let remedy = tls::wants_newer(&error).then_some(Remedy::NewerTls);
            let error = protect::explain(error, &self.target).with_route(&self.route);
            let error = match self.route.proxy() {
                Some(proxy) => advice::behind_tunnel(error, proxy, &self.target),
                None => error,
            };
            Setback { error, remedy }
        })
    }
}
