//! The one line that an error is.

use super::*;
use crate::base::{Auth, FtpMode, Host, Origin, Proxy, ProxyScheme, Reason, Trust, TunnelMode};

#[test]
fn one_line_says_what_where_and_why_that_way() {
    let route = Route::direct(Reason::NoProxy, Origin::Default);
    let error = Error::new(Kind::Timeout, Stage::Dial, "no answer")
        .while_doing("dial 192.0.2.1:21")
        .while_doing("something higher")
        .with_route(&route)
        .with_limit("timeouts.dial", "10 s")
        .with_attempts(3);
    assert_eq!(
        error.to_string(),
        "dial 192.0.2.1:21 directly (no proxy is configured): no answer \
         (limit timeouts.dial = 10 s), tried 3 times"
    );
    assert_eq!(error.side(), Side::Network);
}

#[test]
fn the_proxy_is_not_reached_through_itself() {
    let proxy = Arc::new(Proxy {
        scheme: ProxyScheme::Http,
        host: Host::parse("192.0.2.1").unwrap(),
        port: 3128,
        credentials: None,
        auth: Auth::Auto,
        tunnel: TunnelMode::Auto,
        ftp: FtpMode::Tunnel,
        trust: Trust::default(),
        key: String::new(),
        origin: Origin::Default,
    });
    let origin = Origin::Flag("--proxy".to_owned());
    let error = || {
        Error::new(Kind::Dial, Stage::Dial, "connection refused")
            .while_doing("dial 192.0.2.1:3128")
            .reaching("h.example:443")
    };
    let through = error().with_route(&Route::through(proxy, Reason::Flag, origin));
    assert_eq!(
        through.to_string(),
        "reach the proxy http://192.0.2.1:3128 (proxy given on the command line, flag --proxy) \
         for h.example:443: connection refused"
    );
    assert_eq!(through.subject(), Some("192.0.2.1:3128"));
    let direct = error().with_route(&Route::direct(Reason::NoProxy, Origin::Default));
    assert_eq!(
        direct.to_string(),
        "dial 192.0.2.1:3128 directly (no proxy is configured): connection refused"
    );
}

#[test]
fn it_is_found_behind_io_and_other_errors() {
    let error = Error::new(Kind::ProxyRefused, Stage::Connect, "no");
    let wrapped = std::io::Error::other(std::io::Error::from(error));
    assert_eq!(Error::find(&wrapped).unwrap().kind(), Kind::ProxyRefused);
}
