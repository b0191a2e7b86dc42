//! Redirects of HTTP (RFC 9110 section 15.4), decided without I/O.

use http::{Method, StatusCode};
use url::Url;

use crate::base::{Target, metadata, text};

/// How many redirects are followed in a row, as in browsers' and curl's habit of a few tens but
/// tighter: a dataset that needs more is a loop.
pub const MOST: usize = 10;

/// Where to go next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The next URL, without userinfo.
    pub url: Url,
    /// The method to use there.
    pub method: Method,
    /// Whether scheme, host or port change: credentials and the user's own fields stay behind.
    pub leaves_origin: bool,
}

/// Why a redirect is not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A redirect without `Location`.
    #[error("the redirect does not say where to")]
    NoLocation,
    /// `Location` is no URL.
    #[error("the redirect's Location is not a URL: `{0}`")]
    BadLocation(String),
    /// From TLS to clear text.
    #[error("the redirect leads from https to http: `{0}`")]
    Downgrade(String),
    /// To where this machine gets its credentials from.
    #[error("the redirect leads to this machine's instance metadata: `{0}`")]
    Metadata(String),
    /// To a scheme that is not HTTP.
    #[error("the redirect leads to another protocol: `{0}`")]
    OtherScheme(String),
}

/// Decides on the answer to a request. `None`: it is no redirect.
///
/// # Errors
/// It is a redirect that must not be followed.
pub fn next(
    current: &Url,
    method: &Method,
    status: StatusCode,
    location: Option<&[u8]>,
) -> Result<Option<Redirect>, Refused> {
    let method = match status.as_u16() {
        301 | 302 if *method == Method::POST => Method::GET,
        303 if *method != Method::HEAD => Method::GET,
        301 | 302 | 303 | 307 | 308 => method.clone(),
        _ => return Ok(None),
    };
    let location = location.ok_or(Refused::NoLocation)?;
    let shown = || text::clip(&text::without_userinfo(&String::from_utf8_lossy(location)));
    let bad = || Refused::BadLocation(shown());
    let written = std::str::from_utf8(location).map_err(|_| bad())?;
    if written.chars().any(char::is_control) {
        return Err(bad());
    }
    let mut url = current.join(written).map_err(|_| bad())?;
    // Credentials that a server puts into a redirect are not ours to send.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.fragment().is_none() {
        url.set_fragment(current.fragment());
    }
    let leaves_origin = url.origin() != current.origin();
    match (current.scheme(), url.scheme()) {
        _ if leads_to_metadata(current, &url) => Err(Refused::Metadata(shown())),
        ("https", "http") => Err(Refused::Downgrade(shown())),
        (_, "http" | "https") => Ok(Some(Redirect {
            leaves_origin,
            url,
            method,
        })),
        _ => Err(Refused::OtherScheme(shown())),
    }
}

/// Whether another origin's redirect leads to instance metadata: who follows it would store this
/// machine's credentials as data.
pub fn leads_to_metadata(from: &Url, to: &Url) -> bool {
    let target = Target::from_url(to);
    from.origin() != to.origin() && target.is_ok_and(|to| metadata::host_of(&to).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_redirects_lead() {
        let cases = [
            (
                "http://a.test/x/y",
                302,
                "z?q",
                Some(("http://a.test/x/z?q", false)),
            ),
            (
                "http://a.test/x",
                301,
                "/y",
                Some(("http://a.test/y", false)),
            ),
            (
                "http://a.test/x",
                301,
                "//b.test/y",
                Some(("http://b.test/y", true)),
            ),
            (
                "http://a.test/x",
                307,
                "https://a.test/x",
                Some(("https://a.test/x", true)),
            ),
            (
                "http://a.test/x",
                308,
                "http://a.test:8080/",
                Some(("http://a.test:8080/", true)),
            ),
            (
                "http://a.test/x",
                302,
                "http://u:p@a.test/",
                Some(("http://a.test/", false)),
            ),
            (
                "http://a.test/x#part",
                302,
                "/y",
                Some(("http://a.test/y#part", false)),
            ),
            ("http://a.test/x", 200, "/y", None),
            ("http://a.test/x", 304, "/y", None),
        ];
        for (from, status, location, expected) in cases {
            let status = StatusCode::from_u16(status).unwrap();
            let from = Url::parse(from).unwrap();
            let found = next(&from, &Method::GET, status, Some(location.as_bytes())).unwrap();
            let found = found.map(|r| (r.url.to_string(), r.leaves_origin));
            let expected = expected.map(|(url, leaves)| (url.to_owned(), leaves));
            assert_eq!(found, expected, "{location}");
        }
    }

    #[test]
    fn what_is_not_followed() {
        let found = StatusCode::FOUND;
        let https = Url::parse("https://a.test/").unwrap();
        let follow = |location: &[u8]| next(&https, &Method::GET, found, Some(location));
        assert!(matches!(
            follow(b"http://a.test/"),
            Err(Refused::Downgrade(_))
        ));
        assert!(matches!(
            follow(b"ftp://a.test/"),
            Err(Refused::OtherScheme(_))
        ));
        assert!(matches!(
            follow(b"file:///etc/passwd"),
            Err(Refused::OtherScheme(_))
        ));
        for location in ["http://169.254.169.254/latest/", "https://[fd00:ec2::23]/"] {
            assert!(matches!(
                follow(location.as_bytes()),
                Err(Refused::Metadata(_))
            ));
        }
        let metadata = Url::parse("http://169.254.169.254/latest").unwrap();
        let within = next(&metadata, &Method::GET, found, Some(b"/latest/"));
        assert!(matches!(within, Ok(Some(_))), "who asks for it gets it");
        assert!(matches!(follow(b"https://["), Err(Refused::BadLocation(_))));
        assert!(matches!(follow(b"/a\tb"), Err(Refused::BadLocation(_))));
        assert!(matches!(follow(b"\xff"), Err(Refused::BadLocation(_))));
        let missing = next(&https, &Method::GET, found, None);
        assert_eq!(missing, Err(Refused::NoLocation));
    }

    #[test]
    fn post_becomes_get_where_clients_do_so() {
        let url = Url::parse("http://a.test/").unwrap();
        for (status, method) in [(301, Method::GET), (303, Method::GET), (307, Method::POST)] {
            let status = StatusCode::from_u16(status).unwrap();
            let redirect = next(&url, &Method::POST, status, Some(b"/x"))
                .unwrap()
                .unwrap();
            assert_eq!(redirect.method, method);
        }
    }
}
