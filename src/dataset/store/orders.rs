//! Files on an FTP server that go away, or get another name.

use std::sync::atomic::{AtomicBool, Ordering};

use super::super::event::Observer;
use super::super::retry::with_tries;
use super::super::source::{FtpSource, Source};
use super::super::span::{Lack, alone};
use super::material::Material;
use super::part_name::part_name;
use super::replace::Aside;
use crate::base::{Error, Kind, Result, Stage};
use crate::dataset::client::Dataset;
use crate::ftp::{Client, Presence, RemotePath, Want};
use crate::proto::ftp::Reply;

impl Dataset {
    /// Removes the file there, with tries. FTP alone can.
    ///
    /// # Errors
    /// With a [`Lack`] as the source where the server tells what is wrong; every stage up to the
    /// answer.
    pub(crate) async fn remove(&self) -> Result<()> {
        let source = self.ftp().await?;
        let retry = self.retry().clone();
        alone(async move {
            let asked = AtomicBool::new(false);
            let removing = || async {
                let before = asked.load(Ordering::Relaxed);
                match remove(&source, &asked).await {
                    // The answer to an earlier command was lost.
                    Err(error) if before && Lack::of(&error) == Some(Lack::Missing) => Ok(()),
                    removed => removed,
                }
            };
            with_tries(&retry, &Observer::default(), removing).await
        })
        .await
    }

    /// Gives the file there the name of `to`, a dataset of the same server; what has that name goes away when
    /// it is `over`. Missing folders are made. Without tries: what was done once need not be possible again.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub(crate) async fn rename(&self, to: &Self, over: bool) -> Result<()> {
        let source = self.ftp().await?;
        let new = to.ftp().await?.path()?;
        alone(async move { rename(&source, &new, over).await }).await
    }

    async fn ftp(&self) -> Result<FtpSource> {
        match self.source().await? {
            Source::Ftp(source) => Ok(*source),
            _ => {
                let what = "a folder of an HTTP server is read, and not written to";
                Err(Error::new(Kind::Unsupported, Stage::Request, what))
            }
        }
    }
}

/// `asked` is set once the server may have been asked.
async fn remove(source: &FtpSource, asked: &AtomicBool) -> Result<()> {
    let path = source.path()?;
    let (mut client, place) = source.client(&path, Want::default()).await?;
    asked.store(true, Ordering::Relaxed);
    let done = match client.delete(&path).await? {
        Ok(()) => Ok(()),
        Err(reply) => Err(lacking(&mut client, &path, "remove", &reply).await?),
    };
    place.keep(client);
    done
}

async fn rename(source: &FtpSource, new: &RemotePath, over: bool) -> Result<()> {
    let old = source.path()?;
    let (mut client, place) = source.client(&old, Want::default()).await?;
    let done = named(&mut client, &old, new, over).await?;
    place.keep(client);
    done
}

/// The refusal, if it was refused; the outer error is one of the control channel.
async fn named(
    client: &mut Client,
    old: &RemotePath,
    new: &RemotePath,
    over: bool,
) -> Result<Result<()>> {
    if !over {
        match client.presence(new).await? {
            Presence::Missing => {}
            Presence::There(_) => {
                let what = format!("the server has a file `{new}` already");
                let error = Error::new(Kind::TargetRefused, Stage::Request, what);
                return Ok(Err(blame(error, client).with_source(Lack::Taken)));
            }
            Presence::Unknown(_) => {
                let what =
                    format!("the server does not tell whether there is a file `{new}` already");
                let error = Error::new(Kind::Unsupported, Stage::Request, what);
                return Ok(Err(blame(error, client)));
            }
        }
    }
    if let Err(reply) = client.rename_from(old).await? {
        return Ok(Err(lacking(client, old, "rename", &reply).await?));
    }
    let Err(first) = client.rename_to(old, new).await? else {
        return Ok(Ok(()));
    };
    if client.presence(old).await? == Presence::Missing {
        // Some servers ask at RNTO alone whether there is anything to rename.
        return Ok(Err(lacking(client, old, "rename", &first).await?));
    }
    client.make_folders(new).await?;
    let mut second = match client.rename_from(old).await? {
        Ok(()) => client.rename_to(old, new).await?,
        refused => refused,
    };
    if let (Err(reply), true) = (second.clone(), over) {
        let mut aside = Aside::of(&part_name(new, &Material::Bytes("".into())));
        let made = aside.make_way(client, old, new, reply).await;
        second = made.map_err(|error| aside.tell(error))?;
        match &second {
            Ok(()) => aside.remove(client).await,
            // It may be the only copy of what had the name.
            Err(reply) => return Ok(Err(aside.tell(unnamed(new, reply, client)))),
        }
    }
    Ok(second.map_err(|reply| unnamed(new, &reply, client)))
}

/// The error for a name that the server does not give.
fn unnamed(new: &RemotePath, reply: &Reply, client: &Client) -> Error {
    let what = format!("the server does not give it the name `{new}`:");
    refusal(&what, reply, client)
}

/// The error for a refused command about a file, with what is wrong with that.
async fn lacking(
    client: &mut Client,
    path: &RemotePath,
    doing: &str,
    reply: &Reply,
) -> Result<Error> {
    let error = refusal(
        &format!("the server does not {doing} `{path}`:"),
        reply,
        client,
    );
    if error.kind() != Kind::TargetRefused {
        return Ok(error);
    }
    let lack = match Lack::by_words(&reply.to_answer()) {
        Some(lack) => Some(lack),
        None => match client.presence(path).await? {
            Presence::Missing => Some(Lack::Missing),
            Presence::There(_) => Some(Lack::Denied),
            Presence::Unknown(_) => None,
        },
    };
    Ok(match lack {
        Some(lack) => error.with_source(lack),
        None => error,
    })
}

fn refusal(what: &str, reply: &Reply, client: &Client) -> Error {
    let kind = match reply.code() {
        400..=499 => Kind::TargetUnavailable,
        _ => Kind::TargetRefused,
    };
    let error = Error::new(kind, Stage::Request, format!("{what} {reply}"));
    blame(error.with_answer(reply.to_answer()), client)
}

fn blame(error: Error, client: &Client) -> Error {
    error
        .while_doing(format!("change files at {}", client.target()))
        .with_route(client.route())
}
