//! What an argument names: as it was typed, and the URL that it stands for.

use serde_json::{Value, json};
use url::Url;

use super::asked::Asked;
use super::json;
use super::output::{without_query, without_userinfo};

/// A URL, or a path below a connection, that a command is about.
#[derive(Clone)]
pub struct Place<'a> {
    /// To the letter: it may hold a password.
    pub typed: &'a str,
    /// Whether it stands in the arguments, where other users see it.
    pub is_argument: bool,
    /// As typed, without userinfo, for machines.
    pub asked: String,
    /// As typed, without userinfo and query: safe to show.
    pub shown: String,
    /// What it stands for, without userinfo, once that is known.
    pub url: Option<Url>,
    /// `FILE:LINE`, if it stands in a list.
    line: Option<&'a str>,
    /// The beginning of a line of talk about it.
    prefix: String,
}

impl<'a> Place<'a> {
    /// One for each.
    pub fn all(asked: &'a [Asked]) -> impl Iterator<Item = Self> {
        let alone = asked.len() == 1;
        asked.iter().map(move |one| {
            let asked = without_userinfo(&one.typed);
            let shown = without_query(&asked);
            let prefix = match &one.line {
                Some(line) => format!("outbound: {line}: {shown}: "),
                None if alone => "outbound: ".to_owned(),
                None => format!("outbound: {shown}: "),
            };
            Self {
                typed: &one.typed,
                is_argument: one.line.is_none(),
                asked,
                shown,
                url: None,
                line: one.line.as_deref(),
                prefix,
            }
        })
    }

    /// How a line of talk about it begins. With several arguments it names this one: an error of
    /// the proxy alone would not tell which of them failed.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// How it is called beside others: as typed, with its place in a list.
    pub fn name(&self) -> String {
        match self.line {
            Some(line) => format!("{line}: {}", self.shown),
            None => self.shown.clone(),
        }
    }

    /// An object about it: `asked`, `url`, and the fields of `more`.
    pub fn json(&self, more: Value) -> String {
        object(&self.asked, self.url.as_ref().map(Url::as_str), more)
    }

    /// [`Place::json`] in a report, which goes to tickets: a query may be a token, so that it is not
    /// shown.
    pub fn report(&self, more: Value) -> String {
        let url = self.url.as_ref().map(|url| without_query(url.as_str()));
        object(&self.shown, url.as_deref(), more)
    }
}

fn object(asked: &str, url: Option<&str>, more: Value) -> String {
    let mut object = json!({ "asked": asked, "url": url });
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    json::line(&object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_is_named_and_never_with_userinfo() {
        let one = [Asked::argument("http://bob:secret@h/x")];
        let place = Place::all(&one).next().unwrap();
        assert_eq!(
            (place.prefix(), place.asked.as_str()),
            ("outbound: ", "http://h/x")
        );
        let two = [one[0].clone(), Asked::argument("census:a.csv")];
        let prefixes: Vec<String> = Place::all(&two).map(|p| p.prefix().to_owned()).collect();
        assert_eq!(
            prefixes,
            ["outbound: http://h/x: ", "outbound: census:a.csv: "]
        );
        let mut place = Place::all(&two).nth(1).unwrap();
        assert_eq!(
            place.json(json!({ "ok": true })),
            r#"{"asked":"census:a.csv","url":null,"ok":true}"#
        );
        place.url = Some(Url::parse("ftp://h/a.csv").unwrap());
        assert!(place.json(json!({})).contains(r#""url":"ftp://h/a.csv""#));
    }
}
