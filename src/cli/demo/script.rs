//! What the demo shows, in order.

use std::ffi::OsString;

use super::judge::{Act, Asked, Judge};
use super::network::Network;
use crate::cli::exit::Exit;

/// Does what a user in a company's network would.
pub async fn play(network: &Network, judge: &mut Judge<'_>) {
    let proxy = network.lab.proxy.addr();
    let settings = network.settings.as_path();
    judge.tell(&format!(
        "A company's network on loopback: proxy {proxy} is the one way to three servers; one is inside."
    ));
    let through = format!("through http://{proxy}");

    judge
        .perform(Act {
            about: "Which way, and why? No packet is sent for that.",
            settings,
            words: words(&["route", "census:air.csv", "warehouse:air.csv"]),
            exit: Exit::Success,
            asked: Asked::Nobody,
            says: &[
                &through,
                "lab.toml:3: proxy.url",
                "direct",
                "bypass rule `127.0.0.1`",
            ],
            files: &[],
        })
        .await;

    judge
        .perform(Act {
            about: "Does each stage work, over HTTPS, HTTP and FTP?",
            settings,
            words: words(&[
                "check",
                "https://data.example/stations.parquet",
                "http://catalog.example/air.csv.gz",
                "ftp://ftp.census.example/pub/air.csv",
            ]),
            exit: Exit::Success,
            asked: Asked::Proxy,
            says: &[
                "407, Basic offered",
                "TLS 1.3",
                "greeting",
                "passive",
                &through,
            ],
            files: &[],
        })
        .await;

    let mut fetch = words(&["fetch", "--output-dir"]);
    fetch.push(network.data.clone().into());
    fetch.extend(words(&[
        "catalog:air.csv.gz",
        "open-data:stations.parquet",
        "census:air.csv",
        "census:2020/NOTES.txt",
    ]));
    judge
        .perform(Act {
            about: "Bring datasets in, over all three at once.",
            settings,
            words: fetch,
            exit: Exit::Success,
            asked: Asked::Proxy,
            says: &[],
            files: &[
                ("air.csv.gz", "air.csv.gz"),
                ("stations.parquet", "stations.parquet"),
                ("air.csv", "air.csv"),
                ("NOTES.txt", "2020/NOTES.txt"),
            ],
        })
        .await;

    let mut fetch = words(&["fetch", "-o"]);
    fetch.push(network.data.join("inside.csv").into());
    fetch.extend(words(&["warehouse:2019/population-h1.csv"]));
    judge
        .perform(Act {
            about: "What is inside stays inside.",
            settings,
            words: fetch,
            exit: Exit::Success,
            asked: Asked::Nobody,
            says: &[],
            files: &[("inside.csv", "2019/population-h1.csv")],
        })
        .await;

    let strict = format!("http://{}", network.strict.addr());
    judge
        .perform(Act {
            about: "A proxy that allows CONNECT to ports 21 and 443 only: who has to change what?",
            settings,
            words: words(&["check", "--proxy", &strict, "census:air.csv"]),
            exit: Exit::Proxy,
            asked: Asked::Strict,
            says: &[
                "403 Forbidden",
                "passive FTP needs CONNECT to ports 1024-65535",
                "acl port_1024-65535 port 1024-65535",
            ],
            files: &[],
        })
        .await;

    judge
        .perform(Act {
            about: "A wrong password: which one, and where is it written?",
            settings: &network.wrong,
            words: words(&["stat", "open-data:air.csv"]),
            exit: Exit::ProxyAuth,
            asked: Asked::Proxy,
            says: &["407", "lab.toml:5: proxy.password"],
            files: &[],
        })
        .await;
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
