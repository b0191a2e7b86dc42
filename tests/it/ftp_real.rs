//! FTP through the real proxies, from the real server.

use std::path::Path;
use std::sync::OnceLock;

use crate::kit::{BIG, client, fetch, sha256, shared};
use crate::support::peers::{self, Vsftpd, squid};
use crate::support::relay::{Cut, Ending, Plan, Relay};

fn vsftpd() -> &'static Vsftpd {
    static SHARED: OnceLock<Vsftpd> = OnceLock::new();
    SHARED.get_or_init(|| Vsftpd::start(&shared().root, &[]))
}

/// The proxies, each with the settings that lead through it, at `address`.
fn proxies() -> Vec<(&'static str, std::net::SocketAddr, String)> {
    let plain = |address: std::net::SocketAddr| format!("[proxy]\nurl = \"http://{address}\"\n");
    let open = peers::squid().address();
    let guarded = peers::squid_with_password().address();
    let apache = peers::apache().address();
    let login = format!(
        "username = '{}'\npassword = '{}'\n",
        squid::USER,
        squid::PASSWORD
    );
    vec![
        ("squid", open, plain(open)),
        ("squid with password", guarded, plain(guarded) + &login),
        ("apache", apache, plain(apache)),
    ]
}

fn digest(file: &Path) -> String {
    sha256(&std::fs::read(file).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_comes_whole_through_every_proxy() {
    for (name, _, settings) in proxies() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("big.bin");
        let fetched = fetch(&client(&settings), &vsftpd().url("/big.bin"), &to).await;
        let fetched = fetched.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(fetched.length, BIG as u64, "{name}");
        assert_eq!(digest(&to), shared().big, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_file_goes_on_through_every_proxy() {
    for (name, address, settings) in proxies() {
        // Only the data channel carries so much.
        let cut = Cut {
            after: 20 << 20,
            ending: Ending::Reset,
            times: 1,
            only: None,
        };
        let plan = Plan {
            cut: Some(cut),
            ..Plan::default()
        };
        let relay = Relay::start(address, plan);
        let settings = settings.replace(&address.to_string(), &relay.address().to_string());
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("big.bin");
        let fetched = fetch(&client(&settings), &vsftpd().url("/big.bin"), &to).await;
        fetched.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(relay.cuts(), 1, "{name}");
        assert_eq!(digest(&to), shared().big, "{name}");
        let twice = relay.down() - BIG as u64;
        assert!(twice < BIG as u64 / 50, "{name}: {twice} bytes came twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_address_in_the_answer_is_not_used() {
    // Without EPSV only the 227 is left, and it names a host that nobody can reach.
    let server = Vsftpd::start(
        &shared().root,
        &["pasv_address=10.9.8.7", "cmds_denied=EPSV"],
    );
    for (name, _, settings) in proxies() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("small.bin");
        let fetched = fetch(&client(&settings), &server.url("/small.bin"), &to).await;
        fetched.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(std::fs::read(&to).unwrap(), shared().small, "{name}");
    }
    assert!(server.log().contains("PASV"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn epsv_alone_needs_no_address() {
    let server = Vsftpd::start(&shared().root, &["pasv_address=10.9.8.7"]);
    let (_, _, settings) = &proxies()[0];
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("small.bin");
    fetch(&client(settings), &server.url("/small.bin"), &to)
        .await
        .unwrap();
    assert!(!server.log().contains("PASV"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_that_refuses_the_data_port_is_named_with_the_line_to_add() {
    // Squid's own rule for CONNECT lets the control port through, and no data port.
    let proxy = peers::Squid::start(squid::Options {
        tunnel_ports: vsftpd().port().to_string(),
        ..squid::Options::default()
    });
    let settings = format!("[proxy]\nurl = \"{}\"\n", proxy.url());
    let client = client(&settings);
    let dataset = client.dataset(&vsftpd().url("/small.bin")).unwrap();
    let report = outbound::check::check(&dataset).await;
    let failure = report.failure.expect("the data port is refused");
    let hint = failure.hint().unwrap_or_default();
    assert!(
        hint.contains("passive FTP needs CONNECT to ports 1024-65535"),
        "{hint}"
    );
    assert!(
        hint.contains("acl port_1024-65535 port 1024-65535"),
        "{hint}"
    );
    assert!(!hint.contains("AllowConnect"), "{hint}");
    assert_eq!(failure.stage().as_str(), "data");
    assert_eq!(failure.answer().unwrap().code, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_said_in_its_words() {
    let (_, _, settings) = &proxies()[0];
    let client = client(settings);
    let missing = client.dataset(&vsftpd().url("/no-such-file")).unwrap();
    let error = missing.open().await.unwrap_err();
    assert_eq!(error.answer().unwrap().code, 550, "{error}");
    let url = vsftpd()
        .url("/small.bin")
        .replace("ftp://", "ftp://ann:hunter2@");
    let error = client.open(&url).await.unwrap_err();
    assert_eq!(error.answer().unwrap().code, 530, "{error}");
    assert!(error.to_string().contains("ann"), "{error}");
    assert!(
        !format!("{error} {error:?}").contains("hunter2"),
        "{error:?}"
    );
}
