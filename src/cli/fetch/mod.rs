//! `outbound fetch`: brings datasets in.

mod stream;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::StreamExt as _;
use serde_json::json;

use super::args::{Common, FetchArgs};
use super::dataset::dataset;
use super::exit::Exit;
use super::output::{Output, without_userinfo};
use super::progress::Progress;
use super::{interrupt, json};
use crate::base::{Error, Kind, Result, Stage, text};
use crate::dataset::{
    Client, Dataset, Event, FetchOptions, Fetched, Observer, Outcome, file_name, local, resumable,
};
use crate::settings::Policy;

pub async fn run(
    policy: Policy,
    common: &Common,
    args: &FetchArgs,
    output: &Output,
) -> Result<Exit> {
    let client = Client::new(policy);
    if let Some(sink) = stream::sink(args).await? {
        return stream::copy(&client, common, args, sink, output).await;
    }
    let jobs = plan(&client, common, args)?;
    if let Some(folder) = &args.output_dir {
        std::fs::create_dir_all(folder).map_err(|cause| local(folder, "make", cause))?;
    }
    let progress = Progress::new(output, jobs.len());
    let all =
        futures_util::stream::iter(jobs.iter().map(|job| bring(job, args, output, &progress)))
            .buffer_unordered(usize::from(args.jobs))
            .fold(Exit::Success, |first, exit| async move { first.and(exit) });
    tokio::select! {
        exit = all => {
            progress.clear();
            Ok(exit)
        }
        signal = interrupt::wait() => {
            progress.clear();
            let parts: Vec<&Job> = jobs.iter().filter(|job| job.has_kept()).collect();
            output.say(&format!("outbound: stopped by {signal}"));
            for job in parts {
                output.say(&format!(
                    "  kept {}; run the same command again to go on",
                    text::escape(&job.part().to_string_lossy())
                ));
            }
            Ok(Exit::Interrupted)
        }
    }
}

/// One URL and the file that it goes to.
struct Job {
    written: String,
    dataset: Dataset,
    destination: PathBuf,
}

impl Job {
    fn part(&self) -> PathBuf {
        let mut name = self.destination.as_os_str().to_owned();
        name.push(".part");
        name.into()
    }

    /// Whether there is something to go on from.
    fn has_kept(&self) -> bool {
        resumable(&self.destination, self.dataset.url())
    }
}

/// Checks everything that can be checked before the first byte: every URL, and that no two of
/// them go to one file.
fn plan(client: &Client, common: &Common, args: &FetchArgs) -> Result<Vec<Job>> {
    let usage = |what: String| Error::new(Kind::Usage, Stage::Settings, what);
    if args.output.is_some() && args.urls.len() > 1 {
        return Err(usage("several URLs cannot go to one file (-o)".into())
            .with_hint("name a folder with --output-dir DIR"));
    }
    if args.checksum.is_some() && args.urls.len() > 1 {
        return Err(usage("--checksum goes with one URL".into()));
    }
    let folder = args.output_dir.as_deref().unwrap_or(Path::new(""));
    let mut jobs: Vec<Job> = Vec::with_capacity(args.urls.len());
    let mut taken: HashMap<PathBuf, usize> = HashMap::new();
    for written in &args.urls {
        let dataset = retried(dataset(client, common, &args.login, written)?, args);
        let destination = match &args.output {
            Some(file) => file.clone(),
            None => folder.join(file_name(dataset.url())?),
        };
        if let Some(before) = taken.insert(destination.clone(), jobs.len()) {
            return Err(usage(format!(
                "{} and {} go to the same file {}",
                without_userinfo(&jobs[before].written),
                without_userinfo(written),
                text::escape(&destination.to_string_lossy())
            ))
            .with_hint("fetch them one by one with -o FILE"));
        }
        jobs.push(Job {
            written: written.clone(),
            dataset,
            destination,
        });
    }
    Ok(jobs)
}

/// With the number of tries that `--retry` asks for.
fn retried(dataset: Dataset, args: &FetchArgs) -> Dataset {
    let Some(attempts) = args.retry else {
        return dataset;
    };
    let mut retry = dataset.retry().clone();
    retry.attempts = attempts;
    dataset.with_retry(retry)
}

async fn bring(job: &Job, args: &FetchArgs, output: &Output, progress: &Progress) -> Exit {
    let bar = Arc::new(progress.start(&job.written));
    let told = Arc::clone(&bar);
    let (quiet, written) = (output.clone(), job.written.clone());
    let options = FetchOptions {
        force: args.force,
        checksum: args.checksum.clone(),
        sync: args.sync,
        observer: Observer::new(move |event| {
            told.event(&event);
            told.suspend(|| narrate(&quiet, &written, &event));
        }),
    };
    let fetched = job.dataset.fetch(&job.destination, &options).await;
    bar.finish();
    match fetched {
        Ok(fetched) => {
            bar.suspend(|| done(output, job, &fetched));
            Exit::Success
        }
        Err(error) => {
            bar.suspend(|| {
                if output.json {
                    let line = json!({ "url": without_userinfo(&job.written), "error": json::error(&error) });
                    output.line(&line.to_string());
                }
                output.error(&error);
                if job.has_kept() {
                    let part = job.part();
                    let part = text::escape(&part.to_string_lossy());
                    output.say(&format!("  kept {part}: the same command goes on from there"));
                }
            });
            Exit::of(&error)
        }
    }
}

/// What happens on the way, for a person.
fn narrate(output: &Output, written: &str, event: &Event<'_>) {
    let url = without_userinfo(written);
    match event {
        Event::Retrying {
            error,
            pause,
            attempt,
        } => output.say(&format!(
            "outbound: {error}; try {attempt} in {}",
            text::seconds(*pause)
        )),
        Event::Restarted { why } => {
            output.say(&format!(
                "outbound: {url} starts again from the first byte: {why}"
            ));
        }
        _ => {}
    }
}

fn done(output: &Output, job: &Job, fetched: &Fetched) {
    let path = fetched.path.to_string_lossy();
    if output.json {
        let line = json!({
            "url": job.dataset.url().as_str(),
            "path": path,
            "length": fetched.length,
            "kept": fetched.kept,
            "outcome": match fetched.outcome {
                Outcome::Unchanged => "unchanged",
                _ => "written",
            },
        });
        output.line(&line.to_string());
        return;
    }
    let what = match (fetched.outcome, fetched.kept) {
        (Outcome::Unchanged, _) => "unchanged".to_owned(),
        (_, 0) => format!("{} bytes", fetched.length),
        (_, kept) => format!("{} bytes, {kept} of them from before", fetched.length),
    };
    output.say(&format!("{}  {what}", text::escape(&path)));
}
