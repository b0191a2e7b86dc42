//! Many small files, 32 at a time (b1, b2).

use std::fs;
use std::path::Path;

use super::compare;
use crate::clients::Client;
use crate::measure::{Output, Sample, run};
use crate::report::{
    Column,
    Limit::{AtLeast, AtMost},
    Table,
};
use crate::stage::{Protocol, SMALL, Stage};

const RATE: &str = "files/s";
const CPU: &str = "CPU ms/file";

fn measure(stage: &Stage<'_>, name: &'static str, protocol: Protocol) -> Table {
    let names = stage.small();
    let urls: Vec<String> = names.iter().map(|name| stage.url(protocol, name)).collect();
    let proxy = stage.squid().url();
    let clients = [Client::Outbound, Client::Curl];
    let series = compare(&clients, stage.options.runs, |client| {
        let folder = memory_folder()?;
        let command = client
            .get_many(stage, &urls, &proxy, folder.path())
            .ok_or("it cannot")?;
        let sample = run(command, Output::AsIs)?;
        whole(folder.path(), urls.len())?;
        Ok(sample)
    });
    let files = f64::from(stage.options.files);
    let columns: Vec<Column> = vec![
        (
            RATE,
            Box::new(move |sample: &Sample| Some(files / sample.wall)),
        ),
        (
            CPU,
            Box::new(move |sample| Some(sample.cpu * 1000.0 / files)),
        ),
        ("peak MiB", Box::new(|sample| sample.peak)),
    ];
    let title = format!(
        "{files} files of {SMALL} bytes, {} through Squid, 32 at a time (curl -Z)",
        protocol.name()
    );
    Table::new(name, title, &series, columns)
}

/// A folder in memory, so that no disk is measured.
pub(super) fn memory_folder() -> Result<tempfile::TempDir, String> {
    let shared = Path::new("/dev/shm");
    let made = if shared.is_dir() {
        tempfile::tempdir_in(shared)
    } else {
        tempfile::tempdir()
    };
    made.map_err(|error| format!("no folder for the files: {error}"))
}

/// Whether all files came.
pub(super) fn whole(folder: &Path, wanted: usize) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let whole = entries
        .flatten()
        .filter(|entry| entry.metadata().is_ok_and(|about| about.len() == SMALL))
        .count();
    if whole == wanted {
        Ok(())
    } else {
        Err(format!("{whole} of {wanted} files came"))
    }
}

pub fn http(stage: &Stage<'_>) -> Table {
    let mut table = measure(stage, "http-small", Protocol::Http);
    table.ratio("b1", RATE, "curl", AtLeast(1.00));
    table.ratio("b1", CPU, "curl", AtMost(0.55));
    table
}

pub fn https(stage: &Stage<'_>) -> Table {
    let mut table = measure(stage, "https-small", Protocol::Https);
    table.ratio("b2", RATE, "curl", AtLeast(1.35));
    table.ratio("b2", CPU, "curl", AtMost(0.55));
    table
}
