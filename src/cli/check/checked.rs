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
    /// The same of the direct way, at the same time.
    pub direct_held: Option<Held>,
    /// Why there was no stream to be left alone.
    pub not_held: Option<String>,
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

    /// Whether the direct way was walked to the end, and is another than ours.
    pub fn is_compared(&self) -> bool {
        let is_ours = self.first().is_some_and(Report::is_direct);
        self.direct.as_ref().is_some_and(Report::is_ok) && !is_ours
    }

    /// Tells by the direct way, where that was left alone too, who ended what was idle.
    pub fn judge_hold(&mut self) {
        if let Some(direct) = &self.direct_held {
            self.held = self.held.take().map(|held| held.beside(direct));
        }
    }

    /// Whether there is nothing to be told when only what is wrong is to be: what was asked for and
    /// not done is, too.
    pub fn is_well(&self) -> bool {
        let is_doubted = |report: &Report| report.doubt.is_some();
        let is_well = self.failure().is_none() && self.not_held.is_none();
        is_well && !self.reports.iter().any(is_doubted)
    }
}
