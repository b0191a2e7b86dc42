//! A WebSocket through the proxy.
//!
//! `cargo run --features lab,ws --example websocket` runs against a lab on loopback; with a URL it
//! goes by the settings in place, prints what comes, and connects again where it breaks.

use std::net::SocketAddr;

use futures_util::StreamExt as _;
use outbound::adapters::tungstenite::tokio_tungstenite::accept_async;
use outbound::dataset::KeptEvent;
use outbound::lab::whole::{Lab, Options as Network};
use outbound::{Client, Settings, ws::Options};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(url) = std::env::args().nth(1) {
        return listen(Client::load()?, &url).await;
    }
    // A proxy with a password is the only way to live.example, whose name it alone can resolve.
    let mut network = Network::default();
    network.proxy.names = network
        .proxy
        .names
        .with("live.example", 8080, echo().await?);
    let (lab, folder) = (Lab::start_with(network).await?, tempfile::tempdir()?);
    lab.write_settings(folder.path())?;
    let client = Client::new(Settings::from_toml(&lab.settings_toml(folder.path()))?);

    let live = client.dataset("ws://live.example:8080/rows")?;
    let mut socket = live.websocket(&Options::default()).await?;
    println!("{}", socket.route());
    for text in ["first row", "second row"] {
        socket.send(text).await?;
        let message = socket.next().await?;
        println!(
            "{:?}",
            message.as_ref().and_then(|message| message.as_text())
        );
    }
    println!("closed: {}", socket.close().await?);
    Ok(())
}

/// Prints what comes, for as long as it can be opened.
async fn listen(client: Client, url: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut feed = client.dataset(url)?.websocket_kept(Options::default());
    while let Some(event) = feed.next().await? {
        match event {
            // The place to subscribe: the server knows nothing of what was before.
            KeptEvent::Opened => eprintln!("open"),
            KeptEvent::Message(message) => {
                println!("{}", String::from_utf8_lossy(message.as_bytes()))
            }
            KeptEvent::Broke { error, pause, .. } => eprintln!("{error}; again after {pause:?}"),
            _ => {}
        }
    }
    Ok(())
}

/// A server that gives everything back.
async fn echo() -> std::io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (write, read) = accept_async(socket).await?.split();
                read.forward(write).await
            });
        }
    });
    Ok(address)
}
