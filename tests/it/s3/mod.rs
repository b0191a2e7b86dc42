//! Datasets of S3, with moto as the server, through the real proxies.

mod bounds;
mod ranges;
mod signed;

use std::path::Path;
use std::sync::OnceLock;

use outbound::base::{Error, Kind};
use outbound::dataset::{Client, FetchOptions, StoreOptions};

use crate::kit::{self, Program, noise, sha256};
use crate::support::peers::{self, Moto, squid};
use crate::support::relay::{Ending, Plan, Relay};
use crate::support::scripted::{Scripted, Step};

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// moto with the buckets `lake` and `bulk`.
fn moto() -> &'static Moto {
    static SHARED: OnceLock<Moto> = OnceLock::new();
    SHARED.get_or_init(|| {
        let moto = Moto::start();
        for bucket in ["lake", "bulk"] {
            let url = format!("{}/{bucket}", moto.url());
            let made = peers::tool("curl")
                .args(["-fsS", "-X", "PUT", &url])
                .status();
            assert!(made.unwrap().success());
        }
        moto
    })
}

/// A client whose connection `lake` is a bucket at an endpoint. It tries often: Squid 5.7 takes a full
/// buffer for the end of a client that puts faster than its server reads.
fn client(proxy: &str, endpoint: &str) -> Client {
    let toml = format!(
        "{proxy}\n[retry]\nattempts = 40\npause = \"1ms\"\npause_max = \"5ms\"\n\
         [connections.lake]\nurl = \"s3://lake/\"\nendpoint = \"{endpoint}\"\n\
         region = \"eu-west-1\"\nusername = \"{KEY}\"\npassword = \"{SECRET}\"\n"
    );
    Client::new(kit::policy(&toml))
}

fn proxy(url: &str) -> String {
    format!("[proxy]\nurl = \"{url}\"\nbypass = []\n")
}

fn proxies() -> [(&'static str, String); 4] {
    let login = format!(
        "username = '{}'\npassword = '{}'\n",
        squid::USER,
        squid::PASSWORD
    );
    [
        ("squid", proxy(&peers::squid().url())),
        (
            "squid with password",
            proxy(&peers::squid_with_password().url()) + &login,
        ),
        ("apache", proxy(&peers::apache().url())),
        ("tinyproxy", proxy(&peers::tinyproxy().url())),
    ]
}

async fn fetch(client: &Client, place: &str, to: &Path) -> outbound::Result<u64> {
    let dataset = client.dataset(place)?;
    let fetched = dataset.fetch(to, &FetchOptions::default()).await?;
    Ok(fetched.kept)
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_go_and_come_through_every_proxy() {
    let (small, large) = (noise(300_000), noise(20 << 20));
    for (name, settings) in proxies() {
        let server = Relay::start(moto().address(), Plan::default());
        let client = client(&settings, &server.url());
        let folder = tempfile::tempdir().unwrap();
        let told = |error: Error| -> () { panic!("{name}: {error:?}") };
        // With blanks, signs and letters that are written otherwise in URLs and in signatures.
        let places = [
            (format!("lake:{name}/d/é ü+&=@:$,;!*'(x).csv"), &small),
            (format!("lake:{name}/large.bin"), &large),
        ];
        for (place, bytes) in &places {
            let (dataset, options) = (client.dataset(place).unwrap(), StoreOptions::default());
            let stored = dataset.store_bytes((*bytes).clone(), &options).await;
            let stored = stored.unwrap_or_else(|error| panic!("{name} {place}: {error:?}"));
            assert_eq!(stored.length, bytes.len() as u64);
            let stat = dataset.stat().await.unwrap();
            assert_eq!(stat.length, Some(bytes.len() as u64), "{name}");
            assert_eq!(stat.resumable, Some(true), "{name}");
            let to = folder.path().join("x");
            fetch(&client, place, &to)
                .await
                .map(drop)
                .unwrap_or_else(told);
            assert!(std::fs::read(&to).unwrap() == **bytes, "{name} {place}");
            let kept = fetch(&client, place, &to).await.unwrap();
            assert_eq!(kept, bytes.len() as u64, "{name}: unchanged");
            std::fs::remove_file(&to).unwrap();
            let again = dataset.store_bytes("other", &options).await.unwrap_err();
            assert_eq!(again.kind(), Kind::TargetRefused, "{again}");
            assert!(again.what().contains("already"), "{again}");
        }
        let listed = client
            .dataset(&format!("lake:{name}/"))
            .unwrap()
            .list()
            .await;
        let names = listed.unwrap().entries;
        let names: Vec<_> = names.iter().map(|e| (&*e.name, e.size)).collect();
        assert_eq!(
            names,
            [(&b"d"[..], None), (b"large.bin", Some(20 << 20))],
            "{name}"
        );
        let missing = client
            .dataset("lake:none")
            .unwrap()
            .stat()
            .await
            .unwrap_err();
        assert_eq!(missing.kind(), Kind::TargetRefused, "{name}: {missing:?}");
        let missing = client
            .dataset("lake:none/")
            .unwrap()
            .list()
            .await
            .unwrap_err();
        assert_eq!(missing.kind(), Kind::TargetRefused, "{name}: {missing:?}");
        let seen = server.connections();
        let seen = seen.iter().map(|c| String::from_utf8_lossy(&c.first_up));
        let seen = seen.collect::<String>().to_lowercase();
        assert!(seen.contains("authorization: aws4-hmac-sha256"), "{name}");
        for secret in ["proxy-authorization", SECRET, squid::PASSWORD] {
            assert!(!seen.contains(&secret.to_lowercase()), "{name}: {secret}");
        }
    }
}

/// A cut on the way to the proxy, three times each way. By CONNECT, as S3 over HTTPS goes: Squid would
/// add cuts of its own.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_goes_on() {
    let bytes = noise(48 << 20);
    let tunnel = |relay: &Relay| proxy(&relay.url()) + "tunnel = \"always\"\n";
    let up = Relay::start(
        peers::squid().address(),
        Plan::cuts_up(3, 3 << 20, Ending::Reset),
    );
    let sending = client(&tunnel(&up), &moto().url());
    let dataset = sending.dataset("lake:cut.bin").unwrap();
    let stored = dataset
        .store_bytes(bytes.clone(), &StoreOptions::default())
        .await;
    stored.unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(up.cuts(), 3);
    // Parts go again, and not all of them.
    assert!(up.up() < 96 << 20, "{} bytes went", up.up());
    let down = Relay::start(
        peers::squid().address(),
        Plan::cuts(3, 5 << 20, Ending::Finish),
    );
    let bringing = client(&tunnel(&down), &moto().url());
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("x");
    fetch(&bringing, "lake:cut.bin", &to).await.unwrap();
    assert_eq!(sha256(&std::fs::read(&to).unwrap()), sha256(&bytes));
    assert_eq!(down.cuts(), 3);
    assert!(down.down() < 56 << 20, "{} bytes came", down.down());
}

fn answer(status: &str, fields: &str, code: &str, more: &str) -> Vec<Step> {
    let body = match code {
        "" => String::new(),
        code => format!(
            "<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code><Message>so &quot;it&quot; is\x1b[2J</Message>{more}</Error>"
        ),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\n{fields}Content-Type: application/xml\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    vec![Step::head(), Step::write(head), Step::Close]
}

/// Each of S3's refusals says what to do ("Error responses", Amazon S3 API Reference).
#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_each_their_own() {
    use Kind::{TargetAuth, TargetRefused, TargetUnavailable};
    let skewed = "<RequestTime>x</RequestTime><ServerTime>2020-01-01T00:00:00Z</ServerTime>";
    let soon = "Date: Wed, 01 Jan 2020 00:20:00 GMT\r\n";
    let region = "x-amz-bucket-region: ap-south-1\r\n";
    #[rustfmt::skip]
    let table = [
        ("403 Forbidden", "", "InvalidAccessKeyId", "", TargetAuth, "no such access key id"),
        ("403 Forbidden", "", "SignatureDoesNotMatch", "", TargetAuth, "check the secret access key"),
        ("400 Bad Request", "", "ExpiredToken", "", TargetAuth, "get new ones"),
        ("403 Forbidden", "", "RequestTimeTooSkewed", skewed, TargetAuth, "minutes ahead"),
        ("403 Forbidden", soon, "RequestTimeTooSkewed", "", TargetAuth, "minutes ahead"),
        ("403 Forbidden", "", "AccessDenied", "", TargetAuth, "may not do that"),
        ("301 Moved Permanently", region, "PermanentRedirect", "", TargetRefused, "set region = \"ap-south-1\""),
        ("400 Bad Request", "", "AuthorizationHeaderMalformed", "<Region>ap-south-1</Region>", TargetRefused, "set region = \"ap-south-1\""),
        ("301 Moved Permanently", "", "PermanentRedirect", "", TargetRefused, "`region` or `endpoint`"),
        ("404 Not Found", "", "NoSuchBucket", "", TargetRefused, "check the name of the bucket `lake`"),
        ("404 Not Found", "", "NoSuchKey", "", TargetRefused, "check the key"),
        ("503 Slow Down", "", "SlowDown", "", TargetUnavailable, ""),
        ("403 Forbidden", "", "", "", TargetAuth, "may not do that"),
    ];
    for (status, fields, code, more, kind, words) in table {
        let server = Scripted::each(answer(status, fields, code, more));
        let client = client("", &server.url());
        let folder = tempfile::tempdir().unwrap();
        let error = fetch(&client, "lake:x", &folder.path().join("x"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{code}: {error:?}");
        assert!(
            error.hint().unwrap_or_default().contains(words),
            "{code}: {error:?}"
        );
        let shown = format!("{error} {}", error.hint().unwrap_or_default());
        assert!(
            shown.contains(code) && !shown.contains(['\x1b', '\n']),
            "{shown}"
        );
        assert!(!format!("{error:?}").contains(SECRET));
    }
}

/// HEAD gets no words: a GET of one byte asks for them.
#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_refusal_come_for_stat_too() {
    let silent = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let server = Scripted::sequence(vec![
        vec![Step::head(), Step::write(silent), Step::Close],
        answer("403 Forbidden", "", "InvalidAccessKeyId", ""),
    ]);
    let client = client("", &server.url());
    let error = client.dataset("lake:x").unwrap().stat().await.unwrap_err();
    assert!(error.what().contains("InvalidAccessKeyId"), "{error}");
}

fn page(from: usize, last: bool) -> Vec<Step> {
    let keys = (from..from + 1000).map(|n| {
        format!("<Contents><Key>k/{n:05}</Key><LastModified>2024-01-02T03:04:05.000Z</LastModified><ETag>&quot;x&quot;</ETag><Size>{n}</Size></Contents>")
    });
    let next = match last {
        true => "<IsTruncated>false</IsTruncated>".to_owned(),
        false => format!(
            "<IsTruncated>true</IsTruncated><NextContinuationToken>t{from}</NextContinuationToken>"
        ),
    };
    let body = format!(
        "<ListBucketResult><Name>lake</Name><Prefix>k/</Prefix>{next}{}</ListBucketResult>",
        keys.collect::<String>()
    );
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    vec![Step::head(), Step::write(head), Step::Close]
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_keys_are_listed() {
    let pages = (0..10).map(|n| page(n * 1000, n == 9)).collect();
    let server = Scripted::sequence(pages);
    let client = client("", &server.url());
    let listed = client.dataset("lake:k/").unwrap().list().await;
    let entries = listed.unwrap_or_else(|error| panic!("{error:?}")).entries;
    assert_eq!(entries.len(), 10_000);
    assert_eq!(
        (&*entries[9_999].name, entries[9_999].size),
        (&b"09999"[..], Some(9_999))
    );
    assert_eq!(server.received().len(), 10);
}

/// The place, the variables, and what stands in the request then.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

/// The way is decided for the host of the endpoint, by whatever says which that is.
#[test]
fn route_decides_for_the_endpoint() {
    let program = Program::with_settings(
        "[proxy]\nurl = \"http://p.test:3128\"\nbypass = [\"lake\", \".eu-west-1.amazonaws.com\"]\n\
         [connections.lake]\nurl = \"s3://lake/in/\"\nregion = \"eu-west-1\"\n\
         [connections.minio]\nurl = \"s3://data/\"\nendpoint = \"https://169.254.169.254:9000/\"\n",
    );
    for (place, way, endpoint) in [
        ("lake:x", "direct", "lake.s3.eu-west-1.amazonaws.com:443"),
        (
            "s3://lake/else",
            "through http://p.test:3128",
            "lake.s3.us-east-1.amazonaws.com:443",
        ),
        ("minio:x", "direct", "169.254.169.254:9000"),
    ] {
        let ran = program.run(&["route", place]).expect(0);
        let first = ran.out.lines().next().unwrap();
        assert!(first.ends_with(&format!("  {way}")), "{}", ran.out);
        let line = format!("\n  endpoint    {endpoint}\n");
        assert!(ran.out.contains(&line), "{}", ran.out);
    }
}

/// Who signs: the connection, the variables, the profile, nobody.
#[test]
fn credentials_are_found_where_the_aws_tools_find_them() {
    let recorder = Relay::start(moto().address(), Plan::default());
    let program = Program::with_settings(&format!(
        "{}[connections.lake]\nurl = \"s3://lake/\"\nusername = \"OFSETTINGS\"\npassword = \"s\"\n\
         [connections.bulk]\nurl = \"s3://bulk/\"\nanonymous = true\n",
        proxy(&peers::squid().url())
    ));
    std::fs::create_dir(program.file(".aws")).unwrap();
    let profiles = "[default]\naws_access_key_id = OFDEFAULT\naws_secret_access_key = s\n\
                    [far]\naws_access_key_id = OFFAR\naws_secret_access_key = s\naws_session_token = tok\n";
    std::fs::write(program.file(".aws/credentials"), profiles).unwrap();
    let run = |place: &str, variables: &[(&str, &str)]| {
        let mut command = program.command(&["put", "--force", "-", place]);
        command
            .env("AWS_ENDPOINT_URL", recorder.url())
            .envs(variables.iter().copied());
        let ran = kit::Ran::of(command.stdin(std::process::Stdio::null()).output().unwrap());
        let seen = recorder.connections().pop().unwrap();
        (ran, String::from_utf8_lossy(&seen.first_up).into_owned())
    };
    let variables = [
        ("AWS_ACCESS_KEY_ID", "OFVARIABLE"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ];
    let far = [("AWS_PROFILE", "far")];
    #[rustfmt::skip]
    let table: &[Case<'_>] = &[
        ("lake:x", &variables, "Credential=OFSETTINGS/"),
        ("s3://bulk/x", &variables, ""),
        ("s3://lake2/x", &variables, "Credential=OFVARIABLE/"),
        ("s3://lake2/x", &far, "Credential=OFFAR/"),
        ("s3://lake2/x", &[], "Credential=OFDEFAULT/"),
    ];
    for (place, variables, wanted) in table {
        let (ran, seen) = run(place, variables);
        assert!(!format!("{ran:?}").contains("OF"), "{ran:?}");
        let signed = seen.to_lowercase().contains("authorization:");
        assert_eq!(signed, !wanted.is_empty(), "{place} {variables:?}: {seen}");
        assert!(seen.contains(wanted), "{place} {variables:?}: {seen}");
        let token = seen.to_lowercase().contains("x-amz-security-token: tok");
        assert_eq!(token, wanted.contains("OFFAR"), "{seen}");
    }
    let (ran, _) = run("s3://lake2/x", &[("AWS_PROFILE", "none")]);
    ran.expect(3).says("no profile `none`").says("AWS_PROFILE");
    let (ran, _) = run("s3://lake2/x", &[("AWS_ACCESS_KEY_ID", "half")]);
    ran.says("without its secret");
    let (ran, _) = run("s3://lake2/x?a", &variables);
    ran.expect(2).says("%3F");
    let listed = program.run(&["config", "check"]);
    listed.expect(0);
}
