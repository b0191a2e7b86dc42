//! The JSON that machines get: one object a line, keys stable.

use serde::Serialize;
use serde_json::{Value, json};

use super::output::causes;
use crate::base::{Error, Route, text};

/// A value in one line. JSON escapes the control characters of ASCII alone: others, and those that
/// change how their neighbours are shown, are escaped here, because a terminal may act on them.
pub fn line(value: &impl Serialize) -> String {
    // What is written here has neither keys that are no text nor a `Serialize` of its own.
    let written = serde_json::to_string(value).unwrap_or_default();
    if written.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return written;
    }
    let is_bare = |c: char| !c.is_control() && !text::is_invisible(c);
    if written.chars().all(is_bare) {
        return written;
    }
    let mut line = String::with_capacity(written.len());
    for c in written.chars() {
        match is_bare(c) {
            true => line.push(c),
            // All of them stand in one UTF-16 unit.
            false => line.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    line
}

/// An error.
pub fn error(error: &Error) -> Value {
    json!({
        "kind": error.kind().as_str(),
        "code": error.code().as_str(),
        "stage": error.stage().as_str(),
        "subject": error.subject(),
        "side": error.side().to_string(),
        "message": error.to_string(),
        "status": error.answer().map(|answer| answer.code),
        "answer": error.answer().map(ToString::to_string),
        "causes": causes(error).collect::<Vec<_>>(),
        "limit": error.limit().map(|limit| json!({
            "setting": limit.setting,
            "value": limit.value,
        })),
        "hint": error.advice(),
        "transient": error.is_transient(),
        "attempts": error.attempts(),
        "route": error.route().map(route),
    })
}

/// A route, without what was passed over.
pub fn route(route: &Route) -> Value {
    json!({
        "way": if route.proxy().is_some() { "proxy" } else { "direct" },
        "proxy": route.proxy().map(ToString::to_string),
        "reason": route.reason.to_string(),
        "origin": route.origin.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_line_moves_a_terminal() {
        let hostile = "a\u{9b}31m\u{7f}\u{202e}\u{feff}\x1b é 日";
        let line = line(&json!({ "name": hostile }));
        assert_eq!(
            line,
            r#"{"name":"a\u009b31m\u007f\u202e\ufeff\u001b é 日"}"#
        );
        let back: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(back["name"], hostile, "the same text to a parser");
    }
}
