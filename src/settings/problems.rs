//! Everything that is wrong with the settings, collected so that it can be said at once.

use std::fmt;
use std::sync::Arc;

use crate::base::{Error, Kind, Origin, Stage};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// The settings cannot be used.
    Error,
    /// They can, but not as somebody may expect.
    Warning,
}

/// One thing that is wrong, and where. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// How bad it is.
    pub level: Level,
    /// What is wrong, in lower case.
    pub what: String,
    /// Where it is written.
    pub origin: Origin,
    /// What to write instead, if that can be said.
    pub hint: Option<String>,
}

impl Problem {
    pub(crate) fn error(origin: Origin, what: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            what: what.into(),
            origin,
            hint: None,
        }
    }

    pub(crate) fn warning(origin: Origin, what: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            ..Self::error(origin, what)
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.or(self.hint);
        self
    }

    /// An argument is the caller's slip, whatever it sets.
    fn kind(&self) -> Kind {
        match self.origin {
            Origin::Flag(_) => Kind::Usage,
            _ => Kind::Settings,
        }
    }

    /// The problem as an error: a bad variable that would have decided a route.
    pub(crate) fn to_error(&self, stage: Stage) -> Error {
        let error = Error::new(self.kind(), stage, self.to_string());
        match &self.hint {
            Some(hint) => error.with_hint(hint.clone()),
            None => error,
        }
    }
}

impl fmt::Display for Problem {
    /// `/etc/outbound/outbound.toml:3: proxy.usrname: unknown key`, without the hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.origin, self.what)
    }
}

/// Every problem of one set of layers; at least one of them is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        let place = |problem: &Problem| match &problem.origin {
            Origin::File { path, line, .. } => Some((Arc::clone(path), *line)),
            _ => None,
        };
        let places: Vec<_> = problems.iter().map(place).collect();
        // What is found in a second look at a file comes where its line is.
        let rank = |at: usize| match &places[at] {
            Some((path, line)) => {
                let same = |other: &Option<(_, _)>| other.as_ref().is_some_and(|o| o.0 == *path);
                (places.iter().position(same).unwrap_or(at), *line)
            }
            None => (at, None),
        };
        let mut ranked: Vec<_> = problems
            .into_iter()
            .enumerate()
            .map(|(at, problem)| (rank(at), problem))
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        Self(ranked.into_iter().map(|(_, problem)| problem).collect())
    }

    /// The problems, layer by layer and by line; warnings are among them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// Those that are errors.
    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter().filter(|p| p.level == Level::Error)
    }
}

impl fmt::Display for Problems {
    /// One problem on one line; several as an indented list, each with its hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<_> = self.errors().collect();
        if let [only] = errors.as_slice() {
            return only.fmt(f);
        }
        write!(f, "{} errors in the settings:", errors.len())?;
        for error in errors {
            write!(f, "\n  {error}")?;
            if let Some(hint) = &error.hint {
                write!(f, "; {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        let only_flags = problems.errors().all(|error| error.kind() == Kind::Usage);
        let kind = match only_flags {
            true => Kind::Usage,
            false => Kind::Settings,
        };
        let error = Error::new(kind, Stage::Settings, problems.to_string());
        let mut errors = problems.errors();
        match (errors.next(), errors.next()) {
            (
                Some(Problem {
                    hint: Some(hint), ..
                }),
                None,
            ) => error.with_hint(hint.clone()),
            _ => error,
        }
    }
}
