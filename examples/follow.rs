//! Follows a stream of lines through the proxy, and asks for what was missed where it breaks.
//!
//! `cargo run --features lab --example follow` runs against a lab on loopback; with a URL it goes by
//! the settings in place and prints what comes.

use std::io;
use std::net::SocketAddr;

use outbound::dataset::{Event, Observer, Record, StreamOptions};
use outbound::lab::whole::{Lab, Options as Network};
use outbound::{Client, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(url) = std::env::args().nth(1) {
        return follow(&Client::load()?, &url).await;
    }
    // A proxy with a password is the only way to live.example, whose name it alone can resolve.
    let mut network = Network::default();
    let names = network.proxy.names;
    network.proxy.names = names.with("live.example", 8080, rows().await?);
    let (lab, folder) = (Lab::start_with(network).await?, tempfile::tempdir()?);
    lab.write_settings(folder.path())?;
    let client = Client::new(Settings::from_toml(&lab.settings_toml(folder.path()))?);
    follow(&client, "http://live.example:8080/rows").await
}

async fn follow(client: &Client, url: &str) -> Result<(), Box<dyn std::error::Error>> {
    let told = Observer::new(|event| match event {
        Event::Connected { route } => println!("{route}"),
        Event::Lost { unfinished, .. } => println!("lost, with {unfinished} bytes of a row"),
        Event::Reconnected { .. } => println!("connected again"),
        _ => {}
    });
    // This server counts its rows: other ones have a time, a cursor, or nothing.
    let options = StreamOptions::default()
        .with_observer(told)
        .with_resume(|next| {
            let from = format!("from={}", next.records + 1);
            next.url.set_query(Some(&from));
            Ok(())
        });
    let mut records = client.dataset(url)?.stream(options)?;
    while let Some(record) = records.next().await? {
        match record {
            Record::Line(line) => println!("{}", String::from_utf8_lossy(&line)),
            Record::Event(event) => println!("{}: {}", event.event, event.data),
            _ => {}
        }
    }
    println!("over");
    Ok(())
}

/// A server of four rows that breaks off in the middle of every third.
async fn rows() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket));
        }
    });
    Ok(address)
}

async fn serve(mut socket: TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let from = head.split_once("from=").and_then(|(_, rest)| {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<u32>().ok()
    });
    let from = from.unwrap_or(1);
    let rows: String = (from..=4)
        .take(2)
        .map(|row| format!("row {row}\n"))
        .collect();
    let answer = match rows.is_empty() {
        true => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        false => format!(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n\n{rows}ro\r\n",
            rows.len() + 3
        ),
    };
    socket.write_all(answer.as_bytes()).await?;
    socket.shutdown().await
}
