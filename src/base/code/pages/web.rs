//! Deployments behind a reverse proxy (`check --web`).

use super::page;
use crate::base::Side::Target;
use crate::base::code::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    page(
        Code::WebNoUpgrade,
        Target,
        "the reverse proxy does not pass WebSocket on",
        "The application behind it never sees the upgrade.",
        "426, 400 of socket.io, or an ordinary page in answer to the upgrade. 403 with the \
         Origin that browsers send, and 101 without: the Host is not passed on.",
        "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
         proxy_set_header Connection \"upgrade\"; proxy_set_header Host $http_host. Apache: mod_proxy_wstunnel with the \
         RewriteRule to ws://.",
    ),
    page(
        Code::WebIdleCut,
        Target,
        "the reverse proxy cuts idle WebSockets",
        "Browsers lose their connection to the application while nobody types.",
        "An end after the time that was measured.",
        "nginx: proxy_read_timeout 3600. Apache: ProxyTimeout 3600. haproxy: timeout \
         tunnel 1h.",
    ),
    page(
        Code::WebRedirectHost,
        Target,
        "redirects leave the public name",
        "The application redirects to the host or port that it sees itself, which \
         browsers cannot reach.",
        "Location with an inside name, address or port.",
        "nginx: proxy_set_header Host $http_host; proxy_redirect. Apache: \
         ProxyPreserveHost on; ProxyPassReverse. haproxy passes Host on as it is.",
    ),
    page(
        Code::WebRedirectScheme,
        Target,
        "redirects leave https",
        "TLS ends in front of the application, which redirects to http://.",
        "Location: http:// on a site that was asked for by https://.",
        "nginx: proxy_redirect http://$host https://$host, or proxy_set_header \
         X-Forwarded-Proto $scheme. Apache: RequestHeader set X-Forwarded-Proto https. \
         haproxy: http-request set-header X-Forwarded-Proto https.",
    ),
    page(
        Code::WebPrefix,
        Target,
        "the application is mapped below a path",
        "It is published at https://HOST/PREFIX/, and makes links and redirects to /.",
        "Location or links that leave the prefix, and are answered 404.",
        "Publish it at the root of a host name of its own: Dataiku DSS knows no prefix.",
    ),
    page(
        Code::WebUploadRefused,
        Target,
        "the reverse proxy refuses large uploads",
        "Its limit on the size of a request is lower than what was asked for.",
        "413 in answer to a Content-Length. curl -X POST -H 'Expect: 100-continue' with a large \
         file shows it too.",
        "nginx: client_max_body_size 0. Apache 2.4 does not limit what it passes on: \
         SecRequestBodyLimit of mod_security does, and LimitRequestBody 0 is for what it serves \
         itself. haproxy has no such limit: it is that of the server behind it.",
    ),
    page(
        Code::WebDownloadCut,
        Target,
        "a large download is cut",
        "The reverse proxy ends it by size or time.",
        "An end before the announced length.",
        "nginx: proxy_max_temp_file_size 0, proxy_read_timeout and send_timeout. Apache: \
         ProxyTimeout. haproxy: timeout server, timeout client.",
    ),
    page(
        Code::WebRequestCut,
        Target,
        "a long silent request is cut",
        "The application works on, and the reverse proxy gives up waiting.",
        "504, or an end, after the time that was measured.",
        "nginx: proxy_read_timeout 3600. Apache: ProxyTimeout 3600. haproxy: timeout \
         server 1h.",
    ),
];
