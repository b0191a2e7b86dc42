//! reqwest over the policy: its requests over this stack, and a stock client where that is enough.
//!
//! `cargo run --features reqwest,lab --example reqwest` runs against a lab on loopback; with a URL
//! it goes by the settings in place.

use outbound::adapters::reqwest::{Executor, client_builder};
use outbound::{Client, Settings, lab::Lab};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(url) = std::env::args().nth(1) {
        return run(Client::load()?, &url).await;
    }
    // A proxy with a password is the only way to data.example, whose name it alone can resolve.
    let (lab, folder) = (Lab::start().await?, tempfile::tempdir()?);
    lab.write_settings(folder.path())?;
    let settings = Settings::from_toml(&lab.settings_toml(folder.path()))?;
    run(Client::new(settings), "https://data.example/air.csv").await
}

async fn run(client: Client, url: &str) -> Result<(), Box<dyn std::error::Error>> {
    // A request of reqwest's over this stack: any route, and errors that say who refused and why.
    let request = reqwest::Request::new(reqwest::Method::GET, url.parse()?);
    let response = Executor::new(&client).execute(request).await?;
    println!("{} {}", response.status(), response.url());
    println!("{} bytes", response.bytes().await?.len());

    // A stock client, set for this place; an error says when a policy asks for more than it can.
    let place = client.dataset(url)?;
    let stock = client_builder(&place).await?.build()?;
    let bytes = stock.get(url).send().await?.bytes().await?;
    println!("{} bytes by a stock client", bytes.len());
    Ok(())
}
