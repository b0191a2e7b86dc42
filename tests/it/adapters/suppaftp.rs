//! suppaftp through the tunnel, and as an oracle for this crate's own FTP.

use std::path::Path;
use std::sync::OnceLock;

use outbound::adapters::suppaftp::{connect, connect_secure, find};
use outbound::base::{Kind, Stage};
use outbound::dataset::{Client, Dataset};
use suppaftp::FtpError;
use suppaftp::tokio::{ImplAsyncFtpStream, TokioTlsStream};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{proxies, through};
use crate::kit::{certificate, noise, policy, sha256, shared};
use crate::support::peers::{self, Squid, Vsftpd, folder, squid};
use crate::support::scripted::{Scripted, Step};

/// vsftpd with a folder that takes uploads, and the file of the authority to believe.
struct Server {
    ftp: Vsftpd,
    ca: Option<std::path::PathBuf>,
    root: std::path::PathBuf,
}

impl Server {
    fn start(lines: &[&str], tls: bool) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let root = folder();
        for file in ["small.bin", "big.bin"] {
            std::fs::hard_link(shared().root.join(file), root.join(file)).unwrap();
        }
        let uploads = root.join("up");
        std::fs::create_dir(&uploads).unwrap();
        std::fs::set_permissions(&uploads, std::fs::Permissions::from_mode(0o777)).unwrap();
        let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        let more = "write_enable=YES\nanon_upload_enable=YES\nanon_umask=022";
        lines.push(more.to_owned());
        let ca = tls.then(|| {
            let (certificate, ca) = certificate();
            lines.push(format!(
                "ssl_enable=YES\nallow_anon_ssl=YES\nrequire_ssl_reuse=YES\nssl_ciphers=HIGH\n\
                 force_anon_logins_ssl=YES\nforce_anon_data_ssl=YES\n\
                 rsa_cert_file={}\nrsa_private_key_file={}",
                certificate.chain.display(),
                certificate.key.display()
            ));
            ca
        });
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        Self {
            ftp: Vsftpd::start(&root, &lines),
            ca,
            root,
        }
    }

    fn plain() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[], false))
    }

    fn secure() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&[], true))
    }

    /// The dataset of the server's root under the settings of a proxy.
    fn dataset(&self, settings: &str) -> Dataset {
        let ca = self.ca.as_deref().map_or_else(String::new, trusted);
        let url = self.ftp.url("/");
        let settings = format!("{settings}[connections.files]\nurl = \"{url}\"\n{ca}");
        Client::new(policy(&settings)).dataset("files:").unwrap()
    }
}

fn trusted(ca: &Path) -> String {
    format!("ca_file = '{}'\n", ca.display())
}

async fn all<T>(ftp: &mut ImplAsyncFtpStream<T>, name: &str) -> Vec<u8>
where
    T: TokioTlsStream + Send,
{
    let mut bytes = Vec::new();
    let mut download = ftp.retr_as_stream(name).await.unwrap();
    download.read_to_end(&mut bytes).await.unwrap();
    download.finish().await.unwrap();
    bytes
}

/// Listings, files both ways, several on one login.
async fn everything<T>(mut ftp: ImplAsyncFtpStream<T>, server: &Server, name: &str)
where
    T: TokioTlsStream + Send,
{
    let listing = ftp.nlst(None).await.unwrap();
    assert!(
        listing.iter().any(|line| line == "small.bin"),
        "{listing:?}"
    );
    assert_eq!(ftp.size("small.bin").await.unwrap(), shared().small.len());
    for _ in 0..2 {
        let bytes = all(&mut ftp, "small.bin").await;
        assert_eq!(sha256(&bytes), sha256(&shared().small), "{name}");
    }
    // With every line end: nothing is converted.
    let sent = [b"a\nb\r\nc\r", &noise(300_000)[..]].concat();
    let mut upload = ftp.put_with_stream(&format!("up/{name}")).await.unwrap();
    upload.write_all(&sent).await.unwrap();
    upload.finish().await.unwrap();
    let stored = std::fs::read(server.root.join("up").join(name)).unwrap();
    assert_eq!(sha256(&stored), sha256(&sent), "{name}");
    let missing = ftp.retr_as_stream("absent").await.err().unwrap();
    assert!(missing.to_string().contains("550"), "{missing}");
    ftp.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_and_moves_files_through_every_proxy() {
    let server = Server::plain();
    for (name, settings) in proxies() {
        let ftp = connect(&server.dataset(&settings)).await;
        let ftp = ftp.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        everything(ftp, server, &format!("{name} in clear")).await;
    }
    let ftp = connect(&server.dataset("")).await.unwrap();
    everything(ftp, server, "directly").await;
}

/// vsftpd demands that every data channel uses the control channel's session again.
#[tokio::test(flavor = "multi_thread")]
async fn lists_and_moves_files_over_tls_through_every_proxy() {
    let server = Server::secure();
    for (name, settings) in proxies() {
        let ftp = connect_secure(&server.dataset(&settings)).await;
        let ftp = ftp.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        everything(ftp, server, &format!("{name} over TLS")).await;
    }
    let ftp = connect_secure(&server.dataset("")).await.unwrap();
    everything(ftp, server, "directly over TLS").await;
}

/// Uploads whose end a proxy could take for the end of both directions.
#[tokio::test(flavor = "multi_thread")]
async fn many_uploads_over_tls_are_whole() {
    let server = Server::secure();
    let bytes = noise(70_000);
    for (name, settings) in proxies() {
        let mut ftp = connect_secure(&server.dataset(&settings)).await.unwrap();
        for number in 0..20 {
            let file = format!("up/many-{name}-{number}");
            let mut upload = ftp.put_with_stream(&file).await.unwrap();
            upload.write_all(&bytes).await.unwrap();
            let ended = upload.finish().await;
            ended.unwrap_or_else(|error| panic!("{name}, {number}: {error}"));
            assert!(
                std::fs::read(server.root.join(&file)).unwrap() == bytes,
                "{file}"
            );
        }
    }
}

/// The same files by both clients: length, time and bytes.
#[tokio::test(flavor = "multi_thread")]
async fn our_own_client_sees_what_suppaftp_sees() {
    let server = Server::plain();
    let digests = [
        ("small.bin", sha256(&shared().small)),
        ("big.bin", shared().big.clone()),
    ];
    for (name, settings) in proxies() {
        let mut ftp = connect(&server.dataset(&settings)).await.unwrap();
        let client = Client::new(policy(&settings));
        for (file, digest) in &digests {
            let ours = client.dataset(&server.ftp.url(&format!("/{file}")));
            let ours = ours.unwrap();
            let stat = ours.stat().await.unwrap();
            let size = ftp.size(file).await.unwrap();
            assert_eq!(stat.length, Some(size as u64), "{name}: {file}");
            let time = ftp.mdtm(file).await.unwrap().and_utc().timestamp();
            let since = stat.modified.unwrap().duration_since(std::time::UNIX_EPOCH);
            assert_eq!(since.unwrap().as_secs(), time as u64, "{name}: {file}");
            let mut bytes = Vec::new();
            let mut reader = ours.open().await.unwrap();
            reader.read_to_end(&mut bytes).await.unwrap();
            assert_eq!(sha256(&bytes), *digest, "{name}: {file}, ours");
            let theirs = all(&mut ftp, file).await;
            assert_eq!(sha256(&theirs), *digest, "{name}: {file}, suppaftp's");
        }
    }
}

/// Without EPSV the 227 names a private host: only its port is used.
#[tokio::test(flavor = "multi_thread")]
async fn a_private_address_is_not_used() {
    let lines = ["pasv_address=10.9.8.7", "cmds_denied=EPSV"];
    let server = Server::start(&lines, false);
    let (_, settings) = &proxies()[0];
    let mut ftp = connect(&server.dataset(settings)).await.unwrap();
    assert!(all(&mut ftp, "small.bin").await == shared().small);
    assert!(server.ftp.log().contains("PASV"));
}

/// The greeting in one segment with the proxy's answer, at every way to split them.
#[tokio::test]
async fn a_greeting_that_comes_with_the_proxys_answer_is_not_lost() {
    let replies = [
        "331 password\r\n",
        "230 in\r\n",
        "200 binary\r\n",
        "500 what\r\n",
    ];
    let talk = |opening: Vec<Step>| {
        let mut steps = vec![Step::head()];
        steps.extend(opening);
        for reply in replies {
            steps.extend([Step::line(), Step::write(reply)]);
        }
        Scripted::each(steps)
    };
    let opening = b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n220 ready\r\n";
    let mut peers = vec![talk(vec![Step::write(opening)])];
    for at in 1..opening.len() {
        let (first, second) = opening.split_at(at);
        peers.push(talk(Step::pieces([first, second])));
    }
    for proxy in peers {
        let client = Client::new(policy(&through(proxy.address(), "")));
        let place = client.dataset("ftp://h.example/").unwrap();
        let ftp = connect(&place).await.unwrap();
        assert_eq!(ftp.get_welcome_msg(), Some("220 ready"));
        let told = proxy.received().concat();
        assert!(told.ends_with("TYPE I\r\nEPSV\r\n"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_data_channel_tells_which_line_to_add() {
    let server = Server::plain();
    let strict = Squid::start(squid::Options {
        tunnel_ports: server.ftp.port().to_string(),
        ..squid::Options::default()
    });
    let dataset = server.dataset(&through(strict.address(), ""));
    let mut ftp = connect(&dataset).await.unwrap();
    let error = ftp.nlst(None).await.unwrap_err();
    let ours = find(&error).unwrap();
    assert_eq!(
        (ours.kind(), ours.stage()),
        (Kind::ProxyRefused, Stage::Data)
    );
    assert!(
        ours.to_string().contains("through http://127.0.0.1"),
        "{ours}"
    );
    let hint = ours.hint().unwrap();
    assert!(
        hint.contains("passive FTP needs CONNECT to ports 1024-65535"),
        "{hint}"
    );
    // The login is still good.
    ftp.noop().await.unwrap();
    assert!(find(&FtpError::BadResponse).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_before_the_login_is_said() {
    let (_, open) = &proxies()[0];
    let server = Server::plain();
    // A wrong login, of which no password is told.
    let url = server.ftp.url("/").replace("ftp://", "ftp://ann:hunter2@");
    let dataset = Client::new(policy(open)).dataset(&url).unwrap();
    let error = connect(&dataset).await.err().unwrap();
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::TargetAuth, Stage::Login)
    );
    let shown = format!("{error} {error:?}");
    assert!(
        shown.contains("user `ann`") && !shown.contains("hunter2"),
        "{shown}"
    );
    assert!(shown.contains("through http://127.0.0.1"), "{shown}");
    // A proxy that wants a password, and one that refuses the server.
    let guarded = through(peers::squid_with_password().address(), "");
    let error = connect(&server.dataset(&guarded)).await.err().unwrap();
    assert_eq!(error.kind(), Kind::ProxyAuth, "{error}");
    // A server without TLS, and one that nobody here trusts.
    let error = connect_secure(&server.dataset(open)).await.err().unwrap();
    assert_eq!(
        (error.kind(), error.stage()),
        (Kind::TargetRefused, Stage::TargetTls)
    );
    assert!(error.to_string().contains("does not start TLS"), "{error}");
    let url = Server::secure().ftp.url("/");
    let dataset = Client::new(policy(open)).dataset(&url).unwrap();
    let error = connect_secure(&dataset).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Tls, "{error}");
    assert!(error.to_string().contains("not trusted here"), "{error}");
    assert!(error.hint().unwrap().contains("ca_file"), "{error:?}");
    // Settings that ask for TLS, and the function that sends the login in clear.
    let url = server.ftp.url("/");
    let strict = format!("[connections.files]\nurl = \"{url}\"\ntls = \"explicit\"\n");
    let dataset = Client::new(policy(&strict)).dataset("files:").unwrap();
    let error = connect(&dataset).await.err().unwrap();
    assert_eq!(error.kind(), Kind::Policy, "{error}");
    assert_eq!(error.hint(), Some("call connect_secure"));
    // Other protocols.
    let client = Client::new(policy(""));
    for (url, hint) in [
        ("ftps://h.example/", Some("connect_secure")),
        ("http://h.example/", None),
    ] {
        let error = connect(&client.dataset(url).unwrap()).await.err().unwrap();
        assert_eq!(error.kind(), Kind::Unsupported, "{error}");
        assert_eq!(
            error.hint().map(|h| h.contains(hint.unwrap_or(""))),
            hint.map(|_| true)
        );
    }
    // Who greets with something else, and who keeps silent.
    for (steps, kind, said) in [
        (
            vec![Step::write("421 full\r\n")],
            Kind::TargetUnavailable,
            "421 full",
        ),
        (
            vec![Step::write("SSH-2.0-x\r\n")],
            Kind::TargetProtocol,
            "no FTP reply",
        ),
        (vec![Step::Close], Kind::TargetUnavailable, "without a word"),
        (vec![Step::Stall], Kind::Timeout, "timeouts.reply"),
    ] {
        let peer = Scripted::each(steps);
        let limit = match kind {
            Kind::Timeout => "100ms",
            _ => "60s",
        };
        let client = Client::new(policy(&format!("timeouts.reply = \"{limit}\"\n")));
        let url = peer.url().replace("http", "ftp");
        let error = connect(&client.dataset(&url).unwrap()).await.err().unwrap();
        assert_eq!(
            (error.kind(), error.stage()),
            (kind, Stage::Greeting),
            "{error}"
        );
        assert!(error.to_string().contains(said), "{error}");
    }
}

/// A server that speaks TLS 1.3 alone refuses what is offered first.
#[tokio::test]
async fn tls_1_3_is_taken_where_1_2_is_refused() {
    let (address, ca, connections) = super::tls::only_tls_1_3();
    let url = format!("ftp://{address}/");
    let settings = format!("[connections.files]\nurl = \"{url}\"\n{}", trusted(&ca));
    let dataset = Client::new(policy(&settings)).dataset("files:").unwrap();
    let mut ftp = connect_secure(&dataset).await.unwrap();
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 2);
    ftp.noop().await.unwrap();
}
