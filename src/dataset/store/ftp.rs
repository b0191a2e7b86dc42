//! A file to an FTP server.

mod send;

use std::time::Duration;

use tokio::time::timeout;

use super::super::event::Event;
use super::super::source::FtpSource;
use super::listed::listed_size;
use super::material::Material;
use super::part_name::part_name;
use super::replace::Aside;
use super::{StoreOptions, Stored, Tries, exists, tried};
use crate::base::{Error, Kind, Result, Stage};
use crate::dataset::client::Dataset;
use crate::ftp::{Client, Presence, RemotePath, Start, Storing, Upload, Want};

/// A shorter file is not looked for on the server: sending it again costs less than asking.
const WORTH_ASKING: u64 = 256 * 1024;

/// How long taking back an unfinished file may take that nobody can go on with.
const TIDY_WAIT: Duration = Duration::from_secs(5);

pub(super) async fn store(
    dataset: &Dataset,
    source: &FtpSource,
    material: Material,
    options: &StoreOptions,
) -> Result<Stored> {
    let name = source.path()?;
    if name.is_directory() {
        let what = "the URL names a folder, not a file";
        return Err(Error::new(Kind::Usage, Stage::Request, what)
            .with_hint("write the name that the file is to have behind the `/`"));
    }
    let part = part_name(&name, &material);
    let file = material.as_file().map(super::material::LocalFile::length);
    let run = Run {
        dataset,
        source,
        options,
        looks: file.is_some_and(|length| length > WORTH_ASKING),
        material,
        name,
        aside: Aside::of(&part),
        part,
        checked: options.force,
        kept: None,
        begun: false,
        in_vain: false,
        renaming: false,
        furthest: 0,
        progressed: false,
    };
    tried(run, dataset, options).await
}

struct Run<'a> {
    dataset: &'a Dataset,
    source: &'a FtpSource,
    options: &'a StoreOptions,
    material: Material,
    name: RemotePath,
    /// Where the bytes go first.
    part: RemotePath,
    /// Where the file goes that has the name.
    aside: Aside,
    /// Nothing stands in the way of the name, or it does not matter.
    checked: bool,
    /// The server may have a beginning of this very file.
    looks: bool,
    /// What the server had when the first bytes were to go.
    kept: Option<u64>,
    /// Bytes went out.
    begun: bool,
    /// A folder has the name: no later call can go on.
    in_vain: bool,
    /// The file may have its name already: that was asked for, and the answer did not come.
    renaming: bool,
    /// The most that the server was found to have.
    furthest: u64,
    /// It was found to have more than before.
    progressed: bool,
}

impl Tries for Run<'_> {
    /// Sends what is missing, and gives the file its name.
    async fn attempt(&mut self) -> Result<Stored> {
        let want = Want {
            size: !self.checked,
            modified: !self.checked,
            port: true,
            ..Want::default()
        };
        let (mut client, mut place) = self.source.client(&self.name, want).await?;
        if self.renaming
            && let Some(stored) = self.is_done(&mut client).await?
        {
            self.aside.remove(&mut client).await;
            return Ok(stored);
        }
        client = self.check(client).await?;
        let there = match self.looks {
            true => client.size(&self.part).await?,
            false => None,
        };
        let total = self.material.length();
        let from = there.filter(|there| total.is_some_and(|total| *there <= total));
        let from = from.unwrap_or_default();
        if from > self.furthest {
            self.furthest = from;
            self.progressed = true;
        }
        let (client, from, length) = match total {
            Some(total) if from == total && total > 0 => {
                self.start(&client, from);
                (client, from, total)
            }
            _ => {
                let (upload, from) = self.open(client, from, there).await?;
                let (client, length);
                (client, place, length) = self.send(upload, place, from).await?;
                (client, from, length)
            }
        };
        place.keep(self.give_name(client, from, length).await?);
        Ok(self.stored(length))
    }

    fn can_be_sent(&self) -> bool {
        self.material.can_be_sent()
    }

    fn progressed(&mut self) -> bool {
        std::mem::take(&mut self.progressed)
    }

    async fn ended(&mut self, error: Error) -> Error {
        self.tidy(&error).await;
        self.aside.tell(error)
    }
}

impl Run<'_> {
    fn stored(&self, length: u64) -> Stored {
        Stored {
            url: self.dataset.url().clone(),
            length,
            kept: self.kept.unwrap_or_default(),
        }
    }

    /// Whether something is there under the file's name.
    async fn check(&mut self, mut client: Client) -> Result<Client> {
        if self.checked {
            return Ok(client);
        }
        let error = match client.presence(&self.name).await? {
            Presence::Missing => {
                self.checked = true;
                return Ok(client);
            }
            Presence::There(size) => {
                let error = self.blame(exists(&self.name.to_string(), size), &client);
                return Err(self.unless_folder(client, error).await);
            }
            Presence::Unknown(reply) => {
                let what = "the server does not tell whether there is such a file already";
                let error = Error::new(Kind::Unsupported, Stage::Request, what)
                    .with_hint("--force overwrites what may be there");
                match reply {
                    Some(reply) => error.with_answer(reply.to_answer()),
                    None => error,
                }
            }
        };
        Err(self.blame(error, &client))
    }

    /// Whether the name was given after all, although the answer to that did not come.
    async fn is_done(&mut self, client: &mut Client) -> Result<Option<Stored>> {
        let (Some(total), None) = (self.material.length(), client.size(&self.part).await?) else {
            return Ok(None);
        };
        let there = client.size(&self.name).await?;
        Ok((there == Some(total)).then(|| self.stored(total)))
    }

    /// Opens the part for writing, from `from` on if the server lets it be. `there` is what it has.
    async fn open(
        &mut self,
        client: Client,
        from: u64,
        there: Option<u64>,
    ) -> Result<(Upload, u64)> {
        let mut client = client;
        if from > 0 {
            for start in [Start::At(from), Start::Behind(from)] {
                match client.store(&self.part, start).await? {
                    Storing::Upload(upload) => return Ok((upload, from)),
                    Storing::Refused {
                        client: same,
                        error,
                    } => {
                        tracing::debug!(%error, ?start, "the server does not go on");
                        client = same;
                    }
                }
            }
        }
        if there.is_some_and(|there| there > 0) {
            let why = match from {
                0 => "the server has more than there is",
                _ => "the server cannot go on in the middle of a file",
            };
            self.options.observer.notify(Event::Restarted { why });
        }
        // What may not be overwritten can often be removed.
        let mut removes = true;
        let mut makes = self.options.create_dirs;
        loop {
            let error = match client.store(&self.part, Start::At(0)).await? {
                Storing::Upload(upload) => return Ok((upload, 0)),
                Storing::Refused {
                    client: same,
                    error,
                } => {
                    client = same;
                    error
                }
            };
            let refused = error.kind() == Kind::TargetRefused;
            let removed =
                refused && std::mem::take(&mut removes) && client.delete(&self.part).await?.is_ok();
            if !removed && refused && std::mem::take(&mut makes) {
                client.make_folders(&self.part).await?;
            } else if !removed {
                return Err(error);
            }
        }
    }

    fn start(&mut self, client: &Client, from: u64) {
        let observer = &self.options.observer;
        self.kept.get_or_insert(from);
        let part = self.part.to_string();
        observer.notify(Event::Staged { name: &part });
        observer.notify(Event::Started {
            route: client.route(),
            offset: from,
            total: self.material.length(),
        });
    }

    /// Gives the whole file its name, if the server has all of it.
    async fn give_name(&mut self, mut client: Client, from: u64, length: u64) -> Result<Client> {
        if let Some(file) = self.material.as_file() {
            // Nothing that was written to meanwhile gets a name.
            file.open()?;
        }
        let force = self.options.force;
        let mut checked = client.check_names(&self.part, &self.name, force).await?;
        if checked.size.is_none() {
            (client, checked.size) = listed_size(self.source, client, &self.part).await?;
            let refused = client.rename_from(&self.part).await?.err();
            checked.from = refused.or(checked.from);
        }
        if let Some(size) = checked.size.filter(|size| *size != length) {
            return Err(self.differs(&mut client, from, size, length).await?);
        }
        if checked.taken {
            let error = self.blame(exists(&self.name.to_string(), None), &client);
            return Err(self.unless_folder(client, error).await);
        }
        if let Some(reply) = checked.from.filter(|reply| reply.code() >= 400) {
            return Err(client.unnamed(&self.part, &self.name, &reply));
        }
        self.renaming = true;
        let mut named = client.rename_to(&self.part, &self.name).await?;
        if let Err(first) = named.clone()
            && force
        {
            // Some servers give no file the name of another.
            let (aside, part) = (&mut self.aside, &self.part);
            named = aside.make_way(&mut client, part, &self.name, first).await?;
        }
        self.renaming = false;
        match named {
            Ok(()) => {
                self.aside.remove(&mut client).await;
                Ok(client)
            }
            Err(reply) => {
                let error = client.unnamed(&self.part, &self.name, &reply);
                Err(self.unless_folder(client, error).await)
            }
        }
    }

    /// The error, or a better one if a folder has the name. Few servers tell that of a name before.
    async fn unless_folder(&mut self, client: Client, error: Error) -> Error {
        let what = format!("the server has a folder of that name, `{}`", self.name);
        let folder = Error::new(Kind::TargetRefused, Stage::Request, what)
            .with_hint("end the URL with `/` to put the file into it");
        let folder = match error.answer() {
            Some(answer) => folder.with_answer(answer.clone()),
            None => folder,
        };
        let folder = self.blame(folder, &client);
        if !client.finds_folder(&self.name, &self.part).await {
            return error;
        }
        self.in_vain = true;
        folder
    }

    /// The error for a size that is not that of what was sent. What cannot be a beginning of the
    /// file goes away.
    async fn differs(
        &mut self,
        client: &mut Client,
        from: u64,
        size: u64,
        length: u64,
    ) -> Result<Error> {
        let what = format!("the server has {size} bytes of {length} that were sent, and confirmed");
        // A tunnel that is cut looks like the end of the data.
        let goes_on = size < length && size >= from;
        if !goes_on {
            let _ = client.delete(&self.part).await?;
        }
        let error = Error::new(Kind::Cut, Stage::Transfer, what);
        Ok(self.blame(error, client))
    }

    fn blame(&self, error: Error, client: &Client) -> Error {
        error
            .about(self.name.to_string())
            .while_doing(format!("store `{}` at {}", self.name, client.target()))
            .with_route(client.route())
            .after(client.steps())
    }

    /// Takes back what nobody can go on with, as well as it can.
    async fn tidy(&mut self, error: &Error) {
        let useless = self.material.as_file().is_none() || error.kind() == Kind::Changed;
        let is_ours = self.begun && !self.renaming;
        // What an earlier call sent whole for a name that a folder has goes too.
        if !(is_ours && useless || self.in_vain) {
            return;
        }
        let taken = async {
            let (mut client, place) = self.source.client(&self.part, Want::default()).await?;
            let deleted = client.delete(&self.part).await?;
            place.keep(client);
            Ok::<_, Error>(deleted)
        };
        match timeout(TIDY_WAIT, taken).await {
            Ok(Ok(Ok(()))) => {
                let observer = &self.options.observer;
                observer.notify(Event::Removed);
            }
            left => tracing::debug!(?left, part = %self.part, "an unfinished file is left"),
        }
    }
}
