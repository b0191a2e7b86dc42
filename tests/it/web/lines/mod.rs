//! Each line of the recipes taken away, one at a time: what belongs to it fails, and nothing else, and
//! the line is named.

mod nginx;
mod others;

use std::thread;

use serde_json::Value;

use super::recipes::is_good_with;
use super::{MEANS, Site, findings, of};
use crate::support::deployment::{Change, Recipe};
use crate::support::web_app::Manner;

/// What fails, and with which code.
type Fails = &'static [(&'static str, &'static str)];

/// A fault, what it makes fail, and the line that is named.
struct Row {
    changes: Vec<Change<'static>>,
    manner: Manner,
    fails: Fails,
    product: &'static str,
    line: &'static str,
}

const USUAL: Manner = Manner {
    knows_own_name: false,
    checks_origin: false,
    wants_https: false,
    has_no_websocket: false,
};
const OWN_NAME: Manner = Manner {
    knows_own_name: true,
    ..USUAL
};
const ORIGIN: Manner = Manner {
    checks_origin: true,
    ..USUAL
};
const HTTPS: Manner = Manner {
    wants_https: true,
    ..USUAL
};

/// Runs all of them side by side: they wait, mostly.
fn each(recipe: Recipe, rows: &[Row]) {
    thread::scope(|scope| {
        for row in rows {
            scope.spawn(move || one(recipe, row));
        }
    });
}

fn one(recipe: Recipe, row: &Row) {
    let site = Site::start(recipe, row.manner, &row.changes);
    let mut arguments = MEANS.to_vec();
    arguments.push("--json");
    let ran = site.check("/", &arguments);
    let what = format!("{recipe:?} {:?}: {ran:?}", row.changes);
    let found = findings(&ran);
    assert_eq!(failed(&found), row.fails, "{what}");
    assert_eq!(of(&found, &["doubt"]), [""; 0], "{what}");
    assert_eq!(ran.code, Some(9), "{what}");
    for finding in found.iter().filter(|finding| finding["verdict"] == "fail") {
        let advice = finding["advice"].as_array().unwrap();
        let named = advice.iter().any(|advice| {
            let lines = advice["directives"].as_array().unwrap();
            let has = lines
                .iter()
                .any(|line| line.as_str().unwrap().contains(row.line));
            has && advice["product"] == row.product
        });
        assert!(named, "{} of {}: {what}", row.line, row.product);
        assert!(
            finding["failure"]["hint"]
                .as_str()
                .unwrap()
                .contains(row.line),
            "{what}"
        );
    }
}

/// Each item that failed, with its code.
fn failed(findings: &[Value]) -> Vec<(&str, &str)> {
    let mut failed = Vec::new();
    for finding in findings.iter().filter(|one| one["verdict"] == "fail") {
        let of = |key: &str| finding[key].as_str().unwrap();
        failed.push((of("item"), of("code")));
    }
    failed
}

fn row(
    changes: &'static [Change<'static>],
    fails: Fails,
    product: &'static str,
    line: &'static str,
) -> Row {
    Row {
        changes: changes.to_vec(),
        manner: USUAL,
        fails,
        product,
        line,
    }
}

fn with(manner: Manner, row: Row) -> Row {
    Row { manner, ..row }
}

const NO_UPGRADE: &str = "OUT-WEB-NO-UPGRADE";
const REDIRECT_HOST: &str = "OUT-WEB-REDIRECT-HOST";
const REDIRECT_SCHEME: &str = "OUT-WEB-REDIRECT-SCHEME";
const IDLE_CUT: &str = "OUT-WEB-IDLE-CUT";
const REQUEST_CUT: &str = "OUT-WEB-REQUEST-CUT";
const UPLOAD_REFUSED: &str = "OUT-WEB-UPLOAD-REFUSED";
const DOWNLOAD_CUT: &str = "OUT-WEB-DOWNLOAD-CUT";

/// A row for a line that is taken away, and is the one that is named.
fn without(line: &'static str, fails: Fails, product: &'static str) -> Row {
    Row {
        changes: vec![(line, "")],
        ..row(&[], fails, product, line)
    }
}

/// What is no fault by itself: another line does the same, or the product does not hold requests that
/// it passes on to it.
#[test]
fn that_are_not_missed() {
    let rows: &[(Recipe, Manner, &[Change<'_>])] = &[
        (Recipe::NginxHttp, OWN_NAME, &[("proxy_redirect off;", "")]),
        (
            Recipe::NginxHttp,
            USUAL,
            &[
                ("proxy_set_header Host $http_host;", ""),
                ("proxy_redirect off;", ""),
            ],
        ),
        (Recipe::Apache, USUAL, &[("ProxyPreserveHost on", "")]),
        (
            Recipe::Apache,
            USUAL,
            &[("ProxyPassReverse / http://127.0.0.1:@BACKEND@/", "")],
        ),
        (
            Recipe::Apache,
            USUAL,
            &[("ProxyTimeout 3600", "LimitRequestBody 1048576")],
        ),
        // From 2.4.47 on mod_proxy_http knows ws:// itself.
        (
            Recipe::Apache,
            USUAL,
            &[(
                "LoadModule proxy_wstunnel_module @MODULES@/mod_proxy_wstunnel.so",
                "",
            )],
        ),
        (
            Recipe::Haproxy,
            USUAL,
            &[("timeout client 1m", "timeout client 1s")],
        ),
    ];
    thread::scope(|scope| {
        for (recipe, manner, changes) in rows {
            scope.spawn(move || {
                is_good_with(*recipe, *manner, changes);
            });
        }
    });
}
