//! Whether an error tells its facts: as a value, as text at a terminal, and as JSON.

use outbound::Error;
use serde_json::{Value, json};

use super::told::Told;
use crate::kit::Ran;

/// What one error must tell.
pub struct Facts {
    pub name: String,
    pub told: Told,
    /// The proxy's URL.
    pub proxy: String,
}

impl Facts {
    /// Puts this run's places into a text.
    fn fill(&self, text: &str, file: &str) -> String {
        let place = format!("{file}:2: proxy.url");
        let way = format!("{} (global proxy, {place})", self.proxy);
        text.replace("WAY", &way)
            .replace("PLACE", &place)
            .replace("FILE", file)
    }

    /// The whole message: what was being done, which way and why that one, what the other side
    /// said, the limit, and how often it was tried.
    fn message(&self, file: &str) -> String {
        let told = &self.told;
        let mut doing = self.fill(told.doing, file);
        if !told.doing.contains("WAY") {
            doing.push_str(&self.fill(" through WAY", file));
        }
        let mut said = self.fill(told.said, file);
        if told.doing.contains("WAY") {
            said = format!("{}: {said}", &self.proxy["http://".len()..]);
        }
        let limit = told.limit.map_or_else(String::new, |(setting, value)| {
            format!(" (limit {setting} = {value})")
        });
        let tried = match told.again {
            true => ", tried 2 times",
            false => "",
        };
        format!("{doing}: {said}{limit}{tried}")
    }

    pub fn check_error(&self, error: &Error) {
        let (name, told) = (&self.name, &self.told);
        let file = "settings.toml";
        assert_eq!(error.to_string(), self.message(file), "{name}");
        assert_eq!(error.kind(), told.kind, "{name}");
        assert_eq!(error.stage(), told.stage, "{name}");
        assert_eq!(error.side(), told.side, "{name}");
        assert_eq!(error.is_transient(), told.again, "{name}");
        let limit = error.limit().map(|limit| (limit.setting, &*limit.value));
        assert_eq!(limit, told.limit, "{name}");
        let hint = error.hint().unwrap_or_default();
        let next = self.fill(told.next, file);
        assert!(hint.contains(&next), "{name}: {next:?} is not in: {hint}");
    }

    pub fn check_text(&self, ran: &Ran, file: &str) {
        let (name, told) = (&self.name, &self.told);
        assert_eq!(ran.code, Some(told.exit), "{name}: {ran:?}");
        let lines: Vec<&str> = ran.err.lines().collect();
        let message = format!("outbound: {}", self.message(file));
        let at = lines.iter().position(|line| **line == message);
        let at = at.unwrap_or_else(|| panic!("{name}: {message}\nis not in: {}", ran.err));
        let after = lines[at + 1..].iter();
        let after = after.skip_while(|line| line.starts_with("  cause: "));
        let after: Vec<&str> = after.copied().collect();
        let again = match told.again {
            true => "trying again may help",
            false => "trying again does not help",
        };
        let side = format!("  side: {}; {again}", told.side);
        assert_eq!(after.first(), Some(&&*side), "{name}: {}", ran.err);
        let next = self.fill(told.next, file);
        let hint = after[1..].join("\n");
        assert!(hint.starts_with("  hint: "), "{name}: {}", ran.err);
        assert!(hint.contains(&next), "{name}: {next:?} is not in: {hint}");
    }

    pub fn check_json(&self, error: &Value, file: &str) {
        let (name, told) = (&self.name, &self.told);
        for (key, wanted) in [
            ("kind", json!(told.kind.as_str())),
            ("stage", json!(told.stage.as_str())),
            ("side", json!(told.side.to_string())),
            ("message", json!(self.message(file))),
            ("transient", json!(told.again)),
            ("attempts", json!(if told.again { 2 } else { 1 })),
        ] {
            assert_eq!(error[key], wanted, "{name}: {key}: {error}");
        }
        let limit = told
            .limit
            .map(|(setting, value)| json!({ "setting": setting, "value": value }));
        assert_eq!(error["limit"], json!(limit), "{name}: {error}");
        assert_eq!(error["route"]["proxy"], json!(self.proxy), "{name}");
        let origin = format!("{file}:2: proxy.url");
        assert_eq!(error["route"]["origin"], json!(origin), "{name}");
        let hint = error["hint"].as_str().unwrap_or_default();
        let next = self.fill(told.next, file);
        assert!(hint.contains(&next), "{name}: {next:?} is not in: {hint}");
    }
}
