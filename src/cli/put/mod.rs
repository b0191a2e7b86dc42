//! `outbound put`: sends files.

mod plan;

use std::sync::Arc;

use serde_json::json;

use super::args::{Common, PutArgs};
use super::exit::Exit;
use super::narrator::Narrator;
use super::output::Output;
use super::progress::Progress;
use super::{interrupt, jobs};
use crate::base::{Result, text};
use crate::dataset::{Client, Event, Observer, RateLimit, StoreOptions, Stored};
use crate::settings::Policy;

use self::plan::{Job, Left, What};

pub async fn run(policy: Policy, common: &Common, args: &PutArgs, output: &Output) -> Result<Exit> {
    let mut client = Client::new(policy).with_ftp_channels(usize::from(args.jobs));
    if let Some(rate) = args.limit_rate {
        client = client.with_rate_limit(RateLimit::new(rate));
    }
    let (files, asked) = plan::asked(args)?;
    let jobs = match plan::plan(&client, common, args, files, &asked, output) {
        Ok(jobs) => jobs,
        Err(exit) => return Ok(exit),
    };
    let progress = &Progress::new(output, jobs.len());
    let works = jobs.iter().map(|job| send(job, args, output, progress));
    tokio::select! {
        exit = jobs::all(works, args.jobs) => {
            progress.clear();
            Ok(exit)
        }
        signal = interrupt::wait() => {
            progress.clear();
            output.say(&format!("outbound: stopped by {signal}"));
            for job in &jobs {
                if let Some(left) = job.left() {
                    output.say(&format!("  {}", words(job, &left)));
                }
            }
            Ok(Exit::Interrupted)
        }
    }
}

async fn send(job: &Job<'_>, args: &PutArgs, output: &Output, progress: &Progress) -> Exit {
    let bar = Arc::new(progress.start(&job.place));
    let told = Arc::clone(&bar);
    let narrator = Narrator::new(output, job.place.prefix(), &job.place.shown);
    let state = Arc::clone(&job.state);
    let options = StoreOptions {
        force: args.force,
        create_dirs: args.create_dirs,
        observer: Observer::new(move |event| {
            told.event(&event);
            state.note(&event);
            if let Event::Restarted { .. } | Event::Retrying { .. } | Event::Doubted { .. } = event
                && let Some(words) = narrator.words(&event)
            {
                told.suspend(|| narrator.say(&words));
            }
        }),
    };
    let stored = match &job.what {
        What::File(path) => job.dataset.store_file(path, &options).await,
        What::Input => {
            let input = tokio::io::stdin();
            job.dataset.store_reader(input, &options).await
        }
    };
    bar.finish();
    match stored {
        Ok(stored) => {
            job.state.end();
            bar.suspend(|| done(output, job, &stored));
            Exit::Success
        }
        Err(error) => bar.suspend(|| {
            let exit = output.failed(&job.place, &error);
            if let Some(left) = job.left() {
                output.say(&format!("  {}", words(job, &left)));
            }
            job.state.end();
            exit
        }),
    }
}

/// What is left of an upload that ended before its time, and how to go on.
fn words(job: &Job<'_>, left: &Left) -> String {
    let is_bucket = job.dataset.url().scheme() == "s3";
    match (left, &job.what) {
        (Left::Unknown, _) if is_bucket => {
            format!(
                "{}: the same command sends all of it again",
                job.place.shown
            )
        }
        (Left::Part(_), _) if is_bucket => format!(
            "{}: the object is as it was; parts of it may be in the bucket, unseen and paid for, until \
             a lifecycle rule or `aws s3api abort-multipart-upload` removes them",
            job.place.shown
        ),
        (Left::Part(name), What::File(_)) => {
            format!("kept {name} on the server: the same command goes on from there")
        }
        (Left::Part(name), What::Input) => {
            format!("{name} is left on the server, and nothing goes on from it: remove it there")
        }
        (Left::Unknown, _) => format!(
            "{}: HTTP does not go on in the middle; the same command sends all of it again",
            job.place.shown
        ),
    }
}

fn done(output: &Output, job: &Job<'_>, stored: &Stored) {
    if output.json {
        output.line(&job.place.json(json!({
            "path": job.what.to_string(),
            "length": stored.length,
            "kept": stored.kept,
        })));
        return;
    }
    let what = match stored.kept {
        0 => format!("{} bytes", stored.length),
        kept => format!("{} bytes, {kept} of them from before", stored.length),
    };
    output.say(&format!("{}  {what}", text::escape(&job.place.shown)));
}
