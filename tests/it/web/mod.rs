//! `outbound check --web` against the recipes that people follow, and with each of their lines gone.

mod forward;
mod lines;
mod recipes;
mod told;
mod ways;

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

use crate::kit::{Program, Ran, certificate};
use crate::support::deployment::{Change, Deployment, Recipe};
use crate::support::peers::Certificate;
use crate::support::web_app::{Manner, WebApp};

/// What the user gives the means for, as short as it can be.
const MEANS: [&str; 8] = [
    "--idle",
    "2",
    "--probe-url",
    "/slow",
    "--probe-url",
    "/big",
    "--silence",
    "2",
];

fn trusted() -> &'static (Certificate, PathBuf) {
    static TRUSTED: OnceLock<(Certificate, PathBuf)> = OnceLock::new();
    TRUSTED.get_or_init(certificate)
}

/// A deployment with its application.
struct Site {
    /// It goes with this.
    _app: WebApp,
    deployment: Deployment,
}

impl Site {
    fn start(recipe: Recipe, manner: Manner, changes: &[Change<'_>]) -> Self {
        let app = WebApp::start(manner);
        let deployment = Deployment::start(recipe, app.port(), &trusted().0, changes);
        Self {
            _app: app,
            deployment,
        }
    }

    /// The settings that trust it.
    fn settings(&self, host: &str, more: &str) -> String {
        let url = self.deployment.url(host, "/");
        let ca = trusted().1.display();
        format!("[connections.site]\nurl = \"{url}\"\nca_file = \"{ca}\"\n{more}")
    }

    /// Checks it by these arguments.
    fn check(&self, path: &str, arguments: &[&str]) -> Ran {
        let url = self.deployment.url("localhost", path);
        let program = Program::with_settings(&self.settings("localhost", ""));
        let all: Vec<&str> = ["check", "--web", &url]
            .into_iter()
            .chain(arguments.iter().copied())
            .collect();
        program.run(&all)
    }
}

/// The findings of a run with `--json`.
fn findings(ran: &Ran) -> Vec<Value> {
    ran.json()["findings"].as_array().unwrap().clone()
}

/// The item of each finding that has one of these verdicts.
fn of(findings: &[Value], verdicts: &[&str]) -> Vec<String> {
    let told = findings.iter().filter_map(|finding| {
        let verdict = finding["verdict"].as_str().unwrap();
        let item = finding["item"].as_str().unwrap();
        verdicts.contains(&verdict).then(|| item.to_owned())
    });
    told.collect()
}
