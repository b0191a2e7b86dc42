//! That of `check --web`.

use serde_json::{Value, json};

use super::{
    definitions, document, list, milliseconds, object, or_null, place, reference, text, word,
};
use crate::base::Code;
use crate::check::web::{Item, Product, Verdict};

/// The schema of `check --web --json`.
pub(in crate::cli) fn web() -> Value {
    let products = Product::ALL.map(Product::as_str);
    let mut properties = place();
    properties.extend([
        (
            "ok",
            json!({ "type": "boolean", "description": "Whether nothing failed, and nothing ended the check before its end" }),
        ),
        (
            "route",
            or_null(reference(
                "route",
                "The way that was decided, unless that failed already",
            )),
        ),
        (
            "front",
            or_null(word("What stands in front, as far as answers show", products)),
        ),
        (
            "server",
            or_null(text("The `Server` field as it came, but for the queries of URLs")),
        ),
        (
            "findings",
            list(
                "What was found, in the order of the items; of several probes each has its own",
                reference("finding", "One item"),
            ),
        ),
        (
            "failure",
            or_null(reference(
                "failure",
                "The first failure, else why the check ended before its end; null when ok",
            )),
        ),
    ]);
    let mut parts = definitions();
    if let Some(parts) = parts.as_object_mut() {
        parts.retain(|name, _| ["route", "limit", "failure"].contains(&name.as_str()));
        parts.insert("finding".to_owned(), finding());
    }
    document("outbound check --web --json", &properties, parts)
}

fn finding() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|(_, code)| code.as_str()).collect();
    let products = Product::ALL.map(Product::as_str);
    object(&[
        (
            "item",
            word("What it is about", Item::ALL.map(Item::as_str)),
        ),
        ("verdict", word("What is to be said of it", Verdict::WORDS)),
        (
            "did",
            text("What was done, safe to show; empty when nothing was"),
        ),
        (
            "answer",
            text("What was answered, or why it was not tried; escaped and cut"),
        ),
        (
            "means",
            or_null(text(
                "What that shows, where the answer alone does not tell; may have several lines",
            )),
        ),
        (
            "advice",
            list(
                "The lines that are missing where it fails or is doubtful",
                object(&[
                    ("product", word("Whose configuration", products)),
                    ("directives", list("The lines", json!({ "type": "string" }))),
                ]),
            ),
        ),
        ("ms", milliseconds("How long it took")),
        (
            "code",
            or_null(word(
                "The stable name of its failure, of verdicts.md",
                codes,
            )),
        ),
        (
            "failure",
            or_null(reference("failure", "Its failure; null unless it failed")),
        ),
    ])
}
