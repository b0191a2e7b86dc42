//! What came of a stream that was left alone.

use crate::base::text;
use crate::check::Held;

/// The lines for people.
pub(super) fn lines(held: &Held) -> Vec<String> {
    let said = match &*held.said {
        "" => String::new(),
        said => format!("; meanwhile it said: {}", text::clip(said)),
    };
    match &held.failure {
        None => vec![format!(
            "  hold     it stood for {}{said}",
            text::seconds(held.stood)
        )],
        Some(error) => {
            let mut lines = vec![
                format!("  FAIL     {}", error.what()),
                format!("  code     {}", error.code()),
                format!("  side     {}", error.side()),
            ];
            lines.extend(
                error
                    .hint()
                    .map(|hint| format!("  hint     {}", text::escape(hint))),
            );
            lines
        }
    }
}
