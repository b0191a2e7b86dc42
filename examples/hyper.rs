//! hyper-util's client over the connector, which is a `tower::Service<Uri>`.
//!
//! `cargo run --features lab --example hyper` runs against a lab on loopback; with a URL it goes by
//! the settings in place.

use http_body_util::{BodyExt as _, Empty};
use hyper_util::{client::legacy, rt::TokioExecutor};
use outbound::{Client, Settings, connector::Passage, lab::Lab};

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
    // The connector of the connection that the URL belongs to: its proxy, its trust.
    let connector = client.dataset(url)?.connector().clone();
    let http = legacy::Client::builder(TokioExecutor::new()).build::<_, Empty<&[u8]>>(connector);
    let response = match http.get(url.parse()?).await {
        Ok(response) => response,
        // What the connector found is among the causes.
        Err(error) => match outbound::Error::find(&error) {
            Some(ours) => return Err(ours.clone().into()),
            None => return Err(error.into()),
        },
    };
    if let Some(passage) = response.extensions().get::<Passage>() {
        println!("{}", passage.route);
    }
    println!("{} {:?}", response.status(), response.version());
    let body = response.into_body().collect().await?.to_bytes();
    println!("{} bytes", body.len());
    Ok(())
}
