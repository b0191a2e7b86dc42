//! Runs a command that prints a secret.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use zeroize::Zeroizing;

use super::{LOOKED_AT, failed, first_line};
use crate::base::text::{clip, escape_bytes};
use crate::base::{Result, Secret};

/// How much of the end of a command's error output is kept.
const STDERR_KEPT: usize = 4096;
/// How long the outputs of a command that has failed are read on when something that it left
/// behind holds them open. What it said itself lies ready by then.
const GRACE: Duration = Duration::from_millis(250);

/// The first line that a command prints. It has to end, but what it leaves behind has not.
///
/// Cancel safe: the command is killed.
pub(super) async fn run(words: &[String]) -> Result<Secret> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(failed("the command is empty"));
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|cause| failed("the command cannot be started").with_source(cause))?;
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(failed("the command has no output"));
    };
    let mut outputs = Outputs::new(stdout, stderr);
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            more = outputs.more(), if !outputs.are_read() => more?,
        }
    };
    let status =
        status.map_err(|cause| failed("the command cannot be waited for").with_source(cause))?;
    while status.success() && !outputs.have_line() {
        outputs.more().await?;
    }
    let line = first_line(&outputs.stdout.kept);
    if status.success() && line.is_ok() {
        return line;
    }
    if let Ok(read) = tokio::time::timeout(GRACE, outputs.rest()).await {
        read?;
    }
    let said = outputs.last_words();
    match line {
        Err(error) if status.success() => Err(failed(format!("{}{said}", error.what()))),
        _ => Err(failed(format!("the command failed ({status}){said}"))),
    }
}

/// One output of a command.
struct Output<R> {
    from: R,
    kept: Zeroizing<Vec<u8>>,
    ended: bool,
}

impl<R: AsyncRead + Unpin> Output<R> {
    /// With room for all that is kept: growing would leave copies behind.
    fn new(from: R, room: usize) -> Self {
        Self {
            from,
            kept: Zeroizing::new(Vec::with_capacity(room)),
            ended: false,
        }
    }
}

struct Outputs<O, E> {
    stdout: Output<O>,
    stderr: Output<E>,
}

impl<O: AsyncRead + Unpin, E: AsyncRead + Unpin> Outputs<O, E> {
    fn new(stdout: O, stderr: E) -> Self {
        Self {
            stdout: Output::new(stdout, LOOKED_AT),
            stderr: Output::new(stderr, STDERR_KEPT),
        }
    }

    fn are_read(&self) -> bool {
        self.stdout.ended && self.stderr.ended
    }

    /// Whether the first line is there as a whole.
    fn have_line(&self) -> bool {
        self.stdout.ended || self.stdout.kept.contains(&b'\n')
    }

    /// Reads a piece of one of them, of which one must not have ended. Cancel safe.
    async fn more(&mut self) -> Result<()> {
        let (stdout, stderr) = (&mut self.stdout, &mut self.stderr);
        let mut piece = Zeroizing::new([0; STDERR_KEPT]);
        let mut complaint = Zeroizing::new([0; STDERR_KEPT]);
        let broken = |cause| failed("the command's output cannot be read").with_source(cause);
        tokio::select! {
            read = stdout.from.read(&mut piece[..]), if !stdout.ended => {
                let read = read.map_err(broken)?;
                if stdout.kept.len() + read > LOOKED_AT {
                    return Err(failed("the command prints more than 64 KiB"));
                }
                stdout.kept.extend_from_slice(&piece[..read]);
                stdout.ended = read == 0;
            }
            read = stderr.from.read(&mut complaint[..]), if !stderr.ended => {
                let read = read.map_err(broken)?;
                let surplus = (stderr.kept.len() + read).saturating_sub(STDERR_KEPT);
                stderr.kept.drain(..surplus);
                stderr.kept.extend_from_slice(&complaint[..read]);
                stderr.ended = read == 0;
            }
            else => {}
        }
        Ok(())
    }

    /// Reads both to their ends. Cancel safe.
    async fn rest(&mut self) -> Result<()> {
        while !self.are_read() {
            self.more().await?;
        }
        Ok(())
    }

    /// The last line of the error output, without what was printed as the secret; nothing as long
    /// as not all of that is known.
    fn last_words(&self) -> String {
        let line = self
            .stderr
            .kept
            .split(|b| matches!(b, b'\n' | b'\r'))
            .rfind(|line| !line.trim_ascii().is_empty());
        let (Some(line), true) = (line, self.stdout.ended) else {
            return String::new();
        };
        let mut shown = escape_bytes(line.trim_ascii());
        for word in self.stdout.kept.split(u8::is_ascii_whitespace) {
            if !word.is_empty() {
                shown = shown.replace(&escape_bytes(word), "…");
            }
        }
        format!(": {}", clip(&shown))
    }
}
