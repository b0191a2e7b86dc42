//! The JSON that machines get: one object a line, keys stable.

use serde_json::{Value, json};

use super::output::causes;
use crate::base::{Error, Route};

/// An error.
pub fn error(error: &Error) -> Value {
    json!({
        "kind": error.kind().as_str(),
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
        "hint": error.hint(),
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
