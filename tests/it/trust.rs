//! Whose certificates are believed, and what is said of the others.

use std::path::Path;

use outbound::Error;
use outbound::base::{Kind, Side};
use outbound::dataset::Client;

use crate::kit::{self, policy};
use crate::support::peers::{Certificate, Nginx, folder, squid};

/// Opens a file of `server` under the name `host`, believing what `ca` holds.
async fn open(server: &Nginx, host: &str, ca: &Path) -> Result<(), Error> {
    let base = server.https("/").replace("127.0.0.1", host);
    let toml = format!(
        "[proxy]\nurl = \"{}\"\n[connections.s]\nurl = \"{base}\"\nca_file = \"{}\"\n",
        squid().url(),
        ca.display()
    );
    let client = Client::new(policy(&toml));
    client.open("s:small.bin").await.map(drop)
}

/// `openssl req -x509` makes an authority's certificate. A server that uses it is believed when
/// exactly that certificate is in `ca_file`, and under its own names only.
#[tokio::test]
async fn a_self_signed_certificate_is_believed_by_exact_match() {
    let shared = kit::shared();
    let own = Certificate::self_signed(&folder());
    let nginx = Nginx::start(&shared.root, &own, kit::AWAY);
    open(&nginx, "127.0.0.1", &own.chain).await.unwrap();
    open(&nginx, "origin.test", &own.chain).await.unwrap();
    // The proxy resolves this name to the same server.
    let error = open(&nginx, "ftp.test", &own.chain).await.unwrap_err();
    assert!(
        error.to_string().contains("for another name than ftp.test"),
        "{error}"
    );
    let another = Certificate::self_signed(&folder());
    let error = open(&nginx, "127.0.0.1", &another.chain).await.unwrap_err();
    assert_eq!((error.kind(), error.side()), (Kind::Tls, Side::Settings));
    assert!(!error.is_transient());
}

#[tokio::test]
async fn what_is_not_believed_is_explained() {
    let shared = kit::shared();
    let own = Certificate::self_signed(&folder());
    let nginx = Nginx::start(&shared.root, &own, kit::AWAY);
    let renewed = kit::certificate().1;
    let cases = [
        // Nothing in the file speaks for the server.
        (&nginx, &renewed, Side::Settings, "that of an authority"),
        // A company that renewed its authority under the same name.
        (
            &shared.nginx,
            &renewed,
            Side::Target,
            "not signed with the key",
        ),
    ];
    for (server, ca, side, what) in cases {
        let error = open(server, "127.0.0.1", ca).await.unwrap_err();
        assert_eq!((error.kind(), error.side()), (Kind::Tls, side));
        assert!(error.to_string().contains(what), "{error}");
        let hint = error.hint().unwrap();
        assert!(hint.contains("connections.s.ca_file"), "{hint}");
        assert!(!error.is_transient());
    }
    // Without a connection nothing is believed but the system's store.
    let client = Client::new(policy(&format!("[proxy]\nurl = \"{}\"\n", squid().url())));
    let url = shared.nginx.https("/small.bin");
    let error = client.open(&url).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{error}");
    let hint = error.hint().unwrap();
    assert!(hint.contains("[connections.NAME]"), "{hint}");
}

#[tokio::test]
async fn a_ca_file_that_cannot_be_used_is_a_matter_of_the_settings() {
    let nginx = &kit::shared().nginx;
    let folder = folder();
    let text = folder.join("text.pem");
    std::fs::write(&text, "no certificate\n").unwrap();
    let torn = folder.join("torn.pem");
    std::fs::write(&torn, "-----BEGIN CERTIFICATE-----\n!\n").unwrap();
    for (file, what) in [
        (folder.join("absent.pem"), "it does not exist"),
        (folder.clone(), "it cannot be read: is a directory"),
        (text, "it holds no certificate"),
        (torn, "it cannot be read as PEM"),
    ] {
        let error = open(nginx, "127.0.0.1", &file).await.unwrap_err();
        let said = format!("read connections.s.ca_file {}: {what}", file.display());
        assert_eq!(error.to_string(), said);
        assert_eq!(
            (error.kind(), error.side()),
            (Kind::Settings, Side::Settings)
        );
    }
}

/// Who vouches is asked in turn: `ca_file`, the system's bundle, its folder. What is not needed is
/// not read: a bundle that cannot be read would be warned of.
#[test]
fn the_systems_store_is_read_only_when_it_is_needed() {
    let shared = kit::shared();
    let url = shared.nginx.https("/small.bin");
    let empty = folder();
    let authority = folder();
    std::fs::copy(&shared.ca, authority.join("corporate.pem")).unwrap();
    let with_file = format!(
        "[connections.s]\nurl = \"{}\"\nca_file = \"{}\"\n",
        shared.nginx.https("/"),
        shared.ca.display()
    );
    let (missing, renewed) = (empty.join("missing.pem"), kit::certificate().1);
    let warned = "system trust store";
    // The settings, SSL_CERT_FILE, SSL_CERT_DIR, the exit code, and whether the bundle is read.
    let cases = [
        (with_file.as_str(), &missing, &empty, 0, false),
        ("", &shared.ca, &empty, 0, false),
        ("", &renewed, &authority, 0, false),
        ("", &missing, &authority, 0, true),
        ("", &renewed, &empty, 8, false),
    ];
    for (settings, bundle, folder, code, read) in cases {
        let program = kit::Program::with_settings(settings);
        let mut command = program.command(&["stat", "-v", &url]);
        command
            .env("SSL_CERT_FILE", bundle)
            .env("SSL_CERT_DIR", folder);
        let ran = kit::Ran::of(command.output().unwrap()).expect(code);
        assert_eq!(
            ran.err.contains(warned),
            read,
            "{bundle:?} {folder:?}: {}",
            ran.err
        );
    }
}
