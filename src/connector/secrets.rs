//! Reads secrets where the settings say that they are kept, each once, at first use.

mod command;

use std::ffi::OsString;
use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use zeroize::Zeroizing;

use crate::base::{Error, Kind, Result, Secret, SecretRef, SecretSource, Stage};

/// No password is longer, in bytes.
const LONGEST: usize = 4096;
/// How much of a file, or of a command's output, is looked at for the first line's end.
const LOOKED_AT: usize = 64 * 1024;

type LookUp = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// The secrets that were read so far. Cheap to clone; clones share what was read, so that a
/// command runs once although many streams want its secret at the same time.
#[derive(Clone)]
pub struct Secrets {
    look_up: Arc<LookUp>,
    read: Arc<Mutex<Vec<Slot>>>,
}

/// A place, and what was found there.
type Slot = (SecretSource, Arc<Place>);

#[derive(Default)]
struct Place {
    /// How often reading it has failed.
    failures: AtomicU64,
    /// Held by the one who reads it.
    found: tokio::sync::Mutex<Option<Result<Secret>>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Default for Secrets {
    fn default() -> Self {
        Self::new()
    }
}

impl Secrets {
    /// Nothing is read yet; variables are those of the process.
    pub fn new() -> Self {
        Self::with_variables(|name| std::env::var_os(name))
    }

    /// Variables come from `look_up`.
    pub fn with_variables(
        look_up: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static,
    ) -> Self {
        Self {
            look_up: Arc::new(look_up),
            read: Arc::default(),
        }
    }

    /// The secret, read at its place unless that was done before. Who comes while it is read waits
    /// for that, and shares a failure too; who comes later tries again.
    ///
    /// Cancel safe: a command that was started is killed, and the next who waits for it starts it
    /// anew.
    ///
    /// # Errors
    /// [`Kind::Secret`]: the place cannot be read within `timeout`, waiting included, or holds no
    /// password: nothing, more than 4 KiB, control characters. The error names the place and never
    /// the value.
    pub async fn read(&self, secret: &SecretRef, timeout: Duration) -> Result<Secret> {
        if let SecretSource::Inline(value) = &secret.source {
            return Ok(value.clone());
        }
        let place = self.place(&secret.source);
        let read = place.read(&secret.source, timeout, &*self.look_up).await;
        read.map_err(|error| error.while_doing(format!("read the secret from {secret}")))
    }

    fn place(&self, source: &SecretSource) -> Arc<Place> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, place)) = read.iter().find(|(known, _)| known == source) {
            return Arc::clone(place);
        }
        let place = Arc::<Place>::default();
        read.push((source.clone(), Arc::clone(&place)));
        place
    }
}

impl Place {
    async fn read(
        &self,
        source: &SecretSource,
        timeout: Duration,
        look_up: &LookUp,
    ) -> Result<Secret> {
        let before = self.failures.load(Ordering::Acquire);
        let late = || {
            failed("no secret came in time")
                .with_limit("timeouts.secret", format!("{} s", timeout.as_secs_f64()))
        };
        // One for both: waiting for who reads, and reading.
        let mut limit = pin!(tokio::time::sleep(timeout));
        let mut found = tokio::select! {
            biased;
            found = self.found.lock() => found,
            () = &mut limit => return Err(late()),
        };
        match &*found {
            Some(Ok(secret)) => return Ok(secret.clone()),
            // It failed while this one waited.
            Some(Err(error)) if self.failures.load(Ordering::Acquire) != before => {
                return Err(error.clone());
            }
            _ => {}
        }
        let read = tokio::select! {
            biased;
            read = read(source, look_up) => read,
            () = &mut limit => Err(late()),
        };
        if read.is_err() {
            self.failures.fetch_add(1, Ordering::Release);
        }
        *found = Some(read.clone());
        read
    }
}

/// Reads a secret without remembering it.
async fn read(source: &SecretSource, look_up: &LookUp) -> Result<Secret> {
    match source {
        SecretSource::Inline(value) => Ok(value.clone()),
        SecretSource::Env(name) => from_variable(look_up(name)),
        SecretSource::File(path) => {
            let file = tokio::fs::File::open(path)
                .await
                .map_err(|cause| failed("the file cannot be opened").with_source(cause))?;
            let head = head(file).await;
            let head =
                head.map_err(|cause| failed("the file cannot be read").with_source(cause))?;
            first_line(&head)
        }
        SecretSource::Command(words) => command::run(words).await,
    }
}

fn from_variable(value: Option<OsString>) -> Result<Secret> {
    let value = value.ok_or_else(|| failed("the variable is not set"))?;
    let value = value.into_string().map_err(|_| failed("it is not UTF-8"))?;
    check(Zeroizing::new(value).as_str())
}

/// The beginning: one byte more than [`LOOKED_AT`] when there is more.
async fn head(from: impl AsyncRead + Unpin) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // Room for all of it: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(LOOKED_AT + 1));
    from.take(LOOKED_AT as u64 + 1)
        .read_to_end(&mut bytes)
        .await?;
    Ok(bytes)
}

fn first_line(bytes: &[u8]) -> Result<Secret> {
    let line = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let text = std::str::from_utf8(line).map_err(|_| failed("it is not UTF-8"))?;
    check(text)
}

/// Whether a value can be a password.
fn check(value: &str) -> Result<Secret> {
    if value.is_empty() {
        return Err(failed("it is empty"));
    }
    if value.len() > LONGEST {
        return Err(failed("it is longer than 4 KiB: that is no password"));
    }
    if value.chars().any(char::is_control) {
        return Err(failed("a control character stands in it"));
    }
    Ok(Secret::new(value))
}

fn failed(what: impl Into<String>) -> Error {
    Error::new(Kind::Secret, Stage::Settings, what)
}

#[cfg(test)]
mod tests;
