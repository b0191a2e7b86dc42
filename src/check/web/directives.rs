//! What has to stand in a reverse proxy's configuration. Pure.

use std::fmt;

use super::fault::Fault;
use crate::base::text;

/// A reverse proxy whose directives are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Product {
    /// nginx, and what is made of it.
    Nginx,
    /// Apache httpd.
    Apache,
    /// HAProxy.
    Haproxy,
}

impl Product {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Nginx, Self::Apache, Self::Haproxy];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "Apache",
            Self::Haproxy => "haproxy",
        }
    }

    /// The product that a `Server` field names.
    fn of_server(server: &str) -> Option<Self> {
        let word = server.split(['/', ' ']).next()?.to_ascii_lowercase();
        match &*word {
            "nginx" | "openresty" | "tengine" | "angie" | "freenginx" => Some(Self::Nginx),
            "apache" | "apache2" => Some(Self::Apache),
            "haproxy" => Some(Self::Haproxy),
            _ => None,
        }
    }

    /// The product whose own error page this is.
    fn of_page(page: &str) -> Option<Self> {
        let marks = [
            ("<center>nginx", Self::Nginx),
            ("<center>openresty", Self::Nginx),
            ("<address>Apache/", Self::Apache),
            ("<address>Apache Server", Self::Apache),
        ];
        if let Some((_, product)) = marks.iter().find(|(mark, _)| page.contains(mark)) {
            return Some(*product);
        }
        // All its pages begin so, with the status.
        let rest = page.strip_prefix("<html><body><h1>")?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        (digits == 3).then_some(Self::Haproxy)
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What stands in front of the application, as far as answers show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Front {
    /// The product, if it is one of those known.
    pub product: Option<Product>,
    /// Whether the answer was made by it: its own error page. A `Server` field alone may come from
    /// what stands behind: haproxy sends none, and Apache passes on that of the application.
    pub is_proven: bool,
    /// The `Server` field as it came, but for the queries of URLs. Not escaped.
    pub server: Option<String>,
}

impl Front {
    /// What an answer shows: its `Server` field, and the start of its body.
    pub(super) fn of(server: Option<&str>, body: &str) -> Self {
        let by_page = Product::of_page(body);
        Self {
            product: by_page.or_else(|| Product::of_server(server?)),
            is_proven: by_page.is_some(),
            server: server.map(text::without_queries),
        }
    }

    /// This one, where it shows more than what was known before.
    pub(super) fn or(self, before: &Self) -> Self {
        match self.product {
            Some(_) => self,
            None => before.clone(),
        }
    }
}

/// The lines for one product.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Advice {
    /// Whose configuration.
    pub product: Product,
    /// The lines, or a remark where it has none.
    pub lines: &'static [&'static str],
}

/// What has to stand there against a fault.
pub(super) fn lines(fault: Fault, product: Product) -> &'static [&'static str] {
    use Product::{Apache, Haproxy, Nginx};
    match (fault, product) {
        (Fault::NoUpgrade, Nginx) => &[
            "proxy_http_version 1.1;",
            "proxy_set_header Upgrade $http_upgrade;",
            "proxy_set_header Connection \"upgrade\";",
        ],
        (Fault::NoUpgrade, Apache) => &[
            "LoadModule proxy_wstunnel_module modules/mod_proxy_wstunnel.so (before 2.4.47)",
            "RewriteCond %{HTTP:Connection} Upgrade [NC]",
            "RewriteCond %{HTTP:Upgrade} WebSocket [NC]",
            "RewriteRule /(.*) ws://BACKEND:PORT/$1 [P] (before that of http://)",
        ],
        (Fault::NoUpgrade, Haproxy) => {
            &["mode http passes it on by itself: no `http-request del-header Upgrade`"]
        }
        (Fault::Origin | Fault::RedirectHost, Nginx) => &[
            "proxy_set_header Host $http_host;",
            "proxy_redirect http://$proxy_host $scheme://$http_host;",
        ],
        (Fault::Origin | Fault::RedirectHost, Apache) => &[
            "ProxyPreserveHost on",
            "ProxyPassReverse / http://BACKEND:PORT/",
        ],
        (Fault::Origin | Fault::RedirectHost, Haproxy) => &[
            "it passes Host on by itself: no `http-request set-header Host`; else \
             `http-response replace-header Location http://BACKEND:PORT/(.*) https://PUBLIC/\\1`",
        ],
        (Fault::RedirectScheme, Nginx) => &[
            "proxy_redirect http://$host https://$host;",
            "proxy_set_header X-Forwarded-Proto $scheme; (behind another proxy that ends TLS: \
             $http_x_forwarded_proto)",
        ],
        (Fault::RedirectScheme, Apache) => &[
            "RequestHeader set X-Forwarded-Proto https",
            "ProxyPassReverse / http://PUBLIC/",
        ],
        (Fault::RedirectScheme, Haproxy) => {
            &["http-request set-header X-Forwarded-Proto https if { ssl_fc }"]
        }
        (Fault::Prefix, Nginx) => {
            &["location / { proxy_pass http://BACKEND:PORT/; } in a server_name of its own"]
        }
        (Fault::Prefix, Apache) => {
            &["RewriteRule /(.*) http://BACKEND:PORT/$1 [P] in a VirtualHost of its own"]
        }
        (Fault::Prefix, Haproxy) => {
            &["use_backend by the host (`hdr(host)`), and no `http-request replace-path`"]
        }
        (Fault::UploadRefused, Nginx) => &["client_max_body_size 0;"],
        (Fault::UploadRefused, Apache) => &[
            "LimitRequestBody 0 (2.4 does not hold requests that it passes on to it)",
            "SecRequestBodyLimit of mod_security",
        ],
        (Fault::UploadRefused, Haproxy) => {
            &["it has no such limit: it is that of the server behind it"]
        }
        (Fault::IdleCut, Nginx) => &["proxy_read_timeout 3600;", "proxy_send_timeout 600;"],
        (Fault::IdleCut | Fault::RequestCut, Apache) => &["ProxyTimeout 3600"],
        (Fault::IdleCut, Haproxy) => &["timeout tunnel 1h"],
        (Fault::RequestCut, Nginx) => &["proxy_read_timeout 3600;"],
        (Fault::RequestCut, Haproxy) => &["timeout server 1h"],
        (Fault::DownloadCut, Nginx) => &[
            "proxy_max_temp_file_size 0;",
            "proxy_read_timeout 3600;",
            "send_timeout 600;",
        ],
        (Fault::DownloadCut, Apache) => &["ProxyTimeout 3600", "Timeout 600"],
        (Fault::DownloadCut, Haproxy) => &["timeout server 1h", "timeout client 1h"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stands_in_front_shows_by_its_own_pages_best() {
        let nginx = "<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n\
                     <hr><center>nginx/1.22.1</center>";
        let haproxy =
            "<html><body><h1>504 Gateway Time-out</h1>\nThe server didn't respond in time.";
        let apache = "<hr>\n<address>Apache/2.4.66 (Debian) Server at h Port 80</address>";
        let cases = [
            (Some("nginx/1.22.1"), "", Some(Product::Nginx), false),
            (Some("openresty"), "", Some(Product::Nginx), false),
            (Some("Apache"), "", Some(Product::Apache), false),
            (Some("Apache-Coyote/1.1"), "", None, false),
            (Some("gunicorn"), "", None, false),
            (Some("gunicorn"), nginx, Some(Product::Nginx), true),
            (None, haproxy, Some(Product::Haproxy), true),
            (Some("nginx"), apache, Some(Product::Apache), true),
            (None, "<html><body><h1>Hello</h1>", None, false),
            (
                None,
                "<html><head><title>x</title></head><body><h1>",
                None,
                false,
            ),
        ];
        for (server, body, product, is_proven) in cases {
            let front = Front::of(server, body);
            assert_eq!(
                (front.product, front.is_proven),
                (product, is_proven),
                "{server:?} {body}"
            );
        }
    }

    #[test]
    fn the_one_that_is_known_comes_first_and_alone_when_it_is_proven() {
        let products = |fault: Fault, front: &Front| -> Vec<Product> {
            fault
                .advice(front)
                .iter()
                .map(|advice| advice.product)
                .collect()
        };
        let apache = Front::of(Some("Apache"), "");
        let likely = products(Fault::NoUpgrade, &apache);
        assert_eq!(likely, [Product::Apache, Product::Nginx, Product::Haproxy]);
        let proven = Front {
            is_proven: true,
            ..apache
        };
        assert_eq!(products(Fault::NoUpgrade, &proven), [Product::Apache]);
        for fault in Fault::ALL {
            assert_eq!(
                products(fault, &Front::default()),
                Product::ALL,
                "{fault:?}"
            );
        }
    }
}
