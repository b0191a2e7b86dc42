//! `outbound fetch`: brings datasets in.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::args::{Common, FetchArgs, Login};
use super::exit::Exit;
use super::interrupt;
use super::json;
use super::output::{Output, without_userinfo};
use super::progress::Progress;
use crate::base::{Credentials, Error, Kind, Origin, Result, SecretRef, SecretSource, Stage, text};
use crate::dataset::{Client, Dataset, Event, FetchOptions, Fetched, Observer, Outcome, file_name};
use crate::settings::Policy;

pub async fn run(
    policy: Policy,
    common: &Common,
    args: &FetchArgs,
    output: &Output,
) -> Result<Exit> {
    let client = Client::new(policy);
    if args.output.as_deref() == Some(Path::new("-")) {
        return to_stdout(&client, common, args, output).await;
    }
    let jobs = plan(&client, common, args)?;
    if let Some(folder) = &args.output_dir {
        std::fs::create_dir_all(folder).map_err(|cause| {
            Error::new(Kind::LocalFile, Stage::Store, "the folder cannot be made")
                .while_doing(format!("make {}", text::escape(&folder.to_string_lossy())))
                .with_source(cause)
        })?;
    }
    let progress = Progress::new(output, jobs.len());
    let all = stream::iter(jobs.iter().map(|job| bring(job, args, output, &progress)))
        .buffer_unordered(usize::from(args.jobs))
        .fold(Exit::Success, |first, exit| async move { first.and(exit) });
    tokio::select! {
        exit = all => {
            progress.clear();
            Ok(exit)
        }
        signal = interrupt::wait() => {
            progress.clear();
            let parts: Vec<&Job> = jobs.iter().filter(|job| job.part().exists()).collect();
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

/// The dataset that an argument names, with the credentials and fields of the command line.
pub fn dataset(client: &Client, common: &Common, login: &Login, url: &str) -> Result<Dataset> {
    let mut dataset = client.dataset_of(url, common.connection.as_deref())?;
    if let Some(username) = &login.user {
        let flag = |name: &str| Origin::Flag(name.to_owned());
        let password = match (&login.password_file, &login.password_env) {
            (Some(file), _) => Some(SecretRef {
                source: SecretSource::File(file.clone()),
                origin: flag("--password-file"),
            }),
            (None, Some(variable)) => Some(SecretRef {
                source: SecretSource::Env(variable.clone()),
                origin: flag("--password-env"),
            }),
            (None, None) => None,
        };
        dataset = dataset.with_credentials(Credentials {
            username: username.clone(),
            origin: flag("--user"),
            password,
        });
    }
    if !login.headers.is_empty() {
        dataset = dataset.with_headers(headers(&login.headers)?);
    }
    Ok(dataset)
}

fn headers(written: &[String]) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in written {
        // The value may be a token: an error shows the name alone.
        let name = line.split(':').next().unwrap_or_default();
        let bad = |what: &str| {
            let what = format!("the header `{}` {what}", text::clip(name));
            Error::new(Kind::Usage, Stage::Settings, what).with_hint("write `Name: value`")
        };
        let (name, value) = line.split_once(':').ok_or_else(|| bad("has no colon"))?;
        let name: HeaderName = name
            .trim()
            .parse()
            .map_err(|_| bad("has a name that cannot be sent"))?;
        let value = HeaderValue::from_str(value.trim());
        let value = value.map_err(|_| bad("has a value that cannot be sent"))?;
        headers.append(name, value);
    }
    Ok(headers)
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
                if job.part().exists() {
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

/// `-o -`: the bytes and nothing else on standard output.
async fn to_stdout(
    client: &Client,
    common: &Common,
    args: &FetchArgs,
    output: &Output,
) -> Result<Exit> {
    if args.checksum.is_some() {
        let what = "--checksum needs a file: bytes that are written out cannot be taken back";
        return Err(Error::new(Kind::Usage, Stage::Settings, what));
    }
    let copying = async {
        let mut stdout = tokio::io::stdout();
        for url in &args.urls {
            let dataset = retried(dataset(client, common, &args.login, url)?, args);
            let (told, written) = (output.clone(), url.clone());
            let observer = Observer::new(move |event| narrate(&told, &written, &event));
            let mut reader = dataset.open_observed(observer).await?;
            let mut buffer = vec![0; 256 * 1024];
            loop {
                let read = reader.read(&mut buffer).await.map_err(unwrap_ours)?;
                if read == 0 {
                    break;
                }
                match stdout.write_all(&buffer[..read]).await {
                    Ok(()) => {}
                    // Whoever read it has enough.
                    Err(cause) if cause.kind() == ErrorKind::BrokenPipe => {
                        return Ok(Exit::Success);
                    }
                    Err(cause) => return Err(unwritten(cause)),
                }
            }
            match stdout.flush().await {
                Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
                    return Err(unwritten(cause));
                }
                _ => {}
            }
        }
        Ok(Exit::Success)
    };
    tokio::select! {
        copied = copying => copied,
        signal = interrupt::wait() => {
            output.say(&format!("outbound: stopped by {signal}"));
            Ok(Exit::Interrupted)
        }
    }
}

fn unwrap_ours(cause: std::io::Error) -> Error {
    match Error::find(&cause) {
        Some(ours) => ours.clone(),
        None => Error::new(Kind::Cut, Stage::Transfer, "the stream broke").with_source(cause),
    }
}

fn unwritten(cause: std::io::Error) -> Error {
    Error::new(
        Kind::LocalFile,
        Stage::Store,
        "standard output cannot be written",
    )
    .with_source(cause)
}
