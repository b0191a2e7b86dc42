//! Control channels that are kept, and how many there are.

use outbound::dataset::Client;
use tokio::io::AsyncReadExt as _;

use crate::kit::{self, shared};
use crate::support::peers::{self, Vsftpd};

/// A client with these many channels, without second tries.
fn client(most: usize) -> Client {
    let proxy = peers::squid().url();
    let toml = format!("[proxy]\nurl = \"{proxy}\"\n[retry]\nattempts = 1\n");
    Client::new(kit::policy(&toml)).with_ftp_channels(most)
}

async fn read(client: &Client, url: &str) {
    let mut reader = client.open(url).await.unwrap();
    let mut data = Vec::new();
    reader.read_to_end(&mut data).await.unwrap();
    assert!(data == shared().small);
}

async fn read_together(client: &Client, url: &str, count: usize) {
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (client, url) = (client.clone(), url.to_owned());
        all.spawn(async move { read(&client, &url).await });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap();
    }
}

fn logins(server: &Vsftpd) -> usize {
    server.log().matches("OK LOGIN").count()
}

#[tokio::test]
async fn one_login_serves_one_file_after_another() {
    let server = Vsftpd::start(&shared().root, &[]);
    let client = client(4);
    for _ in 0..5 {
        read(&client, &server.url("/small.bin")).await;
    }
    let dataset = client.dataset(&server.url("/small.bin")).unwrap();
    let stat = dataset.stat().await.unwrap();
    assert_eq!(stat.length, Some(shared().small.len() as u64));
    assert_eq!(logins(&server), 1);
}

#[tokio::test]
async fn no_more_channels_than_asked_for() {
    let server = Vsftpd::start(&shared().root, &[]);
    read_together(&client(2), &server.url("/small.bin"), 8).await;
    assert_eq!(logins(&server), 2);
}

/// The server says 421 to the third: those that it took do all the work, without a second try.
#[tokio::test]
async fn a_server_that_is_full_gets_no_more() {
    let server = Vsftpd::start(&shared().root, &["max_clients=2"]);
    let client = client(4);
    let url = server.url("/small.bin");
    read_together(&client, &url, 8).await;
    assert_eq!(logins(&server), 2);
    read_together(&client, &url, 4).await;
    assert_eq!(logins(&server), 2);
}

/// A transfer that was given up leaves nothing behind that the next one would stumble over.
#[tokio::test]
async fn a_channel_in_the_middle_of_a_file_is_not_kept() {
    let server = Vsftpd::start(&shared().root, &[]);
    let client = client(1);
    let url = server.url("/small.bin");
    let mut reader = client.open(&url).await.unwrap();
    reader.read_u8().await.unwrap();
    drop(reader);
    read(&client, &url).await;
    assert_eq!(logins(&server), 2);
}
