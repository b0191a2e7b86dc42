//! `--markdown`: GitHub's flavour, to paste into a ticket.
//!
//! What comes from outside stands in code spans and fences alone: there it is neither markup, nor a
//! link, nor the `@name` of somebody who would be called.

use super::Columns;
use super::told::{Mark, Row, Told, shown};

/// The lines of one target.
pub(super) fn lines(told: &Told) -> Vec<String> {
    let mut lines = vec![
        format!("### {} {}", told.mark.as_str(), code(&told.name)),
        String::new(),
        format!("**{}**, {}", prose(&told.verdict), shown(told.elapsed)),
        String::new(),
    ];
    if let Some((way, why)) = &told.way {
        lines.push(format!("- route: {}, {}", code(way), code(why)));
    }
    let (long, short): (Vec<_>, Vec<_>) =
        told.facts.iter().partition(|(_, text)| text.contains('\n'));
    for (label, text) in short {
        lines.push(format!("- {label}: {}", code(text)));
    }
    for (label, text) in long {
        lines.push(format!("- {label}:"));
        lines.push(String::new());
        lines.extend(block(text, "  "));
    }
    if !lines.last().is_some_and(String::is_empty) {
        lines.push(String::new());
    }
    if !told.rows.is_empty() {
        lines.push("| | stage | with | what came back | time |".to_owned());
        lines.push("|---|---|---|---|---:|".to_owned());
        lines.extend(told.rows.iter().map(row));
        lines.push(String::new());
    }
    if !told.beside.is_empty() {
        let beside: Vec<String> = told.beside.iter().flat_map(Columns::lines).collect();
        lines.extend(block(&beside.join("\n"), ""));
        lines.push(String::new());
    }
    lines
}

/// Lines as they are, behind `indent`.
pub(super) fn block(text: &str, indent: &str) -> Vec<String> {
    let fence = "`".repeat(run(text).max(2) + 1);
    let mut lines = vec![format!("{indent}{fence}text")];
    lines.extend(text.lines().map(|line| format!("{indent}{line}")));
    lines.push(format!("{indent}{fence}"));
    lines
}

/// The line below all targets.
pub(super) fn end(made: &str) -> String {
    format!("*{}*", prose(made))
}

fn row(row: &Row) -> String {
    let mark = match row.mark {
        Mark::Ok => row.mark.as_str().to_owned(),
        mark => format!("**{}**", mark.as_str()),
    };
    format!(
        "| {mark} | {} | {} | {} | {} |",
        row.stage,
        cell(&row.subject),
        cell(&row.answer),
        row.took.map(shown).unwrap_or_default()
    )
}

/// Text as code: between more backticks than there are in it.
fn code(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let fence = "`".repeat(run(text) + 1);
    // One blank on both sides is taken off again.
    let blank = match text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        true => " ",
        false => "",
    };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// The same in a table, whose cells end at pipes, those in code too. A backslash makes it one of the
/// text, but for one that stands behind a backslash already: readers differ about that.
fn cell(text: &str) -> String {
    let text = text.replace("\\|", "\\\\x7c");
    code(&text).replace('|', "\\|")
}

/// The longest run of backticks.
fn run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or_default()
}

/// The program's own words, with nothing in them that is markup.
fn prose(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in words.chars() {
        if r"\`*_{}[]<>#|~&!".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_ends_where_it_should() {
        let cases = [
            ("plain", "`plain`"),
            ("a`b", "``a`b``"),
            ("`a``", "``` `a`` ```"),
            ("<b>@all #1", "`<b>@all #1`"),
            (" ", ""),
            ("", ""),
        ];
        for (text, shown) in cases {
            assert_eq!(code(text), shown);
        }
        let cases = [
            ("a|b", "`a\\|b`"),
            ("a\\|b", "`a\\\\x7cb`"),
            ("`|", "`` `\\| ``"),
        ];
        for (text, shown) in cases {
            assert_eq!(cell(text), shown);
        }
    }

    #[test]
    fn words_are_no_markup() {
        assert_eq!(prose("`outbound` <b>*x*"), r"\`outbound\` \<b\>\*x\*");
    }
}
