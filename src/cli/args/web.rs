//! The arguments of `check --web`.

use std::time::Duration;

use clap::Args;

use crate::base::{Error, Kind, Result, Stage, size, text};
use crate::check::web::Plan;

/// What a check of a deployment behind a reverse proxy tries.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of --web")]
pub struct WebArgs {
    /// Check what a deployment behind a reverse proxy needs: WebSocket, redirects, certificate, no
    /// path prefix, and by the options below long silence, large downloads and uploads
    #[arg(long, help_heading = "Options", conflicts_with_all = ["all", "jobs", "repeat", "compare", "hold", "ping", "save_ca"])]
    pub web: bool,
    /// Where the application has its WebSocket; else the URL's own path and that of socket.io are tried
    #[arg(long, value_name = "PATH", requires = "web")]
    pub ws_path: Option<String>,
    /// Leave a WebSocket idle for so many seconds, without pings
    #[arg(long, value_name = "SECS", requires = "web", value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub idle: Option<u64>,
    /// Ask for this URL or path of the deployment with GET: one whose answer takes long, or a large
    /// file; may be given several times
    #[arg(long, value_name = "URL", requires = "web")]
    pub probe_url: Vec<String>,
    /// A probe that is silent for so many seconds without being cut has passed
    #[arg(long, value_name = "SECS", requires = "web", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=86400))]
    pub silence: u64,
    /// Where an upload is asked for, by POST without its body; else at the first --probe-url
    #[arg(long, value_name = "URL", requires = "web")]
    pub upload_url: Option<String>,
    /// How large that upload would be: 500M, 1.5G (k is 1024)
    #[arg(long, value_name = "SIZE", requires = "web", default_value = "1G", value_parser = size)]
    pub upload_size: u64,
}

impl WebArgs {
    /// The plan that they make.
    pub fn plan(&self) -> Plan {
        let mut plan = Plan::default();
        plan.ws_path.clone_from(&self.ws_path);
        plan.idle = self.idle.map(Duration::from_secs);
        plan.probes.clone_from(&self.probe_url);
        plan.silence = Duration::from_secs(self.silence);
        plan.upload.clone_from(&self.upload_url);
        plan.upload_size = self.upload_size;
        plan
    }
}

/// A size that something can have.
fn size(written: &str) -> Result<u64> {
    let bad = |what: &str| {
        let what = format!("the size `{}` {what}", text::clip(written));
        Error::new(Kind::Usage, Stage::Settings, what)
    };
    match size::parse(written) {
        Ok(0) => Err(bad("is nothing")),
        Ok(bytes) => Ok(bytes),
        Err(size::Fault::Form) => Err(bad("is none: write bytes, like 500M or 1.5G")),
        Err(fault) => Err(bad(&fault.to_string())),
    }
}
