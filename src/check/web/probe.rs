//! A request whose answer takes long, and a large download: one GET tells of both.

use std::time::Duration;

use http::Method;
use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::directives::Front;
use super::fault::Fault;
use super::finding::{Finding, Item, request, status};
use super::plan::Plan;
use super::site::{Page, Site};
use crate::base::{Error, Kind, Route, Stage, text};
use crate::http::{Body, Response};

/// From when on an answer was waited for: what is quicker shows nothing.
const LONG: Duration = Duration::from_secs(1);

/// From when on a download is a large one: what is smaller fits into buffers.
const LARGE: u64 = 1 << 20;

/// More is not read, and no longer: what was not cut until then is large enough.
const MOST: u64 = 16 << 30;
const LONGEST: Duration = Duration::from_secs(3600);

/// How long the first byte of a large download is left lying, so that what stands in front has to put
/// somewhere what comes meanwhile.
const HELD: Duration = Duration::from_millis(300);

/// The name of the limit on silence, for errors.
const SILENCE: &str = "--silence";

/// Asks for `url`, and gives what that shows of a long request and of a large download.
pub(super) async fn check(site: &Site<'_>, url: &Url, plan: &Plan, front: &Front) -> [Finding; 2] {
    let did = request("GET", url);
    let mut asked = site.request(Method::GET, url);
    asked.patience = Some((plan.silence, SILENCE));
    let began = Instant::now();
    let sent = site.send(asked).await;
    let waited = began.elapsed();
    let response = match sent {
        Ok(response) if response.status.is_success() => response,
        Ok(response) => {
            let (page, took) = (Page::of(response).await, waited);
            let words = status(page.status);
            let download = Finding::untested(Item::Download, format!("{did} was answered {words}"));
            return [refused(&page, &did, took, front), download];
        }
        Err(error) => {
            let download = Finding::untested(Item::Download, format!("{did} gave no answer"));
            return [unanswered(&error, &did, waited, front), download];
        }
    };
    let words = format!(
        "{} after {}",
        status(response.status),
        text::seconds(waited)
    );
    let asked = match waited < LONG {
        true => quick(&words, &did),
        false => Finding::passed(Item::Request, &did, words),
    };
    [asked, download(response, &did, plan, front).await]
}

fn quick(words: &str, did: &str) -> Finding {
    let why =
        format!("{did} was answered {words}: give --probe-url a request whose answer takes long");
    Finding::untested(Item::Request, why)
}

/// Judges a request that was answered with a refusal.
fn refused(page: &Page, did: &str, waited: Duration, front: &Front) -> Finding {
    let words = format!("{} after {}", status(page.status), text::seconds(waited));
    // 524 and its neighbours are those of a CDN. Apache says 502 when its backend takes too long.
    let is_cut = match page.status.as_u16() {
        504 | 408 | 524 => true,
        502 | 503 | 520..=523 => waited >= LONG / 2,
        _ => false,
    };
    match is_cut {
        true if page.is_from_proxy() => Finding::doubtful(Item::Request, did, words)
            .meaning("it is the forward proxy on the way that says so"),
        true => {
            let front = page.front.clone().or(front);
            let fault = Fault::RequestCut;
            Finding::failed(Item::Request, did, words, fault, &front, Some(&page.route))
        }
        false => Finding::untested(Item::Request, format!("{did} was answered {words}")),
    }
}

/// Judges a request that got no answer.
fn unanswered(error: &Error, did: &str, waited: Duration, front: &Front) -> Finding {
    let lasted = text::seconds(waited);
    let is_ours = error.limit().is_some_and(|limit| limit.setting == SILENCE);
    if is_ours {
        let words = format!("no answer in {lasted}, and it was not cut (--silence)");
        return Finding::passed(Item::Request, did, words);
    }
    match (error.stage(), error.kind()) {
        (Stage::Request, Kind::Cut | Kind::TargetProtocol | Kind::ProxyProtocol) => {
            let words = format!("after {lasted}: {}", error.what());
            let route: Option<&Route> = error.route();
            Finding::failed(Item::Request, did, words, Fault::RequestCut, front, route)
        }
        _ => Finding::unclear(Item::Request, did, error),
    }
}

/// Reads what was answered to its end.
async fn download(response: Response, did: &str, plan: &Plan, front: &Front) -> Finding {
    let (total, route) = (response.body.remaining(), response.route);
    let mut body = response.body.with_idle(plan.silence, SILENCE);
    let began = Instant::now();
    let (came, end) = read(&mut body, total).await;
    let (size, took) = (bytes(came), text::seconds(began.elapsed()));
    match end {
        End::Broken(error) if error.kind() == Kind::Timeout => {
            Finding::unclear(Item::Download, did, &error)
        }
        End::Broken(error) => {
            let of = total.map_or_else(String::new, |total| format!(" of {}", bytes(total)));
            let words = format!("after {size}{of}: {}", error.what());
            let fault = Fault::DownloadCut;
            Finding::failed(Item::Download, did, words, fault, front, Some(&route))
        }
        End::Enough if came < LARGE => {
            let words = format!("{size} came in {took}, and no more was waited for");
            Finding::doubtful(Item::Download, did, words)
        }
        End::Enough => {
            let words = format!("{size} came in {took}, and no more was read");
            Finding::passed(Item::Download, did, words)
        }
        End::Whole if came < LARGE => {
            let why = format!("{did} gave {size}: give --probe-url a file of many MiB");
            Finding::untested(Item::Download, why)
        }
        End::Whole => Finding::passed(Item::Download, did, format!("{size} came whole in {took}")),
    }
}

/// How a download ended.
enum End {
    Whole,
    Enough,
    Broken(Error),
}

async fn read(body: &mut Body, total: Option<u64>) -> (u64, End) {
    let until = Instant::now() + LONGEST;
    let mut buffer = vec![0; 64 * 1024];
    let mut came = 0;
    let is_large = total.is_none_or(|total| total >= LARGE);
    while came < MOST {
        match timeout_at(until, body.read(&mut buffer)).await {
            Err(_) => break,
            Ok(Ok(0)) => return (came, End::Whole),
            Ok(Ok(count)) => {
                if came == 0 && is_large {
                    tokio::time::sleep(HELD).await;
                }
                came += count as u64;
            }
            Ok(Err(cause)) => return (came, End::Broken(Error::from_io(cause))),
        }
    }
    (came, End::Enough)
}

/// A size as people write it: `64.0 MiB`.
pub(super) fn bytes(count: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.into_iter().find(|(_, power)| count >> power > 0) {
        Some((unit, power)) if count.is_multiple_of(1 << power) => {
            format!("{} {unit}", count >> power)
        }
        Some((unit, power)) => {
            // Tenths, rounded down: what is not whole never looks whole.
            let tenths = (u128::from(count) * 10) >> power;
            format!("{}.{} {unit}", tenths / 10, tenths % 10)
        }
        None => format!("{count} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_readable_and_never_rounded_up() {
        for (count, shown) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1536, "1.5 KiB"),
            (64 << 20, "64 MiB"),
            ((64 << 20) - 1, "63.9 MiB"),
            (u64::MAX, "17179869183.9 GiB"),
        ] {
            assert_eq!(bytes(count), shown);
        }
    }

    #[test]
    fn a_wait_that_was_long_enough_is_no_cut() {
        let late =
            Error::new(Kind::Timeout, Stage::Request, "no answer").with_limit(SILENCE, "300 s");
        let found = |error: &Error| {
            unanswered(error, "GET /x", Duration::from_secs(300), &Front::default())
        };
        assert_eq!(found(&late).verdict.as_str(), "ok");
        let cut = Error::new(Kind::Cut, Stage::Request, "closed");
        assert_eq!(found(&cut).verdict.as_str(), "fail");
        let dial = Error::new(Kind::Dial, Stage::Dial, "refused");
        assert_eq!(found(&dial).verdict.as_str(), "doubt");
    }
}
