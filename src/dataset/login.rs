//! Who a dataset logs in as, and what adapters need of it.

use super::client::Dataset;
#[cfg(feature = "reqwest")]
use crate::base::Credentials;
use crate::base::{Result, Secret};
use crate::ftp::Login;
#[cfg(any(feature = "object_store", feature = "reqwest", feature = "ws"))]
use crate::http;

impl Dataset {
    /// The HTTP client of its connection.
    #[cfg(any(feature = "object_store", feature = "reqwest", feature = "ws"))]
    pub(crate) fn http(&self) -> &http::Client {
        &self.http
    }

    /// The fields that go with its requests.
    #[cfg(feature = "ws")]
    pub(crate) fn headers(&self) -> &::http::HeaderMap {
        &self.headers
    }

    /// The login for the target.
    #[cfg(feature = "reqwest")]
    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }

    /// The value of `Authorization` for the target.
    pub(crate) async fn authorization(&self) -> Result<Option<Secret>> {
        match &self.credentials {
            Some(credentials) => Ok(Some(self.connector.basic(credentials).await?)),
            None => Ok(None),
        }
    }

    /// The value of `Authorization` for an FTP server that the proxy speaks to; none for the
    /// anonymous login.
    pub(super) async fn authorization_of_login(&self) -> Result<Option<Secret>> {
        match &self.credentials {
            Some(c) if Login::new(&*c.username, None, c.origin.clone()).is_anonymous() => Ok(None),
            _ => self.authorization().await,
        }
    }

    /// Who logs in at an FTP server: anonymous unless there are credentials.
    pub(crate) async fn login(&self) -> Result<Login> {
        let Some(credentials) = &self.credentials else {
            return Ok(Login::default());
        };
        let Some(place) = &credentials.password else {
            let origin = credentials.origin.clone();
            let login = Login::new(credentials.username.clone(), None, origin);
            return Ok(match login.is_anonymous() {
                true => Login {
                    username: login.username,
                    ..Login::default()
                },
                false => login,
            });
        };
        let limit = self.connector.timeouts().secret;
        let password = self.connector.secrets().read(place, limit).await?;
        let username = credentials.username.clone();
        Ok(Login::new(username, Some(password), place.origin.clone()))
    }
}
