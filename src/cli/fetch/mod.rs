//! `outbound fetch`: brings datasets in.

mod batch;
mod folder;
mod follow;
mod glob;
mod plan;
mod stream;

pub use self::folder::Since;
pub use self::glob::Glob;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::args::{Common, FetchArgs};
use super::exit::Exit;
use super::narrator::Narrator;
use super::output::Output;
use super::progress::Progress;
use super::{asked, interrupt, jobs};
use crate::base::{Result, text};
use crate::dataset::{Client, Event, FetchOptions, Fetched, Observer, Outcome, RateLimit, local};
use crate::settings::Policy;

use self::plan::Job;

pub async fn run(
    policy: Policy,
    common: &Common,
    args: &FetchArgs,
    output: &Output,
) -> Result<Exit> {
    let asked = asked::all(&args.urls)?;
    let mut client = Client::new(policy).with_ftp_channels(usize::from(args.jobs));
    if let Some(rate) = args.limit_rate {
        client = client.with_rate_limit(RateLimit::new(rate));
    }
    if args.recursive {
        return folder::run(&client, common, args, &asked, output).await;
    }
    if args.follow {
        return follow::run(&client, common, args, &asked, output).await;
    }
    if let Some(sink) = stream::sink(args).await? {
        return stream::copy(&client, common, args, &asked, sink, output).await;
    }
    let jobs = match plan::plan(&client, common, args, &asked, output) {
        Ok(jobs) => jobs,
        Err(exit) => return Ok(exit),
    };
    if let Some(folder) = &args.output_dir {
        std::fs::create_dir_all(folder).map_err(|cause| local(folder, "make", cause))?;
    }
    let progress = &Progress::new(output, jobs.len());
    let works = jobs.iter().map(|job| bring(job, args, output, progress));
    tokio::select! {
        exit = jobs::all(works, args.jobs) => {
            progress.clear();
            Ok(exit)
        }
        signal = interrupt::wait() => {
            progress.clear();
            let parts: Vec<&Job<'_>> = jobs
                .iter()
                .filter(|job| !job.over.load(Ordering::Relaxed) && job.goes_on())
                .collect();
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

async fn bring(job: &Job<'_>, args: &FetchArgs, output: &Output, progress: &Progress) -> Exit {
    let bar = Arc::new(progress.start(&job.place));
    let told = Arc::clone(&bar);
    let narrator = Narrator::new(output, job.place.prefix(), &job.place.shown);
    let begun = Arc::clone(&job.begun);
    let options = FetchOptions {
        force: args.force,
        update: false,
        checksum: args.checksum.clone(),
        sync: args.sync,
        observer: Observer::new(move |event| {
            told.event(&event);
            if let Event::Started { .. } = event {
                begun.store(true, Ordering::Relaxed);
            }
            // Each suspension draws all bars anew: not for every piece of data.
            if let Some(words) = narrator.words(&event) {
                told.suspend(|| narrator.say(&words));
            }
        }),
    };
    let fetched = job.dataset.fetch(&job.destination, &options).await;
    job.over.store(true, Ordering::Relaxed);
    bar.finish();
    match fetched {
        Ok(fetched) => {
            bar.suspend(|| done(output, job, &fetched));
            Exit::Success
        }
        Err(error) => bar.suspend(|| {
            let exit = output.failed(&job.place, &error);
            if job.goes_on_after(&error) {
                let part = job.part();
                let part = text::escape(&part.to_string_lossy());
                output.say(&format!(
                    "  kept {part}: the same command goes on from there"
                ));
            }
            exit
        }),
    }
}

fn done(output: &Output, job: &Job<'_>, fetched: &Fetched) {
    let path = fetched.path.to_string_lossy();
    if output.json {
        output.line(&job.place.json(json!({
            "path": path,
            "length": fetched.length,
            "kept": fetched.kept,
            "outcome": match fetched.outcome {
                Outcome::Unchanged => "unchanged",
                _ => "written",
            },
        })));
        return;
    }
    let what = match (fetched.outcome, fetched.kept) {
        (Outcome::Unchanged, _) => "unchanged".to_owned(),
        (_, 0) => format!("{} bytes", fetched.length),
        (_, kept) => format!("{} bytes, {kept} of them from before", fetched.length),
    };
    output.say(&format!("{}  {what}", text::escape(&path)));
}
