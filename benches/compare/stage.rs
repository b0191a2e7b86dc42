//! The servers and the data that every client gets.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::kit;
use crate::options::Options;
use crate::support::peers::process::{self, Home, Process, brought, share, template};
use crate::support::peers::secure_ftp::{Speaks, Tls};
use crate::support::peers::{Apache, Certificate, Squid, Vsftpd, folder, squid};
use crate::support::sockets::free_port;

/// Bytes in one small file.
pub const SMALL: u64 = 4096;

/// Bytes in one line of a stream, its end among them.
pub const LINE: usize = 100;

/// Bytes in the file whose first byte is waited for: more than any client holds back.
pub const MEDIUM: u64 = 64 << 10;

/// No line in vsftpd's log for each command.
const QUIET: &str = "log_ftp_protocol=NO";

/// What the rows share. Servers start when a row needs them.
pub struct Stage<'a> {
    pub options: &'a Options,
    /// What is served.
    root: PathBuf,
    /// The authority of the origin's certificate, and no other.
    pub authority: PathBuf,
    /// It among those of the system, as on a real machine.
    pub store: PathBuf,
    /// An empty home folder.
    pub home: PathBuf,
    certificate: Certificate,
    squid: OnceLock<Squid>,
    apache: OnceLock<Apache>,
    origin: OnceLock<Origin>,
    vsftpd: OnceLock<Vsftpd>,
    secure_vsftpd: OnceLock<Vsftpd>,
}

/// A protocol, and with it the servers on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Http,
    Https,
    Ftp,
    /// TLS from the first byte, and on data channels the control channel's session.
    Ftps,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ftp => "ftp",
            Self::Ftps => "ftps",
        }
    }
}

impl<'a> Stage<'a> {
    pub fn new(options: &'a Options) -> Self {
        let root = folder();
        let (certificate, authority) = kit::certificate();
        let mut all = fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default();
        all.extend(fs::read(&authority).unwrap());
        let store = folder().join("store.pem");
        fs::write(&store, all).unwrap();
        fs::write(root.join("1k.bin"), kit::noise(1024)).unwrap();
        let medium = kit::noise(usize::try_from(MEDIUM).unwrap());
        fs::write(root.join("medium.bin"), medium).unwrap();
        Self {
            options,
            root,
            authority,
            store,
            home: folder(),
            certificate,
            squid: OnceLock::new(),
            apache: OnceLock::new(),
            origin: OnceLock::new(),
            vsftpd: OnceLock::new(),
            secure_vsftpd: OnceLock::new(),
        }
    }

    pub fn squid(&self) -> &Squid {
        self.squid
            .get_or_init(|| Squid::start(squid::Options::default()))
    }

    pub fn apache(&self) -> &Apache {
        self.apache.get_or_init(Apache::start)
    }

    fn origin(&self) -> &Origin {
        self.origin
            .get_or_init(|| Origin::start(&self.root, &self.certificate))
    }

    fn vsftpd(&self) -> &Vsftpd {
        self.vsftpd
            .get_or_init(|| Vsftpd::start(&self.root, &[QUIET]))
    }

    fn secure_vsftpd(&self) -> &Vsftpd {
        let tls = Tls {
            certificate: &self.certificate,
            speaks: Speaks::Implicit,
        };
        self.secure_vsftpd
            .get_or_init(|| Vsftpd::start_with(&self.root, &[QUIET], Some(&tls)))
    }

    /// The URL of a file at the protocol's origin.
    pub fn url(&self, protocol: Protocol, name: &str) -> String {
        let port = match protocol {
            Protocol::Http => self.origin().http_port,
            Protocol::Https => self.origin().https_port,
            Protocol::Ftp => self.vsftpd().port(),
            Protocol::Ftps => self.secure_vsftpd().port(),
        };
        format!("{}://127.0.0.1:{port}/{name}", protocol.name())
    }

    /// The file of that name.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The name of a file of so many MiB that do not repeat within any client's buffer.
    pub fn large(&self, mib: u32) -> String {
        let name = format!("{mib}m.bin");
        let path = self.root.join(&name);
        if !path.exists() {
            let block = kit::noise(16 << 20);
            let mut file = fs::File::create(path).unwrap();
            let mut left = u64::from(mib) << 20;
            while left > 0 {
                let count = left.min(block.len() as u64);
                file.write_all(&block[..usize::try_from(count).unwrap()])
                    .unwrap();
                left -= count;
            }
            // Writing it back would go on under the first run.
            file.sync_all().unwrap();
        }
        name
    }

    /// The name of a file with so many lines.
    pub fn lines(&self, count: u32) -> String {
        let name = "lines.ndjson".to_owned();
        let path = self.root.join(&name);
        if !path.exists() {
            let text: String = (0..count)
                .map(|number| format!("{:<99}\n", format!("{{\"id\":{number},\"text\":\"x\"}}")))
                .collect();
            assert_eq!(text.len(), LINE * count as usize);
            fs::write(path, text).unwrap();
        }
        name
    }

    /// The names of the small files.
    pub fn small(&self) -> Vec<String> {
        self.folder_of("small", self.options.files)
    }

    /// The names of `count` small files, which are all that is in that folder.
    pub fn folder_of(&self, folder: &str, count: u32) -> Vec<String> {
        let names = (0..count).map(|number| format!("{folder}/{number:05}.bin"));
        let names: Vec<String> = names.collect();
        let folder = self.root.join(folder);
        if !folder.exists() {
            fs::create_dir(&folder).unwrap();
            let bytes = kit::noise(usize::try_from(SMALL).unwrap());
            for name in &names {
                fs::write(self.root.join(name), &bytes).unwrap();
            }
        }
        names
    }
}

/// nginx that serves quickly: see `fixtures/peers/nginx-speed.conf`.
struct Origin {
    _process: Process,
    http_port: u16,
    https_port: u16,
}

impl Origin {
    fn start(root: &Path, certificate: &Certificate) -> Self {
        share(root);
        process::start(|| {
            let (home, http_port, https_port) = (Home::new("nginx"), free_port(), free_port());
            let configuration = template(
                "nginx-speed.conf",
                &[
                    ("HTTP_PORT", &http_port.to_string()),
                    ("HTTPS_PORT", &https_port.to_string()),
                    ("CERTIFICATE", certificate.chain.to_str().unwrap()),
                    ("KEY", certificate.key.to_str().unwrap()),
                    ("ROOT", root.to_str().unwrap()),
                    ("DIR", home.text()),
                    ("LOG", &home.log()),
                ],
            );
            let mut command = Command::new(brought("usr/sbin/nginx"));
            command
                .args(["-e", "stderr", "-p", home.text(), "-c"])
                .arg(home.write("nginx.conf", &configuration));
            let process = Process::start(home, command, &[http_port, https_port])?;
            Ok(Self {
                _process: process,
                http_port,
                https_port,
            })
        })
    }
}
