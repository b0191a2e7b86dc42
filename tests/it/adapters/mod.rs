//! Other clients over the stack, through the real proxies.

// Not every feature's module uses every part.
#![allow(dead_code)]

#[cfg(feature = "blocking")]
mod blocking;
#[cfg(feature = "object_store")]
mod folder;
mod hyper;
#[cfg(feature = "object_store")]
mod object_store;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "reqwest")]
mod reqwest_stock;
#[cfg(feature = "suppaftp")]
mod suppaftp;
#[cfg(feature = "suppaftp")]
mod tls;

use std::net::SocketAddr;

use outbound::dataset::Client;
use outbound::lab::{Ca, Origin, Tree, http::Options, http::Redirect};

use crate::kit::policy;
use crate::support::peers::{self, squid};

/// The proxies, each with the settings that lead through it.
fn proxies() -> [(&'static str, String); 3] {
    let login = format!(
        "username = '{}'\npassword = '{}'\n",
        squid::USER,
        squid::PASSWORD
    );
    [
        ("squid", through(peers::squid().address(), "")),
        (
            "squid with password",
            through(peers::squid_with_password().address(), &login),
        ),
        ("apache", through(peers::apache().address(), "")),
    ]
}

/// `[proxy]` with further lines; nothing is tried twice.
fn through(proxy: SocketAddr, more: &str) -> String {
    format!("retry.attempts = 1\n[proxy]\nurl = \"http://{proxy}\"\nbypass = []\n{more}")
}

/// Two origins that take uploads, and redirect; one of them over TLS.
struct Origins {
    http: Origin,
    https: Origin,
    /// Settings of the connection `secure`, which trusts the second.
    secure: String,
    _folder: tempfile::TempDir,
}

const ROWS: &str = "a;b\n1;2\n";

async fn origins() -> Origins {
    let redirect = |from: &str, status| Redirect {
        from: from.to_owned(),
        status,
        to: "/up/x".to_owned(),
    };
    let tree = Tree::new();
    tree.put("/up/x", ROWS);
    let options = Options {
        tree,
        uploads: Some("/up/".to_owned()),
        redirects: vec![redirect("/see-other", 303), redirect("/again", 307)],
        ..Options::default()
    };
    let ca = Ca::new().unwrap();
    let tls = ca.server_config(&["127.0.0.1"], &["h2", "http/1.1"]);
    let https = Origin::start(Options {
        tls: Some(tls.unwrap()),
        ..options.clone()
    });
    let https = https.await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    ca.write_pem(&file).unwrap();
    Origins {
        http: Origin::start(options).await.unwrap(),
        secure: format!(
            "[connections.secure]\nurl = \"{}\"\nca_file = '{}'\n",
            https.url("/"),
            file.display()
        ),
        https,
        _folder: folder,
    }
}

impl Origins {
    /// A client through a proxy that trusts the second.
    fn client(&self, settings: &str) -> Client {
        Client::new(policy(&format!("{settings}{}", self.secure)))
    }

    /// Every origin must have been asked, and never with what is for the proxy.
    fn assert_nothing_leaked(&self) {
        for origin in [&self.http, &self.https] {
            let requests = origin.requests();
            assert!(!requests.is_empty());
            for request in requests {
                assert_eq!(request.header("proxy-authorization"), None, "{request:?}");
            }
        }
    }
}
