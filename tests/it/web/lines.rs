//! Each line of the recipes taken away, one at a time: what belongs to it fails, and nothing else, and
//! the line is named.

use std::thread;

use super::{MEANS, Site, findings, of};
use crate::support::deployment::{Change, Recipe};
use crate::support::web_app::Manner;

/// A fault, what it makes fail, with which code, and the line that is named.
struct Row {
    changes: &'static [Change<'static>],
    manner: Manner,
    fails: &'static [&'static str],
    code: &'static str,
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
    let site = Site::start(recipe, row.manner, row.changes);
    let mut arguments = MEANS.to_vec();
    arguments.push("--json");
    let ran = site.check("/", &arguments);
    let what = format!("{recipe:?} {:?}: {ran:?}", row.changes);
    let found = findings(&ran);
    assert_eq!(of(&found, &["fail"]), row.fails, "{what}");
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
        let code = finding["code"].as_str().unwrap();
        assert!(row.code.is_empty() || code == row.code, "{code}: {what}");
    }
}

fn row(
    changes: &'static [Change<'static>],
    fails: &'static [&'static str],
    code: &'static str,
    product: &'static str,
    line: &'static str,
) -> Row {
    Row {
        changes,
        manner: USUAL,
        fails,
        code,
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

#[test]
fn of_nginx_by_http() {
    let upgrade = "proxy_set_header Upgrade $http_upgrade;";
    let connection = "proxy_set_header Connection \"upgrade\";";
    let host = "proxy_set_header Host $http_host;";
    each(
        Recipe::NginxHttp,
        &[
            row(
                &[("proxy_set_header Upgrade $http_upgrade;", "")],
                &["websocket"],
                NO_UPGRADE,
                "nginx",
                upgrade,
            ),
            row(
                &[("proxy_set_header Connection \"upgrade\";", "")],
                &["websocket"],
                NO_UPGRADE,
                "nginx",
                connection,
            ),
            row(
                &[("proxy_http_version 1.1;", "")],
                &["websocket"],
                NO_UPGRADE,
                "nginx",
                "proxy_http_version 1.1;",
            ),
            row(
                &[("proxy_set_header Host $http_host;", "")],
                &["redirects"],
                REDIRECT_HOST,
                "nginx",
                host,
            ),
            with(
                ORIGIN,
                row(
                    &[
                        ("proxy_set_header Host $http_host;", ""),
                        ("proxy_redirect off;", ""),
                    ],
                    &["websocket"],
                    NO_UPGRADE,
                    "nginx",
                    host,
                ),
            ),
            with(
                OWN_NAME,
                row(
                    &[("proxy_redirect off;", "proxy_redirect off;")],
                    &["redirects"],
                    REDIRECT_HOST,
                    "nginx",
                    "proxy_redirect http://$proxy_host",
                ),
            ),
            row(
                &[("client_max_body_size 0;", "")],
                &["upload"],
                UPLOAD_REFUSED,
                "nginx",
                "client_max_body_size 0;",
            ),
            row(
                &[("client_max_body_size 0;", "client_max_body_size 512m;")],
                &["upload"],
                UPLOAD_REFUSED,
                "nginx",
                "client_max_body_size 0;",
            ),
        ],
    );
}

#[test]
fn of_nginx_by_https() {
    let redirect = "proxy_redirect http://$host https://$host;";
    each(
        Recipe::NginxHttps,
        &[
            row(
                &[("proxy_redirect http://$host https://$host;", "")],
                &["redirects"],
                REDIRECT_SCHEME,
                "nginx",
                redirect,
            ),
            with(
                OWN_NAME,
                row(
                    &[(
                        "proxy_redirect http://$proxy_host https://$host:@PORT@;",
                        "",
                    )],
                    &["redirects"],
                    REDIRECT_HOST,
                    "nginx",
                    "proxy_redirect http://$proxy_host",
                ),
            ),
            with(
                HTTPS,
                row(
                    &[("proxy_redirect http://$host https://$host;", "")],
                    &["redirects"],
                    REDIRECT_SCHEME,
                    "nginx",
                    "proxy_set_header X-Forwarded-Proto $scheme;",
                ),
            ),
            row(
                &[("proxy_set_header Upgrade $http_upgrade;", "")],
                &["websocket"],
                NO_UPGRADE,
                "nginx",
                "proxy_set_header Upgrade $http_upgrade;",
            ),
        ],
    );
}

#[test]
fn of_apache() {
    each(
        Recipe::Apache,
        &[
            row(
                &[
                    ("RewriteCond %{HTTP:Connection} Upgrade [NC]\n", ""),
                    ("RewriteCond %{HTTP:Upgrade} WebSocket [NC]\n", ""),
                    ("RewriteRule /(.*) ws://127.0.0.1:@BACKEND@/$1 [P]\n", ""),
                ],
                &["websocket"],
                NO_UPGRADE,
                "Apache",
                "RewriteRule /(.*) ws://",
            ),
            with(
                ORIGIN,
                row(
                    &[("ProxyPreserveHost on", "")],
                    &["websocket"],
                    NO_UPGRADE,
                    "Apache",
                    "ProxyPreserveHost on",
                ),
            ),
            with(
                OWN_NAME,
                row(
                    &[("ProxyPassReverse / http://127.0.0.1:@BACKEND@/", "")],
                    &["redirects"],
                    REDIRECT_HOST,
                    "Apache",
                    "ProxyPassReverse / http://",
                ),
            ),
            row(
                &[("ProxyTimeout 3600", "ProxyTimeout 1")],
                &["request"],
                REQUEST_CUT,
                "Apache",
                "ProxyTimeout 3600",
            ),
            // A tunnel is held to the longer one of the two.
            row(
                &[("ProxyTimeout 3600", "ProxyTimeout 1\n    Timeout 1")],
                &["idle", "request"],
                "",
                "Apache",
                "ProxyTimeout 3600",
            ),
        ],
    );
}

#[test]
fn of_haproxy_and_of_nginx_behind_it() {
    each(
        Recipe::Haproxy,
        &[
            row(
                &[("timeout tunnel 1h", "timeout tunnel 1s")],
                &["idle"],
                IDLE_CUT,
                "haproxy",
                "timeout tunnel 1h",
            ),
            row(
                &[
                    ("timeout tunnel 1h", ""),
                    ("timeout client 1m", "timeout client 1s"),
                ],
                &["idle"],
                IDLE_CUT,
                "haproxy",
                "timeout tunnel 1h",
            ),
            row(
                &[("timeout server 1h", "timeout server 1s")],
                &["request"],
                REQUEST_CUT,
                "haproxy",
                "timeout server 1h",
            ),
            row(
                &[("http-request set-header X-Forwarded-Proto https", "")],
                &["redirects"],
                REDIRECT_SCHEME,
                "haproxy",
                "http-request set-header X-Forwarded-Proto https",
            ),
            with(
                HTTPS,
                row(
                    &[("http-request set-header X-Forwarded-Proto https", "")],
                    &["redirects"],
                    REDIRECT_SCHEME,
                    "haproxy",
                    "http-request set-header X-Forwarded-Proto https",
                ),
            ),
            row(
                &[("proxy_set_header Upgrade $http_upgrade;", "")],
                &["websocket"],
                NO_UPGRADE,
                "nginx",
                "proxy_set_header Upgrade $http_upgrade;",
            ),
            row(
                &[("client_max_body_size 0;", "")],
                &["upload"],
                UPLOAD_REFUSED,
                "nginx",
                "client_max_body_size 0;",
            ),
        ],
    );
}

/// One line is for both: what says nothing for long.
#[test]
fn of_nginx_for_what_is_silent() {
    each(
        Recipe::NginxHttp,
        &[row(
            &[("proxy_read_timeout 3600;", "proxy_read_timeout 1s;")],
            &["idle", "request"],
            "",
            "nginx",
            "proxy_read_timeout 3600;",
        )],
    );
}

/// With its temporary files nginx needs room for what is read slower than it comes; here there is
/// none.
#[test]
fn of_nginx_for_large_downloads() {
    let without: &[Change<'_>] = &[("proxy_max_temp_file_size 0;", "")];
    for (changes, fails) in [(without, &["download"][..]), (&[], &[])] {
        let site = Site::start(Recipe::NginxHttp, USUAL, changes);
        let folder = site.deployment.front().home().join("proxy");
        std::fs::remove_dir(&folder).unwrap();
        std::fs::write(&folder, "").unwrap();
        let ran = site.check("/", &["--probe-url", "/big", "--json"]);
        let found = findings(&ran);
        assert_eq!(of(&found, &["fail"]), fails, "{ran:?}");
        for finding in found.iter().filter(|finding| finding["verdict"] == "fail") {
            let hint = finding["failure"]["hint"].as_str().unwrap();
            assert!(hint.contains("proxy_max_temp_file_size 0;"), "{hint}");
        }
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
                let site = Site::start(*recipe, *manner, changes);
                let mut arguments = MEANS.to_vec();
                arguments.push("--json");
                let ran = site.check("/", &arguments);
                let found = findings(&ran);
                let wrong = of(&found, &["fail", "doubt"]);
                assert!(
                    wrong.is_empty(),
                    "{recipe:?} {changes:?} {wrong:?}: {ran:?}"
                );
            });
        }
    });
}
