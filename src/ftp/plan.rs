//! Logging in.

use std::sync::Arc;
use std::time::Instant;

use super::channel::{Asked, Channel, Setback};
use super::control::Control;
use super::dial::Dial;
use super::{Login, Memory, RemotePath, Want};
use crate::base::{Error, Kind, Result, Route, Stage, Steps, Target};
use crate::proto::ftp::{BadArgument, Habits, Pace, Session};

/// Everything it takes to log in, once more if need be.
pub(super) struct Plan {
    pub(super) dial: Arc<dyn Dial>,
    pub(super) target: Target,
    pub(super) route: Route,
    pub(super) login: Login,
    pub(super) memory: Memory,
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
            Err(setback) if setback.remedy.is_some() => self.log_in_slowly(habits, errand).await,
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

    async fn log_in_as(
        self: &Arc<Self>,
        habits: Habits,
        errand: Option<&(RemotePath, Want)>,
    ) -> Result<Channel, Setback> {
        let doing = format!("log in at {}", self.target);
        let login = &self.login;
        let unsendable = |bad: BadArgument| {
            Error::new(Kind::Usage, Stage::Login, bad.to_string())
                .while_doing(doing.clone())
                .with_route(&self.route)
        };
        let password = login.password.as_ref();
        let mut session = Session::new(&login.username, password, habits).map_err(unsendable)?;
        if let Some((path, want)) = errand {
            session.ask(path, *want).map_err(unsendable)?;
        }
        let wants_port = errand.is_some_and(|(_, want)| want.port);
        let ahead = wants_port.then(|| self.dial.dial_ahead(&self.route));
        let mut stream = self.dial.open(&self.route, &self.target, None).await?;
        let mut channel = Channel {
            plan: Arc::clone(self),
            habits,
            logged_in: Steps::default(),
            recent: stream.take_steps(),
            control: Control::new(stream, session, self.dial.timeouts().reply),
            asked: Asked::default(),
            port: None,
            ahead: ahead.flatten(),
            clock: Instant::now(),
        };
        channel.asked.path = errand.map(|(path, _)| path.clone());
        channel.settle(&doing, Stage::Greeting).await?;
        Ok(channel)
    }
}
