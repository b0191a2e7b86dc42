//! mitmproxy: a proxy that inspects TLS with certificates of its own.

use std::path::PathBuf;

use super::clients;
use super::process::{self, Died, Home, Process, brought, libraries};
use crate::support::sockets::free_port;

/// A running mitmproxy.
pub struct Mitmproxy {
    process: Process,
    port: u16,
    authority: PathBuf,
}

impl Mitmproxy {
    /// Starts one, which makes an authority of its own, and shows that to nobody.
    pub fn start() -> Self {
        process::start(|| Self::attempt(None, &[]))
    }

    /// Starts one whose authority is of another, the root, and which shows both.
    pub fn with_root() -> Self {
        process::start(|| Self::attempt(Some("Corp Web Gateway (mitmproxy)"), &[]))
    }

    /// Starts one whose authority has a name that nobody knows, and which shows certificates for hosts
    /// that it has not asked, and need not reach.
    pub fn unknown() -> Self {
        let lazy = ["connection_strategy=lazy", "upstream_cert=false"];
        process::start(|| Self::attempt(Some("Corp Web Gateway"), &lazy))
    }

    fn attempt(name: Option<&str>, settings: &[&str]) -> Result<Self, Died> {
        let (home, port) = (Home::new("mitmproxy"), free_port());
        let mut authority = PathBuf::from(home.text()).join("mitmproxy-ca-cert.pem");
        if let Some(name) = name {
            let (chain, root) = authorities(name);
            // mitmproxy takes what stands behind its own certificate for the chain.
            home.write("mitmproxy-ca.pem", &chain);
            authority = home.write("root.pem", &root);
        }
        let mut command = clients::python();
        command.env("LD_LIBRARY_PATH", libraries());
        command
            .arg(brought("usr/bin/mitmdump"))
            .args(["--listen-host", "127.0.0.1", "--listen-port"])
            .arg(port.to_string())
            .arg("--set")
            .arg(format!("confdir={}", home.text()))
            // The origins of the tests have certificates of a throwaway authority.
            .arg("--ssl-insecure");
        for setting in settings {
            command.args(["--set", setting]);
        }
        let process = Process::start(home, command, &[port])?;
        Ok(Self {
            process,
            port,
            authority,
        })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The file of its authority.
    pub fn authority(&self) -> &PathBuf {
        &self.authority
    }

    /// The process: its id, and what it left.
    pub fn process(&self) -> &Process {
        &self.process
    }
}

/// The key of an authority and its certificate, with that of the root behind; and the root alone.
fn authorities(name: &str) -> (String, String) {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
    let params = |name: &str| {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
    };
    // mitmproxy signs with RSA alone.
    let key = || KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).expect("a key");
    let root = CertifiedIssuer::self_signed(params("Corp Root CA"), key()).expect("a root");
    let own = key();
    let signed = params(name).signed_by(&own, &root);
    let chain = own.serialize_pem() + &signed.expect("an authority").pem() + &root.pem();
    (chain, root.pem())
}
