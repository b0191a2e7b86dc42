//! Whether the upgrade of WebSocket reaches the application: what is proof, and what is doubt.

use std::time::Duration;

use url::Url;

use super::directives::Front;
use super::fault::Fault;
use super::finding::{Finding, Item, Verdict, request};
use super::login;
use super::plan::Plan;
use super::site::Site;
use crate::base::{Answer, Error, Kind, Result, Route, Stage, text};
use crate::check::second_port::told_apart;
use crate::ws::{Closed, Options, WebSocket};

/// Where an application of socket.io (Dataiku DSS is one) has its WebSocket.
pub(super) const SOCKET_IO: &str = "/socket.io/?EIO=4&transport=websocket";

/// What came of the upgrade.
pub(super) struct Tried {
    pub finding: Finding,
    /// The WebSocket, with the request that opened it, where it is open.
    pub open: Option<(WebSocket, String)>,
}

/// What an answer that is no 101 shows.
#[derive(Debug, PartialEq, Eq)]
enum Shows {
    /// The upgrade did not arrive as one; why that is proven.
    Lost(&'static str),
    /// There may be a WebSocket, and it is not to be told why it was refused.
    Unclear(&'static str),
    /// Something else stands before an answer that would tell: a login, a gateway's own page.
    Hidden(&'static str),
    /// Nothing shows that there is a WebSocket at that path.
    NoneThere,
}

/// How a WebSocket is opened here: no ping, for it is to be idle.
fn options() -> Options {
    Options {
        ping: None,
        silence: None,
        close: Duration::from_secs(5),
        ..Options::default()
    }
}

/// Tries the paths of `plan`, or those that are likely, until one tells for certain.
pub(super) async fn check(site: &Site<'_>, plan: &Plan, front: &Front) -> Tried {
    let (paths, is_known) = paths(site.url(), plan);
    let mut doubt = None;
    for url in &paths {
        let tried = try_at(site, url, is_known, front).await;
        match tried {
            Some(tried) if matches!(tried.finding.verdict, Verdict::Doubtful) => {
                doubt = doubt.or(Some(tried));
            }
            Some(tried) => return tried,
            None => {}
        }
    }
    let names: Vec<String> = paths.iter().map(|url| text::clip(url.path())).collect();
    doubt.unwrap_or_else(|| {
        let why = format!(
            "no WebSocket shows itself at {}: name the application's with --ws-path PATH",
            names.join(" and ")
        );
        closed(Finding::untested(Item::WebSocket, why))
    })
}

/// What is to be asked, as it is shown.
pub(super) fn asks(site: &Url, plan: &Plan) -> String {
    let (paths, _) = paths(site, plan);
    let asks: Vec<String> = paths.iter().map(|url| request("GET", url)).collect();
    asks.join(", ")
}

/// Where a WebSocket is looked for, and whether the user says that there is one.
fn paths(site: &Url, plan: &Plan) -> (Vec<Url>, bool) {
    match plan.ws_path(site) {
        Some(url) => (vec![url], true),
        None => (likely(site), false),
    }
}

fn likely(url: &Url) -> Vec<Url> {
    let mut urls = vec![url.clone()];
    urls.extend(url.join(SOCKET_IO));
    urls
}

fn closed(finding: Finding) -> Tried {
    Tried {
        finding,
        open: None,
    }
}

/// Tries one path; `None`: nothing shows that there is a WebSocket.
async fn try_at(site: &Site<'_>, url: &Url, is_known: bool, front: &Front) -> Option<Tried> {
    let did = request("GET", url);
    let error = match site.upgrade(url, true, &options()).await {
        Ok(socket) => {
            let words = "101 Switching Protocols";
            let finding = Finding::passed(Item::WebSocket, &did, words);
            return Some(Tried {
                finding,
                open: Some((socket, did)),
            });
        }
        Err(error) => error,
    };
    let route = error.route().cloned();
    let lost = |words: String, means: Option<&str>, front: &Front| {
        let fault = Fault::NoUpgrade;
        let finding = Finding::failed(Item::WebSocket, &did, words, fault, front, route.as_ref());
        Some(closed(match means {
            Some(means) => finding.meaning(format!("{means}: {}", fault.meaning())),
            None => finding,
        }))
    };
    let unclear = |means: &str, front: &Front| {
        let words = told(&error);
        let finding = Finding::doubtful(Item::WebSocket, &did, words).meaning(means);
        Some(closed(finding.with_advice(Fault::NoUpgrade, front)))
    };
    let Some(answer) = error.answer().filter(|_| error.stage() == Stage::Request) else {
        return match (error.stage(), is_known) {
            // A 101 that is none to this request.
            (Stage::Request, _) if error.kind() == Kind::TargetProtocol => {
                let means = "it is not the answer to this upgrade: something on the way made it";
                lost(told(&error), Some(means), front)
            }
            (Stage::Request, true) => lost(
                told(&error),
                Some("the upgrade is not answered, and requests are"),
                front,
            ),
            (Stage::Request, false) => {
                unclear("the upgrade is not answered, and requests are", front)
            }
            // Before the deployment: a forward proxy's refusal, mostly.
            _ => {
                let error = told_apart(site.connector(), error.clone()).await;
                Some(closed(Finding::unclear(Item::WebSocket, &did, &error)))
            }
        };
    };
    let front = Front::of(answer.server.as_deref(), &answer.body).or(front);
    if answer.code == 403
        && let Some(tried) = without_origin(site, url, &did, answer, &front, route.as_ref()).await
    {
        return Some(tried);
    }
    // The same without the upgrade: what differs is what the upgrade did.
    let plain = match site.get(url).await {
        Ok(page) => Some(page.status.as_u16()),
        Err(_) => None,
    };
    match shows(answer, plain, is_known, site.has_login()) {
        Shows::Lost(means) => lost(told(&error), Some(means), &front),
        Shows::Unclear(means) => unclear(means, &front),
        Shows::Hidden(means) => {
            let finding = Finding::doubtful(Item::WebSocket, &did, told(&error));
            Some(closed(finding.meaning(means)))
        }
        Shows::NoneThere => None,
    }
}

/// What is to be said of a WebSocket that was opened and closed: the answer to the close shows that
/// frames come through both ways.
pub(super) fn goodbye(finding: Finding, said: &Result<Closed>) -> Finding {
    match said {
        Ok(_) => Finding {
            words: format!("{}, and frames come through", finding.words),
            ..finding
        },
        Err(error) => Finding {
            verdict: Verdict::Doubtful,
            words: format!("{}, and then: {}", finding.words, error.what()),
            ..finding
        }
        .meaning("the upgrade comes through; whether frames do does not show"),
    }
}

/// What was answered, for people.
fn told(error: &Error) -> String {
    match error.answer() {
        Some(answer) => answer.to_string(),
        None => error.what().to_owned(),
    }
}

/// Asks again as a program does that is no browser.
async fn without_origin(
    site: &Site<'_>,
    url: &Url,
    did: &str,
    answer: &Answer,
    front: &Front,
    route: Option<&Route>,
) -> Option<Tried> {
    let socket = site.upgrade(url, false, &options()).await.ok()?;
    let _ = socket.close().await;
    let origin = site.url().origin().ascii_serialization();
    let words = format!("{answer} with Origin: {origin}, and 101 without");
    let fault = Fault::Origin;
    let finding = Finding::failed(Item::WebSocket, did, words, fault, front, route);
    Some(closed(finding))
}

/// Judges an answer that is no 101. `plain` is the status of the same GET without upgrade; `is_known`:
/// the user says that there is a WebSocket at that path; `has_login`: a login was sent.
fn shows(answer: &Answer, plain: Option<u16>, is_known: bool, has_login: bool) -> Shows {
    let body = answer.body.to_ascii_lowercase();
    let wants_upgrade = body.contains("upgrade") || body.contains("websocket");
    let is_engine = body.contains("\"code\":3") && body.contains("bad request");
    let was_good = plain.is_some_and(|plain| plain < 500);
    match answer.code {
        426 => Shows::Lost("426 asks for the upgrade that was sent"),
        400 if is_engine => Shows::Lost("socket.io says that it got no upgrade"),
        400 | 404 | 405 if wants_upgrade => {
            Shows::Lost("the application says that it got no upgrade")
        }
        200..=299 if is_known => Shows::Lost(
            "the application took the upgrade for an ordinary request, unless that path has no WebSocket",
        ),
        500..=599 if is_known && was_good => {
            Shows::Lost("the same request without the upgrade is answered otherwise")
        }
        502..=504 => {
            Shows::Hidden("the reverse proxy says that the application does not answer there")
        }
        500..=599 if was_good => {
            Shows::Unclear("the same request without the upgrade is answered otherwise")
        }
        code @ (401 | 403) => {
            Shows::Hidden(login::refused(code, has_login).unwrap_or(match code {
                401 => "a login is wanted first: --user with --password-file, or a token with -H",
                _ => "it is forbidden, to this user or to everybody",
            }))
        }
        code @ 300..=399 if is_known => Shows::Hidden(login::refused(code, has_login).unwrap_or(
            "a redirect, to a login mostly: --user with --password-file, or a token with -H",
        )),
        code if is_known && plain == Some(code) => Shows::Unclear(
            "it is answered as without the upgrade: there is no WebSocket at that path, or the upgrade is lost",
        ),
        _ if is_known => Shows::Unclear("the upgrade is refused, by the application or on the way"),
        _ => Shows::NoneThere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(code: u16, body: &str, plain: u16, is_known: bool) -> &'static str {
        let mut answer = Answer::new(code, "");
        answer.body = body.to_owned();
        match shows(&answer, Some(plain), is_known, false) {
            Shows::Lost(_) => "lost",
            Shows::Unclear(_) | Shows::Hidden(_) => "unclear",
            Shows::NoneThere => "none",
        }
    }

    /// What servers say to a request at the path of a WebSocket that has lost its upgrade.
    #[test]
    fn an_upgrade_that_is_lost_is_told_from_a_path_without_websocket() {
        for (code, body, plain, known, unknown) in [
            // `ws` of Node.js, websockets of Python.
            (426, "Upgrade Required", 426, "lost", "lost"),
            // engine.io, below socket.io.
            (
                400,
                r#"{"code":3,"message":"Bad request"}"#,
                400,
                "lost",
                "lost",
            ),
            // Tornado, gorilla, aiohttp.
            (
                400,
                "Can \"Upgrade\" only to \"WebSocket\".",
                400,
                "lost",
                "lost",
            ),
            (
                400,
                "Bad Request\nwebsocket: the client is not using the websocket protocol",
                400,
                "lost",
                "lost",
            ),
            (400, "No WebSocket UPGRADE hdr: None", 400, "lost", "lost"),
            // An ordinary page.
            (200, "<html>", 200, "lost", "none"),
            (404, "Not Found", 404, "unclear", "none"),
            (400, "Bad Request", 200, "unclear", "none"),
            (302, "", 302, "unclear", "none"),
            (401, "", 401, "unclear", "unclear"),
            (403, "", 403, "unclear", "unclear"),
            // Apache without mod_proxy_wstunnel.
            (
                500,
                "<title>500 Internal Server Error</title>",
                200,
                "lost",
                "unclear",
            ),
            (502, "", 502, "unclear", "unclear"),
            (502, "", 200, "lost", "unclear"),
        ] {
            assert_eq!(judged(code, body, plain, true), known, "{code} {body}");
            assert_eq!(judged(code, body, plain, false), unknown, "{code} {body}");
        }
    }
}
