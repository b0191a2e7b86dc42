//! Walks the stages of reaching a target, once, and says what each gave.

mod hold;
mod second_port;
mod subject;
#[cfg(test)]
mod tests;
mod trust;
mod waiting;
#[cfg(feature = "ws")]
pub mod web;

pub use hold::Held;
pub use subject::{Port, Subject};
pub use trust::{Evidence, Shown, compare};
pub use waiting::Walk;

use std::time::Duration;

use crate::base::{Error, Route, Steps};
use crate::dataset::Dataset;
pub use crate::dial::Remark;
use crate::proto::service::Service;

/// What the walk found.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The way that was decided, unless that failed already.
    pub route: Option<Route>,
    /// The stages that were passed, with their times.
    pub steps: Steps,
    /// What the whole walk took, the stage that failed included.
    pub elapsed: Duration,
    /// The certificates that were shown, one for each handshake that was not a session's second.
    pub tls: Vec<Shown>,
    /// What is worth to be known, and harms nobody here: each with its code.
    pub remarks: Vec<Remark>,
    /// What may be wrong although every stage was passed.
    pub doubt: Option<String>,
    /// The service that answered, where it shows itself: an API of AWS, Elasticsearch, OpenSearch.
    pub service: Option<Service>,
    /// What failed, with the advice in its hint; `None` when the first byte came, or when an API at
    /// its root refused the request for not being one of its clients' ([`Service::is_reached`]).
    pub failure: Option<Error>,
}

impl Report {
    /// The report of what failed before there was anything to walk.
    pub fn of(error: Error) -> Self {
        Self {
            steps: error.steps().clone(),
            failure: Some(error),
            ..Self::default()
        }
    }

    /// Whether no proxy is on the way that was decided.
    pub fn is_direct(&self) -> bool {
        let route = self.route.as_ref();
        route.is_some_and(|route| route.proxy().is_none())
    }

    /// Whether every stage was passed.
    pub fn is_ok(&self) -> bool {
        self.failure.is_none()
    }
}

/// Walks all stages up to the first byte of `dataset`, without tries: settings and route, the
/// sockets and tunnels, the target's own dialogue, for FTP the data channel too, for a WebSocket the
/// answer to a ping. Where a proxy refuses the tunnel to a port with 403, a second CONNECT to port 443
/// tells whether that is about the port or the host.
///
/// # Cancel safety
/// Dropping the future ends it.
pub async fn check(dataset: &Dataset) -> Report {
    Walk::new(dataset.clone()).run().await
}

async fn walk(dataset: &Dataset, route: Route) -> Report {
    match dataset.probe_closely().await {
        Ok(probed) => {
            let report = Report {
                route: Some(route),
                steps: probed.steps,
                doubt: probed.doubt,
                service: probed.service,
                ..Report::default()
            };
            match probed.refusal {
                Some(refusal) if !refusal.is_reached => Report {
                    steps: refusal.error.steps().clone(),
                    failure: Some(refusal.error),
                    ..report
                },
                _ => report,
            }
        }
        Err(error) => Report {
            route: Some(route),
            ..Report::of(error)
        },
    }
}
