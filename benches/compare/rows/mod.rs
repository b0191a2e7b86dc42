//! The rows: what is measured, and the goals. The letters are those of docs/performance.md.

mod first_byte;
mod folder;
mod lines;
mod routes;
mod s3;
mod small;
mod start;
mod stream;

use crate::clients::Client;
use crate::measure::{Sample, Series, interleave};
use crate::report::Table;
use crate::stage::Stage;

/// A row by its name.
pub struct Row {
    pub name: &'static str,
    pub run: fn(&Stage<'_>) -> Table,
}

/// All rows, in the order in which they are measured.
pub const ALL: &[Row] = &[
    Row {
        name: "http",
        run: stream::http,
    },
    Row {
        name: "https",
        run: stream::https,
    },
    Row {
        name: "ftp",
        run: stream::ftp,
    },
    Row {
        name: "ftp-file",
        run: stream::ftp_to_a_file,
    },
    Row {
        name: "ftps",
        run: stream::ftps,
    },
    Row {
        name: "memory",
        run: stream::memory,
    },
    Row {
        name: "http-small",
        run: small::http,
    },
    Row {
        name: "https-small",
        run: small::https,
    },
    Row {
        name: "ftp-folder",
        run: folder::ftp,
    },
    Row {
        name: "ftps-folder",
        run: folder::ftps,
    },
    Row {
        name: "ftp-folder-far",
        run: folder::ftp_far,
    },
    Row {
        name: "ftps-folder-far",
        run: folder::ftps_far,
    },
    Row {
        name: "lines",
        run: lines::run_all,
    },
    Row {
        name: "first-byte",
        run: first_byte::run,
    },
    Row {
        name: "start",
        run: start::start,
    },
    Row {
        name: "one-small",
        run: start::one_small,
    },
    Row {
        name: "s3",
        run: s3::object,
    },
    Row {
        name: "s3-list",
        run: s3::list,
    },
    Row {
        name: "routes",
        run: routes::run,
    },
];

/// Runs those of the clients that are here, turn by turn.
fn compare(
    clients: &[Client],
    runs: u32,
    mut attempt: impl FnMut(Client) -> Result<Sample, String>,
) -> Vec<Series> {
    let here: Vec<&'static str> = clients
        .iter()
        .filter(|client| client.is_here())
        .map(|client| client.name())
        .collect();
    interleave(&here, runs, |name| {
        let client = Client::ALL.into_iter().find(|client| client.name() == name);
        attempt(client.ok_or("no such client")?)
    })
}
