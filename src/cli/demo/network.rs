//! The servers of the demo, and the settings that lead to them.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::folder::Folder;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::lab::proxy::{self, Names, Ports};
use crate::lab::whole::{CENSUS, PASSWORD_FILE};
use crate::lab::{Lab, Proxy};

/// The lab with a second proxy, and the files of one run. Dropping it ends and removes all.
#[derive(Debug)]
pub struct Network {
    pub lab: Lab,
    /// A proxy that allows CONNECT as it comes out of the box: no ports for FTP's data.
    pub strict: Proxy,
    /// Settings that are right.
    pub settings: PathBuf,
    /// The same with a password that is not.
    pub wrong: PathBuf,
    /// Where fetched files go.
    pub data: PathBuf,
    // Last: it goes when the servers are gone.
    _folder: Folder,
}

impl Network {
    /// Starts the servers and writes the settings.
    ///
    /// # Errors
    /// No loopback sockets are to be had, or the temporary folder cannot be written.
    pub async fn start() -> Result<Self> {
        let folder = Folder::new().map_err(|cause| {
            let parent = std::env::temp_dir();
            let parent = text::escape(&parent.to_string_lossy());
            unwritten(cause)
                .while_doing(format!("make a folder in {parent}"))
                .with_hint("name a folder that can be written: TMPDIR=FOLDER outbound demo")
        })?;
        let no_sockets = |cause: io::Error| {
            let what = "the servers of the demo cannot be started on loopback";
            Error::new(Kind::Dial, Stage::Dial, what).with_source(cause)
        };
        let lab = Lab::start().await.map_err(no_sockets)?;
        let strict = proxy::Options {
            names: Names::new().with(CENSUS, 21, lab.census.addr()),
            ports: Ports::only([21..=21, 443..=443]),
            ..proxy::Options::default()
        };
        let strict = Proxy::start(strict).await.map_err(no_sockets)?;
        let settings = lab.write_settings(folder.path()).map_err(unwritten)?;
        let beside = folder.path().join("wrong");
        fs::create_dir(&beside).map_err(unwritten)?;
        let wrong = lab.write_settings(&beside).map_err(unwritten)?;
        fs::write(beside.join(PASSWORD_FILE), "last year's").map_err(unwritten)?;
        Ok(Self {
            lab,
            strict,
            settings,
            wrong,
            data: folder.path().join("data"),
            _folder: folder,
        })
    }
}

fn unwritten(cause: io::Error) -> Error {
    let what = "the demo's files cannot be written";
    Error::new(Kind::LocalFile, Stage::Store, what).with_source(cause)
}
