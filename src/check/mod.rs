//! Walks the stages of reaching a target, once, and says what each gave.

mod waiting;

pub use waiting::Walk;

use crate::base::{Error, Route, Steps};
use crate::dataset::Dataset;

/// What the walk found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The way that was decided, unless that failed already.
    pub route: Option<Route>,
    /// The stages that were passed, with their times.
    pub steps: Steps,
    /// What may be wrong although every stage was passed.
    pub doubt: Option<String>,
    /// What failed, with the advice in its hint; `None` when the first byte came.
    pub failure: Option<Error>,
}

impl Report {
    /// The report of what failed before there was anything to walk.
    pub fn of(error: Error) -> Self {
        Self {
            route: None,
            steps: error.steps().clone(),
            doubt: None,
            failure: Some(error),
        }
    }

    /// Whether every stage was passed.
    pub fn is_ok(&self) -> bool {
        self.failure.is_none()
    }
}

/// Walks all stages up to the first byte of `dataset`, without tries: settings and route, the
/// sockets and tunnels, the target's own dialogue, for FTP the data channel too.
///
/// # Cancel safety
/// Dropping the future ends it.
pub async fn check(dataset: &Dataset) -> Report {
    let route = match dataset.connector().route(dataset.target()) {
        Ok(route) => route,
        Err(error) => return Report::of(error),
    };
    match dataset.probe_closely().await {
        Ok(probed) => Report {
            route: Some(route),
            steps: probed.steps,
            doubt: probed.doubt,
            failure: None,
        },
        Err(error) => Report {
            route: Some(route),
            ..Report::of(error)
        },
    }
}
