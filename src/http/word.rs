//! Whose word an answer is: that of the server, or of the proxy that was asked in absolute form.

use http::HeaderMap;
use http::header::VIA;

use super::client::Response;
use crate::base::Answer;
use crate::rules::Product;
use crate::tunnel::advice::{self, Word};

/// Whose word a refusal is. What a proxy passed on has its Via (RFC 9110 section 7.6.3), and what it
/// makes itself has none, but for Squid, which names its error.
pub(super) fn of(response: &Response, answer: &Answer) -> Word {
    if response.is_from_proxy() {
        return Word::Proxys;
    }
    if !response.may_be_from_proxy() {
        return Word::Servers;
    }
    match advice::own_page(answer).filter(|_| !response.headers.contains_key(VIA)) {
        // It is no server.
        Some(Product::Tinyproxy) => Word::Proxys,
        Some(product) if is_bare(product, &response.headers) || advice::is_of_a_proxy(answer) => {
            Word::Likely(product)
        }
        _ if matches!(answer.code, 403 | 502..=504) => Word::Either,
        _ => Word::Servers,
    }
}

/// Whether the fields are those that a product gives its own page, and no more: a server's owner adds
/// some, and whoever passes haproxy's page on adds a date.
fn is_bare(product: Product, fields: &HeaderMap) -> bool {
    let own: &[&str] = match product {
        Product::Haproxy => &["cache-control"],
        _ => &["date", "server", "keep-alive", "transfer-encoding"],
    };
    let of_all = ["content-length", "content-type", "connection"];
    let mut names = fields.keys().map(http::HeaderName::as_str);
    let is_named = || {
        let server = fields.get(http::header::SERVER);
        server.is_some_and(|server| {
            server
                .as_bytes()
                .to_ascii_lowercase()
                .starts_with(b"apache")
        })
    };
    names.all(|name| of_all.contains(&name) || own.contains(&name))
        && (product == Product::Haproxy || is_named())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_page_with_a_field_of_somebody_else_is_not_bare() {
        let haproxy = "content-length: 93, cache-control: no-cache, content-type: text/html";
        let apache = "date: x, server: Apache/2.4.67 (Debian), content-length: 239, \
                      content-type: text/html; charset=iso-8859-1";
        for (product, fields, is) in [
            (Product::Haproxy, haproxy.to_owned(), true),
            (Product::Apache, apache.to_owned(), true),
            // Apache passed it on: it adds its name and the time.
            (
                Product::Haproxy,
                format!("{haproxy}, server: Apache"),
                false,
            ),
            (Product::Haproxy, format!("{haproxy}, date: x"), false),
            (
                Product::Apache,
                format!("{apache}, x-frame-options: DENY"),
                false,
            ),
            (Product::Apache, apache.replace("Apache/", "nginx/"), false),
        ] {
            let fields: HeaderMap = fields
                .split(", ")
                .map(|field| field.split_once(": ").unwrap())
                .map(|(name, value)| {
                    let name: HeaderName = name.parse().unwrap();
                    (name, HeaderValue::from_str(value).unwrap())
                })
                .collect();
            assert_eq!(is_bare(product, &fields), is, "{fields:?}");
        }
    }
}
