//! Listing a folder.

use super::server::Script;
use super::{Bench, path};
use crate::base::{Encoding, Kind, Stage};
use crate::ftp::listing::{Form, Kind as EntryKind};

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
    assert_eq!(listing.unrecognised, [b"what".to_vec()]);
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

/// What was a folder in a listing may be gone, or called otherwise there.
#[tokio::test]
async fn a_known_folder_is_empty_only_if_it_can_be_entered() {
    for (cwd, empty) in [("250 in", true), ("550 pub: No such file", false)] {
        let script = script(b"").on("MLSD", "550 pub: No such file or directory");
        let bench = Bench::new([script.on("CWD", cwd)]).await;
        let client = bench.client().await.unwrap();
        let listed = client.list_and_keep(&path("/pub"), true).await;
        assert_eq!(listed.is_ok_and(|(it, _)| it.entries.is_empty()), empty);
    }
}

/// vsftpd says so of a folder that it may not read; or it shows the folder itself.
#[tokio::test]
async fn a_folder_that_cannot_be_read_is_not_empty() {
    let line = b"drwx--x--x 2 u g 4096 Jan 02 2020 pub\r\n";
    let unread = "150 here\r\n{data}226 Transfer done (but failed to open directory).";
    for (listing, list, cwd, commands_sent) in [
        (&b""[..], unread, "250 in", "LIST pub"),
        (
            line,
            "150 here\r\n{data}226 done",
            "550 no",
            "LIST pub|CWD pub",
        ),
    ] {
        let script = script(listing).on("LIST", list).on("CWD", cwd);
        let bench = Bench::new([script.on("MLSD", "500 what")]).await;
        let client = bench.client().await.unwrap();
        let listed = client.list_and_keep(&path("/pub"), true).await;
        let error = listed.map(|(listing, _)| listing).unwrap_err();
        assert_eq!(error.kind(), Kind::TargetRefused);
        assert!(commands(&bench).contains(commands_sent));
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

/// The answers of a server that is scripted to have another listing for each command.
fn names(listing: &crate::ftp::Listing) -> Vec<&str> {
    let names = listing.entries.iter();
    names
        .map(|entry| std::str::from_utf8(&entry.name).unwrap())
        .collect()
}

#[tokio::test]
async fn nlst_follows_a_list_that_is_refused_and_is_remembered() {
    for (refusal, remembered) in [("502 no", true), ("550 not here", false)] {
        let data = "150 here\r\n{data}226 done";
        let script = script(b"a b\r\n./c\r\n.\r\n")
            .on("MLSD", "500 what")
            .on("LIST", refusal)
            .on("NLST", data);
        let bench = Bench::new([script]).await;
        let listing = bench.client().await.unwrap().list(&path("/pub")).await;
        let listing = listing.unwrap();
        assert_eq!(names(&listing), ["a b", "c"], "{refusal}");
        let kinds = listing.entries.iter().map(|entry| &entry.kind);
        assert!(kinds.into_iter().all(|kind| *kind == EntryKind::Unknown));
        assert_eq!(listing.form, Form::Nlst);
        let wanted = "EPSV|MLSD pub|CWD pub|EPSV|LIST|EPSV|NLST";
        assert_eq!(commands(&bench), wanted, "{refusal}");
        let habits = bench.options.memory.habits(&bench.server.target);
        assert_eq!(habits.listing == Form::Nlst, remembered, "{refusal}");
        let again = bench.client().await.unwrap().list(&path("/pub")).await;
        assert_eq!(again.unwrap(), listing, "{refusal}");
    }
}

#[tokio::test]
async fn nlst_follows_a_list_that_is_not_understood_and_no_line_is_lost() {
    let data = "150 here\r\n{data}226 done";
    let words = script(b"what is\r\nthis\r\n").on("MLSD", "500 what");
    for (nlst, found, form) in [
        (data, 2, Form::Nlst),
        ("502 no", 0, Form::List),
        ("550 no files", 0, Form::List),
    ] {
        let bench = Bench::new([words.clone().on("NLST", nlst)]).await;
        let listing = bench.client().await.unwrap().list(&path("/pub")).await;
        let listing = listing.unwrap();
        assert_eq!((listing.entries.len(), listing.form), (found, form));
        let lost: Vec<_> = listing.unrecognised.iter().map(Vec::as_slice).collect();
        assert_eq!(lost, [&b"what is"[..], b"this"], "{nlst}");
        let habits = bench.options.memory.habits(&bench.server.target);
        assert_eq!(habits.listing, form, "{nlst}");
    }
}

#[tokio::test]
async fn the_refusal_of_list_is_told_where_nlst_is_refused_too() {
    let script = script(b"")
        .on("MLSD", "500 what")
        .on("LIST", "553 not for you")
        .on("NLST", "502 no")
        .on("SIZE", "550 no");
    let bench = Bench::new([script]).await;
    let listed = bench.client().await.unwrap().list(&path("/pub")).await;
    let error = listed.unwrap_err().to_string();
    assert!(error.contains("553"), "{error}");
}

/// A relative path is gone into once: from within the folder it would lead elsewhere.
#[tokio::test]
async fn a_folder_is_entered_once() {
    let script = script(LIST).on("MLSD", "500 what");
    let bench = Bench::new([script]).await;
    let client = bench.client().await.unwrap();
    assert_eq!(client.list(&path("/a*b")).await.unwrap().entries.len(), 1);
    assert_eq!(commands(&bench).matches("CWD").count(), 1);
}

#[tokio::test]
async fn names_are_read_in_the_configured_encoding_and_stay_bytes() {
    let mut bench = Bench::new([script(b"type=file; caf\xe9\r\n")]).await;
    bench.options.encoding = Encoding::parse("windows-1252");
    let listing = bench.client().await.unwrap().list(&path("/")).await;
    let listing = listing.unwrap();
    let name = &listing.entries[0].name;
    assert_eq!(
        (&name[..], &*listing.text(name)),
        (&b"caf\xe9"[..], "caf\u{e9}")
    );
}

/// A server that goes into any name, as mainframes do, does not tell of folders by that.
#[tokio::test]
async fn a_folder_is_what_can_be_gone_into_where_a_file_cannot() {
    for (reply, asked) in [("250 in", 1), ("550 no", 2), ("550 bye\x04", 1)] {
        let bench = Bench::new([Script::default().on("CWD", reply)]).await;
        let client = bench.client().await.unwrap();
        let (name, part) = (path("/pub/a"), path("/pub/a.part"));
        assert!(!client.finds_folder(&name, &part).await, "{reply}");
        let log = bench.server.log().concat();
        let asks = log.iter().filter(|line| line.starts_with("CWD"));
        assert_eq!(asks.count(), asked, "{log:?}");
    }
}
