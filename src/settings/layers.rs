//! Layers over layers, through the `config` crate.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use config::{Config, ConfigError, Map, Source, Value as Merged, ValueKind};

use super::check::{Checked, Place, check, single};
use super::compile;
use super::environment::Environment;
use super::fact::{BypassList, Fact, Value};
use super::policy::Policy;
use super::problems::{Level, Problem, Problems};
use super::raw::{self, Raw};
use super::variables;
use crate::base::Origin;
use crate::base::bypass::Dialect;

/// What the command line says about the way out.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config FILE`: read this settings file instead of the usual ones.
    pub config: Option<std::path::PathBuf>,
    /// `--proxy URL`, or `--proxy direct`.
    pub proxy: Option<String>,
    /// `--no-proxy LIST`; the empty text means that nothing is bypassed.
    pub no_proxy: Option<String>,
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // `--proxy` may hold a password.
        f.debug_struct("Flags")
            .field("config", &self.config)
            .field("proxy", &self.proxy.as_ref().map(|_| "…"))
            .field("no_proxy", &self.no_proxy)
            .finish()
    }
}

/// Settings in layers, each over the one before. Reads nothing by itself.
#[derive(Default)]
pub struct Layers {
    layers: Vec<Checked>,
    environment: Environment,
    flags: Overrides,
    known_variables: Vec<String>,
    problems: Vec<Problem>,
    malformed: bool,
    /// Words that stand where a URL belongs.
    words: Vec<(String, Origin)>,
}

/// What the flags say: beyond all layers, and beyond a connection's own choice.
#[derive(Default)]
pub(super) struct Overrides {
    pub direct: bool,
    pub proxy: Option<Checked>,
    pub bypass: Option<BypassList>,
}

impl Layers {
    /// No layer: only the built-in defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a settings file's text. `path` names it in messages, and its folder is where relative
    /// paths in it begin.
    pub fn toml(mut self, path: impl AsRef<Path>, text: &str) -> Self {
        let place = Place::File(Arc::new(path.as_ref().to_owned()));
        match raw::parse(text) {
            Ok(raw) => self.push(check(raw, &place)),
            Err(malformed) => {
                self.malformed = true;
                for error in malformed {
                    let origin = place.origin(&[], error.line);
                    self.problems.push(Problem::error(origin, error.what));
                }
            }
        }
        self
    }

    /// Adds what a program sets by itself.
    pub(super) fn code(mut self, raw: Raw) -> Self {
        self.push(check(raw, &Place::Code));
        self
    }

    /// Adds the `OUTBOUND_*` variables as a layer, and takes the `*_PROXY` and `NO_PROXY`
    /// variables as the environment's source of proxies. `look_up` gives a variable's value;
    /// `names` are the names of all variables, to find misspelt ones (it may be empty).
    pub fn variables<N: AsRef<std::ffi::OsStr>>(
        mut self,
        look_up: impl Fn(&str) -> Option<OsString>,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        for checked in variables::layer(&look_up) {
            self.push(checked);
        }
        if let Some(url) = look_up("OUTBOUND_PROXY")
            .as_ref()
            .and_then(|url| url.to_str())
        {
            self.may_be_name(url, Origin::Variable("OUTBOUND_PROXY".into()));
        }
        self.environment = Environment::read(&look_up);
        self.known_variables.extend(
            names
                .into_iter()
                .map(|name| name.as_ref().to_string_lossy().into_owned()),
        );
        self
    }

    /// Adds `--proxy` and `--no-proxy`. (`--config` is for who reads the files.)
    pub fn flags(mut self, flags: &Flags) -> Self {
        match flags.proxy.as_deref() {
            Some("direct") => self.flags.direct = true,
            Some(url) => {
                self.may_be_name(url, Origin::Flag("--proxy".into()));
                let mut checked = single(&["proxy", "url"], url, &Place::Flag("--proxy".into()));
                self.problems.append(&mut checked.problems);
                self.flags.proxy = Some(checked);
            }
            None => {}
        }
        if let Some(list) = &flags.no_proxy {
            let origin = Origin::Flag("--no-proxy".into());
            let (list, faults) = BypassList::from_text(list, Dialect::Settings, origin.clone());
            for fault in faults {
                self.problems
                    .push(Problem::error(origin.clone(), fault.to_string()));
            }
            self.flags.bypass = Some(list);
        }
        self
    }

    /// Remembers a word where a URL belongs: it is a host, unless a proxy is called so.
    fn may_be_name(&mut self, written: &str, origin: Origin) {
        let written = written.trim();
        if !written.is_empty() && !written.contains([':', '/', '@']) {
            self.words.push((written.to_owned(), origin));
        }
    }

    /// Says that a layer is missing because it cannot be read. [`build`](Self::build) then gives
    /// only what is wrong with the others.
    pub(crate) fn incomplete(mut self) -> Self {
        self.malformed = true;
        self
    }

    fn push(&mut self, mut checked: Checked) {
        self.problems.append(&mut checked.problems);
        self.layers.push(checked);
    }

    /// The first secret that stands in clear in a settings file.
    pub fn secret_in_clear(&self) -> Option<&Origin> {
        let mut facts = self.layers.iter().flat_map(|layer| &layer.facts);
        facts.find_map(|(_, fact)| match &fact.value {
            Value::Secret(secret)
                if matches!(secret.source, crate::base::SecretSource::Inline(_))
                    && matches!(fact.origin, Origin::File { .. }) =>
            {
                Some(&fact.origin)
            }
            _ => None,
        })
    }

    /// Merges the layers and checks the whole.
    ///
    /// # Errors
    /// Every problem of every layer, when one of them is an error.
    pub fn build(mut self) -> Result<Policy, Problems> {
        let mut problems = std::mem::take(&mut self.problems);
        let merged = Settings::merge(std::mem::take(&mut self.layers));
        let mut settings = match merged {
            Ok(settings) => settings,
            Err(cause) => {
                // Never with nothing merged: no settings would mean direct.
                let what = format!("the layers cannot be merged: {cause}");
                problems.push(Problem::error(Origin::Default, what));
                return Err(Problems::new(problems));
            }
        };
        problems.extend(variables::unknown(&self.known_variables, &settings));
        for (word, origin) in std::mem::take(&mut self.words) {
            if settings.get(&["proxies", &word, "url"]).is_some() {
                let shown = crate::base::text::clip(&word);
                let what = format!("`{shown}` is a proxy of the settings, and a URL belongs here");
                let hint = format!(
                    "write the URL of [proxies.{shown}], or `http://{shown}:PORT` for a host of that name"
                );
                problems.push(Problem::error(origin, what).hint(hint));
            }
        }
        // What is missing in a malformed file would be reported as unknown: say the cause alone.
        let policy = (!self.malformed).then(|| {
            let environment = std::mem::take(&mut self.environment);
            compile::policy(&mut settings, self.flags, environment, &mut problems)
        });
        match policy {
            Some(mut policy) if problems.iter().all(|p| p.level == Level::Warning) => {
                policy.warnings = problems;
                Ok(policy)
            }
            _ => Err(Problems::new(problems)),
        }
    }
}

/// The merged settings: what holds at each path.
pub(super) struct Settings(BTreeMap<Vec<String>, Fact>);

impl Settings {
    fn merge(layers: Vec<Checked>) -> Result<Self, ConfigError> {
        let mut facts = Vec::new();
        let mut builder = Config::builder();
        for layer in layers {
            let mut leaves = Vec::new();
            for (path, fact) in layer.facts {
                leaves.push((path, facts.len()));
                facts.push(fact);
            }
            let layer = Layer { leaves };
            builder = builder.add_source(Forget(layer.clone())).add_source(layer);
        }
        let mut merged = BTreeMap::new();
        let config = builder.build()?;
        flatten(&config.cache, &mut Vec::new(), &mut |path, index| {
            if let Some(fact) = facts.get(index) {
                merged.insert(path, fact.clone());
            }
        });
        Ok(Self(merged))
    }

    pub fn get(&self, path: &[&str]) -> Option<&Fact> {
        // `Vec<String>` cannot be looked up by `[&str]` without a copy; settings are read once.
        let path: Vec<String> = path.iter().map(|s| (*s).to_owned()).collect();
        self.0.get(&path)
    }

    /// The names below a table, sorted.
    pub fn names(&self, table: &str) -> Vec<String> {
        let mut names: Vec<_> = self
            .0
            .keys()
            .filter_map(|path| match path.as_slice() {
                [first, name, ..] if first == table => Some(name.clone()),
                _ => None,
            })
            .collect();
        names.dedup();
        names
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Vec<String>, &Fact)> {
        self.0.iter()
    }
}

fn flatten(value: &Merged, path: &mut Vec<String>, leaf: &mut impl FnMut(Vec<String>, usize)) {
    match &value.kind {
        ValueKind::Table(table) => {
            for (key, value) in table {
                path.push(key.clone());
                flatten(value, path, leaf);
                path.pop();
            }
        }
        ValueKind::U64(index) => leaf(path.clone(), *index as usize),
        _ => {}
    }
}

/// One layer as a source: at each path the index of a checked value. The values themselves, with
/// their exact origins and secrets, stay out of `config`, whose own origin is a bare text and
/// whose `Debug` shows everything.
#[derive(Clone, Debug)]
struct Layer {
    leaves: Vec<(Vec<String>, usize)>,
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Merged>, ConfigError> {
        let mut root = Map::new();
        for (path, index) in &self.leaves {
            let Some((last, parents)) = path.split_last() else {
                continue;
            };
            let mut table = &mut root;
            for parent in parents {
                let entry = table
                    .entry(parent.clone())
                    .or_insert_with(|| Merged::new(None, ValueKind::Table(Map::new())));
                if !matches!(entry.kind, ValueKind::Table(_)) {
                    entry.kind = ValueKind::Table(Map::new());
                }
                table = match &mut entry.kind {
                    ValueKind::Table(table) => table,
                    _ => return Err(ConfigError::Message("not a table".into())),
                };
            }
            let value = Merged::new(None, ValueKind::U64(*index as u64));
            table.insert(last.clone(), value);
        }
        Ok(root)
    }
}

/// Goes before a layer and takes away what must not outlive the URL that the layer sets: a
/// password, or trust, never follows to another host.
#[derive(Clone, Debug)]
struct Forget(Layer);

/// What belongs to a host rather than to a role.
const BOUND_TO_URL: &[&str] = &[
    "username",
    "password",
    "auth",
    "ca_file",
    "danger_accept_invalid_certs",
];

impl Source for Forget {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Merged>, ConfigError> {
        Ok(Map::new())
    }

    fn collect_to(&self, cache: &mut Merged) -> Result<(), ConfigError> {
        for (path, _) in &self.0.leaves {
            let Some((last, parents)) = path.split_last() else {
                continue;
            };
            if last != "url" {
                continue;
            }
            if let Some(table) = table_at(cache, parents) {
                for key in BOUND_TO_URL {
                    table.remove(*key);
                }
            }
        }
        Ok(())
    }
}

fn table_at<'a>(value: &'a mut Merged, path: &[String]) -> Option<&'a mut Map<String, Merged>> {
    let ValueKind::Table(table) = &mut value.kind else {
        return None;
    };
    match path.split_first() {
        None => Some(table),
        Some((first, rest)) => table_at(table.get_mut(first)?, rest),
    }
}
