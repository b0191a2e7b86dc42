//! The arguments of `check --web`.

use std::time::Duration;

use clap::Args;

use crate::base::{Error, Kind, Result, Stage, text};
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

/// A size: a number, with a fraction if need be, and one of k, M, G, T (each 1024 times the one before).
fn size(written: &str) -> Result<u64> {
    let bad = |what: &str| {
        let what = format!("the size `{}` {what}", text::clip(written));
        Error::new(Kind::Usage, Stage::Settings, what)
    };
    let digits = written.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let power = match written[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return Err(bad("has a unit that is none of k, M, G, T")),
    };
    let is_number = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let number = digits.parse::<f64>().ok().filter(|_| is_number);
    let bytes = number.map(|number| number * 1024f64.powi(power));
    // As much as 2^53 is exact, and more than anybody uploads.
    match bytes.filter(|bytes| (1.0..9e15).contains(bytes)) {
        Some(bytes) => Ok(bytes as u64),
        None => Err(bad("is none: write bytes, like 500M or 1.5G")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_rates_are() {
        for (written, bytes) in [
            ("1", 1),
            ("500k", 500 << 10),
            ("1.5G", 3 << 29),
            ("2m", 2 << 20),
            ("10b", 10),
        ] {
            assert_eq!(size(written).unwrap(), bytes, "{written}");
        }
        for written in ["", "0", "-1", "1e3", "inf", "G", "1X", "9999999T", "1 M"] {
            assert!(size(written).is_err(), "{written}");
        }
    }
}
