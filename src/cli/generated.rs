//! `outbound completions` and `outbound man`: both are made from the arguments, and cannot go
//! stale.

use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::exit::Exit;
use super::output::Output;
use crate::base::{Error, Kind, Result, Stage, text};
use crate::dataset::local;

/// `completions`: a script for a shell, on standard output.
pub fn completions(args: &CompletionsArgs, output: &Output) -> Result<Exit> {
    let mut script = Vec::new();
    let mut command = Cli::command();
    clap_complete::generate(args.shell, &mut command, "outbound", &mut script);
    print(&script, output);
    Ok(Exit::Success)
}

/// `man`: the program's page on standard output, or a page for each command into a folder.
pub fn man(args: &ManArgs, output: &Output) -> Result<Exit> {
    let mut command = Cli::command().disable_help_subcommand(true);
    // Gives subcommands their full names.
    command.build();
    let Some(folder) = &args.folder else {
        let page = page(&command).map_err(|cause| {
            let what = "the page cannot be made";
            Error::new(Kind::LocalFile, Stage::Store, what).with_source(cause)
        })?;
        print(page.as_bytes(), output);
        return Ok(Exit::Success);
    };
    std::fs::create_dir_all(folder).map_err(|cause| local(folder, "make", cause))?;
    pages(&command, folder)?;
    let shown = text::escape(&folder.to_string_lossy());
    output.say(&format!("{shown}  a page for each command"));
    Ok(Exit::Success)
}

fn pages(command: &Command, folder: &Path) -> Result<()> {
    let file = folder.join(format!("{}.1", full_name(command)));
    let written = page(command).and_then(|page| std::fs::write(&file, page));
    written.map_err(|cause| local(&file, "write", cause))?;
    command
        .get_subcommands()
        .filter(|below| !below.is_hide_set())
        .try_for_each(|below| pages(below, folder))
}

fn full_name(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

/// A page in ASCII alone: groff reads other characters by the locale.
fn page(command: &Command) -> io::Result<String> {
    let page = clap_mangen::Man::new(command.clone()).title(full_name(command));
    let mut rendered = Vec::new();
    page.render(&mut rendered)?;
    let mut ascii = String::with_capacity(rendered.len());
    for character in String::from_utf8_lossy(&rendered).chars() {
        match character.is_ascii() {
            true => ascii.push(character),
            false => ascii.push_str(&format!("\\[u{:04X}]", u32::from(character))),
        }
    }
    Ok(ascii)
}

fn print(text: &[u8], output: &Output) {
    output.line(String::from_utf8_lossy(text).trim_end());
}
