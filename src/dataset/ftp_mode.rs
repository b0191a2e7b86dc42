//! Whether plain FTP is tunnelled or asked of the proxy.

use super::client::Dataset;
use crate::base::{Error, ExplicitTls, FtpMode, Kind, Result, Scheme, Stage};

impl Dataset {
    /// Goes to an `ftp://` server as this says instead of as the connection's or the proxy's `ftp`
    /// does. Without a proxy on the way it is spoken to directly all the same.
    pub fn with_ftp_mode(mut self, mode: FtpMode) -> Self {
        self.ftp_mode = Some(mode);
        self
    }

    /// Whether the proxy is asked for it as a file of an FTP server (`GET ftp://…`), and no tunnel
    /// is opened. No I/O.
    ///
    /// # Errors
    /// As [`Connector::route`](crate::Connector::route); that is asked for together with TLS, which
    /// no proxy can be told of.
    pub fn asks_proxy_for_ftp(&self) -> Result<bool> {
        let secured = match self.target.scheme() {
            Scheme::Ftp => self.tls() != ExplicitTls::Off,
            Scheme::Ftps => true,
            _ => return Ok(false),
        };
        let of_connection = || self.connector.connection()?.ftp;
        let asked = self.ftp_mode.or_else(of_connection);
        if secured {
            return match asked {
                Some(FtpMode::ProxyGet) => Err(not_with_tls()),
                _ => Ok(false),
            };
        }
        let route = self.connector.route(&self.target)?;
        let mode = route
            .proxy()
            .map(|_| asked.unwrap_or_else(|| self.connector.ftp_mode(&route)));
        Ok(mode == Some(FtpMode::ProxyGet))
    }
}

fn not_with_tls() -> Error {
    let what = "`ftp = \"proxy-get\"` cannot go with TLS: a proxy that fetches the file itself speaks \
                FTP in clear";
    Error::new(Kind::Usage, Stage::Settings, what)
        .with_hint("`ftp = \"tunnel\"` (--ftp tunnel) keeps the TLS; or leave TLS out")
}
