//! Every server of the lab together, with a settings file that leads to them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::ftp::{self, FtpServer};
use super::http::{self, Origin};
use super::proxy::{self, Names, Ports, Proxy};
use super::{Ca, Login, Tree};

/// The user that the lab's proxy lets in.
pub const PROXY_USER: &str = "svc-data";
/// That user's password, with all that goes wrong in URLs, shells, settings and Basic: fixed,
/// because what it guards is on loopback and made up.
pub const PROXY_PASSWORD: &str = "p@ss:w/rd %41#\"'\\$é";

const CATALOG: &str = "catalog.example";
const OPEN_DATA: &str = "data.example";
/// The name of the FTP server, which only a proxy of the lab can resolve.
pub const CENSUS: &str = "ftp.census.example";

/// How the servers of a [`Lab`] behave. The default behaves well; what the lab gives itself
/// (names, TLS, the datasets where no tree has files) need not be set.
#[derive(Clone, Debug)]
pub struct Options {
    /// The proxy. Its names are added to, its login is the lab's when `None`.
    pub proxy: proxy::Options,
    /// `http://catalog.example/`.
    pub catalog: http::Options,
    /// `https://data.example/`.
    pub open_data: http::Options,
    /// `ftp://ftp.census.example/`.
    pub census: ftp::Options,
    /// The internal server, reached by its loopback address.
    pub warehouse: http::Options,
}

impl Default for Options {
    fn default() -> Self {
        let origin = http::Options {
            tree: Tree::datasets("/"),
            ..http::Options::default()
        };
        Self {
            proxy: proxy::Options {
                ports: Ports::ftp_and_https(),
                ..proxy::Options::default()
            },
            // Each has its own files, so that one can change without the others.
            catalog: http::Options {
                tree: Tree::datasets("/"),
                ..origin.clone()
            },
            open_data: http::Options {
                tree: Tree::datasets("/"),
                ..origin.clone()
            },
            census: ftp::Options {
                tree: Tree::datasets("/pub"),
                ..ftp::Options::default()
            },
            warehouse: origin,
        }
    }
}

/// A company's network in small: a proxy with a password as the only way to three dataset
/// servers, whose names it alone can resolve, and a server inside.
#[derive(Debug)]
pub struct Lab {
    /// The authority that the HTTPS origin's certificate comes from.
    pub ca: Ca,
    /// The way out.
    pub proxy: Proxy,
    /// `http://catalog.example/`
    pub catalog: Origin,
    /// `https://data.example/`
    pub open_data: Origin,
    /// `ftp://ftp.census.example/pub/`
    pub census: FtpServer,
    /// The internal server that the proxy must not be asked for.
    pub warehouse: Origin,
}

impl Lab {
    /// Starts everything, well-behaved, on free loopback ports.
    ///
    /// # Errors
    /// No socket is to be had.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Options::default()).await
    }

    /// Starts everything with servers that behave as told.
    ///
    /// # Errors
    /// No socket is to be had.
    pub async fn start_with(mut options: Options) -> io::Result<Self> {
        let ca = Ca::new()?;
        let catalog = Origin::start(options.catalog).await?;
        if options.open_data.tls.is_none() {
            options.open_data.tls = Some(ca.server_config(&[OPEN_DATA], &["h2", "http/1.1"])?);
        }
        let open_data = Origin::start(options.open_data).await?;
        let census = FtpServer::start(options.census).await?;
        let warehouse = Origin::start(options.warehouse).await?;
        let names = std::mem::replace(&mut options.proxy.names, Names::new());
        options.proxy.names = names
            .with(CATALOG, 80, catalog.addr())
            .with(OPEN_DATA, 443, open_data.addr())
            .with(CENSUS, 21, census.addr());
        let login = || Login::new(PROXY_USER, PROXY_PASSWORD);
        options.proxy.login.get_or_insert_with(login);
        Ok(Self {
            proxy: Proxy::start(options.proxy).await?,
            ca,
            catalog,
            open_data,
            census,
            warehouse,
        })
    }

    /// Settings that lead to every server: the global proxy with its credentials, the bypass, and
    /// the connections `census`, `open-data`, `catalog` and `warehouse`. They name the files that
    /// [`write_settings`](Self::write_settings) puts into `folder`.
    pub fn settings_toml(&self, folder: &Path) -> String {
        format!(
            "\
# The lab of `outbound demo`: everything is on loopback.
[proxy]
url = \"http://{proxy}\"
username = \"{PROXY_USER}\"
password = {{ file = {password} }}
bypass = [\"127.0.0.1\"]

# Names that only the proxy can resolve.
[connections.census]
url = \"ftp://{CENSUS}/pub/\"

[connections.open-data]
url = \"https://{OPEN_DATA}/\"
ca_file = {ca}

[connections.catalog]
url = \"http://{CATALOG}/\"

# Inside: the bypass sends it direct.
[connections.warehouse]
url = \"{warehouse}\"
",
            proxy = self.proxy.addr(),
            password = quoted(&folder.join(PASSWORD_FILE)),
            ca = quoted(&folder.join(CA_FILE)),
            warehouse = self.warehouse.url("/"),
        )
    }

    /// Writes the settings, the password (for its owner only) and the authority's certificate
    /// into `folder`, which must be absolute; gives the path of the settings.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write_settings(&self, folder: &Path) -> io::Result<PathBuf> {
        self.ca.write_pem(&folder.join(CA_FILE))?;
        write_private(&folder.join(PASSWORD_FILE), PROXY_PASSWORD)?;
        let settings = folder.join("lab.toml");
        fs::write(&settings, self.settings_toml(folder))?;
        Ok(settings)
    }
}

const CA_FILE: &str = "ca.pem";
/// The file that [`Lab::write_settings`] puts the password into.
pub const PASSWORD_FILE: &str = "proxy-password";

/// A path as a TOML string: JSON's escapes are among TOML's.
fn quoted(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy()).to_string()
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    // A file that is there keeps its mode, so it goes first.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}
