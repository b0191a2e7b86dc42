//! A walk that somebody may not want to wait for.

use std::time::Duration;

use tokio::time::Instant;

use super::trust::{self, Shown};
use super::{Report, Subject};
use crate::base::{Error, Host, Kind, Route, Scheme, Stage, Step, Steps, Target, TunnelMode, text};
use crate::dial::Watch;

/// A walk that can be given up and still tells what it passed.
#[derive(Clone, Debug)]
pub struct Walk {
    subject: Subject,
    watch: Watch,
}

impl Walk {
    /// A walk up to the first byte of a dataset, or up to an open port.
    pub fn new(subject: impl Into<Subject>) -> Self {
        Self {
            subject: subject.into(),
            watch: Watch::new(),
        }
    }

    /// Walks, as [`check`](super::check).
    ///
    /// # Cancel safety
    /// Dropping the future ends it; [`stopped`](Self::stopped) tells how far it came.
    pub async fn run(&self) -> Report {
        let begun = Instant::now();
        let mut report = self.watch.over(self.subject.walk()).await;
        report.elapsed = begun.elapsed();
        report.tls = self.shown();
        report.remarks = self.watch.remarks();
        trust::tell_inspection(&mut report);
        report
    }

    /// [`run`](Self::run) for so long at most: every stage has its limit, and who answers byte by byte
    /// can still make the whole of it long. The error says at which stage it was given up.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn run_within(&self, limit: Duration) -> Report {
        match tokio::time::timeout(limit, self.run()).await {
            Ok(report) => report,
            Err(_) => {
                let mut report = self.so_far(given_up);
                let error = report.failure.take();
                report.failure = error.map(|error| over_time(error, limit));
                report
            }
        }
    }

    fn shown(&self) -> Vec<Shown> {
        let presented = self.watch.certificates().into_iter();
        presented.filter_map(Shown::of).collect()
    }

    /// The report of a walk that was given up because of `why` (`SIGINT`): the stages passed, and
    /// at which it was waiting.
    pub fn stopped(&self, why: &str) -> Report {
        self.so_far(|waited| format!("stopped by {why} after {waited} of waiting"))
    }

    /// The report of a walk that goes on: the stages passed, and at which it is waiting.
    pub fn waiting(&self) -> Report {
        self.so_far(|waited| format!("waiting for {waited}"))
    }

    /// What keeps the stages that it passes.
    #[cfg(feature = "ws")]
    pub(super) fn watch(&self) -> &Watch {
        &self.watch
    }

    /// What was passed, and the next stage as one that was interrupted; `words` tell how long it
    /// has been waited for.
    pub(super) fn so_far(&self, words: impl FnOnce(String) -> String) -> Report {
        let (steps, waited) = self.watch.seen();
        let target = self.subject.target();
        let connector = self.subject.connector();
        let route = match connector.route(target) {
            Ok(route) => route,
            Err(error) => return Report::of(error),
        };
        let tunnels = route.proxy().is_some_and(|proxy| {
            let asked = connector.connection().and_then(|c| c.tunnel);
            asked.unwrap_or(proxy.tunnel) == TunnelMode::Always
        });
        // Asked for in absolute form, FTP's stages are those of plain HTTP.
        let asked = match &self.subject {
            Subject::Dataset(dataset) => dataset.asks_proxy_for_ftp().unwrap_or(false),
            Subject::Port(_) => false,
        };
        let as_http =
            asked.then(|| Target::new(Scheme::Http, target.host().clone(), target.port()));
        let (target, tunnels) = match &as_http {
            Some(target) => (target, false),
            None => (target, tunnels),
        };
        let (stage, subject) = next(&steps, &route, target, tunnels);
        let elapsed = steps.elapsed() + waited;
        let what = words(text::seconds(waited));
        let error = Error::new(Kind::Interrupted, stage, what)
            .about(subject)
            .while_doing(format!("check {target}"))
            .with_route(&route)
            .after(steps.clone());
        Report {
            route: Some(route),
            steps,
            elapsed,
            tls: self.shown(),
            remarks: self.watch.remarks(),
            failure: Some(error),
            ..Report::default()
        }
    }
}

/// The words for what was waited for when the limit on the whole came.
pub(super) fn given_up(waited: String) -> String {
    format!("given up after {waited} of waiting")
}

/// The error for what was under way when the limit on the whole came.
pub(super) fn over_time(error: Error, limit: Duration) -> Error {
    error
        .with_kind(Kind::Timeout)
        .with_limit("--max-time", text::seconds(limit))
        .with_hint(
            "all stages together took longer than that: the times show which was slow, and the \
             last one was waited for; --max-time allows more",
        )
}

/// The stage that comes after those passed, and what it is about. `tunnels`: plain HTTP goes by
/// CONNECT too.
fn next(steps: &Steps, route: &Route, target: &Target, tunnels: bool) -> (Stage, String) {
    let first_hop = match route.proxy() {
        Some(proxy) => (proxy.host.clone(), proxy.authority()),
        None => (target.host().clone(), target.authority()),
    };
    let scheme = target.scheme();
    let is_ftp = matches!(scheme.as_str(), "ftp" | "ftps");
    let by_connect = route.proxy().is_some() && (scheme.as_str() != "http" || tunnels);
    let has_port = steps.iter().any(|step| step.stage == Stage::Passive);
    let opened = match scheme.is_tls() {
        true => Stage::TargetTls,
        false if is_ftp => Stage::Greeting,
        false => Stage::Request,
    };
    let stage = match steps.last().map(|step| step.stage) {
        None if matches!(first_hop.0, Host::Domain(_)) => Stage::Resolve,
        None | Some(Stage::Resolve) if !has_port => Stage::Dial,
        Some(Stage::Connect | Stage::Data) if has_port => Stage::Request,
        Some(Stage::Resolve | Stage::Dial | Stage::Auth | Stage::Passive) if has_port => {
            Stage::Data
        }
        Some(Stage::Dial | Stage::ProxyTls | Stage::Auth) if by_connect => Stage::Connect,
        Some(Stage::TargetTls) if is_ftp => Stage::Greeting,
        Some(Stage::TargetTls) => Stage::Request,
        Some(Stage::Greeting) => Stage::Login,
        Some(Stage::Login) => Stage::Passive,
        Some(Stage::Request | Stage::Transfer) => Stage::Transfer,
        _ => opened,
    };
    // A redirect may have led elsewhere: what was opened last says where.
    let is_end = |step: &&Step| match step.stage {
        Stage::Connect => !has_port,
        Stage::Dial => !has_port && route.proxy().is_none(),
        _ => false,
    };
    let opened = steps.last().filter(is_end).map(|step| step.subject.clone());
    let subject = match (stage, opened) {
        (Stage::Resolve, _) => first_hop.0.to_string(),
        (Stage::Dial, _) => first_hop.1,
        (_, Some(opened)) => opened,
        (_, None) => target.authority(),
    };
    (stage, subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    #[test]
    fn what_comes_next_goes_by_scheme_and_way() {
        use Stage::{Connect, Data, Dial, Greeting, Login, Passive, Request, Resolve};
        use Stage::{TargetTls, Transfer};
        let proxied = "[proxy]\nurl = \"http://p.test:3128\"\n";
        let cases: &[(&str, &str, &[Stage], Stage, &str)] = &[
            (proxied, "https://h.test/", &[], Resolve, "p.test"),
            (proxied, "https://h.test/", &[Resolve], Dial, "p.test:3128"),
            (
                proxied,
                "https://h.test/",
                &[Resolve, Dial],
                Connect,
                "h.test:443",
            ),
            (
                proxied,
                "https://h.test/",
                &[Dial, Connect],
                TargetTls,
                "h.test:443",
            ),
            (proxied, "http://h.test/", &[Dial], Request, "h.test:80"),
            (
                proxied,
                "ftp://h.test/",
                &[Dial, Connect],
                Greeting,
                "h.test:21",
            ),
            (
                proxied,
                "ftp://h.test/",
                &[Connect, Greeting, Login],
                Passive,
                "h.test:21",
            ),
            (
                proxied,
                "ftp://h.test/",
                &[Login, Passive],
                Data,
                "h.test:21",
            ),
            (
                proxied,
                "ftp://h.test/",
                &[Passive, Dial],
                Data,
                "h.test:21",
            ),
            (
                proxied,
                "ftp://h.test/x",
                &[Passive, Connect],
                Request,
                "h.test:21",
            ),
            ("", "http://10.0.0.1/", &[], Dial, "10.0.0.1:80"),
            ("", "http://10.0.0.1/", &[Dial], Request, "10.0.0.1:80"),
            (
                "",
                "http://10.0.0.1/",
                &[Dial, Request],
                Transfer,
                "10.0.0.1:80",
            ),
            (
                "",
                "https://10.0.0.1/",
                &[Dial, TargetTls],
                Request,
                "10.0.0.1:443",
            ),
            ("", "ftp://10.0.0.1/", &[Dial], Greeting, "10.0.0.1:21"),
        ];
        for (toml, url, passed, stage, subject) in cases {
            let policy = Settings::from_toml(toml).unwrap();
            let target = Target::parse(url).unwrap();
            let route = crate::route::resolve(&policy, None, &target).unwrap();
            let mut steps = Steps::default();
            for stage in *passed {
                let place = match route.proxy() {
                    Some(proxy) if *stage == Dial => proxy.authority(),
                    _ => target.authority(),
                };
                steps.pass(*stage, place, "", Duration::ZERO);
            }
            let found = next(&steps, &route, &target, false);
            assert_eq!(found, (*stage, (*subject).to_owned()), "{url} {passed:?}");
        }
    }
    #[test]
    fn behind_a_redirect_it_is_the_other_server() {
        let target = Target::parse("http://10.0.0.1/").unwrap();
        let policy = Settings::from_toml("").unwrap();
        let route = crate::route::resolve(&policy, None, &target).unwrap();
        let mut steps = Steps::default();
        for (stage, subject) in [
            (Stage::Dial, "10.0.0.1:80"),
            (Stage::Request, "GET /"),
            (Stage::Dial, "10.0.0.2:8080"),
        ] {
            steps.pass(stage, subject, "", Duration::ZERO);
        }
        let (stage, subject) = next(&steps, &route, &target, false);
        assert_eq!((stage, &*subject), (Stage::Request, "10.0.0.2:8080"));
    }
}
