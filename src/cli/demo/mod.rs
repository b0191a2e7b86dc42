//! `outbound demo`: a company's network in small, on loopback, and what a user does in it.
//!
//! Every command is run by the same functions as when it is typed, with the settings file of the
//! lab and without the user's own settings and variables.

mod folder;
mod judge;
mod network;
mod script;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::pin::pin;

use serde_json::json;

use self::judge::Judge;
use self::network::Network;
use super::args::{Common, DemoArgs};
use super::exit::Exit;
use super::interrupt;
use super::output::Output;
use crate::base::text::{escape, shell_word};
use crate::base::{Error, Kind, Result, Stage};

pub async fn run(common: &Common, args: &DemoArgs, output: &Output) -> Result<Exit> {
    refuse_flags(common)?;
    let mut stopped = pin!(interrupt::wait());
    let (exit, network) = tokio::select! {
        // First, so that a signal ends the demo and not the command that it is at.
        biased;
        signal = &mut stopped => {
            output.say(&format!("outbound: stopped by {signal}"));
            return Ok(Exit::Interrupted);
        }
        played = play(output) => played?,
    };
    if args.keep {
        invite(&network.settings, output);
        stopped.await;
    }
    Ok(exit)
}

/// Starts the servers and does everything; gives the servers too, so that they can be kept.
async fn play(output: &Output) -> Result<(Exit, Network)> {
    let network = Network::start().await?;
    let mut judge = Judge::new(&network, output);
    script::play(&network, &mut judge).await;
    Ok((judge.finish(), network))
}

/// The demo has its own settings: a flag that changes them would be ignored, or spoil it.
fn refuse_flags(common: &Common) -> Result<()> {
    let given = [
        ("--config", common.config.is_some()),
        ("--connection", common.connection.is_some()),
        ("--proxy", common.proxy.is_some()),
        ("--no-proxy", common.no_proxy.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((flag, _)) => {
            let what = format!("demo has its own settings: {flag} cannot go with it");
            let error = Error::new(Kind::Usage, Stage::Settings, what);
            Err(error.with_hint("`outbound demo --keep` leaves servers to try flags with"))
        }
    }
}

/// Says how to play with the servers that are left running.
fn invite(settings: &Path, output: &Output) {
    let path = settings.to_string_lossy();
    if output.json {
        output.line(&json!({ "settings": path }).to_string());
        return;
    }
    output.line(&format!(
        "\nThe servers run until Ctrl-C. Settings: {}",
        escape(&path)
    ));
    output.line("Try in another terminal:");
    for words in [
        "config show",
        "check census:2019/population-h1.csv",
        "fetch -o - catalog:2020/NOTES.txt",
    ] {
        let file = shell_word(&escape(&path));
        output.line(&format!("  outbound --config {file} {words}"));
    }
}
