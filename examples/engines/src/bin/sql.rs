//! DataFusion in one process: runs files of SQL whose tables are on S3 and on FTP.
//!
//! `cargo run --bin sql -- load.sql report.sql`. The settings say the way out (docs/engines.md).

use std::path::Path;

use datafusion::prelude::{SessionConfig, SessionContext};
use outbound_example_engines::stores::Stores;
use outbound_example_engines::{Error, end, statements};

#[tokio::main]
async fn main() {
    end(run().await);
}

async fn run() -> Result<(), Error> {
    let runtime = Stores::load()?.runtime(None)?;
    let context = SessionContext::new_with_config_rt(SessionConfig::new(), runtime);
    for file in std::env::args().skip(1) {
        statements::run(&context, Path::new(&file)).await?;
    }
    Ok(())
}
