//! S3 through Squid: an object over a long line (f1), and a listing of many keys (f2).

use std::process::Command;

use crate::clients::{Client, bare, is_here};
use crate::link::{self, ROUND_TRIP};
use crate::measure::{Output, Sample, Series, interleave, run};
use crate::pages;
use crate::report::{
    Column,
    Limit::{AtLeast, AtMost},
    Table,
};
use crate::stage::Stage;
use crate::support::peers::s3s::S3s;
use crate::support::peers::{Squid, squid, tool};

/// What the object has at most: who brings a gibibyte on loopback waits long over a line.
const MIB: u32 = 256;

/// What one connection may have on its way: Linux announces half of its largest receive buffer
/// (`tcp_rmem`, 6 MiB).
const WINDOW: usize = 3 << 20;

/// rclone uses no proxy for 127.0.0.1.
const HOST: &str = "data.test";

const RATE: &str = "MB/s";
const WALL: &str = "seconds";

/// A program that is told of the bucket `lake` by the environment.
fn command(stage: &Stage<'_>, name: &str, endpoint: &str, proxy: &str) -> Command {
    let mut command = match name {
        "rclone" => bare(tool(name), stage),
        "curl" => Client::Curl.command(stage),
        _ => Client::Outbound.command(stage),
    };
    command.envs([
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", endpoint),
        ("RCLONE_CONFIG_S_TYPE", "s3"),
        ("RCLONE_CONFIG_S_PROVIDER", "Other"),
        ("RCLONE_CONFIG_S_ENDPOINT", endpoint),
        ("RCLONE_CONFIG", "/dev/null"),
        ("http_proxy", proxy),
    ]);
    command
}

fn measured(
    names: &[&'static str],
    stage: &Stage<'_>,
    make: impl Fn(&str) -> Command,
) -> Vec<Series> {
    let here: Vec<&'static str> = names.iter().copied().filter(|name| is_here(name)).collect();
    interleave(&here, stage.options.runs, |name| {
        run(make(name), Output::AsIs)
    })
}

fn through_squid() -> Squid {
    Squid::start(squid::Options {
        hosts: vec![HOST.to_owned()],
        ..squid::Options::default()
    })
}

pub fn object(stage: &Stage<'_>) -> Table {
    // Public, and so for curl too, which signs otherwise than this server wants.
    let server = S3s::public(&["lake"]);
    let size = stage.options.size.min(MIB);
    let squid = through_squid();
    // Not beside its back: it would count the tag of a file that it did not get at each request.
    let put = command(stage, "outbound", &server.url(), "")
        .args(["put", "-q", "--proxy", "direct"])
        .arg(stage.file(&stage.large(size)))
        .arg("s3://lake/object.bin")
        .status();
    assert!(put.unwrap().success(), "the object is not stored");
    let line = link::start_with(squid.address(), WINDOW);
    let proxy = format!("http://{line}");
    let endpoint = format!("http://{HOST}:{}", server.address().port());
    let into = stage.home.join("object.bin");
    let series = measured(&["outbound", "curl", "rclone"], stage, |name| {
        let _ = std::fs::remove_file(&into);
        let mut command = command(stage, name, &endpoint, &proxy);
        match name {
            "outbound" => command
                .args(["fetch", "-q", "--proxy", &proxy, "--no-proxy", ""])
                .args(["s3://lake/object.bin", "-o"])
                .arg(&into),
            "curl" => command
                .args(["-q", "-sSf", "-x", &proxy, "--noproxy", ""])
                .arg("-o")
                .arg(&into)
                .arg(format!("{endpoint}/lake/object.bin")),
            _ => command
                .args(["copyto", "--ignore-checksum", "s:lake/object.bin"])
                .arg(&into),
        };
        command
    });
    let mb = f64::from(size) * f64::from(1 << 20) / 1e6;
    let columns: Vec<Column> = vec![
        (
            RATE,
            Box::new(move |sample: &Sample| Some(mb / sample.wall)),
        ),
        ("CPU s", Box::new(|sample| Some(sample.cpu))),
        ("peak MiB", Box::new(|sample| sample.peak)),
    ];
    let title = format!(
        "an object of {size} MiB, S3 in absolute form through Squid over a line of {} ms, on which a \
         connection has at most {} MiB",
        ROUND_TRIP.as_millis(),
        WINDOW >> 20
    );
    let mut table = Table::new("s3", title, &series, columns);
    table.ratio("f1", RATE, "curl", AtLeast(1.50));
    table.ratio("f1", RATE, "rclone", AtLeast(1.10));
    table
}

pub fn list(stage: &Stage<'_>) -> Table {
    let (squid, count) = (through_squid(), stage.options.files);
    let port = pages::start(count);
    let (proxy, endpoint) = (squid.url(), format!("http://{HOST}:{port}"));
    let series = measured(&["outbound", "rclone"], stage, |name| {
        let mut command = command(stage, name, &endpoint, &proxy);
        match name {
            "outbound" => command
                .args(["list", "-q", "--proxy", &proxy, "--no-proxy", ""])
                .arg("s3://lake/k/"),
            _ => command.args(["lsf", "s:lake/k/"]),
        };
        command
    });
    let columns: Vec<Column> = vec![
        (WALL, Box::new(|sample: &Sample| Some(sample.wall))),
        ("CPU s", Box::new(|sample| Some(sample.cpu))),
        ("peak MiB", Box::new(|sample| sample.peak)),
    ];
    let title = format!("a listing of {count} keys, S3 in absolute form through Squid");
    let mut table = Table::new("s3-list", title, &series, columns);
    table.ratio("f2", WALL, "rclone", AtMost(1.00));
    table
}
