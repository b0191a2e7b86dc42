//! A logged-in control channel: asking, and what was learned.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client::Stat;
use super::control::{Control, Trouble};
use super::explain::explain;
use super::plan::Plan;
use super::{Modified, RemotePath, Want};
use super::{protect, remark};
use crate::base::{Error, Kind, Result, Stage, Steps, Target};
use crate::connector::Ahead;
use crate::dial::passed;
use crate::proto::ftp::listing::Form;
use crate::proto::ftp::{BadArgument, Event, Habits, Pace, Passive, Reply, servers};
use crate::tls::{self, OneSession};
use crate::tunnel::advice;

/// How long a data port may wait for its use: firewalls forget, and servers use it otherwise.
const PORT_KEPT: Duration = Duration::from_secs(10);

/// A logged-in control channel.
pub(super) struct Channel {
    pub(super) plan: Arc<Plan>,
    pub(super) habits: Habits,
    pub(super) control: Control,
    pub(super) asked: Asked,
    /// A port that the server listens at and that is not used yet.
    pub(super) port: Option<(u16, Passive)>,
    /// Where the data channel that was opened last leads.
    pub(super) data_target: Option<Target>,
    /// Whether a data channel of this login came to stand.
    pub(super) data_passed: bool,
    /// What the data channels share with the control channel, unless all is in clear.
    pub(super) tls: Option<OneSession>,
    /// A socket to the proxy for the data channel.
    pub(super) ahead: Option<Ahead>,
    /// Whether another file follows the one that is being opened.
    pub(super) following: bool,
    /// Whether the server takes EPSV behind an unfinished RETR.
    pub(super) takes_port_behind: bool,
    /// From dialling to the login.
    pub(super) logged_in: Steps,
    /// Of the last operation.
    pub(super) recent: Steps,
    /// When the last step ended.
    pub(super) clock: Instant,
}

/// The answers about the file that was asked about last.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) path: Option<RemotePath>,
    size: Option<Result<u64, Reply>>,
    modified: Option<Result<Modified, Reply>>,
    /// Whether the login is in the folder of that path, once it was to go there.
    pub(super) entered: Option<Result<(), Reply>>,
    /// A refused REST that came while a dead port was being replaced.
    pub(super) no_restart: Option<Reply>,
    /// The last word of a listing, if it says that there is more than was listed.
    pub(super) cut_short: Option<Reply>,
}

impl Asked {
    /// The answers without the refusals.
    pub(super) fn stat(&self) -> Stat {
        Stat {
            size: self.size.clone().and_then(Result::ok),
            modified: self.modified.clone().and_then(Result::ok),
        }
    }

    /// Forgets the answers, but not in which folder the login is.
    pub(super) fn forget_answers(&mut self) {
        self.size = None;
        self.modified = None;
        self.no_restart = None;
    }

    /// Whether the login is in the folder `path`.
    pub(super) fn is_in(&self, path: &RemotePath) -> bool {
        self.path.as_ref() == Some(path) && self.entered == Some(Ok(()))
    }

    /// The refusal of SIZE.
    pub(super) fn no_size(&self) -> Option<Reply> {
        self.size.clone().and_then(Result::err)
    }

    /// Both refusals, when the server says 550 to either question: there is no such file.
    pub(super) fn missing(&self) -> Option<&Reply> {
        match (&self.size, &self.modified) {
            // A server without MDTM says so whatever file is asked about.
            (Some(Err(size)), Some(Err(modified))) => {
                let unknown = matches!(modified.code(), 500 | 502 | 504 | 550);
                (size.code() == 550 && unknown).then_some(size)
            }
            _ => None,
        }
    }
}

/// An error, and what may do better.
pub(super) struct Setback {
    pub(super) error: Error,
    pub(super) remedy: Option<Remedy>,
}

/// What may do better than a control channel that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// A new one in lock-step: the server stumbled over commands sent together.
    LockStep,
    /// A new one: the server closed the old one while it was idle.
    Fresh,
    /// A new one that asks for data ports by PASV: EPSV's was dead, and the old one waits for it.
    Plain,
    /// A new one that offers newer versions of TLS: the server refused those that are offered first.
    NewerTls,
}

impl From<Error> for Setback {
    fn from(error: Error) -> Self {
        Self {
            error,
            remedy: None,
        }
    }
}

impl Channel {
    /// The stages passed.
    pub(super) fn steps(&self) -> Steps {
        let mut steps = self.logged_in.clone();
        steps.extend(self.recent.clone());
        steps
    }

    /// Logs in again, when that may do better; else gives the error.
    pub(super) async fn mend(&mut self, setback: Setback) -> Result<()> {
        let plan = Arc::clone(&self.plan);
        *self = match setback.remedy {
            Some(Remedy::LockStep) => plan.log_in_slowly(self.habits, None).await?,
            Some(Remedy::Fresh) => plan.log_in(None).await?,
            Some(Remedy::Plain) => {
                self.learn(Passive::Plain);
                plan.log_in(None).await?
            }
            // The login would have tried it.
            Some(Remedy::NewerTls) | None => return Err(setback.error),
        };
        Ok(())
    }

    /// Finds out what is wanted, as far as it is not known.
    pub(super) async fn ask(
        &mut self,
        path: &RemotePath,
        want: Want,
        doing: &str,
    ) -> Result<(), Setback> {
        let answered = self.send_questions(path, want, doing).await?;
        self.settle_anew(doing, answered).await
    }

    /// Asks what is wanted, as far as it is not known, and waits for no answer. Gives how many
    /// there were before.
    pub(super) async fn send_questions(
        &mut self,
        path: &RemotePath,
        want: Want,
        doing: &str,
    ) -> Result<u64, Setback> {
        let idle = self.clock.elapsed();
        self.begin();
        // The answers of a call that was given up.
        let answered = self.control.session.answered();
        self.settle_anew(doing, answered).await?;
        if idle > PORT_KEPT {
            (self.port, self.ahead) = (None, None);
        }
        if self.asked.path.as_ref() != Some(path) {
            self.asked = Asked {
                path: Some(path.clone()),
                ..Asked::default()
            };
        }
        let want = Want {
            size: want.size && self.asked.size.is_none(),
            modified: want.modified && self.asked.modified.is_none(),
            port: want.port && self.port.is_none(),
            following: false,
        };
        if want.port {
            self.dial_ahead();
        }
        let answered = self.control.session.answered();
        let asked = self.control.session.ask(path, want);
        asked.map_err(|bad| self.unsendable(bad, doing))?;
        Ok(answered)
    }

    /// Whether RETR may follow questions about the file at once: the port for its data is known,
    /// and the server one of those that answer what waits behind a command.
    pub(super) fn may_retrieve_behind(&self) -> bool {
        self.port.is_some() && self.takes_port_behind && self.habits.pace == Pace::OneFlight
    }

    /// Begins to dial for the next data channel, if nobody has.
    pub(super) fn dial_ahead(&mut self) {
        if self.ahead.is_none() {
            self.ahead = self.plan.dial.dial_ahead(&self.plan.route);
        }
    }

    /// Asks for the port of the file after the one that was just asked for.
    pub(super) fn ask_following(&mut self, path: &RemotePath) -> Result<(), BadArgument> {
        if !self.takes_port_behind || !self.control.session.is_moving() {
            return Ok(());
        }
        let want = Want {
            port: true,
            ..Want::default()
        };
        self.control.session.ask(path, want)
    }

    /// Settles after a pause: a server that closed before it answered anything did so because of
    /// the pause.
    pub(super) async fn settle_anew(&mut self, doing: &str, answered: u64) -> Result<(), Setback> {
        let settled = self.settle_or_tell(Stage::Request).await;
        settled.map_err(|(trouble, stage)| {
            let idle = trouble.is_gone() && answered == self.control.session.answered();
            let mut setback = self.setback(trouble, stage, doing);
            if idle {
                setback.remedy = Some(Remedy::Fresh);
            }
            setback
        })
    }

    /// Starts the record of another operation. The step to a port that waits belongs to the one
    /// that will use it.
    fn begin(&mut self) {
        let recent = std::mem::take(&mut self.recent);
        if let Some(step) = recent.last()
            && self.port.is_some()
            && step.stage == Stage::Passive
        {
            self.recent.push(step.clone());
        }
        self.clock = Instant::now();
    }

    /// Waits until every command is answered, and notes the answers.
    pub(super) async fn settle(&mut self, doing: &str, stage: Stage) -> Result<(), Setback> {
        let settled = self.settle_or_tell(stage).await;
        settled.map_err(|(trouble, stage)| self.setback(trouble, stage, doing))
    }

    async fn settle_or_tell(&mut self, mut stage: Stage) -> Result<(), (Trouble, Stage)> {
        loop {
            match self.control.next().await {
                Ok(Some(Event::Secure(reply))) => {
                    let secured = self.secure(&reply).await;
                    secured.map_err(|trouble| (trouble, Stage::TargetTls))?;
                    stage = Stage::Login;
                }
                Ok(Some(event)) => {
                    stage = match event {
                        Event::Greeted(_) if self.control.session.is_securing() => Stage::TargetTls,
                        Event::Greeted(_) | Event::InClear(_) => Stage::Login,
                        Event::LoggedIn(_) => Stage::Request,
                        _ => stage,
                    };
                    self.note(event);
                }
                Ok(None) => return Ok(()),
                Err(trouble) => return Err((trouble, stage)),
            }
        }
    }

    pub(super) fn note(&mut self, event: Event) {
        let elapsed = self.clock.elapsed();
        let server = self.plan.target.authority();
        match event {
            Event::Greeted(reply) => {
                self.takes_port_behind = servers::takes_port_behind(&reply);
                self.pass(Stage::Greeting, server, &reply.to_string(), elapsed);
            }
            Event::InClear(reply) => self.give_up_tls(&reply),
            Event::LoggedIn(reply) => {
                let user = crate::base::text::clip(&self.plan.login.username);
                self.pass(Stage::Login, user, &reply.to_string(), elapsed);
                self.logged_in = std::mem::take(&mut self.recent);
            }
            Event::Size(size) => self.asked.size = Some(size),
            Event::Modified(modified) => self.asked.modified = Some(modified),
            Event::Entered(entered) => self.asked.entered = Some(entered),
            Event::Port {
                port,
                passive,
                reply,
            } => {
                self.learn(passive);
                self.port = Some((port, passive));
                if passive == Passive::Plain {
                    remark::plain(&self.plan, &reply);
                }
                let words = format!("{}, port {port}", reply.code());
                self.pass(Stage::Passive, server, &words, elapsed);
            }
            Event::NoRestart(reply) => self.asked.no_restart = Some(reply),
            _ => return,
        }
        self.clock = Instant::now();
    }

    fn pass(&mut self, stage: Stage, subject: String, answer: &str, elapsed: Duration) {
        self.recent.pass(stage, subject, answer, elapsed);
        if let Some(step) = self.recent.last() {
            passed(step);
        }
    }

    /// Remembers how this server lists folders.
    pub(super) fn learn_form(&mut self, form: Form) {
        if self.habits.listing != form {
            self.habits.listing = form;
            self.plan.memory.note(&self.plan.target, self.habits);
        }
    }

    /// Remembers that this server wants PASV.
    fn learn(&mut self, passive: Passive) {
        if self.habits.passive != passive {
            self.habits.passive = passive;
            self.plan.memory.note(&self.plan.target, self.habits);
        }
    }

    pub(super) fn setback(&self, trouble: Trouble, stage: Stage, doing: &str) -> Setback {
        let remedy = match &trouble {
            Trouble::Tls(error) if tls::wants_newer(error) => Some(Remedy::NewerTls),
            trouble => trouble.is_stumble().then_some(Remedy::LockStep),
        };
        let error = explain(trouble, stage, &self.plan.target, &self.plan.login);
        let error = self.tell(error, doing);
        Setback { error, remedy }
    }

    /// Adds to an error what is known here, and what the tunnel and the lack of TLS explain.
    pub(super) fn tell(&self, error: Error, doing: &str) -> Error {
        let (target, proxy) = (&self.plan.target, self.plan.route.proxy());
        let error = self.blame(error, doing);
        let error = match proxy {
            Some(proxy) => advice::behind_tunnel(error, proxy, target),
            None => error,
        };
        protect::advise(error, target, self.tls.is_some())
    }

    pub(super) fn unsendable(&self, bad: BadArgument, doing: &str) -> Error {
        let error = Error::new(Kind::Usage, Stage::Request, bad.to_string());
        self.blame(error, doing)
    }

    /// Adds to an error what is known here.
    pub(super) fn blame(&self, error: Error, doing: &str) -> Error {
        let subject = match error.stage() {
            Stage::Login => Some(crate::base::text::clip(&self.plan.login.username)),
            Stage::Request => self.asked.path.as_ref().map(ToString::to_string),
            _ => None,
        };
        let error = match subject.filter(|subject| !subject.is_empty()) {
            Some(subject) => error.about(subject),
            None => error,
        };
        error
            .while_doing(doing)
            .with_route(&self.plan.route)
            .after(self.steps())
    }
}
