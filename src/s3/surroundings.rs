//! AWS's variables and files, as the AWS tools read them.

use std::fmt;
use std::path::{Path, PathBuf};

use super::profile::{Profile, profile};
use crate::base::{Error, Kind, Result, Stage, text};

/// What the environment and the files of `~/.aws` say. The files are read once.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    variables: Vec<(&'static str, String)>,
    /// The files' texts with their paths; none that is not there.
    files: Vec<(PathBuf, String)>,
}

/// The variables, by AWS's SDKs and Tools Reference Guide.
const VARIABLES: [&str; 9] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
];

/// Who reads a file longer than that reads something else.
const LONGEST: u64 = 1 << 20;

impl Surroundings {
    /// Those of this process.
    ///
    /// # Errors
    /// A file is there and cannot be read.
    pub(crate) fn load() -> Result<Self> {
        let look_up = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let variables = VARIABLES
            .into_iter()
            .filter_map(|name| Some((name, look_up(name)?)))
            .collect();
        let home = look_up("HOME").map(PathBuf::from);
        let path = |variable: &str, name: &str| {
            let usual = || Some(home.as_ref()?.join(".aws").join(name));
            look_up(variable).map(PathBuf::from).or_else(usual)
        };
        let paths = [
            path("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            path("AWS_CONFIG_FILE", "config"),
        ];
        let mut files = Vec::new();
        for path in paths.into_iter().flatten() {
            if let Some(text) = read(&path)? {
                files.push((path, text));
            }
        }
        Ok(Self { variables, files })
    }

    #[cfg(test)]
    pub(super) fn of(variables: &[(&'static str, &str)], file: &str) -> Self {
        Self {
            variables: variables
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            files: vec![("credentials".into(), file.to_owned())],
        }
    }

    /// A variable.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let found = self.variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// What the files say of the profile `name`, else of the one that the environment names, else of
    /// `default`, with where its credentials were read. Both files together: credentials go first.
    ///
    /// # Errors
    /// A profile that was named is in neither.
    pub(super) fn profile(&self, name: Option<&str>) -> Result<(Profile, Option<&Path>)> {
        let asked = name.or_else(|| self.variable("AWS_PROFILE"));
        let mut all = Profile::new();
        let (mut known, mut place) = (false, None);
        for (path, text) in &self.files {
            let Some(found) = profile(text, asked.unwrap_or("default")) else {
                continue;
            };
            known = true;
            if place.is_none() && found.contains_key("aws_access_key_id") {
                place = Some(path.as_path());
            }
            // Half of one key does not go with half of another.
            let has_key = all.contains_key("aws_access_key_id");
            for (key, value) in found {
                let is_key = key.starts_with("aws_access") || key.starts_with("aws_se");
                if value.is_empty() || is_key && has_key {
                    continue;
                }
                all.entry(key).or_insert(value);
            }
        }
        match asked {
            Some(asked) if !known => {
                let what = format!("~/.aws has no profile `{}`", text::clip(asked));
                let hint = match name {
                    Some(_) => "check `profile` of the connection",
                    None => "check the variable AWS_PROFILE",
                };
                Err(Error::new(Kind::Secret, Stage::Auth, what).with_hint(hint))
            }
            _ => Ok((all, place)),
        }
    }
}

fn read(path: &Path) -> Result<Option<String>> {
    let broken = |what: String| {
        let doing = format!("read {}", path.display());
        Err(Error::new(Kind::Secret, Stage::Auth, what).while_doing(doing))
    };
    let length = match std::fs::metadata(path) {
        Ok(about) => about.len(),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return broken(cause.to_string()),
    };
    if length > LONGEST {
        return broken("it is longer than 1 MiB".to_owned());
    }
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(cause) => broken(cause.to_string()),
    }
}

/// Without values: they are secrets.
impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.variables.iter().map(|(name, _)| name);
        let paths = self.files.iter().map(|(path, _)| path);
        f.debug_list().entries(names).entries(paths).finish()
    }
}
