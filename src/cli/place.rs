//! What an argument names: as it was typed, and the URL that it stands for.

use serde_json::{Value, json};
use url::Url;

use super::output::without_userinfo;

/// A URL, or a path below a connection, of the command line.
pub struct Place<'a> {
    /// To the letter: it may hold a password.
    pub typed: &'a str,
    /// As typed, without userinfo: safe to show.
    pub asked: String,
    /// What it stands for, without userinfo, once that is known.
    pub url: Option<Url>,
    /// The beginning of a line of talk about it.
    prefix: String,
}

impl<'a> Place<'a> {
    /// One for each argument.
    pub fn all(urls: &'a [String]) -> impl Iterator<Item = Self> {
        urls.iter().map(|typed| {
            let asked = without_userinfo(typed);
            let prefix = match urls.len() {
                1 => "outbound: ".to_owned(),
                _ => format!("outbound: {asked}: "),
            };
            Self {
                typed,
                asked,
                url: None,
                prefix,
            }
        })
    }

    /// How a line of talk about it begins. With several arguments it names this one: an error of
    /// the proxy alone would not tell which of them failed.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// An object about it: `asked`, `url`, and the fields of `more`.
    pub fn json(&self, more: Value) -> String {
        let mut object = json!({
            "asked": self.asked,
            "url": self.url.as_ref().map(Url::as_str),
        });
        if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
            object.extend(more);
        }
        object.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_several_is_named_and_never_with_userinfo() {
        let one = ["http://bob:secret@h/x".to_owned()];
        let place = Place::all(&one).next().unwrap();
        assert_eq!(
            (place.prefix(), place.asked.as_str()),
            ("outbound: ", "http://h/x")
        );
        let two = [one[0].clone(), "census:a.csv".to_owned()];
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
