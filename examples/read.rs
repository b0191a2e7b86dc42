//! Reads a dataset under the connection `census` of the settings in place.

use outbound::Client;
use tokio::io::AsyncReadExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::load()?; // settings files and environment
    let mut reader = client.open("census:air.csv").await?; // goes on by itself after a cut
    let mut csv = String::new();
    reader.read_to_string(&mut csv).await?;
    Ok(())
}
