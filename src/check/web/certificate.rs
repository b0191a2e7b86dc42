//! What is to be said of the certificate once TLS stands.

use std::time::SystemTime;

use super::finding::{Finding, Item};
use super::site::Site;
use crate::base::text;
use crate::check::{Evidence, Shown};

/// A certificate that has less than this to go is told of as one that is due, in seconds.
const DUE: u64 = 14 * DAY;

const DAY: u64 = 24 * 3600;

/// Judges the certificate that was `shown`, and believed.
pub(super) fn check(site: &Site<'_>, shown: Option<&Shown>, now: SystemTime) -> Finding {
    if site.url().scheme() != "https" {
        return Finding::untested(Item::Certificate, "http:// has none");
    }
    if site.believes_all() {
        let words = "danger_accept_invalid_certs: it was not looked at";
        return Finding::doubtful(Item::Certificate, "", words);
    }
    let host = site.url().host_str().unwrap_or_default();
    let words = format!("believed, in its time, and for {host}");
    let Some(shown) = shown else {
        return Finding::passed(Item::Certificate, "", words);
    };
    let leaf = shown.leaf();
    let issuer = text::clip_to(&leaf.issuer, 60);
    let words = format!("{words}; of {issuer}, until {}", leaf.last_day());
    if let Some(Evidence::Product(product)) = shown.inspection {
        let finding = Finding::doubtful(Item::Certificate, "", words);
        return finding.meaning(format!(
            "{product} on the way made it: the deployment's own is not seen from here"
        ));
    }
    match left(leaf.not_after, now) {
        left if left < DUE => {
            let means = format!("it has {} days left: renew it", left / DAY);
            Finding::doubtful(Item::Certificate, "", words).meaning(means)
        }
        _ => Finding::passed(Item::Certificate, "", words),
    }
}

/// How many seconds are left until `end`, in seconds since 1970.
fn left(end: i64, now: SystemTime) -> u64 {
    let now = now.duration_since(SystemTime::UNIX_EPOCH);
    let end = u64::try_from(end).unwrap_or_default();
    end.saturating_sub(now.unwrap_or_default().as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn what_is_left_never_wraps() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        assert_eq!(left(1_000 + 3 * DAY as i64, now), 3 * DAY);
        assert_eq!(left(999, now), 0);
        assert_eq!(left(-5, now), 0);
    }
}
