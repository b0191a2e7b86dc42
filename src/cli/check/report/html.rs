//! `--html`: one page that needs nothing else. It has no script, and forbids any.

use std::fmt::Write as _;
use std::time::Duration;

use crate::cli::explain;

use super::Columns;
use super::told::{Mark, Row, Told, shown};

const STYLE: &str = include_str!("page.css");

/// What the page may load: nothing. Should text ever become markup, it does not run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page about all targets. `made` tells when and by what.
pub(super) fn page(all: &[Told], made: &str) -> String {
    let sum = sum(all);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>outbound check: {sum}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>outbound check: {sum}</h1>\n<p class=\"made\">made {}</p>\n",
        text(made)
    );
    if all.len() > 1 {
        page.push_str(&table(all));
    }
    for (number, told) in all.iter().enumerate() {
        section(&mut page, number + 1, told);
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// How many ended how: `2 FAIL, 1 ok`.
fn sum(all: &[Told]) -> String {
    let counts = [Mark::Fail, Mark::Wait, Mark::Doubt, Mark::Ok].map(|mark| {
        let count = all.iter().filter(|told| told.mark == mark).count();
        (count, mark.as_str())
    });
    let told: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    match told.is_empty() {
        true => "no target".to_owned(),
        false => told.join(", "),
    }
}

/// A line for each target, with a link to its section.
fn table(all: &[Told]) -> String {
    let mut table =
        "<table>\n<tr><th></th><th>target</th><th class=\"way\">way</th><th>verdict</th>\
                     <th>time</th></tr>\n"
            .to_owned();
    for (number, told) in all.iter().enumerate() {
        let way = told.way.as_ref().map_or("", |(way, _)| way.as_str());
        let _ = writeln!(
            table,
            "<tr><td>{}</td><td><a href=\"#target-{}\">{}</a></td><td class=\"way\">{}</td>\
             <td>{}</td><td>{}</td></tr>",
            mark(told.mark),
            number + 1,
            text(&told.name),
            text(way),
            text(&told.verdict),
            shown(told.elapsed)
        );
    }
    table + "</table>\n"
}

fn section(page: &mut String, number: usize, told: &Told) {
    let _ = writeln!(
        page,
        "<section id=\"target-{number}\">\n<h2>{} <span class=\"name\">{}</span></h2>\n\
         <p class=\"verdict\">{}</p>",
        mark(told.mark),
        text(&told.name),
        text(&told.verdict)
    );
    if let Some((way, why)) = &told.way {
        let (way, why) = (text(way), text(why));
        let _ = writeln!(page, "<p class=\"route\">{way}, {why}</p>");
    }
    rows(page, told);
    if !told.facts.is_empty() {
        page.push_str("<dl>\n");
        for (label, words) in &told.facts {
            let class = match words.contains('\n') || ["code", "sha256"].contains(label) {
                true => " class=\"code\"",
                false => "",
            };
            let _ = writeln!(page, "<dt>{label}</dt><dd{class}>{}</dd>", text(words));
        }
        page.push_str("</dl>\n");
    }
    if let Some(about) = told.about {
        let _ = writeln!(page, "<details><summary>About {}</summary>", about.code);
        for (label, words) in explain::parts(about) {
            let _ = writeln!(page, "<p><b>{label}.</b> {}</p>", text(words));
        }
        page.push_str("</details>\n");
    }
    for beside in &told.beside {
        columns(page, beside);
    }
    page.push_str("</section>\n");
}

/// The stages, each with a bar from when it began to when it ended.
fn rows(page: &mut String, told: &Told) {
    if told.rows.is_empty() {
        return;
    }
    page.push_str("<ol class=\"rows\">\n");
    if !told.total.is_zero() {
        let end = shown(told.total);
        let _ = writeln!(
            page,
            "<li class=\"axis\"><span class=\"scale\"><span>0</span><span>{end}</span></span></li>"
        );
    }
    for row in &told.rows {
        let took = row.took.map(shown).unwrap_or_default();
        let _ = writeln!(
            page,
            "<li class=\"{}\"><span class=\"mark\">{}</span> <span class=\"what\"><b>{}</b> \
             <span class=\"with\">{}</span></span> <span class=\"answer\">{}</span> {} \
             <span class=\"took\">{took}</span></li>",
            class(row.mark),
            row.mark.as_str(),
            row.stage,
            text(&row.subject),
            text(&row.answer),
            bar(row, told.total)
        );
    }
    page.push_str("</ol>\n");
}

/// Numbers, and what is told below them. What does not fit is scrolled to.
fn columns(page: &mut String, columns: &Columns) {
    if !columns.heads.is_empty() {
        let heads: String = columns
            .heads
            .iter()
            .map(|head| format!("<th>{head}</th>"))
            .collect();
        let _ = writeln!(
            page,
            "<div class=\"wide\"><table class=\"numbers\">\n<tr><th>{}, ms</th>{heads}</tr>",
            columns.label
        );
        for (what, numbers) in &columns.rows {
            let numbers: String = numbers.iter().map(|n| format!("<td>{n}</td>")).collect();
            let _ = writeln!(page, "<tr><td>{}</td>{numbers}</tr>", text(what));
        }
        page.push_str("</table></div>\n");
    }
    for end in &columns.ends {
        let _ = writeln!(page, "<p class=\"end\">{}</p>", text(end));
    }
}

fn bar(row: &Row, total: Duration) -> String {
    let Some(took) = row.took.filter(|_| !total.is_zero()) else {
        return "<span class=\"track none\"></span>".to_owned();
    };
    let percent = |time: Duration| time.as_secs_f64() / total.as_secs_f64() * 100.0;
    // Room is left for the width that the shortest bar has.
    let left = percent(row.start).min(100.0);
    let width = percent(took).min(100.0 - left);
    format!(
        "<span class=\"track\"><span class=\"bar\" style=\"left:min({left:.2}%,100% - 4px);\
         width:{width:.2}%\"></span></span>"
    )
}

fn class(mark: Mark) -> &'static str {
    match mark {
        Mark::Ok => "ok",
        Mark::Doubt => "doubt",
        Mark::Fail => "fail",
        Mark::Wait => "wait",
    }
}

fn mark(mark: Mark) -> String {
    format!(
        "<span class=\"mark {}\">{}</span>",
        class(mark),
        mark.as_str()
    )
}

/// Text in an element or between double quotes.
fn text(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(start: u64, took: Option<u64>) -> Row {
        Row {
            mark: Mark::Ok,
            stage: "dial",
            subject: String::new(),
            answer: String::new(),
            start: Duration::from_millis(start),
            took: took.map(Duration::from_millis),
        }
    }

    #[test]
    fn bars_stand_where_their_time_was() {
        let total = Duration::from_millis(200);
        let style = |row: Row| {
            let bar = bar(&row, total);
            bar.split('"').nth(5).unwrap_or_default().to_owned()
        };
        let cases = [
            (row(0, Some(50)), "left:min(0.00%,100% - 4px);width:25.00%"),
            (
                row(50, Some(150)),
                "left:min(25.00%,100% - 4px);width:75.00%",
            ),
            // Never beyond the end.
            (
                row(200, Some(1)),
                "left:min(100.00%,100% - 4px);width:0.00%",
            ),
            (
                row(150, Some(100)),
                "left:min(75.00%,100% - 4px);width:25.00%",
            ),
            (row(0, None), ""),
        ];
        for (row, wanted) in cases {
            assert_eq!(style(row), wanted);
        }
        assert!(!bar(&row(0, Some(1)), Duration::ZERO).contains("bar"));
    }

    #[test]
    fn text_stays_text() {
        assert_eq!(text("<a b='\"&'>é"), "&lt;a b=&#39;&quot;&amp;&#39;&gt;é");
    }
}
