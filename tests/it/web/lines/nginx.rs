//! Lines of nginx.

use super::super::{Site, findings};
use super::{
    DOWNLOAD_CUT, HTTPS, IDLE_CUT, NO_UPGRADE, ORIGIN, OWN_NAME, REDIRECT_HOST, REDIRECT_SCHEME,
    REQUEST_CUT, UPLOAD_REFUSED, USUAL,
};
use super::{each, failed, row, with, without};
use crate::support::deployment::{Change, Recipe};

#[test]
fn of_nginx_by_http() {
    each(
        Recipe::NginxHttp,
        &[
            without(
                "proxy_set_header Upgrade $http_upgrade;",
                &[("websocket", NO_UPGRADE)],
                "nginx",
            ),
            without(
                "proxy_set_header Connection \"upgrade\";",
                &[("websocket", NO_UPGRADE)],
                "nginx",
            ),
            without(
                "proxy_http_version 1.1;",
                &[("websocket", NO_UPGRADE)],
                "nginx",
            ),
            without(
                "proxy_set_header Host $http_host;",
                &[("redirects", REDIRECT_HOST)],
                "nginx",
            ),
            with(
                ORIGIN,
                row(
                    &[
                        ("proxy_set_header Host $http_host;", ""),
                        ("proxy_redirect off;", ""),
                    ],
                    &[("websocket", NO_UPGRADE)],
                    "nginx",
                    "proxy_set_header Host $http_host;",
                ),
            ),
            with(
                OWN_NAME,
                row(
                    &[("proxy_redirect off;", "proxy_redirect off;")],
                    &[("redirects", REDIRECT_HOST)],
                    "nginx",
                    "proxy_redirect http://$proxy_host",
                ),
            ),
            without(
                "client_max_body_size 0;",
                &[("upload", UPLOAD_REFUSED)],
                "nginx",
            ),
            row(
                &[("client_max_body_size 0;", "client_max_body_size 512m;")],
                &[("upload", UPLOAD_REFUSED)],
                "nginx",
                "client_max_body_size 0;",
            ),
        ],
    );
}

#[test]
fn of_nginx_by_https() {
    each(
        Recipe::NginxHttps,
        &[
            // Over HTTP/2, where of 1xx nothing is heard, an upload is asked for by HTTP/1.1.
            row(
                &[
                    ("client_max_body_size 0;", ""),
                    ("@PORT@ ssl;", "@PORT@ ssl http2;"),
                ],
                &[("upload", UPLOAD_REFUSED)],
                "nginx",
                "client_max_body_size 0;",
            ),
            without(
                "proxy_redirect http://$host https://$host;",
                &[("redirects", REDIRECT_SCHEME)],
                "nginx",
            ),
            with(
                OWN_NAME,
                row(
                    &[(
                        "proxy_redirect http://$proxy_host https://$host:@PORT@;",
                        "",
                    )],
                    &[("redirects", REDIRECT_HOST)],
                    "nginx",
                    "proxy_redirect http://$proxy_host",
                ),
            ),
            with(
                HTTPS,
                row(
                    &[("proxy_redirect http://$host https://$host;", "")],
                    &[("redirects", REDIRECT_SCHEME)],
                    "nginx",
                    "proxy_set_header X-Forwarded-Proto $scheme;",
                ),
            ),
            without(
                "proxy_set_header Upgrade $http_upgrade;",
                &[("websocket", NO_UPGRADE)],
                "nginx",
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
            &[("idle", IDLE_CUT), ("request", REQUEST_CUT)],
            "nginx",
            "proxy_read_timeout 3600;",
        )],
    );
}

/// With its temporary files nginx needs room for what is read slower than it comes; here there is
/// none.
#[test]
fn of_nginx_for_large_downloads() {
    let gone: &[Change<'_>] = &[("proxy_max_temp_file_size 0;", "")];
    for (changes, fails) in [(gone, &[("download", DOWNLOAD_CUT)][..]), (&[], &[])] {
        let site = Site::start(Recipe::NginxHttp, USUAL, changes);
        let folder = site.deployment.front().home().join("proxy");
        std::fs::remove_dir(&folder).unwrap();
        std::fs::write(&folder, "").unwrap();
        let ran = site.check("/", &["--probe-url", "/big", "--json"]);
        let found = findings(&ran);
        assert_eq!(failed(&found), fails, "{ran:?}");
        for finding in found.iter().filter(|finding| finding["verdict"] == "fail") {
            let hint = finding["failure"]["hint"].as_str().unwrap();
            assert!(hint.contains("proxy_max_temp_file_size 0;"), "{hint}");
        }
    }
}
