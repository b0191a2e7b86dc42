//! Figures as Markdown and JSON.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

use crate::machine;
use crate::measure::{Sample, Series};
use crate::stage::Stage;

/// A figure of a run: its name with the unit, and how it comes from a sample.
pub type Column = (&'static str, Box<dyn Fn(&Sample) -> Option<f64>>);

/// A row of the benchmarks: the clients and their figures.
pub struct Table {
    name: &'static str,
    title: String,
    columns: Vec<&'static str>,
    lines: Vec<Line>,
    notes: Vec<String>,
    goals: Vec<Goal>,
}

struct Line {
    client: String,
    /// For each column the figures of all runs, in order of size.
    cells: Vec<Vec<f64>>,
}

/// What a figure has to be.
#[derive(Clone, Copy)]
pub enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

struct Goal {
    id: &'static str,
    what: String,
    limit: Limit,
    /// None when what it compares with was not measured.
    reached: Option<f64>,
}

impl Table {
    /// The table of what was measured.
    pub fn new(name: &'static str, title: String, series: &[Series], columns: Vec<Column>) -> Self {
        let mut table = Self {
            name,
            title,
            columns: columns.iter().map(|(name, _)| *name).collect(),
            lines: Vec::new(),
            notes: Vec::new(),
            goals: Vec::new(),
        };
        for one in series {
            if let Some(why) = &one.failure {
                table.note(format!("{} failed: {why}", one.client));
            } else {
                let cells = columns
                    .iter()
                    .map(|(_, figure)| one.samples.iter().filter_map(figure).collect())
                    .collect();
                table.line(one.client, cells);
            }
        }
        table
    }

    /// Adds a line with the figures of every column.
    pub fn line(&mut self, client: &str, mut cells: Vec<Vec<f64>>) {
        for cell in &mut cells {
            cell.sort_by(f64::total_cmp);
        }
        self.lines.push(Line {
            client: client.to_owned(),
            cells,
        });
    }

    /// Adds a sentence below the table.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// The middle of a client's figures in a column.
    pub fn median(&self, client: &str, column: &str) -> Option<f64> {
        let at = self.columns.iter().position(|name| *name == column)?;
        let line = self.lines.iter().find(|line| line.client == client)?;
        median(&line.cells[at])
    }

    /// Names the columns of figures that come from no client.
    pub fn set_columns(&mut self, columns: Vec<&'static str>) {
        self.columns = columns;
    }

    /// A goal for our figure in a column, as a part of a peer's.
    pub fn ratio(&mut self, id: &'static str, column: &str, peer: &str, limit: Limit) {
        self.compare(id, column, "outbound", peer, limit);
    }

    /// A goal for the figure on our line in a column, as a part of that on a peer's.
    pub fn compare(&mut self, id: &'static str, column: &str, our: &str, peer: &str, limit: Limit) {
        let ours = self.median(our, column);
        let theirs = self.median(peer, column);
        self.goals.push(Goal {
            id,
            what: format!("{}: {column}, {our} / {peer}", self.name),
            limit,
            reached: ours.zip(theirs).map(|(ours, theirs)| ours / theirs),
        });
    }

    /// A goal for our figure in a column.
    pub fn figure(&mut self, id: &'static str, column: &str, limit: Limit) {
        self.goal(id, "outbound", column, limit);
    }

    /// A goal for the figure on a line.
    pub fn goal(&mut self, id: &'static str, line: &str, column: &str, limit: Limit) {
        self.goals.push(Goal {
            id,
            what: match line {
                "outbound" => format!("{}: {column}", self.name),
                line => format!("{}: {line}, {column}", self.name),
            },
            limit,
            reached: self.median(line, column),
        });
    }
}

/// Our line that stands beside a peer's: `outbound`, or `outbound ftp` for `lftp ftp`.
fn our_line(client: &str) -> String {
    match client.split_once(' ') {
        Some((_, protocol)) => format!("outbound {protocol}"),
        None => "outbound".to_owned(),
    }
}

fn median(sorted: &[f64]) -> Option<f64> {
    let (low, high) = (
        sorted.get((sorted.len().checked_sub(1)?) / 2)?,
        sorted.get(sorted.len() / 2)?,
    );
    Some((low + high) / 2.0)
}

/// Three digits that count.
fn number(value: f64) -> String {
    let digits = match value.abs() {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    format!("{value:.digits$}")
}

/// `median [least-most]`.
fn spread(sorted: &[f64]) -> String {
    match (median(sorted), sorted) {
        (Some(middle), [least, .., most]) => {
            format!("{} [{}-{}]", number(middle), number(*least), number(*most))
        }
        (Some(middle), _) => number(middle),
        (None, _) => "-".to_owned(),
    }
}

/// The table, with our figure as a part of each peer's.
pub fn markdown(table: &Table) -> String {
    let mut text = format!("\n### {}: {}\n\n| |", table.name, table.title);
    for column in &table.columns {
        let _ = write!(text, " {column} |");
    }
    text += "\n|---|";
    text += &"---|".repeat(table.columns.len());
    text += "\n";
    for line in &table.lines {
        let _ = write!(text, "| {} |", line.client);
        for (column, cell) in table.columns.iter().zip(&line.cells) {
            let _ = write!(text, " {}", spread(cell));
            let own = our_line(&line.client);
            if own != line.client
                && let (Some(ours), Some(theirs)) = (table.median(&own, column), median(cell))
            {
                let _ = write!(text, "; ours {}x", number(ours / theirs));
            }
            text += " |";
        }
        text += "\n";
    }
    for note in &table.notes {
        let _ = write!(text, "\n{note}.\n");
    }
    text
}

/// Every goal and whether it is reached.
pub fn goals(tables: &[Table]) -> String {
    let mut goals: Vec<&Goal> = tables.iter().flat_map(|table| &table.goals).collect();
    goals.sort_by_key(|goal| goal.id);
    let mut text =
        "\n### Goals\n\n| | measure | goal | reached | |\n|---|---|---|---|---|\n".to_owned();
    for goal in goals {
        let wanted = match goal.limit {
            Limit::AtMost(value) => format!("<= {}", number(value)),
            Limit::AtLeast(value) => format!(">= {}", number(value)),
        };
        let reached = goal.reached.map_or("-".to_owned(), number);
        let verdict = match (goal.reached, goal.limit) {
            (None, _) => "not measured",
            (Some(value), Limit::AtMost(most)) if value <= most => "yes",
            (Some(value), Limit::AtLeast(least)) if value >= least => "yes",
            _ => "**no**",
        };
        let _ = writeln!(
            text,
            "| {} | {} | {wanted} | {reached} | {verdict} |",
            goal.id, goal.what
        );
    }
    text
}

/// Everything that was measured, for machines.
pub fn write_json(file: &Path, stage: &Stage<'_>, tables: &[Table]) {
    let rows: Vec<_> = tables
        .iter()
        .map(|table| {
            let lines: Vec<_> = table
                .lines
                .iter()
                .map(|line| {
                    let figures: serde_json::Map<_, _> = table
                        .columns
                        .iter()
                        .zip(&line.cells)
                        .map(|(column, cell)| ((*column).to_owned(), json!(cell)))
                        .collect();
                    json!({ "client": line.client, "figures": figures })
                })
                .collect();
            let goals: Vec<_> = table
                .goals
                .iter()
                .map(|goal| {
                    let (most, least) = match goal.limit {
                        Limit::AtMost(value) => (Some(value), None),
                        Limit::AtLeast(value) => (None, Some(value)),
                    };
                    json!({
                        "id": goal.id, "what": goal.what, "reached": goal.reached,
                        "at_most": most, "at_least": least,
                    })
                })
                .collect();
            json!({
                "name": table.name, "title": table.title, "lines": lines,
                "notes": table.notes, "goals": goals,
            })
        })
        .collect();
    let all = json!({ "machine": machine::describe(stage), "rows": rows });
    if let Err(error) = fs::write(file, format!("{all:#}\n")) {
        eprintln!("compare: cannot write {}: {error}", file.display());
        std::process::exit(1);
    }
}
