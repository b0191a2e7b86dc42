//! Reads the layers of settings from files and variables.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use crate::base::text::{escape, shell_word};
use crate::base::{Error, Kind, Origin, Result, Stage};
use crate::settings::{Flags, Layers, Policy, Problem};

/// A settings file is read up to this size; what is larger is none.
const LARGEST: u64 = 1024 * 1024;

/// Where a process finds its settings: variables, and the folder that is taken for `/`.
///
/// A test makes one by itself and needs to change nothing in the process.
#[derive(Clone, Debug)]
pub struct Surroundings {
    root: PathBuf,
    variables: BTreeMap<OsString, OsString>,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self::new("/", std::env::vars_os())
    }

    /// Others: `/etc` is looked for in `root`, variables are these and no others.
    pub fn new<K: Into<OsString>, V: Into<OsString>>(
        root: impl Into<PathBuf>,
        variables: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        let variables = variables.into_iter();
        Self {
            root: root.into(),
            variables: variables.map(|(k, v)| (k.into(), v.into())).collect(),
        }
    }

    fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(OsStr::new(name))?;
        Some(value.as_os_str())
    }

    /// Whether a variable is set.
    pub fn has(&self, name: &str) -> bool {
        self.variable(name).is_some()
    }

    /// A variable's value, if it is an absolute path.
    fn folder(&self, name: &str) -> Option<PathBuf> {
        self.path(name).filter(|path| path.is_absolute())
    }

    /// A variable's value, unless it is empty.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        let value = self.variable(name)?;
        (!value.is_empty()).then(|| PathBuf::from(value))
    }

    /// `/etc/outbound/outbound.toml`.
    pub fn system_file(&self) -> PathBuf {
        self.root.join("etc/outbound/outbound.toml")
    }

    /// `$XDG_CONFIG_HOME/outbound/outbound.toml`, or that below `$HOME/.config`. The XDG base
    /// directory specification says to ignore a relative path; so is a relative `HOME`, which
    /// would read the working directory.
    pub fn user_file(&self) -> Option<PathBuf> {
        let folder = self
            .folder("XDG_CONFIG_HOME")
            .or_else(|| Some(self.folder("HOME")?.join(".config")))?;
        Some(folder.join("outbound/outbound.toml"))
    }

    /// What is wrong with `XDG_CONFIG_HOME`, when it is ignored and would have been asked.
    pub fn ignored(&self, flags: &Flags) -> Option<Problem> {
        let named = flags.config.is_some() || self.path("OUTBOUND_CONFIG").is_some();
        let folder = self.path("XDG_CONFIG_HOME")?;
        (!named && folder.is_relative()).then(|| {
            let what = format!(
                "`{}` is not absolute, so that it is ignored (XDG base directory specification)",
                escape(&folder.to_string_lossy())
            );
            Problem::warning(Origin::Variable("XDG_CONFIG_HOME".into()), what)
        })
    }

    /// `$XDG_CACHE_HOME/outbound`, or that below `$HOME/.cache`; by the same rules.
    pub fn cache_folder(&self) -> Option<PathBuf> {
        let folder = self
            .folder("XDG_CACHE_HOME")
            .or_else(|| Some(self.folder("HOME")?.join(".cache")))?;
        Some(folder.join("outbound"))
    }
}

/// The policy of this process: `/etc/outbound/outbound.toml`, the user's own settings file,
/// variables and flags, each over the one before. `--config` or `OUTBOUND_CONFIG` replaces both
/// files. The working directory is never read: a settings file can name a command to run.
///
/// # Errors
/// Every problem of every layer at once; a named file that is missing, and any file that cannot be
/// read, that is larger than 1 MiB, or that holds a secret in clear and is readable by everybody.
pub fn policy(flags: &Flags) -> Result<Policy> {
    policy_in(&Surroundings::of_process(), flags)
}

/// [`policy`] for other surroundings. Its [warnings](Policy::warnings) are logged too.
///
/// # Errors
/// As [`policy`].
pub fn policy_in(surroundings: &Surroundings, flags: &Flags) -> Result<Policy> {
    let loaded = layers_in(surroundings, flags);
    if let Some(refused) = loaded.refused.into_iter().next() {
        return Err(refused.error);
    }
    let policy = loaded.layers.build()?;
    let ignored = surroundings.ignored(flags);
    for warning in policy.warnings().iter().chain(&ignored) {
        let hint = warning.hint.as_ref().map(|hint| format!("; {hint}"));
        tracing::warn!("{warning}{}", hint.unwrap_or_default());
    }
    Ok(policy)
}

/// What [`layers_in`] found.
#[non_exhaustive]
pub struct Loaded {
    /// Every layer that could be read. Not to be built as long as another could not, but to find
    /// what else is wrong: what is missing would be taken for the default.
    pub layers: Layers,
    /// The settings files among them, the weakest first.
    pub files: Vec<PathBuf>,
    /// The others.
    pub refused: Vec<Refused>,
}

/// A settings file that is no layer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Refused {
    /// The file.
    pub path: PathBuf,
    /// Why it cannot be read, or must not.
    pub error: Error,
    /// Where in it, if it is one place: the error's words begin with it.
    pub origin: Option<Origin>,
}

/// Reads every layer, whatever is wrong with the others: for whoever wants to know everything
/// that is wrong.
pub fn layers_in(surroundings: &Surroundings, flags: &Flags) -> Loaded {
    let named = match &flags.config {
        Some(path) => Some((path.clone(), Origin::Flag("--config".into()))),
        None => surroundings
            .path("OUTBOUND_CONFIG")
            .map(|path| (path, Origin::Variable("OUTBOUND_CONFIG".into()))),
    };
    let files = match named {
        Some((path, origin)) => vec![(path, Some(origin))],
        None => [Some(surroundings.system_file()), surroundings.user_file()]
            .into_iter()
            .flatten()
            .map(|path| (path, None))
            .collect(),
    };
    let mut loaded = Loaded {
        layers: Layers::new(),
        files: Vec::new(),
        refused: Vec::new(),
    };
    for (path, named) in files {
        match read(&path) {
            Ok(text) => {
                loaded.layers = loaded.layers.toml(&path, &text);
                loaded.files.push(path);
            }
            Err(Unreadable::Missing) if named.is_none() => {}
            Err(error) => {
                loaded.layers = match &error {
                    Unreadable::Exposed(_, text) => loaded.layers.toml(&path, text),
                    _ => loaded.layers.incomplete(),
                };
                let origin = match &error {
                    Unreadable::Exposed(origin, _) => Some(origin.clone()),
                    _ => None,
                };
                loaded.refused.push(Refused {
                    error: error.because(&path, named.as_ref()),
                    path,
                    origin,
                });
            }
        }
    }
    let look_up = |name: &str| surroundings.variable(name).map(OsStr::to_owned);
    loaded.layers = loaded
        .layers
        .variables(look_up, surroundings.variables.keys())
        .flags(flags);
    loaded
}

/// Why a file is no layer.
enum Unreadable {
    Missing,
    /// Its path ends at this place, in this way.
    Broken(PathBuf, &'static str),
    Io(std::io::Error),
    TooLarge,
    NotText,
    /// It holds a secret in clear, there, and everybody may read it; its text.
    Exposed(Origin, String),
}

impl From<std::io::Error> for Unreadable {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Opens a settings file. Only what nobody made is missing: a link that leads nowhere, or a file
/// where a folder should be, is a slip (or a disk that is not mounted), and without the settings
/// behind it everything would go direct.
fn open(path: &Path) -> Result<File, Unreadable> {
    let error = match File::open(path) {
        Ok(file) => return Ok(file),
        Err(error) => error,
    };
    if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
        return Err(error.into());
    }
    let mut places = path.ancestors();
    let Some((place, is_link)) = places.find_map(|place| {
        let metadata = place.symlink_metadata().ok()?;
        Some((place.to_owned(), metadata.is_symlink()))
    }) else {
        return Err(Unreadable::Missing);
    };
    Err(match place.metadata() {
        Err(_) if is_link => Unreadable::Broken(place, "is a symbolic link that leads nowhere"),
        // Not /dev/null, the home of many services.
        Ok(found) if found.is_file() => Unreadable::Broken(place, "is not a folder"),
        _ => Unreadable::Missing,
    })
}

fn read(path: &Path) -> Result<String, Unreadable> {
    let file = open(path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Unreadable::TooLarge);
    }
    let text = String::from_utf8(bytes).map_err(|_| Unreadable::NotText)?;
    if is_world_readable(&metadata)
        && let Some(origin) = Layers::new().toml(path, &text).secret_in_clear()
    {
        return Err(Unreadable::Exposed(origin.clone(), text));
    }
    Ok(text)
}

#[cfg(unix)]
fn is_world_readable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.is_file() && metadata.permissions().mode() & 0o004 != 0
}

#[cfg(not(unix))]
fn is_world_readable(_metadata: &Metadata) -> bool {
    false
}

impl Unreadable {
    /// The error for `path`, and who named it.
    fn because(self, path: &Path, named: Option<&Origin>) -> Error {
        let file = escape(&path.to_string_lossy());
        let by = named.map_or(String::new(), |origin| format!(", named by {origin},"));
        let error = |what: String| Error::new(Kind::Settings, Stage::Settings, what);
        match self {
            Self::Missing => error(format!("the settings file {file}{by} does not exist")),
            Self::Broken(place, how) if place == path => {
                error(format!("the settings file {file}{by} {how}"))
            }
            Self::Broken(place, how) => error(format!(
                "the settings file {file}{by} cannot be read: {} {how}",
                escape(&place.to_string_lossy())
            )),
            Self::Io(cause) => {
                error(format!("the settings file {file}{by} cannot be read")).with_source(cause)
            }
            Self::TooLarge => error(format!("{file}{by} is larger than 1 MiB: no settings file")),
            Self::NotText => error(format!("the settings file {file}{by} is not UTF-8")),
            Self::Exposed(origin, _) => error(format!(
                "{origin}: a secret stands here in clear, and everybody may read the file"
            ))
            .with_hint(format!(
                "run `chmod 600 {}`, or keep the secret elsewhere: password = {{ env = … }}, \
                 {{ file = … }} or {{ command = … }}",
                shell_word(&file)
            )),
        }
    }
}

#[cfg(test)]
mod tests;
