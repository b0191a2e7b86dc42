//! Many places at once, told in their order.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;

use super::checked::Checked;
use super::maker::Maker;
use super::report::Reports;
use super::verdict;
use crate::base::{Code, Error, Kind, Result, Stage, text};
use crate::check::{Held, Report, Subject, Walk};
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
    now: RefCell<Now>,
    /// What came of it so far; all, once it has ended.
    checked: RefCell<Checked>,
}

/// What is done with one.
#[derive(Default)]
enum Now {
    /// Its turn has not come.
    #[default]
    Nothing,
    /// A walk: one of ours, or that by the direct way.
    Walk { walk: Walk, is_direct: bool },
    /// Its stream is left alone since then, and the direct one too when that is wanted.
    Hold { since: Instant, is_double: bool },
    /// It has ended.
    Ended,
}

impl One<'_> {
    fn has_ended(&self) -> bool {
        matches!(*self.now.borrow(), Now::Ended)
    }
}

impl<'a> Several<'a> {
    pub fn new(places: Vec<Place<'a>>, maker: &'a Maker<'a>) -> Self {
        let ones = places.into_iter().map(|mut place| {
            let subject = maker.make(&mut place);
            One {
                place,
                subject,
                now: RefCell::default(),
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
        let ends: Vec<_> = self
            .ones
            .iter()
            .map(|one| (one.place.name(), one.checked.borrow()))
            .collect();
        reports.end(
            ends.iter()
                .map(|(name, checked)| (name.as_str(), &**checked)),
        );
        stopped.is_some()
    }

    /// What came of all.
    pub fn into_checked(self) -> impl Iterator<Item = Checked> {
        let ones = self.ones.into_iter();
        ones.map(|one| one.checked.into_inner())
    }

    async fn check(&self, one: &One<'a>) {
        match &one.subject {
            Ok(subject) => self.walks(one, subject).await,
            Err(error) => {
                one.checked.replace(Checked::of(Report::of(error.clone())));
            }
        }
        one.now.replace(Now::Ended);
    }

    /// The walks of one place, and what is done beside them.
    async fn walks(&self, one: &One<'a>, subject: &Subject) {
        let args = self.maker.args;
        for number in 0..args.repeat {
            // The connections of an earlier walk would make this one shorter.
            let again = match number {
                0 => None,
                _ => self.maker.make_again(&one.place).ok(),
            };
            let again = again.unwrap_or_else(|| subject.clone());
            let mut report = self.walk(one, again, false).await;
            if args.all {
                reached_base(&mut report);
            }
            one.checked.borrow_mut().reports.push(report);
        }
        let mut beside = None;
        if let Some(direct) = self.maker.make_direct(&one.place) {
            let report = match direct {
                Ok(direct) => {
                    beside = Some(direct.clone());
                    self.walk(one, direct, true).await
                }
                Err(error) => Report::of(error),
            };
            one.checked.borrow_mut().direct = Some(report);
        }
        let has_failed = one.checked.borrow().failure().is_some();
        if let (Some(how_long), false) = (args.hold, has_failed) {
            let is_another = one.checked.borrow().is_compared();
            let beside = beside.filter(|_| is_another);
            self.hold(one, subject, beside, how_long).await;
        }
    }

    /// Leaves the stream of one place alone, and that by the direct way at the same time.
    async fn hold(
        &self,
        one: &One<'a>,
        subject: &Subject,
        direct: Option<Subject>,
        how_long: Duration,
    ) {
        if let Ok(Some(why)) = subject.no_stream() {
            one.checked.borrow_mut().not_held = Some(why);
            return;
        }
        one.now.replace(Now::Hold {
            since: Instant::now(),
            is_double: direct.is_some(),
        });
        let args = self.maker.args;
        // Nobody asked each of them for pings.
        let ping = args.ping.filter(|_| !args.all || subject.is_websocket());
        // Each is kept as soon as it has ended: the other may be given up.
        let ours = async {
            let held = subject.hold(how_long, ping).await;
            one.checked.borrow_mut().held = Some(held.unwrap_or_else(Held::unopened));
        };
        let beside = async {
            if let Some(direct) = direct {
                let held = direct.hold(how_long, ping).await;
                one.checked.borrow_mut().direct_held = Some(held.unwrap_or_else(Held::unopened));
            }
        };
        tokio::join!(ours, beside);
        one.checked.borrow_mut().judge_hold();
    }

    async fn walk(&self, one: &One<'a>, subject: Subject, is_direct: bool) -> Report {
        let walk = Walk::new(subject);
        let now = Now::Walk {
            walk: walk.clone(),
            is_direct,
        };
        one.now.replace(now);
        let max_time = self.maker.args.max_time.unwrap_or(MAX_TIME);
        walk.run_within(max_time).await
    }

    /// What is told while the next one to be told is waited for.
    fn waiting(&self) -> Vec<String> {
        let Some(one) = self.ones.get(self.told.get()) else {
            return Vec::new();
        };
        let name = one.place.name();
        match &*one.now.borrow() {
            Now::Walk { walk, .. } => verdict::lines(&name, &walk.waiting()),
            Now::Hold { since, .. } => {
                let stood = text::seconds(since.elapsed());
                vec![name, format!("  WAIT   hold: it stands for {stood}")]
            }
            Now::Nothing | Now::Ended => Vec::new(),
        }
    }

    /// Ends what has not ended: with what came of it so far.
    fn stop(&self, signal: &str) {
        for one in self.ones.iter().filter(|one| !one.has_ended()) {
            let mut checked = one.checked.borrow_mut();
            match one.now.replace(Now::Ended) {
                Now::Nothing => checked.reports.push(Report::of(not_checked(signal))),
                Now::Walk { walk, is_direct } => match is_direct {
                    true => checked.direct = Some(walk.stopped(signal)),
                    false => checked.reports.push(walk.stopped(signal)),
                },
                Now::Hold { since, is_double } => {
                    let stopped = || Held::stopped(since.elapsed(), signal);
                    checked.held.get_or_insert_with(stopped);
                    if is_double {
                        checked.direct_held.get_or_insert_with(stopped);
                    }
                    checked.judge_hold();
                }
                Now::Ended => {}
            }
        }
    }

    /// Tells those that have ended, as long as none before them is under way.
    fn tell(&self, reports: &Reports<'_>, all_ended: bool) {
        if all_ended {
            self.compare_issuers();
        }
        while let Some(one) = self.ones.get(self.told.get()) {
            if !one.has_ended() {
                return;
            }
            let checked = one.checked.borrow();
            // What others show may tell that TLS is inspected.
            if !all_ended && self.ones.len() > 1 && is_of_unknown_issuer(&checked) {
                return;
            }
            self.told.set(self.told.get() + 1);
            reports.add(&one.place, &checked);
        }
    }

    fn compare_issuers(&self) {
        let mut checked: Vec<_> = self
            .ones
            .iter()
            .map(|one| one.checked.borrow_mut())
            .collect();
        let reports = checked.iter_mut().flat_map(|checked| &mut checked.reports);
        let mut reports: Vec<&mut Report> = reports.collect();
        crate::check::compare(&mut reports);
    }
}

/// A connection's base need not be a file: that the server says so is enough to have reached it.
fn reached_base(report: &mut Report) {
    let wanted = [Code::TargetNotFound, Code::TargetForbidden];
    let is_answer = |error: &Error| wanted.contains(&error.code());
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
