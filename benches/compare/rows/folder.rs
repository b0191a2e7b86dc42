//! FTP folders of small files, 32 at a time: on loopback (b3, b4), and over a long line (b5, b6).

use super::compare;
use super::small::{memory_folder, whole};
use crate::clients::Client;
use crate::link::{self, ROUND_TRIP};
use crate::measure::{Output, Sample, run};
use crate::report::{
    Column,
    Limit::{AtLeast, AtMost},
    Table,
};
use crate::stage::{Protocol, SMALL, Stage};

const RATE: &str = "files/s";
const CPU: &str = "CPU ms/file";

/// Over a long line, and with TLS, nobody is quick enough for all of the files.
const PART: u32 = 10;

fn measure(
    stage: &Stage<'_>,
    name: &'static str,
    protocol: Protocol,
    count: u32,
    proxy: &str,
    way: &str,
) -> Table {
    let folder = format!("folder-{count}");
    let names = stage.folder_of(&folder, count);
    let url = stage.url(protocol, &format!("{folder}/"));
    let clients = [Client::Outbound, Client::Curl, Client::Lftp];
    let series = compare(&clients, stage.options.runs, |client| {
        let into = memory_folder()?;
        let command = client
            .get_folder(stage, &url, &names, proxy, into.path())
            .ok_or("it cannot")?;
        let sample = run(command, Output::AsIs)?;
        whole(into.path(), names.len())?;
        Ok(sample)
    });
    let files = f64::from(count);
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
        "{count} files of {SMALL} bytes, {} by CONNECT through Squid{way}, 32 at a time (fetch -r, curl -Z, lftp mirror)",
        protocol.name()
    );
    Table::new(name, title, &series, columns)
}

fn near(stage: &Stage<'_>, name: &'static str, protocol: Protocol, count: u32) -> Table {
    measure(stage, name, protocol, count, &stage.squid().url(), "")
}

fn far(stage: &Stage<'_>, name: &'static str, protocol: Protocol) -> Table {
    let proxy = format!("http://{}", link::start(stage.squid().address()));
    let way = format!(" over a line of {} ms", ROUND_TRIP.as_millis());
    let count = (stage.options.files / PART).max(1);
    measure(stage, name, protocol, count, &proxy, &way)
}

pub fn ftp(stage: &Stage<'_>) -> Table {
    let mut table = near(stage, "ftp-folder", Protocol::Ftp, stage.options.files);
    table.ratio("b3", RATE, "lftp", AtLeast(1.30));
    table.ratio("b3", CPU, "curl", AtMost(0.60));
    table
}

pub fn ftps(stage: &Stage<'_>) -> Table {
    let count = (stage.options.files / PART).max(1);
    let mut table = near(stage, "ftps-folder", Protocol::Ftps, count);
    table.ratio("b4", RATE, "lftp", AtLeast(1.10));
    table.ratio("b4", CPU, "lftp", AtMost(0.50));
    table
}

pub fn ftp_far(stage: &Stage<'_>) -> Table {
    let mut table = far(stage, "ftp-folder-far", Protocol::Ftp);
    table.ratio("b5", RATE, "lftp", AtLeast(2.50));
    table
}

pub fn ftps_far(stage: &Stage<'_>) -> Table {
    let mut table = far(stage, "ftps-folder-far", Protocol::Ftps);
    table.ratio("b6", RATE, "lftp", AtLeast(2.00));
    table
}
