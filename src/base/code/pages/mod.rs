//! The pages, by what the verdicts are about.

mod first_hop;
mod ftp;
mod here;
mod proxy;
mod target;
mod tls;
mod web;

use super::{Code, Page};
use crate::base::Side;

pub(super) const ALL: [&[Page]; 7] = [
    here::PAGES,
    first_hop::PAGES,
    proxy::PAGES,
    tls::PAGES,
    ftp::PAGES,
    target::PAGES,
    web::PAGES,
];

/// What a code without a page would have.
pub(super) const NONE: Page = page(Code::Usage, Side::Here, "", "", "", "");

const fn page(
    code: Code,
    side: Side,
    title: &'static str,
    means: &'static str,
    seen: &'static str,
    mend: &'static str,
) -> Page {
    Page {
        code,
        side,
        title,
        means,
        seen,
        mend,
    }
}
