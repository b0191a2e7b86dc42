//! Settings that a program makes by itself.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::fact::shown_time;
use super::layers::Layers;
use super::policy::Policy;
use super::problems::Problems;
use super::raw::{Raw, RawKind};

/// The front door of settings for programs; none of it reads a file or a variable.
#[derive(Debug)]
pub struct Settings;

impl Settings {
    /// A policy from the text of a settings file. Relative paths in it stay as they are.
    ///
    /// # Errors
    /// Every problem in it, with its line.
    ///
    /// ```
    /// let policy = outbound::settings::Settings::from_toml(
    ///     "[proxy]\nurl = \"http://proxy.corp.example:3128\"\n",
    /// )?;
    /// assert_eq!(policy.proxy().unwrap().to_string(), "http://proxy.corp.example:3128");
    /// # Ok::<(), outbound::settings::Problems>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Policy, Problems> {
        Layers::new().toml("settings.toml", text).build()
    }

    /// Starts from the built-in defaults.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// A value that a program gives to a setting: a text, a flag, a number, a time, a path, or a list
/// of texts. No `Debug`: it may be a secret.
pub struct Setting(Raw);

impl From<&str> for Setting {
    fn from(text: &str) -> Self {
        Self(Raw::text(text))
    }
}

impl From<String> for Setting {
    fn from(text: String) -> Self {
        Self(Raw::text(text))
    }
}

impl From<bool> for Setting {
    fn from(flag: bool) -> Self {
        Self(Raw::new(RawKind::Flag(flag)))
    }
}

impl From<u32> for Setting {
    fn from(number: u32) -> Self {
        i64::from(number).into()
    }
}

impl From<i32> for Setting {
    fn from(number: i32) -> Self {
        i64::from(number).into()
    }
}

impl From<i64> for Setting {
    fn from(number: i64) -> Self {
        Self(Raw::new(RawKind::Integer(number)))
    }
}

impl From<&Path> for Setting {
    fn from(path: &Path) -> Self {
        Self(match path.to_str() {
            Some(text) => Raw::text(text),
            None => Raw::new(RawKind::Other("a path that is not UTF-8")),
        })
    }
}

impl From<PathBuf> for Setting {
    fn from(path: PathBuf) -> Self {
        path.as_path().into()
    }
}

impl From<Duration> for Setting {
    fn from(time: Duration) -> Self {
        Self(Raw::text(shown_time(time)))
    }
}

impl<const N: usize> From<[&str; N]> for Setting {
    fn from(list: [&str; N]) -> Self {
        let list = list.into_iter().map(Raw::text).collect();
        Self(Raw::new(RawKind::List(list)))
    }
}

impl From<&[&str]> for Setting {
    fn from(list: &[&str]) -> Self {
        let list = list.iter().map(|text| Raw::text(*text)).collect();
        Self(Raw::new(RawKind::List(list)))
    }
}

impl From<Vec<String>> for Setting {
    fn from(list: Vec<String>) -> Self {
        let list = list.into_iter().map(Raw::text).collect();
        Self(Raw::new(RawKind::List(list)))
    }
}

/// Collects settings; [`build`](Builder::build) checks them as if they stood in a file.
pub struct Builder {
    root: Raw,
    layers: Layers,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            root: Raw::new(RawKind::Table(Vec::new())),
            layers: Layers::new(),
        }
    }
}

impl Builder {
    /// Sets any key of [`keys::KEYS`](super::keys::KEYS): `proxy.bypass`, `timeouts.dial`,
    /// `connections.census.url`, `connections.census.proxy.url`. A secret is given in clear, or as
    /// the place where it is kept: `proxy.password.env`, `….file`, `….command`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use outbound::Settings;
    ///
    /// let policy = Settings::builder()
    ///     .proxy("http://proxy.corp.example:3128")
    ///     .set("proxy.username", "svc-data")
    ///     .set("proxy.password.env", "PROXY_PASSWORD")
    ///     .bypass(["localhost", ".corp.example"])
    ///     .connection("census", "ftp://ftp.census.example/pub/")
    ///     .set("timeouts.dial", Duration::from_secs(3))
    ///     .set("retry.attempts", 10)
    ///     .build()?;
    /// assert_eq!(policy.retry().attempts, 10);
    /// # Ok::<(), outbound::settings::Problems>(())
    /// ```
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<Setting>) -> Self {
        let path: Vec<&str> = key.split('.').collect();
        self.root.insert(&path, value.into().0);
        self
    }

    /// The global proxy's URL.
    #[must_use]
    pub fn proxy(self, url: &str) -> Self {
        self.set("proxy.url", url)
    }

    /// Credentials for the global proxy.
    #[must_use]
    pub fn proxy_credentials(self, username: &str, password: &str) -> Self {
        self.set("proxy.username", username)
            .set("proxy.password", password)
    }

    /// The targets that go direct.
    #[must_use]
    pub fn bypass<const N: usize>(self, rules: [&str; N]) -> Self {
        self.set("proxy.bypass", rules)
    }

    /// A further proxy that connections can choose by name.
    #[must_use]
    pub fn named_proxy(self, name: &str, url: &str) -> Self {
        self.set(&format!("proxies.{name}.url"), url)
    }

    /// A connection with its base URL.
    #[must_use]
    pub fn connection(self, name: &str, url: &str) -> Self {
        self.set(&format!("connections.{name}.url"), url)
    }

    /// Which proxy a connection uses: `global`, `direct`, `environment`, or the name of a proxy.
    #[must_use]
    pub fn connection_proxy(self, name: &str, choice: &str) -> Self {
        self.set(&format!("connections.{name}.proxy"), choice)
    }

    /// Credentials for a connection's target.
    #[must_use]
    pub fn connection_credentials(self, name: &str, username: &str, password: &str) -> Self {
        self.set(&format!("connections.{name}.username"), username)
            .set(&format!("connections.{name}.password"), password)
    }

    /// Takes `*_PROXY`, `NO_PROXY` and `OUTBOUND_*` from a look-up. What the program sets goes
    /// over what they say.
    #[must_use]
    pub fn variables(mut self, look_up: impl Fn(&str) -> Option<OsString>) -> Self {
        let none: [&str; 0] = [];
        self.layers = self.layers.variables(look_up, none);
        self
    }

    /// Checks what was set.
    ///
    /// # Errors
    /// Every problem at once; origins name the keys.
    pub fn build(self) -> Result<Policy, Problems> {
        self.layers.code(self.root).build()
    }
}
