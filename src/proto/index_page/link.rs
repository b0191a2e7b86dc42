//! What a link on an index page leads to.

use percent_encoding::percent_decode_str;
use url::Url;

/// The most bytes of a link: more than any file system's name needs, encoded.
pub(super) const HREF_MAX: usize = 4096;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// To what lies directly in the folder.
    Child { name: Vec<u8>, is_folder: bool },
    /// There too, but its name is not one that can be asked for.
    Unusable,
    /// To anywhere else.
    Elsewhere,
}

/// Judges a link on the page that `at` gave.
pub(super) fn judge(href: &[u8], at: &Url) -> Link {
    if href.len() > HREF_MAX {
        return Link::Unusable;
    }
    let Ok(href) = std::str::from_utf8(href) else {
        return Link::Unusable;
    };
    let Ok(url) = at.join(href) else {
        return Link::Elsewhere;
    };
    if url.origin() != at.origin() || url.query().is_some() || url.fragment().is_some() {
        return Link::Elsewhere;
    }
    let decoded = |part: &str| percent_decode_str(part).collect::<Vec<u8>>();
    let mut steps = url.path().split('/');
    // The folder's own, up to the last slash.
    let mut folder = at.path().split('/').collect::<Vec<_>>();
    folder.pop();
    for own in folder {
        // `%c3` and `%C3` are the same.
        if !steps
            .next()
            .is_some_and(|step| step == own || decoded(step) == decoded(own))
        {
            return Link::Elsewhere;
        }
    }
    let (name, is_folder) = match (steps.next(), steps.next(), steps.next()) {
        (Some(name), None, None) if !name.is_empty() => (name, false),
        (Some(name), Some(""), None) if !name.is_empty() => (name, true),
        _ => return Link::Elsewhere,
    };
    let name = decoded(name);
    match is_step(&name) {
        true => Link::Child { name, is_folder },
        false => Link::Unusable,
    }
}

/// Whether a name is one step of a path.
pub(super) fn is_step(name: &[u8]) -> bool {
    let is_dots = matches!(name, b"" | b"." | b"..");
    !is_dots && name.len() <= HREF_MAX && !name.iter().any(|b| matches!(b, 0 | b'/'))
}
