//! What came of one place.

use crate::base::Error;
use crate::check::{Held, Report};

/// What came of one place: its walks, and what was done beside them.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// The walks, one unless more were asked for.
    pub reports: Vec<Report>,
    /// The walk by the direct way.
    pub direct: Option<Report>,
    /// What came of leaving the stream alone.
    pub held: Option<Held>,
}

impl Checked {
    pub fn of(report: Report) -> Self {
        Self {
            reports: vec![report],
            ..Self::default()
        }
    }

    /// The walk that is shown: the first that failed, else the first.
    pub fn first(&self) -> Option<&Report> {
        let mut failed = self.reports.iter().filter(|report| !report.is_ok());
        failed.next().or(self.reports.first())
    }

    /// The error that decides the exit.
    pub fn failure(&self) -> Option<&Error> {
        let of_walk = self.first().and_then(|report| report.failure.as_ref());
        let of_hold = || self.held.as_ref()?.failure.as_ref();
        of_walk.or_else(of_hold)
    }

    /// Whether there is nothing to be told when only what is wrong is to be.
    pub fn is_well(&self) -> bool {
        let is_doubted = |report: &Report| report.doubt.is_some();
        self.failure().is_none() && !self.reports.iter().any(is_doubted)
    }
}
