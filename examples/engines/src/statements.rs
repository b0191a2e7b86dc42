//! A file of SQL, statement by statement.

use std::path::Path;
use std::time::Instant;

use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::prelude::SessionContext;

use crate::Error;

/// Runs the statements of a file, and prints what each gives: rows, their number, the time.
///
/// # Errors
/// The file cannot be read, or a statement fails; those before it have run.
pub async fn run(context: &SessionContext, file: &Path) -> Result<(), Error> {
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    // No statement of these examples has a semicolon within.
    for statement in text
        .split(';')
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let start = Instant::now();
        let batches = context.sql(statement).await?.collect().await?;
        let rows: usize = batches.iter().map(|batch| batch.num_rows()).sum();
        if rows > 0 {
            println!("{}", pretty_format_batches(&batches)?);
        }
        let first = statement.lines().find(|line| !line.starts_with("--"));
        println!(
            "{rows} rows in {:.2} s: {} ...",
            start.elapsed().as_secs_f64(),
            first.unwrap_or_default()
        );
    }
    Ok(())
}
