//! `outbound route`: which way, and why.

use serde_json::{Value, json};

use super::args::{Common, RouteArgs};
use super::dataset::{explicit_tls, ftp_mode, warn_of_password};
use super::exit::Exit;
use super::output::{Output, without_query};
use super::place::Place;
use super::{asked, json};
use crate::base::{ExplicitTls, Origin, Result, Route, Scheme, text};
use crate::dataset::reached;
use crate::route::resolve;
use crate::settings::{Location, Policy};

pub fn run(policy: &Policy, common: &Common, args: &RouteArgs, output: &Output) -> Result<Exit> {
    let asked = asked::all(&args.urls)?;
    let mut exit = Exit::Success;
    for mut place in Place::all(&asked) {
        warn_of_password(&place, output);
        match decide(policy, common, args, &mut place) {
            Ok(decided) if output.json => output.line(&place.json(as_json(&decided))),
            Ok(decided) => show(output, &decided),
            Err(error) => exit = exit.and(output.failed(&place, &error)),
        }
    }
    Ok(exit)
}

struct Decided {
    location: Location,
    route: Route,
    /// Where a bucket is reached, host and port.
    endpoint: Option<String>,
    /// How FTP's channels are protected: `implicit`, `explicit`, `opportunistic`, `off`.
    tls: Option<&'static str>,
    /// How plain FTP goes through the proxy: `tunnel`, `proxy-get`.
    ftp: Option<&'static str>,
}

fn decide(
    policy: &Policy,
    common: &Common,
    args: &RouteArgs,
    place: &mut Place<'_>,
) -> Result<Decided> {
    let mut location = policy.locate(place.typed, common.connection.as_deref())?;
    let _ = location.url.set_username("");
    let _ = location.url.set_password(None);
    place.url = Some(location.url.clone());
    let target = reached(&location.url, location.connection.as_deref())?;
    let route = resolve(policy, location.connection.as_deref(), &target)?;
    let connection = location.connection.as_ref();
    let tls = explicit_tls(&args.tls, &target)?;
    let tls = tls.or(connection.map(|connection| connection.tls));
    let tls = tls.unwrap_or_default();
    let ftp = ftp_mode(&args.ftp, &target)?.or(connection.and_then(|connection| connection.ftp));
    let plain = target.scheme() == Scheme::Ftp && tls == ExplicitTls::Off;
    let proxy = route.proxy().filter(|_| plain);
    let is_bucket = location.url.scheme() == Scheme::S3.as_str();
    Ok(Decided {
        endpoint: is_bucket.then(|| target.authority()),
        tls: tls.word_for(&target),
        ftp: proxy.map(|proxy| ftp.unwrap_or(proxy.ftp).as_str()),
        location,
        route,
    })
}

fn as_json(decided: &Decided) -> Value {
    let Decided {
        location,
        route,
        endpoint,
        tls,
        ftp,
    } = decided;
    let rejected: Vec<_> = route
        .rejected
        .iter()
        .map(|passed| {
            json!({
                "candidate": passed.candidate,
                "why": passed.why,
                "origin": passed.origin.to_string(),
            })
        })
        .collect();
    let mut object = json!({
        "connection": location.connection.as_ref().map(|c| c.name.as_str()),
        "endpoint": endpoint,
        "tls": tls,
        "ftp": ftp,
    });
    if let (Some(object), Value::Object(way)) = (object.as_object_mut(), json::route(route)) {
        object.extend(way);
        object.insert("rejected".into(), rejected.into());
    }
    object
}

fn show(output: &Output, decided: &Decided) {
    let Decided {
        location,
        route,
        endpoint,
        tls,
        ftp,
    } = decided;
    let way = match route.proxy() {
        Some(proxy) => format!("through {proxy}"),
        None => "direct".to_owned(),
    };
    let url = without_query(location.url.as_str());
    output.line(&format!("{}  {way}", text::escape(&url)));
    output.line(&format!("  because     {}", route.why()));
    if let Some(connection) = &location.connection {
        output.line(&format!("  connection  {}", connection.name));
    }
    if let Some(endpoint) = endpoint {
        output.line(&format!("  endpoint    {endpoint}"));
    }
    match *tls {
        Some("implicit") => output.line("  tls         implicit, from the first byte"),
        Some("explicit") => output.line("  tls         explicit (AUTH TLS), required"),
        Some("opportunistic") => {
            output
                .line("  tls         opportunistic (AUTH TLS), in clear where the server refuses");
        }
        _ => {}
    }
    if *ftp == Some("proxy-get") {
        output.line("  ftp         by request to the proxy (GET ftp://…), without a tunnel");
    }
    for passed in &route.rejected {
        let origin = match &passed.origin {
            Origin::Default => String::new(),
            origin => format!(" ({origin})"),
        };
        output.line(&format!(
            "  not         {}: {}{origin}",
            passed.candidate, passed.why
        ));
    }
}
