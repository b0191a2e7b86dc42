//! `outbound rules`: what to write into the proxy's configuration, and into the firewall's.

mod found;

use serde_json::{Value, json};

use self::found::Found;
use super::args::{Common, RulesArgs};
use super::exit::Exit;
use super::json;
use super::output::Output;
use crate::base::Result;
use crate::rules::firewall::{self, Opening};
use crate::rules::{By, Form, Need, Plan, Ports, Product, Written, write};
use crate::settings::Policy;

pub fn run(policy: &Policy, common: &Common, args: &RulesArgs, output: &Output) -> Result<Exit> {
    args.check()?;
    let found = Found::all(policy, common, args, output)?;
    match args.kind.product() {
        None => table(&found.openings(args.through.as_deref(), policy)?, output),
        Some(product) => {
            let (proxy, plan) = found.plan(policy, args)?;
            let form = match args.whole {
                true => Form::Whole,
                false => Form::Lines,
            };
            let written = write(product, &plan, form);
            for remark in &plan.remarks {
                output.warn(remark);
            }
            if let Some(direct) = found.direct() {
                output.say(&format!(
                    "outbound: not here: what goes directly ({direct}); --for firewall lists it"
                ));
            }
            match output.json {
                true => output.line(&as_json(product, form, &proxy, &plan, &written)),
                false => show(&written, output),
            }
        }
    }
    Ok(Exit::Success)
}

fn show(written: &Written, output: &Output) {
    for (index, file) in written.files.iter().enumerate() {
        if index > 0 {
            output.line(&format!("\n# ---- another file: {} ----", file.name));
        }
        for line in file.text.lines() {
            output.line(line);
        }
    }
}

fn as_json(product: Product, form: Form, proxy: &str, plan: &Plan, written: &Written) -> String {
    let files = written.files.iter();
    let files: Vec<Value> = files
        .map(|file| json!({ "name": file.name, "text": file.text }))
        .collect();
    json::line(&json!({
        "for": product.as_str(),
        "form": form.as_str(),
        "proxy": proxy,
        "files": files,
        "notes": written.notes,
        "needs": plan.needs.iter().map(need).collect::<Vec<_>>(),
    }))
}

fn need(need: &Need) -> Value {
    let (by, methods) = match &need.by {
        By::Request { scheme, methods } => {
            let methods = methods.iter().map(|method| method.as_str());
            (*scheme, methods.collect())
        }
        By::Connect => ("connect", vec!["CONNECT"]),
    };
    json!({
        "host": need.host.to_string(),
        "ports": ports(&need.ports),
        "by": by,
        "methods": methods,
        "purposes": need.purposes,
        "connections": need.connections,
    })
}

fn ports(all: &[Ports]) -> Vec<String> {
    all.iter().map(Ports::to_string).collect()
}

fn table(openings: &[Opening], output: &Output) {
    if output.json {
        for opening in openings {
            output.line(&json::line(&json!({
                "from": opening.from,
                "to": opening.to.to_string(),
                "ports": ports(&opening.ports),
                "protocol": "tcp",
                "purpose": opening.purpose,
                "connections": opening.connections,
            })));
        }
        return;
    }
    for line in firewall::table(openings) {
        output.line(&line);
    }
    for note in firewall::NOTES {
        output.say(&format!("outbound: {note}"));
    }
}
