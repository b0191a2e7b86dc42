//! The one error of this crate.

mod about;
mod code;
mod kind;

pub use kind::{Kind, Side};

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Answer, Code, Route, Stage, Steps, text};

/// What was being done, through which proxy and why that one, what the other side said, which
/// limit was hit and what to do next.
///
/// `Display` is one line and never contains the [`source`](StdError::source) nor a secret; texts
/// from outside in it are escaped. The advice is apart, in [`Error::hint`].
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    code: Option<Code>,
    stage: Stage,
    side: Option<Side>,
    what: String,
    doing: Option<String>,
    subject: Option<String>,
    route: Option<Route>,
    reaching: Option<String>,
    answer: Option<Answer>,
    limit: Option<Limit>,
    hint: Option<String>,
    /// Whether trying again may help, where the kind does not tell it.
    again: Option<bool>,
    attempts: u32,
    steps: Steps,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

/// A limit that was hit, and the setting that changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// The dotted key of the setting.
    pub setting: &'static str,
    /// The value that was hit, with its unit.
    pub value: String,
}

impl Error {
    /// An error of `kind` in `stage`; `what` says what happened, in lower case, without what was
    /// being done.
    pub fn new(kind: Kind, stage: Stage, what: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            code: None,
            stage,
            side: None,
            what: what.into(),
            doing: None,
            subject: None,
            route: None,
            reaching: None,
            answer: None,
            limit: None,
            hint: None,
            again: None,
            attempts: 1,
            steps: Steps::default(),
            source: None,
        }))
    }

    /// Says what was being done, to which host and port, unless a lower layer already said it:
    /// `open a tunnel to ftp.example.org:21`.
    pub fn while_doing(mut self, doing: impl Into<String>) -> Self {
        self.0.doing.get_or_insert_with(|| doing.into());
        self
    }

    /// Says who or what the failed stage was about, as [`Step::subject`](super::Step) does, unless
    /// a lower layer already said it.
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.0.subject.get_or_insert_with(|| subject.into());
        self
    }

    /// Says which way was taken, unless a lower layer already said it. A setting is wrong whatever
    /// the way: of those it is not said.
    pub fn with_route(mut self, route: &Route) -> Self {
        if self.0.stage != Stage::Settings {
            self.0.route.get_or_insert_with(|| route.clone());
        }
        self
    }

    /// Says that it was the first hop that was not reached, on the way to `target`: through a proxy,
    /// `Display` then tells of the proxy what it else tells of the way.
    pub fn reaching(mut self, target: impl fmt::Display) -> Self {
        self.0.reaching.get_or_insert_with(|| target.to_string());
        self
    }

    /// Adds to what happened, with the words that lead over to it: `, behind the proxy's 200`.
    pub fn and_also(mut self, words: impl AsRef<str>) -> Self {
        self.0.what.push_str(words.as_ref());
        self
    }

    /// Keeps what the other side said.
    pub fn with_answer(mut self, answer: Answer) -> Self {
        self.0.answer = Some(answer);
        self
    }

    /// Names the limit that was hit.
    pub fn with_limit(mut self, setting: &'static str, value: impl Into<String>) -> Self {
        self.0.limit = Some(Limit {
            setting,
            value: value.into(),
        });
        self
    }

    /// Says what to do next, unless a lower layer already said it.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint.get_or_insert_with(|| hint.into());
        self
    }

    /// Says what to do next, whatever a lower layer said, which knew less.
    pub fn with_better_hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Says who can mend it, where that is not whom the page of its code names.
    pub fn with_side(mut self, side: impl Into<Option<Side>>) -> Self {
        self.0.side = side.into().or(self.0.side);
        self
    }

    /// Says what kind it is, where the caller knows more of the way: an end that would be the
    /// target's on a direct one.
    pub(crate) fn with_kind(mut self, kind: Kind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Says which stage failed, where the caller knows better: a tunnel that is refused for FTP's
    /// data channel.
    pub fn with_stage(mut self, stage: Stage) -> Self {
        self.0.stage = stage;
        self
    }

    /// Forbids trying again although the kind would allow it.
    pub fn permanent(mut self) -> Self {
        self.0.again = Some(false);
        self
    }

    /// Allows trying again although the kind would not.
    pub(crate) fn transient(mut self) -> Self {
        self.0.again = Some(true);
        self
    }

    /// Keeps the cause.
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Says how often it was tried.
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.0.attempts = attempts;
        self
    }

    /// Puts the stages that were passed before in front of those already known.
    pub fn after(mut self, mut steps: Steps) -> Self {
        steps.extend(std::mem::take(&mut self.0.steps));
        self.0.steps = steps;
        self
    }

    /// The cause, as a class.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The stage that failed.
    pub fn stage(&self) -> Stage {
        self.0.stage
    }

    /// What happened, without what was being done and by which way.
    pub fn what(&self) -> &str {
        &self.0.what
    }

    /// What was being done.
    pub fn doing(&self) -> Option<&str> {
        self.0.doing.as_deref()
    }

    /// Who or what the failed stage was about: `proxy.corp:3128`, a user, a path. Where nobody
    /// said it, it is the last word of what was being done, which is a host and port.
    pub fn subject(&self) -> Option<&str> {
        let of_doing = || self.doing()?.rsplit(' ').next();
        self.0.subject.as_deref().or_else(of_doing)
    }

    /// The route that was taken, once it was known.
    pub fn route(&self) -> Option<&Route> {
        self.0.route.as_ref()
    }

    /// What the other side said.
    pub fn answer(&self) -> Option<&Answer> {
        self.0.answer.as_ref()
    }

    /// The limit that was hit.
    pub fn limit(&self) -> Option<&Limit> {
        self.0.limit.as_ref()
    }

    /// What to do next.
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What to do next: the hint, else what the page of its code says.
    pub fn advice(&self) -> &str {
        self.hint().unwrap_or_else(|| self.code().page().mend)
    }

    /// How often it was tried.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The stages that were passed before the one that failed.
    pub fn steps(&self) -> &Steps {
        &self.0.steps
    }

    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        self.0.again.unwrap_or(self.0.kind.is_transient())
    }

    /// How long the other side asked to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        let seconds = self.0.answer.as_ref()?.retry_after?;
        Some(Duration::from_secs(seconds))
    }

    /// Who can mend it: whom the answer points at, else whom the page of the code names.
    pub fn side(&self) -> Side {
        self.0.side.unwrap_or_else(|| self.code().page().side)
    }

    /// The `Error` of ours that an `io::Error` holds, else one that says that a stream broke.
    pub fn from_io(cause: std::io::Error) -> Self {
        match Self::find(&cause) {
            Some(ours) => ours.clone(),
            None => Self::new(Kind::Cut, Stage::Transfer, "the stream broke").with_source(cause),
        }
    }

    /// Finds an `Error` of ours among the causes of another: hyper and `std::io` wrap it.
    pub fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Error> {
        let mut next = Some(error);
        while let Some(current) = next {
            if let Some(found) = current.downcast_ref::<Error>() {
                return Some(found);
            }
            // `io::Error::other(error)` hides the error itself from `source()`.
            let inner = current
                .downcast_ref::<std::io::Error>()
                .and_then(std::io::Error::get_ref);
            if let Some(inner) = inner {
                let inner: &(dyn StdError + 'static) = inner;
                if let Some(found) = Self::find(inner) {
                    return Some(found);
                }
            }
            next = current.source();
        }
        None
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        let proxy = inner.route.as_ref().and_then(Route::proxy);
        match (&inner.doing, &inner.route) {
            (_, Some(route)) if let (Some(target), Some(proxy)) = (&inner.reaching, proxy) => {
                write!(
                    f,
                    "reach the proxy {proxy} ({}) for {target}: ",
                    route.why()
                )?;
            }
            (Some(doing), Some(route)) => write!(f, "{doing} {route}: ")?,
            (Some(doing), None) => write!(f, "{doing}: ")?,
            (None, Some(route)) => write!(f, "{route}: ")?,
            (None, None) => {}
        }
        f.write_str(&inner.what)?;
        if let Some(limit) = &inner.limit {
            write!(f, " (limit {} = {})", limit.setting, limit.value)?;
        }
        if inner.attempts > 1 {
            write!(f, ", tried {} times", inner.attempts)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("code", &self.code().as_str())
            .field("stage", &inner.stage)
            .field("message", &self.to_string())
            .field("answer", &inner.answer.as_ref().map(ToString::to_string))
            .field("hint", &inner.hint.as_deref().map(text::escape))
            .field("source", &inner.source)
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<std::io::Error> for Error {
    /// [`Error::from_io`].
    fn from(cause: std::io::Error) -> Self {
        Self::from_io(cause)
    }
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}

#[cfg(test)]
mod tests;
