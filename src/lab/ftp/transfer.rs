//! The commands that use a data channel.

use std::io;

use bytes::Bytes;

use super::CutEnd;
use super::listing::{Style, listing};
use super::passive::send;
use super::session::{Goes, Session};
use crate::lab::tree::Entry;

impl Session {
    pub(super) async fn list(&mut self, argument: &str, style: Style) -> io::Result<Goes> {
        let words = argument.split(' ').filter(|word| !word.starts_with('-'));
        let path = self.path(&words.collect::<Vec<_>>().join(" "));
        let tree = &self.options.tree;
        let entries = match (tree.get(&path), tree.list(&path)) {
            (Some(file), _) => {
                let name = path.rsplit('/').next().unwrap_or_default().to_owned();
                let file = Some(file);
                vec![Entry { name, file }]
            }
            (None, Some(entries)) => entries,
            (None, None) => {
                self.reply(550, "No such file or folder").await?;
                return Ok(true);
            }
        };
        let text = Bytes::from(listing(&entries, style));
        self.transfer("Here comes the listing".into(), text, None)
            .await
    }

    pub(super) async fn retrieve(&mut self, argument: &str) -> io::Result<Goes> {
        let path = self.path(argument);
        let offset = std::mem::take(&mut self.offset);
        let Some(file) = self.options.tree.get(&path) else {
            self.reply(550, "No such file").await?;
            return Ok(true);
        };
        if offset > file.bytes.len() {
            self.reply(554, "Restart beyond the end of the file")
                .await?;
            return Ok(true);
        }
        let bytes = file.bytes.slice(offset..);
        let cut = self.options.cut.as_ref();
        let allowed = cut.and_then(|cut| cut.take(bytes.len()));
        // The size is that of the whole file also after REST, as vsftpd has it.
        let text = format!(
            "Opening BINARY mode data connection for {argument} ({} bytes)",
            file.bytes.len()
        );
        self.transfer(text, bytes, allowed).await
    }

    /// Sends bytes over the data channel that the client asked for; of a transfer that is to be
    /// cut, only those that are allowed.
    async fn transfer(
        &mut self,
        opening: String,
        bytes: Bytes,
        allowed: Option<usize>,
    ) -> io::Result<Goes> {
        let Some(passive) = self.passive.take() else {
            self.reply(425, "Use EPSV or PASV first").await?;
            return Ok(true);
        };
        let Some(channel) = passive.accept().await else {
            self.reply(425, "Nobody opened the data connection").await?;
            return Ok(true);
        };
        self.reply(150, &opening).await?;
        let end = allowed.unwrap_or(bytes.len());
        let sent = send(channel, &bytes[..end], self.options.pace).await;
        match (sent, allowed.map(|_| self.options.cut_end)) {
            (Ok(()), None | Some(CutEnd::Complete)) => self.reply(226, "Transfer complete").await?,
            (Err(_), _) | (_, Some(CutEnd::Aborted)) => {
                self.reply(426, "Data connection broke, transfer aborted")
                    .await?;
            }
            (_, Some(CutEnd::Silence)) => {}
            (_, Some(CutEnd::HangUp)) => return Ok(false),
        }
        Ok(true)
    }
}
