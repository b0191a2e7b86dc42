//! What was found of one thing that a deployment needs.

use std::time::Duration;

use super::directives::{Advice, Front};
use super::fault::Fault;
use crate::base::{Error, Route, Stage, text};

/// A thing that a deployment behind a reverse proxy needs, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Item {
    /// It answers, and it is not the reverse proxy alone that does.
    Reach,
    /// Its certificate is for its host, and believed.
    Certificate,
    /// Redirects stay on the public name, port and scheme.
    Redirects,
    /// It stands at the root of its host, without a path prefix.
    Prefix,
    /// The upgrade of WebSocket comes through.
    WebSocket,
    /// A WebSocket may say nothing for long.
    Idle,
    /// A request may be without an answer for long.
    Request,
    /// A large download comes to its end.
    Download,
    /// A large upload is not refused.
    Upload,
}

impl Item {
    /// Every item, in its order.
    pub const ALL: [Self; 9] = [
        Self::Reach,
        Self::Certificate,
        Self::Redirects,
        Self::Prefix,
        Self::WebSocket,
        Self::Idle,
        Self::Request,
        Self::Download,
        Self::Upload,
    ];

    /// The word that output and `--json` use; stable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reach => "reach",
            Self::Certificate => "certificate",
            Self::Redirects => "redirects",
            Self::Prefix => "prefix",
            Self::WebSocket => "websocket",
            Self::Idle => "idle",
            Self::Request => "request",
            Self::Download => "download",
            Self::Upload => "upload",
        }
    }
}

/// What is to be said of an item.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// It was tried, and works.
    Passed,
    /// It was tried, and does not work.
    Failed(Error),
    /// What was seen proves neither.
    Doubtful,
    /// It was not tried.
    Untested,
    /// It was being tried when it was asked for.
    Waiting,
}

impl Verdict {
    /// Every word of [`as_str`](Self::as_str).
    pub const WORDS: [&'static str; 5] = ["ok", "fail", "doubt", "not-tested", "waiting"];

    /// The word that `--json` uses; stable.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Failed(_) => "fail",
            Self::Doubtful => "doubt",
            Self::Untested => "not-tested",
            Self::Waiting => "waiting",
        }
    }
}

/// One item, what was done about it, and what came of that. All texts are safe to show.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub item: Item,
    /// What is to be said of it.
    pub verdict: Verdict,
    /// What was done: `GET /socket.io/?…`. Empty when nothing was.
    pub did: String,
    /// What was answered, or why it was not tried.
    pub words: String,
    /// What that shows, where the words alone do not tell.
    pub means: Option<String>,
    /// The lines that are missing where it fails or is doubtful.
    pub advice: Vec<Advice>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Finding {
    fn new(item: Item, verdict: Verdict, did: &str, words: String) -> Self {
        Self {
            item,
            verdict,
            did: did.to_owned(),
            words,
            means: None,
            advice: Vec::new(),
            elapsed: Duration::ZERO,
        }
    }

    pub(super) fn passed(item: Item, did: &str, words: impl Into<String>) -> Self {
        Self::new(item, Verdict::Passed, did, words.into())
    }

    pub(super) fn doubtful(item: Item, did: &str, words: impl Into<String>) -> Self {
        Self::new(item, Verdict::Doubtful, did, words.into())
    }

    pub(super) fn untested(item: Item, why: impl Into<String>) -> Self {
        Self::new(item, Verdict::Untested, "", why.into())
    }

    /// What is being tried for so long.
    pub(super) fn waiting(item: Item, did: &str, words: String, elapsed: Duration) -> Self {
        Self {
            elapsed,
            ..Self::new(item, Verdict::Waiting, did, words)
        }
    }

    /// A fault of the deployment.
    pub(super) fn failed(
        item: Item,
        did: &str,
        words: impl Into<String>,
        fault: Fault,
        front: &Front,
        route: Option<&Route>,
    ) -> Self {
        let words = words.into();
        let advice = fault.advice(front);
        let error = fault
            .error(format!("{did}: {words}"))
            .while_doing(format!("check {} of the deployment", item.as_str()))
            .about(did)
            .with_hint(hint(fault, &advice, route));
        let error = match route {
            Some(route) => error.with_route(route),
            None => error,
        };
        Self {
            means: Some(fault.meaning().to_owned()),
            advice,
            ..Self::new(item, Verdict::Failed(error), did, words)
        }
    }

    /// What failed before anything of the deployment could be judged.
    pub(super) fn broken(item: Item, did: &str, error: Error) -> Self {
        let words = error.what().to_owned();
        Self::new(item, Verdict::Failed(error), did, words)
    }

    /// An error that tells neither of the deployment's faults nor of its health.
    pub(super) fn unclear(item: Item, did: &str, error: &Error) -> Self {
        let finding = Self::doubtful(item, did, error.to_string());
        match error.hint() {
            Some(hint) => finding.meaning(text::escape_lines(hint)),
            None => finding,
        }
    }

    pub(super) fn meaning(mut self, means: impl Into<String>) -> Self {
        self.means = Some(means.into());
        self
    }

    pub(super) fn with_advice(mut self, fault: Fault, front: &Front) -> Self {
        self.advice = fault.advice(front);
        self
    }

    /// Whether a forward proxy on the way may have done it as well: what says nothing for long is ended
    /// by whoever is the most impatient.
    pub fn may_be_the_proxy(&self) -> bool {
        let is_of_time = matches!(self.item, Item::Idle | Item::Request | Item::Download);
        is_of_time && self.failure().is_some()
    }

    /// The error, if it failed.
    pub fn failure(&self) -> Option<&Error> {
        match &self.verdict {
            Verdict::Failed(error) => Some(error),
            _ => None,
        }
    }
}

/// What to do next: the lines that are missing, a product a line.
fn hint(fault: Fault, advice: &[Advice], route: Option<&Route>) -> String {
    let mut lines = vec![format!("{}; what has to stand there:", fault.meaning())];
    for one in advice {
        lines.push(format!("  {}: {}", one.product, one.lines.join(" ")));
    }
    // What says nothing for long is ended by whoever is the most impatient on the way.
    let proxy = route.and_then(Route::proxy);
    if let Some(proxy) = proxy.filter(|_| fault.is_of_time()) {
        lines.push(format!(
            "  or it was the proxy on the way, {proxy}: the same check without it tells"
        ));
    }
    lines.join("\n")
}

/// The stage at which a deployment's faults are found.
pub(super) const STAGE: Stage = Stage::Request;

/// What is shown of a status: `502 Bad Gateway`.
pub(super) fn status(status: http::StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// A request as it is shown: without query, which may hold tokens.
pub(super) fn request(method: &str, url: &url::Url) -> String {
    let query = if url.query().is_some() { "?…" } else { "" };
    format!("{method} {}{query}", text::clip(url.path()))
}
