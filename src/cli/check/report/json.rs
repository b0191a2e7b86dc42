//! `--json`: one object a target. What is in it is described by `schema`.

use serde_json::{Value, json};

use super::schema;
use crate::check::{Evidence, Held, Report, Shown};
use crate::cli::check::checked::Checked;
use crate::cli::check::{milliseconds, repeat};
use crate::cli::json as values;
use crate::cli::place::Place;

/// The object of one target, in one line.
pub(super) fn line(place: &Place<'_>, checked: &Checked) -> String {
    let none = Report::default();
    let mut object = walk(checked.first().unwrap_or(&none));
    // The end is that of all that was done, and not of the walk alone.
    let more = json!({
        "schema": schema::VERSION,
        "ok": checked.failure().is_none(),
        "failure": checked.failure().map(values::error),
        "times": repeat::as_json(checked),
        "direct": checked.direct.as_ref().map(walk),
        "held": checked.held.as_ref().map(held),
        "direct_held": checked.direct_held.as_ref().map(held),
        "not_held": checked.not_held,
    });
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    place.report(object)
}

fn held(held: &Held) -> Value {
    json!({
        "ms": milliseconds(held.stood),
        "said": held.said,
        "failure": held.failure.as_ref().map(values::error),
    })
}

fn walk(report: &Report) -> Value {
    let steps: Vec<Value> = report
        .steps
        .iter()
        .map(|step| {
            json!({
                "stage": step.stage.as_str(),
                "subject": step.subject,
                "answer": step.answer,
                "ms": milliseconds(step.elapsed),
            })
        })
        .collect();
    json!({
        "ok": report.is_ok(),
        "ms": milliseconds(report.elapsed),
        "route": report.route.as_ref().map(values::route),
        "steps": steps,
        "tls": report.tls.iter().map(certificate).collect::<Vec<_>>(),
        "remarks": report.remarks.iter().map(|remark| json!({
            "code": remark.code.as_str(),
            "text": remark.text,
        })).collect::<Vec<_>>(),
        "doubt": report.doubt,
        "service": report.service.as_ref().map(|service| json!({
            "product": service.product.as_str(),
            "version": service.version,
            "code": service.code,
            "reception": service.reception.as_str(),
        })),
        "failure": report.failure.as_ref().map(values::error),
    })
}

fn certificate(shown: &Shown) -> Value {
    let leaf = shown.leaf();
    json!({
        "stage": shown.stage.as_str(),
        "subject": shown.subject,
        "names": leaf.names,
        "issuer": leaf.issuer,
        "not_before": leaf.first_day(),
        "not_after": leaf.last_day(),
        "sha256": leaf.fingerprint(),
        "version": shown.version,
        "alpn": shown.alpn,
        "chain": shown.chain().len(),
        "authorities": shown.chain()[1..].iter().map(|above| json!({
            "subject": above.subject,
            "issuer": above.issuer,
            "not_after": above.last_day(),
            "sha256": above.fingerprint(),
        })).collect::<Vec<_>>(),
        "public": shown.is_public,
        "inspection": shown.inspection.as_ref().map(|evidence| match evidence {
            Evidence::Product(product) => json!({ "product": product }),
            Evidence::SameIssuer(other) => json!({ "same_issuer_as": other }),
        }),
    })
}
