//! Whether the application stands at the root of its host.

use http::StatusCode;
use url::Url;

use super::directives::Front;
use super::fault::Fault;
use super::finding::{Finding, Item, request, status};
use super::site::{Page, Site};
use crate::base::Route;

/// Looks for the proof that the public URL's path is a prefix that the application does not know: what
/// it refers to by a path from the root is not there, and is below the prefix.
///
/// `end` is where the redirects from the public URL ended.
pub(super) async fn check(
    site: &Site<'_>,
    end: Option<&(Url, Page)>,
    front: &Front,
    route: Option<&Route>,
) -> Finding {
    let url = site.url();
    let did = request("GET", url);
    if url.path() == "/" {
        let words = "the URL is that of the root";
        return Finding::passed(Item::Prefix, &did, words);
    }
    let path = url.path().trim_end_matches('/');
    // The longest first; which of them is the prefix, if one is, only answers tell.
    let above = path.match_indices('/').skip(1).map(|(at, _)| &path[..at]);
    let mut prefixes: Vec<&str> = above.chain([path]).collect();
    prefixes.reverse();
    let outside = |path: &str| !prefixes.iter().any(|prefix| is_below(path, prefix));
    let referred = end.and_then(|(at, page)| match outside(at.path()) {
        true => Some((at.path().to_owned(), Some(page.status))),
        false => rooted(&page.body)
            .filter(|path| outside(path))
            .map(|path| (path, None)),
    });
    let Some((referred, known)) = referred else {
        return doubt(&did, path);
    };
    let ask = async |path: &str| -> Option<StatusCode> {
        let mut other = url.clone();
        other.set_query(None);
        other.set_path(path);
        site.get(&other).await.ok().map(|page| page.status)
    };
    let at_root = match known {
        Some(status) => Some(status),
        None => ask(&referred).await,
    };
    match at_root {
        Some(StatusCode::NOT_FOUND) => {}
        Some(found) if !found.is_server_error() => {
            let words = format!("it leads to {referred}, which is there ({})", status(found));
            return Finding::passed(Item::Prefix, &did, words);
        }
        _ => return doubt(&did, path),
    }
    for prefix in prefixes.iter().take(MOST) {
        let below = format!("{prefix}{referred}");
        let found = ask(&below).await;
        if let Some(found) = found.filter(|found| *found != StatusCode::NOT_FOUND) {
            let words = format!(
                "it leads to {referred}, which is answered 404; {below} is answered {}",
                status(found)
            );
            return Finding::failed(Item::Prefix, &did, words, Fault::Prefix, front, route);
        }
    }
    doubt(&did, path)
}

/// So many prefixes are tried; nobody nests them deeper.
const MOST: usize = 5;

fn doubt(did: &str, path: &str) -> Finding {
    let words = format!(
        "nothing shows whether {path} is a path of the application's or a prefix before it"
    );
    Finding::doubtful(Item::Prefix, did, words)
        .meaning("applications such as Dataiku DSS have to stand at the root of their host")
}

/// Whether a path is the prefix, or below it.
fn is_below(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The first path from the root that a page brings something in by, or links to.
fn rooted(page: &str) -> Option<String> {
    for mark in ["src=", "href=", "action="] {
        for (at, _) in page.match_indices(mark) {
            let rest = &page[at + mark.len()..];
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
            let Some(quote) = quote else { continue };
            let Some((value, _)) = rest[1..].split_once(quote) else {
                continue;
            };
            let path = value.split(['?', '#']).next().unwrap_or_default();
            let is_plain = path
                .bytes()
                .all(|b| b.is_ascii_graphic() && b != b'\\' && b != b'&');
            if path.len() > 1
                && path.len() < 200
                && path.starts_with('/')
                && !path.starts_with("//")
                && is_plain
            {
                return Some(path.to_owned());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_refers_to_from_the_root() {
        for (page, wanted) in [
            (
                "<script src=\"/static/app.js?v=3\">",
                Some("/static/app.js"),
            ),
            ("<a href='x'><link href='/a.css'>", Some("/a.css")),
            (
                "<a href=\"/\"><a href=\"//cdn.test/x\"><a href=\"https://o.test/\">",
                None,
            ),
            ("<img src=\"/a b\"><img src=\"/open", None),
            ("<img src=/bare>", None),
            ("", None),
        ] {
            assert_eq!(rooted(page).as_deref(), wanted, "{page}");
        }
    }

    #[test]
    fn below_a_prefix_is_at_a_segment() {
        for (path, below) in [
            ("/dss", true),
            ("/dss/x", true),
            ("/dssx", false),
            ("/", false),
        ] {
            assert_eq!(is_below(path, "/dss"), below, "{path}");
        }
    }
}
