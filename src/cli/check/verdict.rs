//! What `outbound check` shows of one URL: the stages in columns, and the verdict below them.

use super::milliseconds;
use crate::base::{Error, Kind, Route, Step, text};
use crate::check::{Evidence, Report};
use crate::cli::output::{again, causes, without_query, without_userinfo};

/// The widths of the first column, at least and at most.
const SUBJECT: (usize, usize) = (38, 52);
/// The widths of what came back.
const ANSWER: (usize, usize) = (28, 44);

/// The lines for one URL.
pub fn lines(url: &str, report: &Report) -> Vec<String> {
    let subjects = report.steps.iter().map(|step| about(step).chars().count());
    let failed = report.failure.iter().map(|e| failed(e).chars().count());
    let ways = report.route.iter().map(|route| way(route).chars().count());
    let first = width(subjects.chain(failed).chain(ways), SUBJECT);
    let answers = report.steps.iter().map(|step| step.answer.chars().count());
    let second = width(answers, ANSWER);

    let mut lines = vec![without_query(&without_userinfo(url))];
    if let Some(route) = &report.route {
        lines.push(format!("route    {:<first$} {}", way(route), route.why()));
    }
    for step in report.steps.iter() {
        let what = shorten(&about(step), first);
        let answer = shorten(&step.answer, second);
        let took = milliseconds(step.elapsed);
        lines.push(format!(
            "  ok     {what:<first$} {answer:<second$} {took:>8.1} ms"
        ));
    }
    match &report.failure {
        None => {
            tell(&mut lines, &seen(report));
            let total = milliseconds(report.elapsed);
            let refused = report.service.as_ref().filter(|s| s.wants_client());
            if let (Some(service), None) = (&report.service, refused) {
                lines.push(format!("  service  {}", service.told()));
            }
            if let Some(doubt) = &report.doubt {
                lines.push(format!("  doubt    {doubt}"));
            }
            let end = match refused {
                Some(service) => format!("reached: {}", service.told()),
                None => "every stage was passed".to_owned(),
            };
            lines.push(format!("ok: {end}, {total:.1} ms in all"));
        }
        Some(error) => verdict(&mut lines, report, error, first),
    }
    lines
}

/// What servers showed, whatever the end: certificates, and what is worth to be known; each text with
/// its label.
pub(super) fn seen(report: &Report) -> Vec<(&'static str, String)> {
    let mut told: Vec<&str> = Vec::new();
    let mut facts = Vec::new();
    for shown in &report.tls {
        // Each data channel of FTPS shows the same.
        if told.contains(&shown.subject.as_str()) {
            continue;
        }
        told.push(&shown.subject);
        let inspection = match &shown.inspection {
            Some(Evidence::Product(product)) => format!(", made on the way by {product}"),
            Some(Evidence::SameIssuer(other)) => {
                format!(", made on the way: {other} has one of the same issuer")
            }
            None => String::new(),
        };
        let chain = match shown.chain().len() {
            1 => "alone".to_owned(),
            length => format!("in a chain of {length}"),
        };
        let (subject, leaf) = (&shown.subject, shown.leaf());
        let text = format!("{subject} shows one for {leaf}, {chain}{inspection}");
        facts.push(("cert", text));
        facts.push(("sha256", leaf.fingerprint()));
        // The one above was made a moment ago; this one the proxy team knows.
        let authority = shown.authority().filter(|_| shown.inspection.is_some());
        if let Some((authority, _)) = authority {
            let name = text::clip(&authority.subject);
            facts.push(("ca", format!("{name}, sha256 {}", authority.fingerprint())));
        }
    }
    let remarks = report.remarks.iter();
    facts.extend(remarks.map(|r| ("note", format!("{} ({})", r.text, r.code))));
    facts
}

fn verdict(lines: &mut Vec<String>, report: &Report, error: &Error, first: usize) {
    let what = shorten(&failed(error), first);
    let mark = match error.kind() {
        Kind::Interrupted => "WAIT",
        _ => "FAIL",
    };
    lines.push(format!("  {mark}   {what:<first$} {}", said(error)));
    tell(lines, &facts(report, error));
}

/// A line for each, with its label.
pub(super) fn tell(lines: &mut Vec<String>, facts: &[(&'static str, String)]) {
    for (label, text) in facts {
        // Lines after the first bring an indent of two, and come to stand below it.
        let text = text.replace('\n', "\n         ");
        lines.push(format!("  {label:<8} {text}"));
    }
}

/// What came in place of a good answer, and the limit that was hit.
pub(super) fn said(error: &Error) -> String {
    let said = match error.answer() {
        Some(answer) => answer.to_string(),
        None => error.what().to_owned(),
    };
    match error.limit() {
        Some(limit) => format!("{said} (limit {} = {})", limit.setting, limit.value),
        None => said,
    }
}

/// What is told of a failure beside what was said: each with its label; a text may have several
/// lines. Nothing of a walk that was interrupted.
pub(super) fn facts(report: &Report, error: &Error) -> Vec<(&'static str, String)> {
    if error.kind() == Kind::Interrupted {
        return Vec::new();
    }
    let mut facts = seen(report);
    let mut tell = |label, text: String| facts.push((label, text));
    // A redirect may have led another way than the one above.
    if let Some(route) = error.route().filter(|r| Some(*r) != report.route.as_ref()) {
        tell("way", format!("{}, {}", way(route), route.why()));
    }
    if let Some(service) = &report.service {
        tell("service", service.told());
    }
    if let Some(meaning) = meaning(error) {
        tell("means", meaning);
    }
    // Which file or variable, and who named it: the subject is the setting alone.
    if let (Kind::Secret, Some(doing)) = (error.kind(), error.doing()) {
        tell("doing", doing.to_owned());
    }
    for cause in causes(error) {
        tell("cause", cause);
    }
    tell("code", error.code().to_string());
    tell("side", error.side().to_string());
    tell("again", again(error).to_owned());
    tell("hint", text::escape_lines(error.advice()));
    facts
}

/// What an error says beside the answer, when that is more than who answered.
fn meaning(error: &Error) -> Option<String> {
    let answer = error.answer()?.to_string();
    let what = error.what();
    let rest = match what.replacen(&format!(": {answer}"), "", 1) {
        rest if rest != what => rest,
        _ => what.replacen(&format!(" {answer}"), "", 1),
    };
    let bare = [
        "the proxy answered",
        "the server answered",
        "the server greeted with",
    ];
    let told = bare.iter().find_map(|bare| rest.strip_prefix(bare));
    match told.map(|more| more.trim_start_matches("; ")) {
        Some("") => None,
        Some(more) if !more.starts_with(' ') => Some(more.to_owned()),
        _ => Some(rest.trim_end_matches(" with").to_owned()),
    }
}

pub(super) fn way(route: &Route) -> String {
    match route.proxy() {
        Some(proxy) => format!("through {proxy}"),
        None => "direct".to_owned(),
    }
}

fn about(step: &Step) -> String {
    format!("{} {}", step.stage, text::clip(&step.subject))
}

/// Which stage failed, and about what.
pub(super) fn failed(error: &Error) -> String {
    match error.subject() {
        Some(subject) => format!("{} {}", error.stage(), text::clip(subject)),
        None => error.stage().to_string(),
    }
}

/// The width of a column: what its longest entry needs, within bounds.
fn width(lengths: impl Iterator<Item = usize>, (least, most): (usize, usize)) -> usize {
    lengths.max().unwrap_or(least).clamp(least, most)
}

/// Takes out of the middle what is too much: both ends of a path tell more.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    let tail = most / 2;
    let head: String = text.chars().take(most - 1 - tail).collect();
    let rest: String = text.chars().skip(length - tail).collect();
    format!("{head}…{rest}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::base::{Answer, Kind, Side, Stage, Steps, Target};
    use crate::connector::Connector;
    use crate::settings::Settings;
    use crate::tunnel::advice;

    #[test]
    fn what_is_too_long_loses_its_middle() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("abcdefg", 6), "ab…efg");
        assert_eq!(shorten("äöüßäöü", 4), "ä…öü");
    }

    #[test]
    fn the_columns_stand_whatever_is_in_them() {
        let mut steps = Steps::default();
        let took = Duration::from_millis(1);
        steps.pass(Stage::Greeting, "h:21", "220 ".repeat(60), took);
        steps.pass(
            Stage::Request,
            format!("GET /{}", "x/".repeat(200)),
            "200",
            took,
        );
        steps.pass(Stage::Login, "ann", "230 äöü", took);
        let report = Report {
            steps,
            ..Report::default()
        };
        let lines = lines("ftp://h/", &report);
        let ends: Vec<usize> = lines[1..4].iter().map(|l| l.chars().count()).collect();
        assert!(ends.iter().all(|end| *end == ends[0]), "{lines:#?}");
        assert!(ends[0] < 125, "{lines:#?}");
    }

    /// The report that the README opens with.
    fn sample() -> Report {
        let toml = "[proxy]\nurl = \"http://proxy.corp.example:3128\"\n";
        let connector = Connector::new(Arc::new(Settings::from_toml(toml).unwrap()));
        let server = Target::parse("ftp://ftp.census.example/").unwrap();
        let route = connector.route(&server).unwrap();
        let by = route.proxy().unwrap();
        let (proxy, at) = ("proxy.corp.example:3128", server.authority());
        let mut steps = Steps::default();
        for (stage, subject, answer, micros) in [
            (Stage::Resolve, "proxy.corp.example", "10.0.0.5", 400),
            (Stage::Dial, proxy, "10.0.0.5:3128", 800),
            (Stage::Auth, proxy, "407, Basic offered", 1200),
            (Stage::Connect, &at, "200", 24_600),
            (Stage::Greeting, &at, "220 vsFTPd 3.0.3", 25_000),
            (Stage::Login, "anonymous", "230 Login successful.", 49_800),
            (Stage::Passive, &at, "229, port 50211", 100),
            (Stage::Dial, proxy, "10.0.0.5:3128", 200),
        ] {
            steps.pass(stage, subject, answer, Duration::from_micros(micros));
        }
        let mut answer = Answer::new(403, "Forbidden");
        answer.squid_error = Some("ERR_ACCESS_DENIED 0".to_owned());
        let data = server.at_port(50211);
        let failure = Error::new(
            Kind::ProxyRefused,
            Stage::Data,
            format!("the proxy answered {answer}"),
        )
        .while_doing(format!("open a tunnel to {data}"))
        .with_side(Side::Proxy)
        .with_hint(advice::or_by_proxy(&advice::refused(by, &data, &answer)))
        .with_answer(answer)
        .with_route(&route);
        Report {
            route: Some(route),
            steps,
            failure: Some(failure),
            ..Report::default()
        }
    }

    #[test]
    fn the_readme_shows_what_is_printed() {
        let url = "ftp://ftp.census.example/pub/air.csv";
        let printed = lines(url, &sample()).join("\n");
        let printed = printed.replace("settings.toml", "/etc/outbound/outbound.toml");
        let readme = include_str!("../../../README.md");
        let shown = readme.split("$ outbound check ").nth(1).unwrap();
        let shown = shown.split("```").next().unwrap();
        assert_eq!(shown, format!("{url}\n{printed}\n"));
    }
}
