//! The walk over all items, which may be given up at any time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::directives::Front;
use super::finding::{Finding, Item, STAGE, Verdict, request, status};
use super::plan::Plan;
use super::site::{Page, Site};
use super::{certificate, idle, login, prefix, probe, redirects, upload, websocket};
use crate::base::{Error, Kind, Route, Stage, text};
use crate::check::second_port::told_apart;
use crate::check::waiting::{given_up, over_time};
use crate::check::{Shown, Walk as Reaching};
use crate::dataset::Dataset;

/// What was found of a deployment.
#[derive(Debug)]
#[non_exhaustive]
pub struct Report {
    /// The way that was decided, unless that failed already.
    pub route: Option<Route>,
    /// What stands in front, as far as answers show.
    pub front: Front,
    /// What was found, in the order of the items; of several probes each has its own.
    pub findings: Vec<Finding>,
    /// Why it ended before its end: a signal, or its limit. Names the stage that was under way.
    pub ended: Option<Error>,
}

impl Report {
    /// Whether nothing failed, and all of it was walked. What is doubtful or was not tested is no
    /// failure.
    pub fn is_ok(&self) -> bool {
        self.failure().is_none()
    }

    /// The first failure, else why it ended before its end.
    pub fn failure(&self) -> Option<&Error> {
        let found = self.findings.iter().find_map(Finding::failure);
        found.or(self.ended.as_ref())
    }

    /// The report of what failed before anything was asked.
    pub fn of(error: Error) -> Self {
        let mut findings = vec![Finding::broken(Item::Reach, "", error)];
        let rest = &Item::ALL[1..];
        findings.extend(rest.iter().map(|item| Finding::untested(*item, UNREACHED)));
        Self {
            route: None,
            front: Front::default(),
            findings,
            ended: None,
        }
    }
}

const UNREACHED: &str = "the deployment is not reached";

/// A check of a deployment, which can be given up and still tells what it found.
#[derive(Debug)]
pub struct Walk<'a> {
    dataset: &'a Dataset,
    plan: Plan,
    /// The way to the first answer, stage by stage.
    reaching: Reaching,
    so_far: Mutex<SoFar>,
}

#[derive(Debug, Default)]
struct SoFar {
    front: Front,
    found: Vec<Finding>,
    trying: Vec<Trying>,
}

/// What is being tried, by what, and since when.
#[derive(Clone, Debug)]
struct Trying {
    item: Item,
    did: String,
    since: Instant,
}

impl<'a> Walk<'a> {
    /// A walk over what `plan` says, for the deployment whose public URL is that of `dataset`.
    ///
    /// # Errors
    /// As [`Plan::verify`].
    pub fn new(dataset: &'a Dataset, plan: Plan) -> crate::base::Result<Self> {
        plan.verify(dataset.url())?;
        Ok(Self {
            dataset,
            plan,
            reaching: Reaching::new(dataset.clone()),
            so_far: Mutex::default(),
        })
    }

    /// Tries everything, each thing once.
    ///
    /// # Cancel safety
    /// Dropping the future ends it; [`stopped`](Self::stopped) tells what was found.
    pub async fn run(&self) -> Report {
        let route = match self.dataset.connector().route(self.dataset.target()) {
            Ok(route) => route,
            Err(error) => return Report::of(error),
        };
        if let Some(site) = self.reach(&route).await {
            tokio::join!(self.websocket(&site), self.probes(&site));
        }
        self.report(|item| Finding::untested(item, UNREACHED))
    }

    /// [`run`](Self::run) for so long at most, as [`Reaching::run_within`].
    ///
    /// # Cancel safety
    /// As there.
    pub async fn run_within(&self, limit: Duration) -> Report {
        match tokio::time::timeout(limit, self.run()).await {
            Ok(report) => report,
            Err(_) => {
                let ended = over_time(self.under_way(given_up), limit);
                let report = self.so_far(
                    |waited| format!("given up after {waited} (--max-time)"),
                    |item| Finding::untested(item, "--max-time ended the check before its turn"),
                );
                Report {
                    ended: Some(ended),
                    ..report
                }
            }
        }
    }

    /// The report of a walk that was given up because of `why` (`SIGINT`).
    pub fn stopped(&self, why: &str) -> Report {
        let ended = self.under_way(|waited| format!("stopped by {why} after {waited} of waiting"));
        let report = self.so_far(
            |waited| format!("stopped by {why} after {waited}"),
            |item| Finding::untested(item, format!("stopped by {why} before its turn")),
        );
        Report {
            ended: Some(ended),
            ..report
        }
    }

    /// The report of a walk that goes on.
    pub fn waiting(&self) -> Report {
        self.so_far(
            |waited| format!("under way for {waited}"),
            |item| Finding::untested(item, "its turn comes"),
        )
    }

    /// The error for the first of what is under way; `words` tell how long it has been waited for.
    fn under_way(&self, words: impl FnOnce(String) -> String) -> Error {
        let first = self
            .lock()
            .trying
            .iter()
            .min_by_key(|one| one.item)
            .cloned();
        let Some(Trying { item, did, since }) = first.filter(|one| one.item > Item::Reach) else {
            let ended = self.reaching.so_far(words).failure;
            return ended.unwrap_or_else(|| Error::new(Kind::Interrupted, STAGE, "not begun"));
        };
        let words = words(text::seconds(since.elapsed()));
        let error = Error::new(Kind::Interrupted, STAGE, words)
            .while_doing(format!("check {} of the deployment", item.as_str()))
            .about(if did.is_empty() {
                item.as_str().to_owned()
            } else {
                did
            });
        match self.dataset.connector().route(self.dataset.target()) {
            Ok(route) => error.with_route(&route),
            Err(_) => error,
        }
    }

    fn so_far(&self, trying: impl Fn(String) -> String, rest: impl Fn(Item) -> Finding) -> Report {
        let under_way = self.lock().trying.clone();
        self.report(|item| match under_way.iter().find(|one| one.item == item) {
            Some(Trying { did, since, .. }) => {
                let elapsed = since.elapsed();
                Finding::waiting(item, did, trying(text::seconds(elapsed)), elapsed)
            }
            None => rest(item),
        })
    }

    /// Everything found, and `rest` of what was not.
    fn report(&self, rest: impl Fn(Item) -> Finding) -> Report {
        let so_far = self.lock();
        let mut findings = so_far.found.clone();
        for item in Item::ALL {
            if !findings.iter().any(|finding| finding.item == item) {
                findings.push(rest(item));
            }
        }
        findings.sort_by_key(|finding| finding.item);
        Report {
            route: self.dataset.connector().route(self.dataset.target()).ok(),
            front: so_far.front.clone(),
            findings,
            ended: None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, SoFar> {
        self.so_far.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn front(&self) -> Front {
        self.lock().front.clone()
    }

    /// Notes that an item is being tried, by what.
    fn begin(&self, item: Item, did: &str) {
        self.lock().trying.push(Trying {
            item,
            did: did.to_owned(),
            since: Instant::now(),
        });
    }

    /// Notes what was found, with the time that it took when it was begun.
    fn end(&self, mut finding: Finding) {
        let mut so_far = self.lock();
        let begun = so_far
            .trying
            .iter()
            .position(|one| one.item == finding.item);
        if let Some(begun) = begun {
            finding.elapsed = so_far.trying.remove(begun).since.elapsed();
        }
        so_far.found.push(finding);
    }

    fn untested(&self, item: Item, why: &str) {
        self.end(Finding::untested(item, why));
    }

    /// What needs nothing but the URL; `None` when nothing else can be tried.
    async fn reach(&self, route: &Route) -> Option<Site<'a>> {
        let url = self.dataset.url().clone();
        let did = request("GET", &url);
        self.begin(Item::Reach, &did);
        let site = match Site::new(self.dataset).await {
            Ok(site) => site,
            Err(error) => {
                self.end(Finding::broken(Item::Reach, "", error));
                return None;
            }
        };
        let watch = self.reaching.watch();
        let page = match watch.over(site.get(&url)).await {
            Ok(page) => page,
            Err(error) if error.kind() == Kind::Tls && error.stage() == Stage::TargetTls => {
                self.end(Finding::untested(
                    Item::Reach,
                    "TLS with it is not agreed on",
                ));
                self.end(Finding::broken(Item::Certificate, &did, error));
                return None;
            }
            Err(error) => {
                let error = told_apart(site.connector(), error).await;
                self.end(Finding::broken(Item::Reach, &did, error));
                return None;
            }
        };
        if !page.is_from_proxy() {
            self.lock().front = page.front.clone();
        }
        let mut answers = self.answers(&did, &page, route);
        if let Verdict::Passed = answers.verdict
            && let Some(means) = login::refused(page.status.as_u16(), site.has_login())
        {
            answers = answers.meaning(means);
        }
        let is_reached = answers.failure().is_none();
        self.end(answers);
        let mut shown = watch.certificates().into_iter().filter_map(Shown::of);
        let shown = shown.rfind(|shown| shown.stage == Stage::TargetTls);
        self.end(certificate::check(&site, shown.as_ref(), SystemTime::now()));
        if !is_reached {
            return None;
        }
        self.begin(Item::Redirects, &did);
        let followed = redirects::follow(&site, page).await;
        self.lock().front = followed.front.clone();
        self.end(followed.finding);
        self.begin(Item::Prefix, &did);
        let end = followed.end.as_ref();
        let finding = prefix::check(&site, end, &followed.front, Some(route)).await;
        self.end(finding);
        Some(site)
    }

    /// What the first answer says of the deployment as a whole.
    fn answers(&self, did: &str, page: &Page, route: &Route) -> Finding {
        let words = status(page.status);
        let server = page.front.server.as_deref();
        let told = match server {
            Some(server) => format!("{words}, Server: {}", text::clip_to(server, 60)),
            None => format!("{words}, no Server field"),
        };
        if let Some(error) = &page.proxys_word {
            let error = error.clone().with_hint(error.advice());
            return Finding::broken(Item::Reach, did, error);
        }
        if page.is_gateway_error() {
            let hint = "the reverse proxy is reached, and the application behind it does not answer: see \
                        that it runs, and that proxy_pass (nginx), the RewriteRule or ProxyPass (Apache) \
                        or the server line (haproxy) names its host and port";
            let what = format!("{did}: {words}");
            let error = Error::new(Kind::TargetUnavailable, Stage::Request, what);
            let error = error.about(did).with_route(route).with_hint(hint);
            let means = error.hint().map(str::to_owned).unwrap_or_default();
            return Finding {
                words: told,
                ..Finding::broken(Item::Reach, did, error)
            }
            .meaning(means);
        }
        match page.status.as_u16() {
            401 | 403 | 407 => Finding::passed(Item::Reach, did, told).meaning(
                "it wants a login: --user with --password-file, or a token with -H, show more",
            ),
            400 | 404 | 500..=599 => Finding::doubtful(Item::Reach, did, told)
                .meaning("something answers; whether it is the application does not show"),
            _ => match &page.doubt {
                Some(doubt) => Finding::doubtful(Item::Reach, did, told).meaning(doubt.as_str()),
                None => Finding::passed(Item::Reach, did, told),
            },
        }
    }

    /// The upgrade, and a WebSocket that says nothing.
    async fn websocket(&self, site: &Site<'_>) {
        const NO_IDLE: &str = "say how long with --idle SECS";
        let did = websocket::asks(site.url(), &self.plan);
        self.begin(Item::WebSocket, &did);
        let front = self.front();
        let tried = websocket::check(site, &self.plan, &front).await;
        let Some((socket, did)) = tried.open else {
            self.end(tried.finding);
            return self.untested(Item::Idle, "no WebSocket is open");
        };
        match self.plan.idle {
            Some(limit) => {
                self.end(tried.finding);
                self.begin(Item::Idle, &did);
                self.end(idle::check(socket, &did, limit, &front).await);
            }
            None => {
                let said = socket.close().await;
                self.end(websocket::goodbye(tried.finding, &said));
                self.untested(Item::Idle, NO_IDLE);
            }
        }
    }

    /// What the user gave the means for.
    async fn probes(&self, site: &Site<'_>) {
        let front = self.front();
        let probes = self.plan.probes(site.url());
        if probes.is_empty() {
            let why = "give --probe-url a request whose answer takes long";
            self.untested(Item::Request, why);
            self.untested(Item::Download, "give --probe-url a file of many MiB");
        }
        for url in &probes {
            let did = request("GET", url);
            self.begin(Item::Request, &did);
            self.begin(Item::Download, &did);
            for finding in probe::check(site, url, &self.plan, &front).await {
                self.end(finding);
            }
        }
        let Some(url) = self.plan.upload(site.url()) else {
            let why = "give --upload-url, or --probe-url, a URL to ask at";
            return self.untested(Item::Upload, why);
        };
        self.begin(Item::Upload, &request("POST", &url));
        let size = self.plan.upload_size;
        self.end(upload::check(site, &url, size, &front).await);
    }
}
