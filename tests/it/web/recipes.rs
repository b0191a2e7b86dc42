//! Each recipe as it stands has nothing that fails.

use super::{MEANS, Site, findings, of};
use crate::support::deployment::{Change, Recipe};
use crate::support::web_app::Manner;

fn is_good(recipe: Recipe, manner: Manner) {
    is_good_with(recipe, manner, &[]);
}

/// Nothing of the recipe with these changes fails, and everything is tested.
pub fn is_good_with(recipe: Recipe, manner: Manner, changes: &[Change<'_>]) {
    let site = Site::start(recipe, manner, changes);
    let mut arguments = MEANS.to_vec();
    arguments.extend(["--json", "--ws-path", "/ws"]);
    let ran = site.check("/", &arguments);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let found = findings(&ran);
    assert!(
        of(&found, &["fail", "doubt", "waiting"]).is_empty(),
        "{recipe:?} {changes:?}: {ran:?}"
    );
    let mut passed = of(&found, &["ok"]);
    passed.dedup();
    let mut wanted = vec![
        "reach",
        "certificate",
        "redirects",
        "prefix",
        "websocket",
        "idle",
        "request",
        "download",
        "upload",
    ];
    if matches!(recipe, Recipe::NginxHttp | Recipe::Apache) {
        wanted.retain(|item| *item != "certificate");
    }
    assert_eq!(passed, wanted, "{recipe:?} {changes:?}: {ran:?}");
}

#[test]
fn nginx_by_http() {
    is_good(Recipe::NginxHttp, Manner::default());
}

#[test]
fn nginx_by_https() {
    is_good(Recipe::NginxHttps, Manner::default());
    // The first of its two lines for redirects.
    is_good(
        Recipe::NginxHttps,
        Manner {
            knows_own_name: true,
            ..Manner::default()
        },
    );
}

/// As most are that are not of the recipe: with HTTP/2.
#[test]
fn nginx_by_http2() {
    let changes = [("@PORT@ ssl;", "@PORT@ ssl http2;")];
    is_good_with(Recipe::NginxHttps, Manner::default(), &changes);
}

#[test]
fn apache() {
    is_good(
        Recipe::Apache,
        Manner {
            checks_origin: true,
            ..Manner::default()
        },
    );
    is_good(
        Recipe::Apache,
        Manner {
            knows_own_name: true,
            ..Manner::default()
        },
    );
}

#[test]
fn haproxy_before_nginx() {
    is_good(
        Recipe::Haproxy,
        Manner {
            checks_origin: true,
            ..Manner::default()
        },
    );
    is_good(
        Recipe::Haproxy,
        Manner {
            wants_https: true,
            ..Manner::default()
        },
    );
}

/// Without means, what needs them is not tested, and says what it needs; the WebSocket is found by
/// itself where it is that of socket.io.
#[test]
fn without_means_the_rest_is_not_tested() {
    let site = Site::start(Recipe::NginxHttp, Manner::default(), &[]);
    let ran = site.check("", &[]).expect(0);
    for line in [
        "  ok     reach       GET /: 302 Found, Server: nginx/",
        "  -      certificate not tested: http:// has none",
        "  ok     redirects   GET /: 1 in a row, to http://localhost:",
        "  ok     prefix      ",
        "  ok     websocket   GET /socket.io/?…: 101 Switching Protocols, and frames come through",
        "  -      idle        not tested: say how long with --idle SECS",
        "  -      request     not tested: give --probe-url",
        "  -      download    not tested: give --probe-url",
        "  -      upload      not tested: give --upload-url",
        "ok: 0 failed, 0 in doubt, 4 passed, 5 not tested",
    ] {
        assert!(ran.out.contains(line), "{line}: {}", ran.out);
    }
}

/// No path is known, and none shows itself: that is no fault.
#[test]
fn an_application_without_websocket() {
    let manner = Manner {
        has_no_websocket: true,
        ..Manner::default()
    };
    let site = Site::start(Recipe::NginxHttp, manner, &[]);
    let ran = site.check("/", &[]).expect(0);
    let line = "  -      websocket   not tested: no WebSocket shows itself at / and /socket.io/: name the \
                application's with --ws-path PATH";
    assert!(ran.out.contains(line), "{}", ran.out);
    // Where it is said to be, it is not: that proves nothing, and is told.
    let ran = site.check("/", &["--ws-path", "/ws", "--json"]).expect(0);
    assert_eq!(
        of(&findings(&ran), &["doubt"]),
        ["websocket"],
        "{}",
        ran.out
    );
}
