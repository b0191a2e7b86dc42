//! Many places at once, told in their order.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use futures_util::StreamExt as _;

use super::checked::Checked;
use super::maker::Maker;
use super::report::Reports;
use super::verdict;
use crate::base::{Code, Error, Kind, Result, Stage};
use crate::check::{Report, Subject, Walk};
use crate::cli::interrupt;
use crate::cli::place::Place;
use crate::cli::progress::Live;

/// How long a walk may take in all.
const MAX_TIME: Duration = Duration::from_secs(300);

/// Everything that is checked, and how far it is.
pub(super) struct Several<'a> {
    maker: &'a Maker<'a>,
    ones: Vec<One<'a>>,
    /// How many are told.
    told: Cell<usize>,
}

struct One<'a> {
    place: Place<'a>,
    /// Made before anything starts: its warnings come first.
    subject: Result<Subject>,
    /// The walk under way.
    walk: RefCell<Option<Walk>>,
    checked: RefCell<Option<Checked>>,
}

impl<'a> Several<'a> {
    pub fn new(places: Vec<Place<'a>>, maker: &'a Maker<'a>) -> Self {
        let ones = places.into_iter().map(|mut place| {
            let subject = maker.make(&mut place);
            One {
                place,
                subject,
                walk: RefCell::default(),
                checked: RefCell::default(),
            }
        });
        Self {
            maker,
            ones: ones.collect(),
            told: Cell::new(0),
        }
    }

    /// Checks all, so many at once, and tells what came of them in their order. Says whether a signal
    /// stopped it: what was found so far is told then too.
    pub async fn run(&self, at_once: u16, reports: &Reports<'_>, logged: bool) -> bool {
        let live = Live::new(reports.output(), logged);
        let works = self.ones.iter().map(|one| self.check(one));
        let works = futures_util::stream::iter(works).buffer_unordered(usize::from(at_once));
        let mut works = std::pin::pin!(works);
        let mut signal = std::pin::pin!(interrupt::wait());
        let stopped = loop {
            tokio::select! {
                ended = works.next() => match ended {
                    Some(()) => self.tell(reports, false),
                    None => break None,
                },
                never = live.show(|| self.waiting()) => match never {},
                signal = &mut signal => break Some(signal),
            }
        };
        live.finish();
        if let Some(signal) = stopped {
            self.stop(signal);
        }
        self.tell(reports, true);
        let checked = self.ones.iter();
        let checked: Vec<_> = checked
            .map(|one| (one.place.name(), one.checked.borrow()))
            .collect();
        let rows = checked.iter();
        reports.end(rows.map(|(name, checked)| (name.as_str(), checked.as_ref())));
        stopped.is_some()
    }

    /// What came of all.
    pub fn into_checked(self) -> impl Iterator<Item = Checked> {
        let ones = self.ones.into_iter();
        ones.filter_map(|one| one.checked.into_inner())
    }

    async fn check(&self, one: &One<'a>) {
        let checked = match &one.subject {
            Ok(subject) => self.walks(one, subject).await,
            Err(error) => Checked::of(Report::of(error.clone())),
        };
        one.checked.replace(Some(checked));
    }

    /// The walks of one place, and what is done beside them.
    async fn walks(&self, one: &One<'a>, subject: &Subject) -> Checked {
        let mut checked = Checked::default();
        let max_time = self.maker.args.max_time.unwrap_or(MAX_TIME);
        for number in 0..self.maker.args.repeat {
            // The connections of an earlier walk would make this one shorter.
            let again = match number {
                0 => None,
                _ => self.maker.make_again(&one.place).ok(),
            };
            let walk = Walk::new(again.unwrap_or_else(|| subject.clone()));
            one.walk.replace(Some(walk.clone()));
            let mut report = walk.run_within(max_time).await;
            if self.maker.args.all {
                reached_base(&mut report);
            }
            checked.reports.push(report);
        }
        if let Some(direct) = self.maker.make_direct(&one.place) {
            checked.direct = Some(match direct {
                Ok(direct) => Walk::new(direct).run_within(max_time).await,
                Err(error) => Report::of(error),
            });
        }
        if let (Some(how_long), None) = (self.maker.args.hold, checked.failure()) {
            match subject.hold(how_long, self.maker.args.ping).await {
                Ok(held) => checked.held = Some(held),
                Err(error) => checked.reports = vec![Report::of(error)],
            }
        }
        checked
    }

    /// What is told while the next one to be told is waited for.
    fn waiting(&self) -> Vec<String> {
        let Some(one) = self.ones.get(self.told.get()) else {
            return Vec::new();
        };
        match &*one.walk.borrow() {
            Some(walk) => verdict::lines(&one.place.name(), &walk.waiting()),
            None => Vec::new(),
        }
    }

    /// Ends what has not ended: with what it passed, or with nothing.
    fn stop(&self, signal: &str) {
        for one in &self.ones {
            if one.checked.borrow().is_some() {
                continue;
            }
            let report = match &*one.walk.borrow() {
                Some(walk) => walk.stopped(signal),
                None => Report::of(not_checked(signal)),
            };
            one.checked.replace(Some(Checked::of(report)));
        }
    }

    /// Tells those that have ended, as long as none before them is under way.
    fn tell(&self, reports: &Reports<'_>, all_ended: bool) {
        if all_ended {
            self.compare_issuers();
        }
        while let Some(one) = self.ones.get(self.told.get()) {
            let checked = one.checked.borrow();
            let Some(checked) = checked.as_ref() else {
                return;
            };
            // What others show may tell that TLS is inspected.
            if !all_ended && self.ones.len() > 1 && is_of_unknown_issuer(checked) {
                return;
            }
            self.told.set(self.told.get() + 1);
            reports.add(&one.place, checked);
        }
    }

    fn compare_issuers(&self) {
        let mut checked: Vec<_> = self
            .ones
            .iter()
            .map(|one| one.checked.borrow_mut())
            .collect();
        let reports = checked.iter_mut().filter_map(|checked| checked.as_mut());
        let mut reports: Vec<&mut Report> =
            reports.flat_map(|checked| &mut checked.reports).collect();
        crate::check::compare(&mut reports);
    }
}

/// A connection's base need not be a file: that the server says so is enough to have reached it.
fn reached_base(report: &mut Report) {
    let is_answer = |error: &Error| error.code() == Code::TargetNotFound;
    let Some(error) = report.failure.take_if(|error| is_answer(error)) else {
        return;
    };
    report.doubt = Some(format!(
        "{}, at the connection's base, where no page need be: check a file below it",
        error.what()
    ));
}

fn is_of_unknown_issuer(checked: &Checked) -> bool {
    let failure = checked.failure();
    failure.is_some_and(|error| error.code() == Code::TlsUnknownIssuer)
}

/// What is said of a target whose turn did not come.
fn not_checked(signal: &str) -> Error {
    let what = format!("not checked: stopped by {signal} before its turn");
    Error::new(Kind::Interrupted, Stage::Settings, what)
}
