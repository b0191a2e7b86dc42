//! One row: what `outbound check` must tell, as text and as JSON.

use outbound::base::Code;
use serde_json::Value;

use crate::kit::{Program, Ran};

/// What is checked, and what must be told of it.
pub struct Row {
    name: &'static str,
    settings: String,
    url: String,
    /// The exit code, by the table in docs/guide.md.
    code: i32,
    /// The stages that were passed.
    passed: &'static str,
    /// Those that may be passed too, where two sides answer at once.
    maybe: &'static str,
    /// The stage that failed, and its subject.
    failed: String,
    /// What the other side said, or did.
    said: String,
    kind: &'static str,
    side: &'static str,
    again: bool,
    /// What the hint must speak of; empty where it is what the code's page says.
    hint: String,
    /// The URL as typed, when it is shown otherwise.
    typed: Option<String>,
    /// A file beside the settings, and what is in it.
    file: Option<(&'static str, &'static str)>,
    /// What the error means, where that is more than the answer.
    means: &'static str,
}

impl Row {
    pub fn new(name: &'static str, settings: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            name,
            settings: settings.into(),
            url: url.into(),
            code: 0,
            passed: "",
            maybe: "",
            failed: String::new(),
            said: String::new(),
            kind: "",
            side: "",
            again: false,
            hint: String::new(),
            typed: None,
            file: None,
            means: "",
        }
    }

    pub fn through(name: &'static str, proxy: &str, url: impl Into<String>) -> Self {
        Self::new(name, format!("[proxy]\nurl = \"{proxy}\"\n"), url)
    }

    /// The stages passed before the one that fails, and that one with its subject.
    pub fn stops(self, passed: &'static str, failed: impl Into<String>) -> Self {
        let failed = failed.into();
        Self {
            passed,
            failed,
            ..self
        }
    }

    /// What goes on beside the stage that fails may have been passed before.
    pub fn beside(self, maybe: &'static str) -> Self {
        Self { maybe, ..self }
    }

    fn check_stages(&self, passed: &[&str], told: &dyn std::fmt::Display) {
        let (name, passed) = (self.name, passed.join(" "));
        let beside = passed
            .strip_suffix(self.maybe)
            .unwrap_or(&passed)
            .trim_end();
        assert_eq!(beside, self.passed, "{name}: {told}");
    }

    pub fn judged(self, code: i32, kind: &'static str, side: &'static str, again: bool) -> Self {
        Self {
            code,
            kind,
            side,
            again,
            ..self
        }
    }

    pub fn says(self, said: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            said: said.into(),
            hint: hint.into(),
            ..self
        }
    }

    pub fn meaning(self, means: &'static str) -> Self {
        Self { means, ..self }
    }

    pub fn given(self, typed: &str) -> Self {
        let typed = Some(typed.to_owned());
        Self { typed, ..self }
    }

    pub fn with_file(self, name: &'static str, text: &'static str) -> Self {
        let file = Some((name, text));
        Self { file, ..self }
    }

    /// Runs both forms and compares all of it.
    pub fn check(&self) {
        let program = Program::with_settings(&self.settings);
        let name = self.name;
        if let Some((file, text)) = self.file {
            std::fs::write(program.file("config/outbound").join(file), text).unwrap();
        }
        let url = self.typed.as_ref().unwrap_or(&self.url);
        let text = program.run(&["check", url]);
        let json = program.run(&["check", "--json", url]);
        assert_eq!(text.code, Some(self.code), "{name}: {text:?}");
        assert_eq!(json.code, Some(self.code), "{name}: {json:?}");
        assert_eq!((&*text.err, &*json.err), ("", ""), "{name}");
        self.check_text(&text);
        let told = json.json();
        self.check_json(&told);
    }

    fn check_text(&self, ran: &Ran) {
        let (name, out) = (self.name, &ran.out);
        let mut lines = out.lines();
        assert_eq!(lines.next(), Some(&*self.url), "{name}");
        let route = match self.settings.lines().nth(1) {
            Some(line) if line.starts_with("url") => {
                let proxy = line.split('"').nth(1).unwrap();
                format!("route    through {proxy}")
            }
            _ => "route    direct".to_owned(),
        };
        let first = lines.next().unwrap();
        assert!(first.starts_with(&route), "{name}: {out}");
        let table: Vec<&str> = lines.clone().filter(|l| l.starts_with("  ok ")).collect();
        let passed: Vec<&str> = table
            .iter()
            .map(|l| l.split_whitespace().nth(1).unwrap())
            .collect();
        self.check_stages(&passed, out);
        let ends: Vec<usize> = table.iter().map(|line| line.chars().count()).collect();
        assert!(ends.windows(2).all(|two| two[0] == two[1]), "{name}: {out}");
        if self.code == 0 {
            let last = lines.last().unwrap();
            assert!(
                last.starts_with("ok: every stage was passed, "),
                "{name}: {out}"
            );
            return;
        }
        let verdict: Vec<&str> = lines.skip_while(|l| l.starts_with("  ok ")).collect();
        let failed = format!("  FAIL   {}", self.failed);
        let fail = verdict[0];
        assert!(fail.starts_with(&failed), "{name}: {failed}: {out}");
        assert!(fail.contains(&self.said), "{name}: {}: {out}", self.said);
        let of = |label: &str| {
            let label = format!("  {label:<8} ");
            verdict.iter().find_map(|line| line.strip_prefix(&label))
        };
        let means = of("means").unwrap_or_default();
        assert_eq!(means.is_empty(), self.means.is_empty(), "{name}: {out}");
        assert!(means.contains(self.means), "{name}: {out}");
        assert_eq!(of("side"), Some(self.side), "{name}: {out}");
        let again = match self.again {
            true => "trying again may help",
            false => "trying again does not help",
        };
        assert_eq!(of("again"), Some(again), "{name}: {out}");
        let code = of("code").unwrap_or_else(|| panic!("{name}: {out}"));
        let hint = verdict
            .iter()
            .skip_while(|line| !line.starts_with("  hint "));
        let hint: Vec<&str> = hint.map(|line| &line[11..]).collect();
        self.check_hint(&hint.join("\n"), code);
    }

    fn check_json(&self, told: &Value) {
        let name = self.name;
        assert_eq!(told["url"], *self.url, "{name}: {told}");
        assert_eq!(told["ok"], self.code == 0, "{name}: {told}");
        let way = match self.settings.contains("[proxy]") {
            true => "proxy",
            false => "direct",
        };
        assert_eq!(told["route"]["way"], way, "{name}: {told}");
        let steps = told["steps"].as_array().unwrap();
        let stages: Vec<&str> = steps.iter().map(|s| s["stage"].as_str().unwrap()).collect();
        self.check_stages(&stages, told);
        for step in steps {
            assert!(
                step["subject"].is_string() && step["ms"].is_number(),
                "{name}: {step}"
            );
        }
        let failure = &told["failure"];
        if self.code == 0 {
            assert!(failure.is_null(), "{name}: {told}");
            return;
        }
        let stage = self.failed.split(' ').next().unwrap();
        assert_eq!(failure["stage"], stage, "{name}: {failure}");
        assert_eq!(failure["kind"], self.kind, "{name}: {failure}");
        assert_eq!(failure["side"], self.side, "{name}: {failure}");
        assert_eq!(failure["transient"], self.again, "{name}: {failure}");
        let of = |key: &str| failure[key].as_str().unwrap_or_default();
        self.check_hint(of("hint"), of("code"));
    }

    /// Where nothing is wanted of its own, it is the code's page that speaks.
    fn check_hint(&self, hint: &str, code: &str) {
        let trimmed = |text: &str| {
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            lines.join("\n")
        };
        let (name, hint, wanted) = (self.name, trimmed(hint), trimmed(&self.hint));
        match &*wanted {
            "" => assert_eq!(hint, Code::find(code).unwrap().page().mend, "{name}"),
            wanted => assert!(hint.contains(wanted), "{name}: {wanted}: {hint}"),
        }
    }
}
