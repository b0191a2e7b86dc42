//! Who signs.

use std::fmt;
use std::path::Path;

use super::Surroundings;
use crate::base::{Credentials, Error, Kind, Origin, Result, Secret, Stage};
use crate::connector::Connector;
use crate::settings::S3Options;

/// Who signs requests; nobody, for public buckets.
#[derive(Clone)]
pub(crate) struct Signer {
    pub key: Option<Key>,
    /// Where it was found, for messages.
    pub origin: String,
}

/// An access key.
#[derive(Clone)]
pub(crate) struct Key {
    pub id: String,
    pub secret: Secret,
    pub token: Option<Secret>,
}

impl Signer {
    /// The connection's user name and password, else AWS's variables, else the profile, else nobody.
    /// Nobody is asked over the network.
    ///
    /// # Errors
    /// A secret cannot be read, half of a key is missing, or the profile is unknown.
    pub(crate) async fn find(
        connector: &Connector,
        credentials: Option<&Credentials>,
        options: &S3Options,
        around: &Surroundings,
    ) -> Result<Self> {
        if options.anonymous {
            return Ok(Self::nobody("`anonymous` of the connection"));
        }
        if let Some(credentials) = credentials {
            return Self::of_settings(connector, credentials, options).await;
        }
        if options.profile.is_none()
            && let Some(id) = around.variable("AWS_ACCESS_KEY_ID")
        {
            let secret = around.variable("AWS_SECRET_ACCESS_KEY");
            let token = around.variable("AWS_SESSION_TOKEN");
            return of_parts(
                id,
                secret,
                token,
                "the variable AWS_ACCESS_KEY_ID".to_owned(),
            );
        }
        let (profile, place) = around.profile(options.profile.as_deref())?;
        let part = |name: &str| profile.get(name).map(String::as_str);
        match (part("aws_access_key_id"), place) {
            (Some(id), Some(place)) => {
                let origin = format!("{}", Path::display(place));
                let token = part("aws_session_token");
                of_parts(id, part("aws_secret_access_key"), token, origin)
            }
            _ if options.profile.is_some() => {
                let what = "the profile has no access key";
                Err(Error::new(Kind::Secret, Stage::Auth, what).with_hint(
                    "roles, SSO and credential_process are not supported: write a key, or set \
                     `username` and `password`",
                ))
            }
            _ => Ok(Self::nobody("no key was found")),
        }
    }

    fn nobody(origin: &str) -> Self {
        Self {
            key: None,
            origin: origin.to_owned(),
        }
    }

    async fn of_settings(
        connector: &Connector,
        credentials: &Credentials,
        options: &S3Options,
    ) -> Result<Self> {
        let limit = connector.timeouts().secret;
        let Some(password) = &credentials.password else {
            let what = format!(
                "{}: an access key id without its secret",
                credentials.origin
            );
            return Err(Error::new(Kind::Secret, Stage::Auth, what)
                .with_hint("set `password` to the secret access key"));
        };
        let secret = connector.secrets().read(password, limit).await?;
        // A login in the URL has no token, and the connection's belongs to another key.
        let token = match &options.session_token {
            Some(token) if credentials.origin != Origin::Url => {
                Some(connector.secrets().read(token, limit).await?)
            }
            _ => None,
        };
        Ok(Self {
            key: Some(Key {
                id: credentials.username.clone(),
                secret,
                token,
            }),
            origin: credentials.origin.to_string(),
        })
    }
}

fn of_parts(id: &str, secret: Option<&str>, token: Option<&str>, origin: String) -> Result<Signer> {
    let Some(secret) = secret else {
        let what = format!("{origin}: an access key id without its secret");
        return Err(Error::new(Kind::Secret, Stage::Auth, what).with_hint(
            "AWS_SECRET_ACCESS_KEY, or aws_secret_access_key in the file, belongs to it",
        ));
    };
    Ok(Signer {
        key: Some(Key {
            id: id.to_owned(),
            secret: Secret::new(secret),
            token: token.map(Secret::new),
        }),
        origin,
    })
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.key.as_ref().map(|key| &key.id);
        f.debug_struct("Signer")
            .field("id", &id)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
