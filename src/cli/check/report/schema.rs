//! What `--json` of `check` is made of, as JSON Schema.

mod web;

pub(in crate::cli) use self::web::web;

use serde_json::{Map, Value, json};

use crate::base::{Code, Kind, Side, Stage};

/// Changes when something of it goes, or gets another meaning; not when something is added.
pub(in crate::cli::check) const VERSION: u32 = 1;

/// The schema. It allows keys and words that it does not name: later ones may be added. The words
/// that there are now stand as examples.
pub(in crate::cli) fn check() -> Value {
    let mut properties = place();
    properties.extend(walk());
    properties.extend([
        ("times", or_null(reference("times", "The times of all walks (--repeat); the walk told above is the first that failed, else the first"))),
        ("direct", or_null(reference("walk", "The walk by the direct way (--compare)"))),
        ("held", or_null(reference("held", "What came of leaving the stream alone (--hold); null when it was not done"))),
        ("direct_held", or_null(reference("held", "The same of the direct way, at the same time (--hold with --compare)"))),
        ("not_held", or_null(text("Why --hold left nothing alone although the walk was good: it goes by request, without a tunnel"))),
    ]);
    document("outbound check --json", &properties, definitions())
}

/// What stands before everything else of a target.
fn place() -> Vec<(&'static str, Value)> {
    vec![
        (
            "schema",
            json!({ "const": VERSION, "description": "The version of this schema" }),
        ),
        (
            "asked",
            text("What was asked for, as typed, without userinfo and query"),
        ),
        (
            "url",
            or_null(text(
                "What that stands for, without userinfo and query; null when it was never known",
            )),
        ),
    ]
}

/// The whole of a schema.
fn document(title: &str, properties: &[(&str, Value)], definitions: Value) -> Value {
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": "One such object a line, one for each target. Made by `cargo run -- reference docs/reference`. Keys and words may be added in a version; what goes or changes its meaning makes another one.",
    });
    let parts = [object(properties), json!({ "$defs": definitions })];
    for part in parts {
        if let (Some(schema), Value::Object(part)) = (schema.as_object_mut(), part) {
            schema.extend(part);
        }
    }
    schema
}

/// What is named in several places.
fn definitions() -> Value {
    let stages = Stage::ALL.map(Stage::as_str);
    let kinds = Kind::ALL.map(Kind::as_str);
    let codes: Vec<&str> = Code::ALL.iter().map(|(_, code)| code.as_str()).collect();
    let sides: Vec<String> = Side::ALL.iter().map(ToString::to_string).collect();
    json!({
            "walk": object(&walk()),
            "times": object(&[
                ("walks", count("How many walks there were")),
                ("failures", list("The codes of those that failed", object(&[
                    ("code", word("The code", codes.clone())),
                    ("count", count("How often")),
                ]))),
                ("stages", list("The stages, and `in all` of the walks that passed every one", object(&[
                    ("stage", text("Stage and subject")),
                    ("walks", count("In how many walks it was passed")),
                    ("min_ms", milliseconds("The least time")),
                    ("median_ms", milliseconds("The median")),
                    ("max_ms", milliseconds("The greatest")),
                ]))),
            ]),
            "held": object(&[
                ("ms", milliseconds("For how long it stood; 0 when it could not be opened")),
                ("said", text("What the other side said meanwhile, escaped and cut")),
                ("failure", or_null(reference("failure", "Why it did not stand to the end"))),
            ]),
            "step": object(&[
                ("stage", word("Which stage", stages)),
                ("subject", text("What was done, to whom")),
                ("answer", text("What came back, escaped and cut")),
                ("ms", milliseconds("How long it took")),
            ]),
            "route": object(&[
                ("way", word("Which way", ["direct", "proxy"])),
                ("proxy", or_null(text("The proxy's URL without credentials; null when direct"))),
                ("reason", text("Which rule decided")),
                ("origin", text("Where that rule is written")),
            ]),
            "remark": object(&[
                ("code", word("Its code", codes.clone())),
                ("text", text("What was seen")),
            ]),
            "certificate": object(&[
                ("stage", word("The stage of the handshake", stages)),
                ("subject", text("Who showed it")),
                ("names", list("The names that it is for", json!({ "type": "string" }))),
                ("issuer", text("Who issued it")),
                ("not_before", text("The first day on which it is good")),
                ("not_after", text("The last one")),
                ("sha256", text("Its fingerprint")),
                ("version", or_null(text("The version of TLS; null where the handshake failed"))),
                ("alpn", or_null(text("The protocol that was agreed on by ALPN"))),
                ("chain", count("How many certificates came")),
                ("authorities", list("Those of them that came behind it", reference("authority", "Who signed the one before"))),
                ("public", json!({ "type": "boolean", "description": "Whether its chain names an authority that browsers trust" })),
                ("inspection", or_null(json!({
                    "type": "object",
                    "description": "Why it is thought to be made on the way: a product that is known, or a host that has one of the same issuer",
                    "properties": {
                        "product": { "type": "string" },
                        "same_issuer_as": { "type": "string" },
                    },
                }))),
            ]),
            "authority": object(&[
                ("subject", text("Whose it is")),
                ("issuer", text("Who issued it")),
                ("not_after", text("The last day on which it is good")),
                ("sha256", text("Its fingerprint")),
            ]),
            "service": object(&[
                ("product", text("Which product")),
                ("version", or_null(text("Its version, where it tells"))),
                ("code", or_null(text("Its own word for the answer"))),
                ("reception", text("How it received the request")),
            ]),
            "limit": object(&[
                ("setting", text("The setting that changes it")),
                ("value", text("What it was")),
            ]),
            "failure": object(&[
                ("kind", word("Its kind, of errors.md", kinds)),
                ("code", word("Its stable name, of verdicts.md", codes)),
                ("stage", word("The stage that failed", stages)),
                ("subject", or_null(text("What was being done, to whom"))),
                ("side", word("Whose side it is", sides)),
                ("message", text("All of it in a line")),
                ("status", or_null(count("The HTTP status or FTP reply that came"))),
                ("answer", or_null(text("What the other side said, escaped and cut"))),
                ("causes", list("What lies below it", json!({ "type": "string" }))),
                ("limit", or_null(reference("limit", "The limit that was hit"))),
                ("hint", or_null(text("What to do next; may have several lines"))),
                ("transient", json!({ "type": "boolean", "description": "Whether trying again may help" })),
                ("attempts", count("How many tries there were")),
                ("route", or_null(reference("route", "The way that led there"))),
            ]),
    })
}

/// What one walk gives.
fn walk() -> Vec<(&'static str, Value)> {
    vec![
        (
            "ok",
            json!({ "type": "boolean", "description": "Whether every stage was passed, or an API was reached that wants a client of its own" }),
        ),
        (
            "ms",
            milliseconds(
                "What the walk took, the stage that failed and what lies between stages included",
            ),
        ),
        (
            "route",
            or_null(reference(
                "route",
                "The way that was decided, unless that failed already",
            )),
        ),
        (
            "steps",
            list(
                "The stages that were passed, in order",
                reference("step", "A stage that was passed"),
            ),
        ),
        (
            "tls",
            list(
                "The certificates that were shown, an entry for each handshake",
                reference("certificate", "What one server showed"),
            ),
        ),
        (
            "remarks",
            list(
                "What is worth to be known, and harms nobody here",
                reference("remark", "What was seen"),
            ),
        ),
        (
            "doubt",
            or_null(text("What may be wrong although every stage was passed")),
        ),
        (
            "service",
            or_null(reference(
                "service",
                "The service that answered, where it shows itself",
            )),
        ),
        (
            "failure",
            or_null(reference("failure", "What failed; null when ok")),
        ),
    ]
}

fn list(about: &str, items: Value) -> Value {
    json!({ "type": "array", "description": about, "items": items })
}

fn count(about: &str) -> Value {
    json!({ "type": "integer", "minimum": 0, "description": about })
}

fn text(about: &str) -> Value {
    json!({ "type": "string", "description": about })
}

fn word<T: Into<Value>>(about: &str, words: impl IntoIterator<Item = T>) -> Value {
    let words: Vec<Value> = words.into_iter().map(Into::into).collect();
    json!({ "type": "string", "description": about, "examples": words })
}

fn milliseconds(about: &str) -> Value {
    json!({ "type": "number", "minimum": 0, "description": format!("{about}, in milliseconds") })
}

fn reference(name: &str, about: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}"), "description": about })
}

fn or_null(value: Value) -> Value {
    json!({ "anyOf": [value, { "type": "null" }] })
}

/// An object with all of these.
fn object(keys: &[(&str, Value)]) -> Value {
    let required: Vec<&str> = keys.iter().map(|(name, _)| *name).collect();
    let properties: Map<String, Value> = keys
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    json!({ "type": "object", "required": required, "properties": properties })
}
