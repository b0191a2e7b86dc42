//! The commands that change files.

use std::io;

use tokio::io::AsyncReadExt as _;

use super::session::{Goes, Session};
use crate::lab::tree::Tree;

impl Session {
    /// Takes a file, from the offset of REST on, or behind what is there. What came of a transfer that
    /// breaks is kept, as servers do.
    pub(super) async fn store(&mut self, argument: &str, append: bool) -> io::Result<Goes> {
        let path = self.path(argument);
        let offset = std::mem::take(&mut self.offset);
        let tree = self.options.tree.clone();
        if !has_folder(&tree, &path) || tree.list(&path).is_some() {
            self.reply(553, "Could not create file").await?;
            return Ok(true);
        }
        let before = tree.get(&path).map(|file| file.bytes).unwrap_or_default();
        let start = if append { before.len() } else { offset };
        if start > before.len() {
            self.reply(554, "Restart beyond the end of the file")
                .await?;
            return Ok(true);
        }
        let Some(passive) = self.passive.take() else {
            self.reply(425, "Use EPSV or PASV first").await?;
            return Ok(true);
        };
        let mut bytes = before[..start].to_vec();
        tree.put(&path, bytes.clone());
        let Some(mut channel) = passive.accept().await else {
            self.reply(425, "Nobody opened the data connection").await?;
            return Ok(true);
        };
        self.reply(150, "Ok to send data").await?;
        let read = channel.read_to_end(&mut bytes).await;
        tree.put(&path, bytes);
        match read {
            Ok(_) => self.reply(226, "Transfer complete").await?,
            Err(_) => self.reply(426, "Data connection broke").await?,
        }
        Ok(true)
    }

    /// DELE, MKD, RNFR and RNTO.
    pub(super) fn change(&mut self, verb: &str, argument: &str) -> (u16, String) {
        let path = self.path(argument);
        let tree = &self.options.tree;
        match (verb, self.renamed.take()) {
            ("DELE", _) if tree.remove(&path) => (250, "Removed".into()),
            ("MKD", _) if has_folder(tree, &path) && tree.list(&path).is_none() => {
                tree.make_folder(&path);
                (257, format!("\"{path}\" made"))
            }
            ("RNFR", _) if tree.get(&path).is_some() => {
                self.renamed = Some(path);
                (350, "Ready for RNTO".into())
            }
            ("RNTO", None) => (503, "RNFR first".into()),
            ("RNTO", _) if tree.list(&path).is_some() => (550, "Is a directory".into()),
            ("RNTO", _) if self.options.keeps_names && tree.get(&path).is_some() => (
                550,
                "Cannot create a file when that file already exists".into(),
            ),
            ("RNTO", Some(from)) if has_folder(tree, &path) && tree.rename(&from, &path) => {
                (250, "Renamed".into())
            }
            _ => (550, "Not done".into()),
        }
    }
}

/// Whether the folder is there that a path is in.
fn has_folder(tree: &Tree, path: &str) -> bool {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.is_empty() || tree.list(folder).is_some()
}
