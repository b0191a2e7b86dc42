//! The progress bar: on standard error, at a terminal only.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::Output;
use super::place::Place;
use crate::base::text;
use crate::dataset::Event;

/// The bars of all transfers; none where nobody watches.
pub struct Progress(Option<MultiProgress>);

/// The bar of one transfer.
pub struct Bar(Option<(MultiProgress, ProgressBar)>);

/// Lines of what is under way, that go when it is over; none where nobody watches.
pub struct Live(Option<ProgressBar>);

/// One line about all files of a folder; none where nobody watches.
pub struct Summary {
    bar: Option<ProgressBar>,
    /// Files that are done, and those that are known so far.
    done: AtomicU64,
    known: AtomicU64,
}

/// More bars than this would scroll the terminal.
const MOST: usize = 20;

impl Progress {
    pub fn new(output: &Output, transfers: usize) -> Self {
        let shown = output.watched && !output.json && transfers <= MOST;
        Self(shown.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr())))
    }

    /// A bar for a place.
    pub fn start(&self, place: &Place<'_>) -> Bar {
        let Some(bars) = &self.0 else {
            return Bar(None);
        };
        let bar = bars.add(ProgressBar::no_length());
        bar.set_style(style(false));
        bar.set_prefix(name(&place.asked));
        bar.enable_steady_tick(Duration::from_millis(200));
        Bar(Some((bars.clone(), bar)))
    }

    /// Removes all bars from the terminal.
    pub fn clear(&self) {
        if let Some(bars) = &self.0 {
            let _ = bars.clear();
        }
    }
}

impl Live {
    /// `logged`: the log tells the stages as they pass.
    pub fn new(output: &Output, logged: bool) -> Self {
        let shown = output.watched && !output.json && !logged;
        Self(shown.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.with_style(
                ProgressStyle::with_template("{msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            )
        }))
    }

    /// Shows `lines` again and again, from when the wait is long enough to be noticed.
    pub async fn show(&self, lines: impl Fn() -> Vec<String>) -> Infallible {
        let Some(bar) = &self.0 else {
            return std::future::pending().await;
        };
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            bar.set_message(lines().join("\n"));
        }
    }

    /// Removes the lines.
    pub fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

impl Summary {
    pub fn new(output: &Output) -> Self {
        let shown = output.watched && !output.json;
        Self::on(shown.then(ProgressDrawTarget::stderr))
    }

    fn on(target: Option<ProgressDrawTarget>) -> Self {
        let bar = target.map(|target| {
            let template = "{msg}  {bytes}/{total_bytes}  {bytes_per_sec}";
            let style = ProgressStyle::with_template(template);
            let bar = ProgressBar::with_draw_target(Some(0), target)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let (done, known) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { bar, done, known }
    }

    /// More files are to come, with so many bytes.
    pub fn expect(&self, files: u64, bytes: u64) {
        let Some(bar) = &self.bar else { return };
        self.known.fetch_add(files, Ordering::Relaxed);
        bar.inc_length(bytes);
        self.count(bar);
    }

    /// Bytes came.
    pub fn advance(&self, bytes: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(bytes);
        }
    }

    /// A file is over; so many of the bytes that were to come do not.
    pub fn over(&self, spared: u64) {
        let Some(bar) = &self.bar else { return };
        self.done.fetch_add(1, Ordering::Relaxed);
        bar.dec_length(spared);
        self.count(bar);
    }

    fn count(&self, bar: &ProgressBar) {
        let [done, known] = [&self.done, &self.known].map(|count| count.load(Ordering::Relaxed));
        bar.set_message(format!("{done} of {known} files known so far"));
    }

    /// Prints lines without tearing the summary.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Removes it.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Bar {
    /// Shows what happened.
    pub fn event(&self, event: &Event<'_>) {
        let Some((_, bar)) = &self.0 else { return };
        match event {
            Event::Started { offset, total, .. } => {
                if let Some(total) = total {
                    bar.set_style(style(true));
                    bar.set_length(*total);
                }
                bar.set_position(*offset);
                // What was there before says nothing about the speed.
                bar.reset_eta();
            }
            Event::Advanced { offset } => bar.set_position(*offset),
            _ => {}
        }
    }

    /// Prints lines without tearing the bars.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some((bars, _)) => bars.suspend(print),
            None => print(),
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        if let Some((_, bar)) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// The last part of what was asked for, which has no userinfo any more.
fn name(asked: &str) -> String {
    let path = asked.split(['?', '#']).next().unwrap_or(asked);
    let last = path.rsplit('/').find(|part| !part.is_empty());
    text::clip_to(last.unwrap_or(path), 30)
}

fn style(with_length: bool) -> ProgressStyle {
    let template = if with_length {
        "{prefix}  {bytes}/{total_bytes}  [{wide_bar}]  {bytes_per_sec}  {eta}"
    } else {
        "{prefix}  {bytes}  {bytes_per_sec}  {spinner}"
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::asked::Asked;

    #[test]
    fn a_bar_is_called_after_the_file_and_shows_no_password() {
        let cases = [
            ("http://bob:secret@h", "h"),
            ("http://bob:secret@h/", "h"),
            ("ftp://bob:sec/ret@h/x.csv", "x.csv"),
            ("http://h/a/x.csv?token=secret", "x.csv"),
            ("census:2020/x.csv", "x.csv"),
        ];
        let hidden = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        let progress = Progress(Some(hidden));
        for (typed, prefix) in cases {
            let asked = [Asked::argument(typed)];
            let place = Place::all(&asked).next().unwrap();
            let (_, bar) = progress.start(&place).0.unwrap();
            assert_eq!(bar.prefix(), prefix, "{}", place.typed);
        }
    }
}
