//! Lines of Apache httpd and of haproxy, and of nginx behind it.

use super::{
    HTTPS, IDLE_CUT, NO_UPGRADE, ORIGIN, OWN_NAME, REDIRECT_HOST, REDIRECT_SCHEME, REQUEST_CUT,
    UPLOAD_REFUSED,
};
use super::{each, row, with, without};
use crate::support::deployment::Recipe;

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
                &[("websocket", NO_UPGRADE)],
                "Apache",
                "RewriteRule /(.*) ws://",
            ),
            with(
                ORIGIN,
                without(
                    "ProxyPreserveHost on",
                    &[("websocket", NO_UPGRADE)],
                    "Apache",
                ),
            ),
            with(
                OWN_NAME,
                row(
                    &[("ProxyPassReverse / http://127.0.0.1:@BACKEND@/", "")],
                    &[("redirects", REDIRECT_HOST)],
                    "Apache",
                    "ProxyPassReverse / http://",
                ),
            ),
            row(
                &[("ProxyTimeout 3600", "ProxyTimeout 1")],
                &[("request", REQUEST_CUT)],
                "Apache",
                "ProxyTimeout 3600",
            ),
            // A tunnel is held to the longer one of the two.
            row(
                &[("ProxyTimeout 3600", "ProxyTimeout 1\n    Timeout 1")],
                &[("idle", IDLE_CUT), ("request", REQUEST_CUT)],
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
                &[("idle", IDLE_CUT)],
                "haproxy",
                "timeout tunnel 1h",
            ),
            row(
                &[
                    ("timeout tunnel 1h", ""),
                    ("timeout client 1m", "timeout client 1s"),
                ],
                &[("idle", IDLE_CUT)],
                "haproxy",
                "timeout tunnel 1h",
            ),
            row(
                &[("timeout server 1h", "timeout server 1s")],
                &[("request", REQUEST_CUT)],
                "haproxy",
                "timeout server 1h",
            ),
            without(
                "http-request set-header X-Forwarded-Proto https",
                &[("redirects", REDIRECT_SCHEME)],
                "haproxy",
            ),
            with(
                HTTPS,
                without(
                    "http-request set-header X-Forwarded-Proto https",
                    &[("redirects", REDIRECT_SCHEME)],
                    "haproxy",
                ),
            ),
            without(
                "proxy_set_header Upgrade $http_upgrade;",
                &[("websocket", NO_UPGRADE)],
                "nginx",
            ),
            without(
                "client_max_body_size 0;",
                &[("upload", UPLOAD_REFUSED)],
                "nginx",
            ),
        ],
    );
}
