//! What came of a stream that was left alone.

use super::verdict;
use crate::base::{Kind, Route, text};
use crate::check::{Held, Report};

/// The lines for people. `way`: that of the walk before it.
pub(super) fn lines(held: &Held, way: Option<&Route>) -> Vec<String> {
    let said = match &*held.said {
        "" => String::new(),
        said => format!("; meanwhile it said: {}", text::clip(said)),
    };
    let Some(error) = &held.failure else {
        let stood = text::seconds(held.stood);
        return vec![format!("  hold     it stood for {stood}{said}")];
    };
    let mark = match error.kind() {
        Kind::Interrupted => "WAIT",
        _ => "FAIL",
    };
    let mut lines = vec![format!("  {mark}   hold: {}", error.what())];
    // What the walk showed stands above.
    let of_walk = Report {
        route: way.cloned(),
        ..Report::default()
    };
    verdict::tell(&mut lines, &verdict::facts(&of_walk, error));
    lines
}
