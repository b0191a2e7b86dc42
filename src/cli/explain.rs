//! `outbound explain`: the page of a verdict.

use serde_json::json;

use super::args::ExplainArgs;
use super::exit::Exit;
use super::json;
use super::output::Output;
use crate::base::code::Page;
use crate::base::{Code, Error, Kind, Result, Stage, text};

/// How wide a page is.
const WIDTH: usize = 80;

pub fn run(args: &ExplainArgs, output: &Output) -> Result<Exit> {
    // All are known before the first is shown.
    let codes: Vec<Code> = match &args.codes[..] {
        [] => Code::ALL.iter().map(|(_, code)| *code).collect(),
        names => names.iter().map(|name| find(name)).collect::<Result<_>>()?,
    };
    for (number, code) in codes.iter().enumerate() {
        let page = code.page();
        if output.json {
            output.line(&json::line(&as_json(page)));
        } else if args.codes.is_empty() {
            output.line(&format!("{:<34} {}", code.as_str(), page.title));
        } else {
            if number > 0 {
                output.line("");
            }
            show(page, output);
        }
    }
    Ok(Exit::Success)
}

fn find(name: &str) -> Result<Code> {
    if let Some(code) = Code::find(name) {
        return Ok(code);
    }
    let what = format!("there is no verdict `{}`", text::clip(name));
    let near = Code::ALL.iter().map(|(_, code)| code.as_str());
    let name = name.to_ascii_uppercase();
    let near = near.max_by(|a, b| {
        let likeness = |code: &str| strsim::jaro_winkler(&name, code);
        likeness(a).total_cmp(&likeness(b))
    });
    let near = near.filter(|near| strsim::jaro_winkler(&name, near) > 0.9);
    let hint = match near {
        Some(near) => format!("did you mean {near}? `outbound explain` lists all"),
        None => "`outbound explain` lists all".to_owned(),
    };
    Err(Error::new(Kind::Usage, Stage::Settings, what).with_hint(hint))
}

fn show(page: &Page, output: &Output) {
    output.line(&format!("{}: {}", page.code, page.title));
    output.line(&format!("side: {}", page.side));
    for (label, words) in parts(page) {
        output.line("");
        output.line(label);
        for line in text::wrapped(words, "  ", "  ", WIDTH) {
            output.line(&line);
        }
    }
}

/// The paragraphs of a page with their headings.
pub(super) fn parts(page: &Page) -> [(&'static str, &'static str); 3] {
    [
        ("What it means", page.means),
        ("How it shows", page.seen),
        ("What to do", page.mend),
    ]
}

fn as_json(page: &Page) -> serde_json::Value {
    json!({
        "code": page.code.as_str(),
        "side": page.side.to_string(),
        "title": page.title,
        "means": page.means,
        "seen": page.seen,
        "mend": page.mend,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_one_is_told() {
        let error = find("out-connect-forbiden-port").unwrap_err();
        let hint = error.hint().unwrap();
        assert!(hint.contains("OUT-CONNECT-FORBIDDEN-PORT"), "{hint}");
        assert!(!find("hello").unwrap_err().hint().unwrap().contains("mean"));
    }
}
