//! One run of a program, and many, turn by turn.

use std::fs;
use std::io::{Read as _, Seek as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

/// A run that takes longer is ended, and is a failure.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often the memory of a running program is asked for.
const GLANCE: Duration = Duration::from_millis(10);

/// What one run took.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Seconds from its start to its end.
    pub wall: f64,
    /// Seconds of CPU, its own and the kernel's for it.
    pub cpu: f64,
    /// MiB of memory at its peak (VmHWM); none when it ended before the first glance.
    pub peak: Option<f64>,
    /// Seconds from its start to the first byte on its standard output, when that was asked for.
    pub first: Option<f64>,
}

/// All runs of one client in a row.
pub struct Series {
    pub client: &'static str,
    pub samples: Vec<Sample>,
    /// Why it was given up.
    pub failure: Option<String>,
}

/// What happens to the standard output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// As the command says.
    AsIs,
    /// It is read, and the first byte timed.
    FirstByte,
}

/// Runs the clients turn by turn, each time another one first. A client that fails is left out
/// from then on.
pub fn interleave(
    clients: &[&'static str],
    runs: u32,
    mut attempt: impl FnMut(&'static str) -> Result<Sample, String>,
) -> Vec<Series> {
    let mut all: Vec<Series> = clients
        .iter()
        .map(|client| Series {
            client,
            samples: Vec::new(),
            failure: None,
        })
        .collect();
    for run in 0..runs as usize {
        for turn in 0..all.len() {
            let at = (run + turn) % all.len();
            let series = &mut all[at];
            if series.failure.is_none() {
                match attempt(series.client) {
                    Ok(sample) => series.samples.push(sample),
                    Err(why) => {
                        eprintln!("compare: {}: {why}", series.client);
                        series.failure = Some(why);
                    }
                }
            }
        }
    }
    all
}

/// Runs one program to its end.
pub fn run(mut command: Command, output: Output) -> Result<Sample, String> {
    let mut said = tempfile::tempfile().map_err(|error| error.to_string())?;
    command.stderr(said.try_clone().map_err(|error| error.to_string())?);
    if output == Output::FirstByte {
        command.stdout(Stdio::piped());
    }
    let start = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|error| format!("cannot start it: {error}"))?;
    let (over, ended) = channel();
    let id = child.id();
    let watch = thread::spawn(move || watch(id, &ended));
    let first = read_out(&mut child, start);
    let used = child.wait4();
    let wall = start.elapsed().as_secs_f64();
    drop(over);
    let peak = watch.join().map_err(|_| "the watch failed".to_owned())?;
    let used = used.map_err(|error| format!("cannot wait for it: {error}"))?;
    if !used.status.success() {
        let mut text = String::new();
        let _ = said.rewind();
        let _ = said.read_to_string(&mut text);
        let text = text.lines().next().unwrap_or_default();
        return Err(format!("{}: {text}", used.status));
    }
    if output == Output::FirstByte && first.is_none() {
        return Err("it wrote nothing".to_owned());
    }
    Ok(Sample {
        wall,
        cpu: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        peak,
        first,
    })
}

/// Reads the standard output, when there is one, and times its first byte.
fn read_out(child: &mut Child, start: Instant) -> Option<f64> {
    let mut stdout = child.stdout.take()?;
    let mut buffer = vec![0; 64 << 10];
    let mut first = None;
    while let Ok(1..) = stdout.read(&mut buffer) {
        first.get_or_insert_with(|| start.elapsed().as_secs_f64());
    }
    first
}

/// Looks at the program until it has ended, and gives its peak of memory in MiB.
///
/// The kernel's own figure for an ended child (`ru_maxrss`) would not do: it counts what this
/// process had when it forked.
fn watch(id: u32, ended: &Receiver<()>) -> Option<f64> {
    let start = Instant::now();
    let mut peak = None;
    while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(GLANCE) {
        peak = high_water(id).or(peak);
        if start.elapsed() > PATIENCE {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            break;
        }
    }
    peak
}

fn high_water(id: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}
