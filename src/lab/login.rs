//! A user name and password that a server of the lab accepts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::base::Secret;

/// The one user that a server lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    user: String,
    password: Secret,
}

impl Login {
    /// Lets `user` in with `password`.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            user: user.into(),
            password: Secret::new(password),
        }
    }

    /// The user's name.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The user's password.
    pub fn password(&self) -> &Secret {
        &self.password
    }

    pub(super) fn accepts(&self, user: &str, password: &str) -> bool {
        self.user == user && self.password.expose() == password
    }

    /// Whether the value of `Authorization` or `Proxy-Authorization` is Basic (RFC 7617) with
    /// this user and password.
    pub(super) fn accepts_basic(&self, field: Option<&http::HeaderValue>) -> bool {
        let Some((scheme, token)) = field
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
        else {
            return false;
        };
        let decoded = STANDARD.decode(token.trim()).unwrap_or_default();
        let Ok(pair) = String::from_utf8(decoded) else {
            return false;
        };
        scheme.eq_ignore_ascii_case("basic")
            && pair
                .split_once(':')
                .is_some_and(|(user, password)| self.accepts(user, password))
    }
}
