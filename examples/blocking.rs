//! A connector without async: reads lines, and brings a file.
//!
//! `cargo run --features blocking,lab --example blocking` runs against a lab on loopback; with a
//! URL it goes by the settings in place.

use std::io::{BufRead as _, BufReader};

use outbound::blocking::{Client, FetchOptions};
use outbound::{Settings, lab::Lab};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> Result {
    if let Some(url) = std::env::args().nth(1) {
        return run(&Client::load()?, &url);
    }
    // The lab's servers are async; the program below is not.
    let lab_runtime = tokio::runtime::Runtime::new()?;
    let (lab, folder) = (lab_runtime.block_on(Lab::start())?, tempfile::tempdir()?);
    lab.write_settings(folder.path())?;
    let settings = Settings::from_toml(&lab.settings_toml(folder.path()))?;
    let client = Client::new(settings)?;
    for place in ["census:air.csv", "open-data:air.csv"] {
        run(&client, place)?;
    }
    Ok(())
}

fn run(client: &Client, place: &str) -> Result {
    let dataset = client.dataset(place)?;
    println!("{}: {:?} bytes", dataset.url(), dataset.stat()?.length);
    let reader = dataset.open()?; // goes on by itself after a cut
    println!("{} lines", BufReader::new(reader).lines().count());
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("data");
    let fetched = dataset.fetch(&file, &FetchOptions::default())?;
    println!("{} bytes fetched", fetched.length);
    Ok(())
}
