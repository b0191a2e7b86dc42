//! Names on the server: what has one, and giving another.

use super::RemotePath;
use super::channel::Setback;
use super::client::Client;
use super::explain::{kind, said};
use crate::base::{Kind, Result, Stage};
use crate::proto::ftp::{BadArgument, Event, Reply, Session, Verb, Want};

/// Whether there is a file of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// There is, of this size if the server tells.
    There(Option<u64>),
    /// There is none.
    Missing,
    /// The server does not tell; what it said.
    Unknown(Option<Reply>),
}

/// What stands under two names, right before the one is given up for the other.
#[derive(Debug)]
pub(crate) struct Checked {
    /// The size under the old name, if the server tells.
    pub size: Option<u64>,
    /// Whether something stands under the new name, as far as the server tells.
    pub taken: bool,
    /// The answer to RNFR.
    pub from: Option<Reply>,
}

impl Client {
    /// Whether there is a file at `path`, by SIZE and MDTM.
    ///
    /// # Errors
    /// Those of the control channel.
    pub(crate) async fn presence(&mut self, path: &RemotePath) -> Result<Presence> {
        let want = Want {
            size: true,
            modified: true,
            ..Want::default()
        };
        let doing = format!("look for `{path}` at {}", self.target());
        let asked = self.0.ask(path, want, &doing).await;
        if let Err(setback) = asked {
            self.0.mend(setback).await?;
            let asked = self.0.ask(path, want, &doing).await;
            asked.map_err(|setback| setback.error)?;
        }
        let stat = self.0.asked.stat();
        if stat.size.is_some() || stat.modified.is_some() {
            return Ok(Presence::There(stat.size));
        }
        Ok(match self.0.asked.missing() {
            Some(_) => Presence::Missing,
            None => Presence::Unknown(self.0.asked.no_size()),
        })
    }

    /// The size of the file at `path`, if there is one and the server tells.
    ///
    /// # Errors
    /// Those of the control channel.
    pub(crate) async fn size(&mut self, path: &RemotePath) -> Result<Option<u64>> {
        let want = Want {
            size: true,
            ..Want::default()
        };
        let doing = format!("look for `{path}` at {}", self.target());
        let events = self
            .order(&doing, |session| session.ask(path, want))
            .await?;
        Ok(sizes(&events).next().flatten())
    }

    /// Prepares to give the file `old` the name `new`, in one flight: what stands under both, and
    /// RNFR. With `over`, what stands under the new name is of no interest.
    ///
    /// # Errors
    /// Those of the control channel.
    pub(crate) async fn check_names(
        &mut self,
        old: &RemotePath,
        new: &RemotePath,
        over: bool,
    ) -> Result<Checked> {
        let want = Want {
            size: true,
            ..Want::default()
        };
        let doing = naming(self, old, new);
        let asked = self.order(&doing, |session| {
            if !over {
                session.ask(new, want)?;
            }
            session.ask(old, want)?;
            // RNTO must come right behind it, so that it is the last one.
            session.rename_from(old)
        });
        let events = asked.await?;
        let mut sizes = sizes(&events);
        let taken = !over && sizes.next().flatten().is_some();
        let size = sizes.next().flatten();
        Ok(Checked {
            size,
            taken,
            from: answer(&events, Verb::Rnfr),
        })
    }

    /// Gives the file of the RNFR before its new name. A refusal is given back.
    ///
    /// # Errors
    /// Those of the control channel.
    pub(crate) async fn rename_to(
        &mut self,
        old: &RemotePath,
        new: &RemotePath,
    ) -> Result<Result<(), Reply>> {
        let doing = naming(self, old, new);
        // Sent once: behind another login it would have no RNFR before it.
        let events = self.try_order(&doing, |session| session.rename_to(new));
        let events = events.await.map_err(|setback| setback.error)?;
        Ok(refusal(&events, Verb::Rnto))
    }

    /// Says again what gets another name. A refusal is given back.
    ///
    /// # Errors
    /// Those of the control channel.
    pub(crate) async fn rename_from(&mut self, old: &RemotePath) -> Result<Result<(), Reply>> {
        let doing = format!("rename `{old}` at {}", self.target());
        let events = self.order(&doing, |session| session.rename_from(old));
        Ok(refusal(&events.await?, Verb::Rnfr))
    }

    /// Whether `path` is a folder: whether it can be gone into, and `no_folder` cannot. (Mainframes
    /// go into any name.) The login may be in another folder then, so that it is given up.
    pub(crate) async fn finds_folder(mut self, path: &RemotePath, no_folder: &RemotePath) -> bool {
        let doing = format!("look for the folder `{path}` at {}", self.target());
        self.0.enter(no_folder, &doing).await.is_err() && self.0.enter(path, &doing).await.is_ok()
    }

    /// Removes a file. A refusal is given back.
    ///
    /// # Errors
    /// Those of the control channel.
    pub(crate) async fn delete(&mut self, path: &RemotePath) -> Result<Result<(), Reply>> {
        let doing = format!("remove `{path}` at {}", self.target());
        let events = self.order(&doing, |session| session.delete(path));
        Ok(refusal(&events.await?, Verb::Dele))
    }

    /// Makes the folders on the way to `path`. Those that are there already refuse, and what cannot
    /// be made is told by what is written into it.
    ///
    /// # Errors
    /// Those of the control channel.
    pub(crate) async fn make_folders(&mut self, path: &RemotePath) -> Result<()> {
        let bytes = path.as_bytes();
        let ends = (1..bytes.len()).filter(|at| bytes[*at] == b'/' && bytes[*at - 1] != b'/');
        for end in ends {
            let folder = RemotePath::of_bytes(&bytes[..end]);
            let doing = format!("make the folder `{folder}` at {}", self.target());
            let events = self.order(&doing, |session| session.make_folder(&folder));
            if let Err(reply) = refusal(&events.await?, Verb::Mkd) {
                tracing::debug!("ftp: the folder `{folder}` is not made: {reply}");
            }
        }
        Ok(())
    }

    /// Sends commands together, and gives what was answered; once more if that may help.
    async fn order(
        &mut self,
        doing: &str,
        queue: impl Fn(&mut Session) -> Result<(), BadArgument>,
    ) -> Result<Vec<Event>> {
        match self.try_order(doing, &queue).await {
            Err(setback) if setback.remedy.is_some() => {
                self.0.mend(setback).await?;
                let again = self.try_order(doing, &queue).await;
                again.map_err(|setback| setback.error)
            }
            ordered => ordered.map_err(|setback| setback.error),
        }
    }

    async fn try_order(
        &mut self,
        doing: &str,
        queue: impl Fn(&mut Session) -> Result<(), BadArgument>,
    ) -> Result<Vec<Event>, Setback> {
        let queued = queue(&mut self.0.control.session);
        queued.map_err(|bad| self.0.unsendable(bad, doing))?;
        let mut events = Vec::new();
        loop {
            match self.0.control.next().await {
                Ok(Some(event @ (Event::Size(_) | Event::Answered { .. }))) => events.push(event),
                Ok(Some(event)) => self.0.note(event),
                Ok(None) => return Ok(events),
                Err(trouble) => return Err(self.0.setback(trouble, Stage::Request, doing)),
            }
        }
    }

    /// The error for a file that is whole on the server and does not get its name.
    pub(crate) fn unnamed(
        &self,
        old: &RemotePath,
        new: &RemotePath,
        reply: &Reply,
    ) -> crate::base::Error {
        let what = format!("the file is whole, but the server does not give it its name `{new}`:");
        let kind = match kind(reply) {
            Kind::TargetAuth => Kind::TargetRefused,
            kind => kind,
        };
        let error = said(kind, Stage::Request, &what, reply).about(new.to_string());
        self.blame(error, &naming(self, old, new))
    }
}

fn naming(client: &Client, old: &RemotePath, new: &RemotePath) -> String {
    format!("rename `{old}` to `{new}` at {}", client.target())
}

fn sizes(events: &[Event]) -> impl Iterator<Item = Option<u64>> {
    events.iter().filter_map(|event| match event {
        Event::Size(size) => Some(size.as_ref().ok().copied()),
        _ => None,
    })
}

fn answer(events: &[Event], wanted: Verb) -> Option<Reply> {
    events.iter().find_map(|event| match event {
        Event::Answered { verb, reply } if *verb == wanted => Some(reply.clone()),
        _ => None,
    })
}

/// The refusal of a command, if it was one: 350 asks for more and is none.
fn refusal(events: &[Event], verb: Verb) -> Result<(), Reply> {
    match answer(events, verb) {
        Some(reply) if reply.code() >= 400 => Err(reply),
        _ => Ok(()),
    }
}
