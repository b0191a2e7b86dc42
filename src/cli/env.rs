//! `outbound env`: the settings as variables for other programs.

use super::args::{Common, EnvArgs, EnvFormat};
use super::exit::Exit;
use super::output::Output;
use super::told;
use crate::base::{Error, Kind, Result, Stage};
use crate::connector::load::Surroundings;
use crate::export::Format;
use crate::settings::Policy;

pub async fn run(
    policy: Policy,
    surroundings: &Surroundings,
    common: &Common,
    args: &EnvArgs,
    output: &Output,
) -> Result<Exit> {
    let format = format(args.format, output.json)?;
    let told = told::variables(policy, surroundings, common, &args.told, true, output);
    output.line(&format.write(&told.await?));
    Ok(Exit::Success)
}

fn format(asked: Option<EnvFormat>, json: bool) -> Result<Format> {
    Ok(match asked {
        None if json => Format::Json,
        Some(EnvFormat::Json) => Format::Json,
        Some(_) if json => {
            let what = "--json and --format ask for different things";
            return Err(
                Error::new(Kind::Usage, Stage::Settings, what).with_hint("--json is --format json")
            );
        }
        None | Some(EnvFormat::Sh) => Format::Sh,
        Some(EnvFormat::Fish) => Format::Fish,
        Some(EnvFormat::Dotenv) => Format::Dotenv,
    })
}
