//! The FTP servers with TLS, as strict as each can be: no login and no data in clear, and where
//! the server knows such a demand, every data channel must use the control channel's session.

use std::path::Path;
use std::process::Command;

use super::Certificate;
use super::ftp_servers::{Access, FtpServer, Product};
use super::process::{Home, brought};

/// How a server speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// After AUTH TLS, the versions that it likes best.
    Explicit,
    /// From the first byte (vsftpd alone can).
    Implicit,
    /// After AUTH TLS, nothing older than TLS 1.3.
    Only13,
}

/// What the launcher of a server adds for TLS.
pub struct Tls<'a> {
    pub certificate: &'a Certificate,
    pub speaks: Speaks,
}

impl FtpServer {
    /// Starts one with TLS that serves the folder.
    pub fn start_secure(
        product: Product,
        root: &Path,
        certificate: &Certificate,
        speaks: Speaks,
    ) -> Self {
        let tls = Tls {
            certificate,
            speaks,
        };
        Self::start_as(product, root, Some(&tls), Access::Read)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

impl Tls<'_> {
    /// vsftpd's lines.
    pub fn vsftpd(&self) -> String {
        let implicit = match self.speaks {
            Speaks::Implicit => "YES",
            _ => "NO",
        };
        format!(
            "ssl_enable=YES\nallow_anon_ssl=YES\nrequire_ssl_reuse=YES\nssl_ciphers=HIGH\n\
             force_anon_logins_ssl=YES\nforce_anon_data_ssl=YES\nimplicit_ssl={implicit}\n\
             strict_ssl_read_eof=YES\nrsa_cert_file={}\nrsa_private_key_file={}",
            text(&self.certificate.chain),
            text(&self.certificate.key)
        )
    }

    /// ProFTPD's lines. Its check of the session is on unless it is switched off. EPSV is off, so
    /// that PASV is proven too.
    pub fn proftpd(&self, home: &Home) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        // It takes no key that others may read.
        let key = home.path().join("key.pem");
        std::fs::copy(&self.certificate.key, &key).expect("the key");
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&key, private).expect("the key's mode");
        let versions = match self.speaks {
            Speaks::Only13 => "TLSv1.3",
            _ => "TLSv1.2 TLSv1.3",
        };
        format!(
            "ModulePath {}\nLoadModule mod_tls.c\nTLSEngine on\nTLSRequired on\n\
             TLSProtocol {versions}\nTLSECCertificateFile {}\nTLSECCertificateKeyFile {}\n\
             TLSLog {}/tls.log\nTLSRenegotiate none\n<Limit EPSV>\n  DenyAll\n</Limit>",
            text(&brought("usr/lib/proftpd")),
            text(&self.certificate.chain),
            text(&key),
            home.log()
        )
    }

    /// Pure-FTPd's arguments: 3 refuses clear channels of both kinds.
    pub fn pure_ftpd(&self, home: &Home, command: &mut Command) {
        let read = |path: &Path| std::fs::read_to_string(path).expect("a PEM file");
        let both = read(&self.certificate.chain) + &read(&self.certificate.key);
        let file = home.write("both.pem", &both);
        command.arg("--tls=3").arg("--certfile").arg(file);
    }

    /// pyftpdlib's arguments, behind the ones that it always has.
    pub fn pyftpdlib(&self, command: &mut Command) {
        command.args([
            text(&self.certificate.chain),
            text(&self.certificate.key),
            match self.speaks {
                Speaks::Only13 => "1.3",
                _ => "any",
            },
        ]);
    }

    /// OpenSSL's own settings, where the server has none for the version.
    pub fn settle_version(&self, home: &Home, command: &mut Command) {
        if self.speaks == Speaks::Only13 {
            let settings = "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\n\
                            system_default = versions\n[versions]\nMinProtocol = TLSv1.3\n";
            command.env("OPENSSL_CONF", home.write("openssl.cnf", settings));
        }
    }
}
