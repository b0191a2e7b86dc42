//! The log on standard error: how much of it, and who decides.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::output::Output;
use crate::base::text;
use crate::settings::{Policy, Problem};

/// The levels that a filter knows by name.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// Starts the log: `-v` says what is done, `-vv` the dialogue; without it, what the setting `log`
/// (`OUTBOUND_LOG`) names. A filter that makes no sense is a warning.
pub fn start(verbose: u8, policy: &Policy, output: &Output) {
    let level = match verbose {
        0 => LevelFilter::ERROR,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let mut filter = of_level(level);
    if let Some((asked, _)) = policy.log().filter(|_| verbose == 0) {
        filter = directives(asked).unwrap_or(filter);
    }
    if let Some(problem) = doubt(policy) {
        output.warn(&problem.to_string());
    }
    // A second policy in one process (the demo's) finds the log started.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(io::stderr)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .try_init();
}

/// What is wrong with the setting `log`, if anything is.
pub fn doubt(policy: &Policy) -> Option<Problem> {
    let (asked, origin) = policy.log()?;
    let what = directives(asked).err()?;
    Some(Problem::warning(origin.clone(), what).hint("write a level, or MODULE=LEVEL,…"))
}

/// The filter for a setting: a level alone is one of this program, not of every library.
fn directives(asked: &str) -> Result<String, String> {
    let asked = asked.trim();
    if let Ok(level) = asked.parse::<LevelFilter>() {
        return Ok(of_level(level));
    }
    let shown = text::clip(asked);
    // A word without `=` would be a module's name.
    if let Some(near) = text::nearest(asked, LEVELS) {
        return Err(format!("`{shown}` is no level; did you mean `{near}`?"));
    }
    match EnvFilter::builder().parse(asked) {
        Ok(_) => Ok(asked.to_owned()),
        Err(cause) => Err(format!("`{shown}` is no filter of the log: {cause}")),
    }
}

/// A level for this program. What its transfers say about retries, the commands say themselves;
/// that a password goes in clear although TLS was wanted is always said.
fn of_level(level: LevelFilter) -> String {
    match level {
        LevelFilter::ERROR => "outbound=error,outbound::ftp::protect=warn".to_owned(),
        level if level > LevelFilter::WARN => {
            format!("outbound={level},outbound::dataset::transfer=warn")
        }
        level => format!("outbound={level}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn a_level_alone_is_that_of_the_program() {
        let cases = [
            (
                "debug",
                Ok("outbound=debug,outbound::dataset::transfer=warn"),
            ),
            (" WARN ", Ok("outbound=warn")),
            ("error", Ok("outbound=error,outbound::ftp::protect=warn")),
            ("off", Ok("outbound=off")),
            ("outbound::tunnel=trace", Ok("outbound::tunnel=trace")),
            ("hyper,outbound=info", Ok("hyper,outbound=info")),
            ("debgu", Err("`debgu` is no level; did you mean `debug`?")),
            (
                "outbound=lod",
                Err("`outbound=lod` is no filter of the log: "),
            ),
        ];
        for (asked, expected) in cases {
            match (directives(asked), expected) {
                (Ok(filter), Ok(wanted)) => assert_eq!(filter, wanted, "{asked}"),
                (Err(what), Err(wanted)) => assert!(what.starts_with(wanted), "{what}"),
                (found, _) => panic!("{asked}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_doubt_names_where_it_is_written() {
        let policy = |log: &str| Settings::from_toml(&format!("log = \"{log}\"\n")).unwrap();
        assert!(doubt(&policy("info")).is_none());
        let problem = doubt(&policy("a=b=c")).unwrap().to_string();
        assert!(
            problem.starts_with("settings.toml:1: log: `a=b=c`"),
            "{problem}"
        );
    }
}
