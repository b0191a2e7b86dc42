//! What a server sends has bounds, and a key goes to nobody but its server.

use outbound::base::Kind;
use outbound::dataset::{StoreOptions, StreamOptions};

use super::{KEY, SECRET, client, fetch, moto, proxy};
use crate::kit::{Program, Ran};
use crate::support::peers;
use crate::support::relay::{Plan, Relay};
use crate::support::scripted::{Scripted, Step};

fn answer(body: &str) -> Vec<Step> {
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    vec![Step::head(), Step::write(head), Step::Close]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_has_bounds() {
    let key = "<Contents><Key>k/x</Key><LastModified>2024-01-02T03:04:05.000Z</LastModified>\
               <ETag>&quot;x&quot;</ETag><Size>1</Size></Contents>";
    let on = "<ListBucketResult><Name>lake</Name><Prefix>k/</Prefix><IsTruncated>true</IsTruncated>\
              <NextContinuationToken>again</NextContinuationToken>";
    let endless = Scripted::each(answer(&format!("{on}{key}</ListBucketResult>")));
    let long = format!("{on}{}", key.repeat(17 * (1 << 20) / key.len()));
    let long = Scripted::each(answer(&long));
    for (server, words) in [(endless, "1000 pages"), (long, "longer than")] {
        let client = client("", &server.url());
        let error = client.dataset("lake:k/").unwrap().list().await.unwrap_err();
        assert_eq!(error.kind(), Kind::TargetProtocol, "{error:?}");
        let told = error.to_string();
        assert!(
            told.contains(words) && told.contains(" directly ("),
            "{told}"
        );
    }
}

/// A login page in the place of S3 is neither a folder without files nor an object.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_s3s_is_an_error() {
    for body in [
        "<!DOCTYPE html>\n<html><body>log in</body></html>",
        "<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>",
        "",
    ] {
        let server = Scripted::each(answer(body));
        let client = client("", &server.url());
        let folder = client.dataset("lake:k/").unwrap();
        let file = client.dataset("lake:k/x").unwrap();
        let target = tempfile::tempdir().unwrap();
        let to = target.path().join("x");
        let errors = [
            folder.list().await.unwrap_err(),
            folder.probe().await.unwrap_err(),
            file.stat().await.unwrap_err(),
            fetch(&client, "lake:k/x", &to).await.unwrap_err(),
            file.store_bytes("x", &StoreOptions::default())
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), Kind::TargetProtocol, "{body}: {error:?}");
            assert!(error.what().contains("not S3's"), "{body}: {error}");
        }
        assert!(!to.exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_for_is_said() {
    let page = "<ListBucketResult><Name>lake</Name><Prefix>k/</Prefix><IsTruncated>false</IsTruncated>\
                <Contents><Key>k/a//b</Key><LastModified>2024-01-02T03:04:05.000Z</LastModified>\
                <ETag>&quot;x&quot;</ETag><Size>1</Size></Contents></ListBucketResult>";
    let server = Scripted::each(answer(page));
    let client = client("", &server.url());
    let error = client.dataset("lake:k/").unwrap().list().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported, "{error:?}");
    assert!(error.what().contains("a//b"), "{error}");
    assert!(error.to_string().contains(" directly ("), "{error}");
    // Of a prefix there are no bytes, whatever is called like it without its slash.
    let prefix = client.dataset("lake:k/").unwrap();
    for error in [
        prefix.stat().await.unwrap_err(),
        prefix.open().await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::Usage, "{error:?}");
    }
    // Although it is reached over HTTP.
    let object = client.dataset("lake:k/x").unwrap();
    let error = object.stream(StreamOptions::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::Unsupported, "{error:?}");
    assert!(error.what().starts_with("s3:// gives no stream"), "{error}");
}

/// What is paid for is told where there may be something, and nowhere else.
#[test]
fn parts_are_told_of_once_there_may_be_some() {
    let program = Program::with_settings(&proxy(&peers::squid().url()));
    std::fs::write(program.file("rows.csv"), "a,b\n").unwrap();
    let mut command = program.command(&["put", "rows.csv", "s3://none-such/x"]);
    command.env("AWS_ENDPOINT_URL", moto().url());
    let ran = Ran::of(command.output().unwrap())
        .expect(9)
        .says("NoSuchBucket");
    assert!(!ran.err.contains("paid for"), "{}", ran.err);
}

/// The connection's key signs for its bucket. Under the same connection, no other URL gets it.
#[tokio::test(flavor = "multi_thread")]
async fn the_key_goes_to_nobody_as_a_password() {
    let server = Scripted::each(answer("ok"));
    let client = client("", &server.url());
    let url = format!("{}/x", server.url());
    let dataset = client.dataset_of(&url, Some("lake")).unwrap();
    dataset.stat().await.unwrap();
    let seen = server.received_with("/x").to_lowercase();
    assert!(seen.starts_with("head /x"), "{seen}");
    assert!(!seen.contains("authorization"), "{seen}");
}

/// An upload may be a task of its own.
#[tokio::test(flavor = "multi_thread")]
async fn uploads_can_be_spawned() {
    let server = Relay::start(moto().address(), Plan::default());
    let client = client(&proxy(&peers::squid().url()), &server.url());
    let dataset = client.dataset("lake:spawned").unwrap();
    let sending = tokio::spawn(async move {
        let rows: &[u8] = b"a,b\n1,2\n";
        dataset.store_reader(rows, &StoreOptions::default()).await
    });
    assert_eq!(sending.await.unwrap().unwrap().length, 8);
    let seen = server.connections();
    let seen = String::from_utf8_lossy(&seen[0].first_up).into_owned();
    assert!(seen.contains(KEY) && !seen.contains(SECRET), "{seen}");
}
