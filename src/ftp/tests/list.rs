//! Listing a folder.

use super::server::Script;
use super::{Bench, path};
use crate::base::{Kind, Stage};
use crate::ftp::listing::Form;

const MLSD: &[u8] = b"type=cdir; .\r\ntype=file;size=3; a b\r\nwhat\r\ntype=dir; sub\r\n";
const LIST: &[u8] = b"total 1\r\n-rw-r--r-- 1 u g 3 Jan 02 2020 a b\r\n";

fn script(listing: &[u8]) -> Script {
    let sends = "150 here\r\n{data}226 done";
    Script {
        file: listing.to_vec(),
        sent: listing.len(),
        ..Script::default()
    }
    .on("MLSD", sends)
    .on("LIST", sends)
    .on("CWD", "250 in")
}

fn commands(bench: &Bench) -> String {
    let mut lines = bench.server.log().concat();
    // The good-bye may still be on its way.
    lines.retain(|line| line != "QUIT");
    lines[3..].join("|")
}

#[tokio::test]
async fn mlsd_is_asked_first_and_what_is_not_understood_is_kept() {
    let bench = Bench::new([script(MLSD)]).await;
    let client = bench.client().await.unwrap();
    let listing = client.list(&path("/pub/")).await.unwrap();
    let names: Vec<_> = listing.entries.iter().map(|e| e.name.as_slice()).collect();
    assert_eq!(names, [&b"a b"[..], b"sub"]);
    assert_eq!(listing.unrecognised, [b"what\r".to_vec()]);
    assert_eq!(commands(&bench), "EPSV|MLSD pub");
}

#[tokio::test]
async fn list_follows_on_the_same_login_and_is_remembered() {
    for (refusal, remembered) in [
        ("500 what", true),
        ("502 no", true),
        ("504 no", true),
        // Of this path only: pyftpdlib says so of a file.
        ("501 no such folder", false),
    ] {
        let bench = Bench::new([script(LIST).on("MLSD", refusal)]).await;
        let client = bench.client().await.unwrap();
        let listing = client.list(&path("/pub")).await.unwrap();
        assert_eq!(listing.entries.len(), 1, "{refusal}");
        let wanted = "EPSV|MLSD pub|CWD pub|EPSV|LIST";
        assert_eq!(commands(&bench), wanted, "{refusal}");
        let habits = bench.options.memory.habits(&bench.server.target);
        assert_eq!(habits.listing == Form::List, remembered, "{refusal}");
    }
}

#[tokio::test]
async fn a_refusal_may_mean_an_empty_folder_once_it_was_entered() {
    for (cwd, list, empty) in [
        ("250 in", "550 No files found", true),
        ("250 in", "450 No files found", true),
        ("250 in", "550 Permission denied", false),
        ("550 No such file", "550 No files found", false),
    ] {
        let script = script(b"").on("MLSD", "500 what").on("CWD", cwd);
        let bench = Bench::new([script.on("LIST", list).on("SIZE", "550 no")]).await;
        let listed = bench.client().await.unwrap().list(&path("/pub")).await;
        match listed {
            Ok(listing) => assert!(empty && listing.entries.is_empty(), "{cwd}, {list}"),
            Err(error) => {
                assert!(!empty, "{cwd}, {list}: {error}");
                let kind = (error.kind(), error.stage());
                assert_eq!(kind, (Kind::TargetRefused, Stage::Request));
            }
        }
    }
}

#[tokio::test]
async fn without_the_servers_word_a_listing_is_no_listing() {
    let bad = script(MLSD).on("MLSD", "150 here\r\n{data}426 cut");
    let bench = Bench::new([bad]).await;
    let error = bench.client().await.unwrap().list(&path("/pub")).await;
    assert_eq!(error.unwrap_err().kind(), Kind::Cut);
}

#[tokio::test]
async fn a_file_is_told_from_a_folder() {
    // Some servers list the file itself.
    for mlsd in ["150 here\r\n{data}226 done", "550 not a folder"] {
        let script = script(b"type=file;size=24; a.bin\r\n").on("MLSD", mlsd);
        let bench = Bench::new([script.on("CWD", "550 no")]).await;
        let error = bench.client().await.unwrap().list(&path("/a.bin")).await;
        let error = error.unwrap_err().to_string();
        assert!(error.contains("this is a file of 26 bytes"), "{error}");
    }
}

#[tokio::test]
async fn patterns_and_options_are_gone_into() {
    for (asked, sent) in [("/a*b/", "a*b"), ("/-la", "-la")] {
        let bench = Bench::new([script(MLSD)]).await;
        bench
            .client()
            .await
            .unwrap()
            .list(&path(asked))
            .await
            .unwrap();
        assert_eq!(commands(&bench), format!("CWD {sent}|EPSV|MLSD"));
    }
}
