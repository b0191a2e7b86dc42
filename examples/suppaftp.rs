//! suppaftp through the tunnel: a listing, and a file.
//!
//! `cargo run --features suppaftp,lab --example suppaftp` runs against a lab on loopback; with a
//! URL it goes by the settings in place.

use outbound::adapters::suppaftp::connect;
use outbound::{Client, Settings, lab::Lab};
use tokio::io::AsyncReadExt as _;

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> Result {
    if let Some(url) = std::env::args().nth(1) {
        return run(&Client::load()?, &url).await;
    }
    // A proxy with a password is the only way to the server, whose name it alone can resolve.
    let (lab, folder) = (Lab::start().await?, tempfile::tempdir()?);
    lab.write_settings(folder.path())?;
    let settings = Settings::from_toml(&lab.settings_toml(folder.path()))?;
    run(&Client::new(settings), "census:air.csv").await
}

async fn run(client: &Client, place: &str) -> Result {
    let dataset = client.dataset(place)?;
    // With TLS on both channels it is `connect_secure`.
    let mut ftp = connect(&dataset).await?;
    println!("{}", ftp.get_welcome_msg().unwrap_or_default());
    let path = dataset.url().path().trim_start_matches('/');
    let folder = path.rsplit_once('/').map(|(folder, _)| folder);
    for line in ftp.list(folder).await? {
        println!("{line}");
    }
    let mut file = ftp.retr_as_stream(path).await?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).await?;
    file.finish().await?; // the server's word that it was all
    println!("{} bytes", bytes.len());
    ftp.quit().await?;
    Ok(())
}
