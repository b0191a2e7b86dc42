//! Starts the lab and waits: a proxy with a password, HTTP, HTTPS and FTP servers on loopback,
//! and a settings file to play with. `cargo run --example lab -- /tmp/lab`

use std::path::Path;

use outbound::lab::Lab;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("name a folder that exists")?;
    let lab = Lab::start().await?;
    let settings = lab.write_settings(Path::new(&folder))?;
    println!(
        "outbound --config {} check census:2020/air.csv",
        settings.display()
    );
    tokio::signal::ctrl_c().await?;
    Ok(())
}
