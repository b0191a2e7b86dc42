//! Files that go to the server.

use super::{RemotePath, Session};
use crate::proto::ftp::command::{BadArgument, Command, Verb};

impl Session {
    /// Prepares to send a file from `offset` on, after [`Event::Port`](super::Event::Port): what the
    /// server has before `offset` stays. Everything else is as for [`retrieve`](Self::retrieve).
    ///
    /// # Errors
    /// The path is too long.
    pub fn store(&mut self, path: &RemotePath, offset: u64) -> Result<(), BadArgument> {
        self.transfer(Command::new(Verb::Stor, path.as_bytes())?, offset, false)
    }

    /// Prepares to send bytes that the server puts behind those that it has. Everything else is as
    /// for [`store`](Self::store).
    ///
    /// # Errors
    /// The path is too long.
    pub fn append(&mut self, path: &RemotePath) -> Result<(), BadArgument> {
        self.transfer(Command::new(Verb::Appe, path.as_bytes())?, 0, false)
    }

    /// Says which file gets another name. It changes nothing by itself. Gives
    /// [`Event::Answered`](super::Event::Answered), as do the three below.
    ///
    /// # Errors
    /// The path is too long.
    pub fn rename_from(&mut self, path: &RemotePath) -> Result<(), BadArgument> {
        self.order(Verb::Rnfr, path.as_bytes())
    }

    /// Gives the file that [`rename_from`](Self::rename_from) named its new name. To be sent when
    /// that was answered by 350.
    ///
    /// # Errors
    /// The path is too long.
    pub fn rename_to(&mut self, path: &RemotePath) -> Result<(), BadArgument> {
        self.order(Verb::Rnto, path.as_bytes())
    }

    /// Removes a file.
    ///
    /// # Errors
    /// The path is too long.
    pub fn delete(&mut self, path: &RemotePath) -> Result<(), BadArgument> {
        self.order(Verb::Dele, path.as_bytes())
    }

    /// Makes a folder.
    ///
    /// # Errors
    /// The path is too long.
    pub fn make_folder(&mut self, path: &RemotePath) -> Result<(), BadArgument> {
        self.order(Verb::Mkd, path.as_folder())
    }

    fn order(&mut self, verb: Verb, argument: &[u8]) -> Result<(), BadArgument> {
        let command = Command::new(verb, argument)?;
        if !self.is_over() {
            self.queue.push_back(command);
            self.pump();
        }
        Ok(())
    }
}
