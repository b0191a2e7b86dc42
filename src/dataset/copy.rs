//! A dataset into something that is open already: standard output, a pipe, a device.

use std::fs::File;
use std::io;
use std::sync::Arc;

use super::client::Dataset;
use super::event::Observer;
use super::transfer::Step;
use super::writer::{Kind, Writer};
use crate::base::Error;

/// Which end broke.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The dataset.
    Source(Error),
    /// What is written to.
    Sink(io::Error),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Source(error)
    }
}

impl From<io::Error> for Broken {
    fn from(cause: io::Error) -> Self {
        Self::Sink(cause)
    }
}

/// Copies `dataset` to `file`. What came before an error is written.
pub(super) async fn copy(
    dataset: &Dataset,
    file: Arc<File>,
    observer: Observer,
) -> Result<(), Broken> {
    let mut reader = dataset.open_observed(observer).await?;
    let kind = Kind::of_stream(&file);
    let mut writer = Writer::new(file, kind, reader.length(), None);
    loop {
        match writer.fill(|cx, buf| reader.poll_step(cx, buf)).await {
            Ok(Step::End) => break,
            Ok(_) => writer.write().await?,
            Err(error) => {
                writer.finish().await?;
                return Err(error.into());
            }
        }
    }
    writer.finish().await?;
    Ok(())
}
