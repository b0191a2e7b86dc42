//! Whether redirects stay on the public name, port and scheme.

use http::StatusCode;
use url::{Host, Url};

use super::directives::Front;
use super::fault::Fault;
use super::finding::{Finding, Item, request, status};
use super::site::{Page, Site};
use crate::base::text;
use crate::proto::redirect::MOST;

/// Where a redirect leads.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Leads {
    /// To the same deployment.
    Stays(Url),
    /// From plain http to https on the same host: meant so.
    Secured(Url),
    /// To a name that nobody outside knows, or a port that is not the public one.
    Internal(Url),
    /// From https to plain http.
    Downgraded(Url),
    /// To another public name: a login elsewhere, or a name that is not the right one.
    Away(Url),
    /// Nowhere: it is no URL, or none of HTTP.
    Nowhere,
}

/// Judges a `Location` that `at` answered, of a deployment whose public URL is `site`.
fn leads(site: &Url, at: &Url, location: &[u8]) -> Leads {
    let written = std::str::from_utf8(location).ok();
    let written = written.filter(|written| !written.chars().any(char::is_control));
    let Some(mut to) = written.and_then(|written| at.join(written).ok()) else {
        return Leads::Nowhere;
    };
    // Credentials in a redirect are not ours to send, nor to show.
    let _ = to.set_username("");
    let _ = to.set_password(None);
    to.set_fragment(None);
    let (Some(host), Some(public)) = (to.host(), site.host()) else {
        return Leads::Nowhere;
    };
    match (site.scheme(), to.scheme()) {
        _ if host != public => match is_internal(&host) {
            true => Leads::Internal(to),
            false => Leads::Away(to),
        },
        ("http", "https") => Leads::Secured(to),
        ("https", "http") => Leads::Downgraded(to),
        (from, into) if from != into => Leads::Nowhere,
        _ if to.port() != site.port() => Leads::Internal(to),
        _ => Leads::Stays(to),
    }
}

/// Whether a host is one that a public redirect never has: an address, a name without a dot, or one
/// of the names that are for private networks.
fn is_internal(host: &Host<&str>) -> bool {
    let Host::Domain(name) = host else {
        return true;
    };
    let name = name.trim_end_matches('.');
    let Some((_, last)) = name.rsplit_once('.') else {
        return true;
    };
    // RFC 6762 and 8375, and what stands in private networks in their place.
    matches!(
        last,
        "local"
            | "localhost"
            | "localdomain"
            | "internal"
            | "intranet"
            | "lan"
            | "home"
            | "corp"
            | "svc"
            | "private"
    ) || name.ends_with(".home.arpa")
        || name.ends_with(".cluster.local")
}

/// What was found by following redirects from the public URL.
pub(super) struct Followed {
    pub finding: Finding,
    /// The page at the end, and its URL, where the redirects stay on the deployment.
    pub end: Option<(Url, Page)>,
    pub front: Front,
}

/// Follows the redirects from `first`, the answer to a GET of the public URL, as long as they stay.
pub(super) async fn follow(site: &Site<'_>, first: Page) -> Followed {
    let public = site.url();
    let mut seen = vec![public.clone()];
    let (mut at, mut page) = (public.clone(), first);
    let mut front = page.front.clone();
    loop {
        let did = request("GET", &at);
        let location = page.location.as_ref().filter(|_| is_redirect(page.status));
        let Some(location) = location else {
            let finding = stayed(&seen, &page);
            let end = Some((at, page));
            return Followed {
                finding,
                end,
                front,
            };
        };
        let to = leads(public, &at, location);
        let shown = || {
            let written = text::without_userinfo(&String::from_utf8_lossy(location));
            // Behind that there may be tokens.
            let end = written.find(['?', '#']).unwrap_or(written.len());
            text::clip(&written[..end])
        };
        let came = |to: &Url| format!("{}, to {}", status(page.status), text::shown_url(to));
        let failed = |to: &Url, fault| {
            Finding::failed(
                Item::Redirects,
                &did,
                came(to),
                fault,
                &front,
                Some(&page.route),
            )
        };
        let ended = |finding| Followed {
            finding,
            end: None,
            front: front.clone(),
        };
        let next = match to {
            Leads::Internal(to) => return ended(failed(&to, Fault::RedirectHost)),
            Leads::Downgraded(to) => return ended(failed(&to, Fault::RedirectScheme)),
            Leads::Secured(to) => {
                let finding = Finding::passed(Item::Redirects, &did, came(&to));
                let means =
                    "the deployment is at https: check that URL, for the rest is asked of this one";
                return ended(finding.meaning(means));
            }
            Leads::Away(to) => {
                let finding = Finding::doubtful(Item::Redirects, &did, came(&to));
                let means = "that is another host, and it was not asked: good where a login stands there, \
                             and a fault where it is the application's own name";
                let finding = finding.with_advice(Fault::RedirectHost, &front);
                return ended(finding.meaning(means));
            }
            Leads::Nowhere => {
                let words = format!("{}, to `{}`", status(page.status), shown());
                let finding = Finding::doubtful(Item::Redirects, &did, words);
                return ended(finding.meaning("that is no place of HTTP"));
            }
            Leads::Stays(to) => to,
        };
        if seen.contains(&next) {
            return ended(circle(site, &did, &page, &next, &front));
        }
        if seen.len() > MOST {
            let words = format!("more than {MOST} redirects in a row");
            return ended(Finding::doubtful(Item::Redirects, &did, words));
        }
        match site.get(&next).await {
            Ok(answer) => {
                front = answer.front.clone().or(&front);
                seen.push(next.clone());
                (at, page) = (next, answer);
            }
            Err(error) => {
                return ended(Finding::unclear(
                    Item::Redirects,
                    &request("GET", &next),
                    &error,
                ));
            }
        }
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301..=303 | 307 | 308)
}

/// What is said when nothing led away.
fn stayed(seen: &[Url], page: &Page) -> Finding {
    let [first, rest @ ..] = seen else {
        return Finding::untested(Item::Redirects, "nothing was asked");
    };
    let did = request("GET", first);
    match rest.last() {
        None => Finding::untested(
            Item::Redirects,
            format!(
                "{did} was answered {} without a redirect: check a URL that redirects, such as a folder \
                 without its final slash, or the page behind a login",
                status(page.status)
            ),
        ),
        Some(last) => Finding::passed(
            Item::Redirects,
            &did,
            format!(
                "{} in a row, to {}, answered {}",
                rest.len(),
                text::shown_url(last),
                status(page.status)
            ),
        ),
    }
}

/// What is said of redirects that come back to where they were. To https where it is https already is
/// what an application does that takes every request for plain http.
fn circle(site: &Site<'_>, did: &str, page: &Page, to: &Url, front: &Front) -> Finding {
    let words = format!(
        "{}, to {}, where it was before",
        status(page.status),
        text::shown_url(to)
    );
    match site.url().scheme() == "https" && !page.sets_cookie {
        true => {
            let fault = Fault::RedirectScheme;
            Finding::failed(Item::Redirects, did, words, fault, front, Some(&page.route))
        }
        false => Finding::doubtful(Item::Redirects, did, words)
            .meaning("a circle; with a cookie, which is not kept here, it may be none"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn led(site: &str, location: &str) -> &'static str {
        let site = Url::parse(site).unwrap();
        match leads(&site, &site, location.as_bytes()) {
            Leads::Stays(_) => "stays",
            Leads::Secured(_) => "secured",
            Leads::Internal(_) => "internal",
            Leads::Downgraded(_) => "downgraded",
            Leads::Away(_) => "away",
            Leads::Nowhere => "nowhere",
        }
    }

    #[test]
    fn where_a_location_leads() {
        let site = "https://dss.example.com/";
        for (location, wanted) in [
            ("/login/", "stays"),
            ("login", "stays"),
            ("?next=http://x", "stays"),
            ("//dss.example.com/x", "stays"),
            ("https://DSS.example.com:443/x", "stays"),
            ("http://dss.example.com/x", "downgraded"),
            ("http://dss.example.com:443/x", "downgraded"),
            ("https://dss.example.com:11200/x", "internal"),
            ("http://dss-backend:11200/x", "internal"),
            ("http://10.0.0.7:11200/", "internal"),
            ("http://[fd00::7]/", "internal"),
            ("http://localhost/", "internal"),
            ("https://node7.dss.internal/", "internal"),
            ("http://dss.prod.svc.cluster.local/", "internal"),
            ("https://login.example.com/?to=x", "away"),
            ("https://ann:secret@login.example.com/", "away"),
            ("ftp://dss.example.com/", "nowhere"),
            ("https://", "nowhere"),
            ("\u{7}", "nowhere"),
            ("mailto:x@y", "nowhere"),
        ] {
            assert_eq!(led(site, location), wanted, "{location}");
        }
        assert_eq!(led("http://h.test:8080/", "https://h.test/"), "secured");
        assert_eq!(led("http://h.test:8080/", "http://h.test/"), "internal");
        assert_eq!(
            led("http://127.0.0.1:8080/", "http://127.0.0.1:8080/x"),
            "stays"
        );
    }

    #[test]
    fn what_is_shown_of_it_is_no_secret() {
        let site = Url::parse("https://h.test/").unwrap();
        let Leads::Away(to) = leads(&site, &site, b"https://u:pw@o.test/x?token=t#f") else {
            panic!("it leads away");
        };
        assert_eq!(text::shown_url(&to), "https://o.test/x?…");
    }
}
