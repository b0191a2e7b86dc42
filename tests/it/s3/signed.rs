//! A server that checks signatures, and objects that are long.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Command;

use outbound::dataset::StoreOptions;
use sha2::{Digest as _, Sha256};

use super::{KEY, SECRET, client, fetch, proxies, proxy};
use crate::kit::{Program, Ran, noise};
use crate::memory::peak;
use crate::support::peers;
use crate::support::peers::process::libraries;
use crate::support::peers::s3s::S3s;
use crate::support::relay::{Ending, Plan, Relay};

/// Settings with a connection for the bucket.
fn lake(proxy: &str, endpoint: &str, key: &str, secret: &str) -> String {
    format!(
        "{proxy}[retry]\nattempts = 5\npause = \"1ms\"\npause_max = \"5ms\"\n\
         [connections.lake]\nurl = \"s3://lake/\"\nendpoint = \"{endpoint}\"\n\
         username = \"{key}\"\npassword = \"{secret}\"\n"
    )
}

/// Names, parts, ranges and pages of listings are signed as the server counts them.
#[tokio::test(flavor = "multi_thread")]
async fn signatures_hold_through_every_proxy() {
    let server = S3s::start(KEY, SECRET, &["lake"]);
    let (small, large) = (noise(300_000), noise(20 << 20));
    for (name, settings) in proxies() {
        let client = client(&settings, &server.url());
        let folder = tempfile::tempdir().unwrap();
        let places = [
            (format!("lake:{name}/d/é ü+&=@:$,;!'(x).csv"), &small),
            (format!("lake:{name}/large.bin"), &large),
        ];
        for (place, bytes) in &places {
            let told = |error| panic!("{name} {place}: {error:?}");
            let dataset = client.dataset(place).unwrap();
            let options = StoreOptions::default();
            let stored = dataset.store_bytes((*bytes).clone(), &options).await;
            stored.map(drop).unwrap_or_else(told);
            let length = dataset.stat().await.map(|stat| stat.length);
            assert_eq!(length.unwrap(), Some(bytes.len() as u64), "{name}");
            let to = folder.path().join("x");
            fetch(&client, place, &to)
                .await
                .map(drop)
                .unwrap_or_else(told);
            assert!(std::fs::read(&to).unwrap() == **bytes, "{name} {place}");
            std::fs::remove_file(&to).unwrap();
        }
        let listed = client.dataset(&format!("lake:{name}/")).unwrap();
        let listed = listed.list().await.unwrap().entries;
        assert_eq!(listed.len(), 2, "{name}: {listed:?}");
    }
}

/// Keys that are wrong, and a clock that is: the server's own words, not a script's.
#[test]
fn what_is_signed_wrong_is_refused() {
    let server = S3s::start(KEY, SECRET, &["lake"]);
    let file = server.file("lake", "rows.csv");
    std::fs::write(file, "a,b\n").unwrap();
    let run = |key: &str, secret: &str, prepare: &dyn Fn(&mut Command)| {
        let proxy = proxy(&peers::squid().url());
        let settings = lake(&proxy, &server.url(), key, secret);
        let program = Program::with_settings(&settings);
        let mut command = program.command(&["fetch", "lake:rows.csv"]);
        prepare(&mut command);
        let ran = Ran::of(command.output().unwrap());
        assert!(!format!("{ran:?}").contains(SECRET), "{ran:?}");
        ran
    };
    run(KEY, SECRET, &|_| ()).expect(0);
    run(KEY, "another", &|_| ())
        .expect(10)
        .says("SignatureDoesNotMatch")
        .says("check the secret access key");
    run("AKIDOTHER", SECRET, &|_| ())
        .expect(10)
        .says("S3 knows no such access key id");
    let library = libraries().join("faketime/libfaketime.so.1");
    let ahead = |command: &mut Command| {
        command.env("LD_PRELOAD", &library);
        command.envs([("FAKETIME", "+20m"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")]);
    };
    run(KEY, SECRET, &ahead)
        .expect(10)
        .says("RequestTimeTooSkewed")
        .says("20 minutes ahead");
}

/// Pages of a server that makes them, each signed for.
#[test]
fn ten_thousand_keys_of_a_server_are_listed() {
    let server = S3s::start(KEY, SECRET, &["lake"]);
    let folder = server.file("lake", "k");
    std::fs::create_dir(&folder).unwrap();
    for number in 0..10_000 {
        std::fs::write(folder.join(format!("{number:05}.csv")), "1").unwrap();
    }
    let proxy = proxy(&peers::squid().url());
    let program = Program::with_settings(&lake(&proxy, &server.url(), KEY, SECRET));
    let listed = program.run(&["list", "--json", "lake:k/"]).expect(0);
    assert_eq!(listed.out.lines().count(), 10_000);
    assert!(listed.out.contains("09999.csv"));
}

const GIB: u64 = 1 << 30;

/// Fills a file with bytes that repeat nowhere, and gives their digest.
fn fill(path: &Path) -> String {
    let (mut file, mut digest) = (File::create(path).unwrap(), Sha256::new());
    let mut block = noise(8 << 20);
    for number in 0..GIB / block.len() as u64 {
        block[..8].copy_from_slice(&number.to_le_bytes());
        file.write_all(&block).unwrap();
        digest.update(&block);
    }
    hexadecimal(&digest.finalize())
}

fn digest(path: &Path) -> String {
    let (mut file, mut digest) = (File::open(path).unwrap(), Sha256::new());
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block).unwrap() {
            0 => return hexadecimal(&digest.finalize()),
            came => digest.update(&block[..came]),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A gibibyte up in parts and down in ranges, cut three times on each way. By CONNECT, as S3 over
/// HTTPS goes: Squid 5.7 loses a PUT in absolute form now and then, where its server is slow.
#[test]
fn a_gibibyte_goes_and_comes() {
    let server = S3s::start(KEY, SECRET, &["lake"]);
    let squid = peers::squid().address();
    let up = Relay::start(squid, Plan::cuts_up(3, 100 << 20, Ending::Reset));
    let down = Relay::start(squid, Plan::cuts(3, 100 << 20, Ending::Finish));
    let settings = |relay: &Relay| {
        let proxy = proxy(&relay.url()) + "tunnel = \"always\"\n";
        lake(&proxy, &server.url(), KEY, SECRET)
    };
    let program = Program::with_settings(&settings(&up));
    let sent = fill(&program.file("sent.bin"));
    let (ran, most) = peak(&program, &["put", "sent.bin", "lake:big.bin"]);
    ran.expect(0);
    assert_eq!(up.cuts(), 3);
    // Of what is cut, a part goes again.
    assert!(up.up() < GIB + (64 << 20), "{} bytes went", up.up());
    assert!(most < 100, "{most} MiB");
    std::fs::remove_file(program.file("sent.bin")).unwrap();
    let program = Program::with_settings(&settings(&down));
    let (ran, most) = peak(&program, &["fetch", "lake:big.bin", "-o", "came.bin"]);
    ran.expect(0);
    assert_eq!(down.cuts(), 3);
    // What is cut goes on where it was.
    assert!(down.down() < GIB + (16 << 20), "{} bytes came", down.down());
    assert!(most < 100, "{most} MiB");
    assert_eq!(digest(&program.file("came.bin")), sent);
}
