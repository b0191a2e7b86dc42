//! Variables as text that another program reads.

use super::Variable;
use crate::base::text::shell_word;

/// How variables are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `export NAME=VALUE` and `unset NAME`, for a POSIX shell.
    Sh,
    /// `set -gx NAME VALUE` and `set -e NAME`.
    Fish,
    /// `NAME=VALUE`, for files of variables. They cannot unset: the value is empty, which all
    /// programs that were measured take for unset.
    Dotenv,
    /// One object, with null for what must not be set.
    Json,
}

impl Format {
    /// The text, without the last line's end.
    pub fn write(self, variables: &[Variable]) -> String {
        if self == Self::Json {
            return json(variables);
        }
        let lines = variables.iter().map(|Variable { name, value }| {
            match (self, value.as_ref().map(|value| value.expose())) {
                (Self::Sh, Some(value)) => format!("export {name}={}", shell_word(value)),
                (Self::Sh, None) => format!("unset {name}"),
                (Self::Fish, Some(value)) => format!("set -gx {name} {}", fish_word(value)),
                (Self::Fish, None) => format!("set -e {name}"),
                (_, value) => format!("{name}={}", dotenv_value(value.unwrap_or_default())),
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn json(variables: &[Variable]) -> String {
    let fields = variables.iter().map(|Variable { name, value }| {
        let value = value.as_ref().map(|value| value.expose());
        ((*name).to_owned(), value.into())
    });
    serde_json::Value::Object(fields.collect()).to_string()
}

/// In fish's single quotes the backslash escapes itself and the quote (fish: "Quotes").
fn fish_word(word: &str) -> String {
    format!("'{}'", word.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Nobody wrote down what such a file is. `docker --env-file` takes quotes for a part of the value,
/// so that there are none where none are needed; in single quotes systemd, Compose, and the
/// libraries of Node, Ruby and Python take everything as it stands, up to the next one.
fn dotenv_value(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:,@%~=[]".contains(c);
    if value.chars().all(plain) {
        return value.to_owned();
    }
    if !value.contains(['\'', '\\', '\n', '\r']) {
        return format!("'{value}'");
    }
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '"' | '\\' | '$' | '`' => quoted.extend(['\\', c]),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Secret;

    fn written(format: Format, value: Option<&str>) -> String {
        let value = value.map(Secret::new);
        let name = "no_proxy";
        format.write(&[Variable { name, value }])
    }

    /// Source: POSIX.1-2024 XCU 2.2.2; fish 3.6 "Quotes"; docker's --env-file, systemd.exec(5)
    /// EnvironmentFile=, python-dotenv, dotenv of Node.
    #[test]
    fn any_value_is_quoted_for_every_reader() {
        let cases = [
            ("", "''", "''", ""),
            (
                "http://p.corp:3128",
                "http://p.corp:3128",
                "'http://p.corp:3128'",
                "http://p.corp:3128",
            ),
            (
                "a,.a,::1,10.0.0.0/8",
                "a,.a,::1,10.0.0.0/8",
                "'a,.a,::1,10.0.0.0/8'",
                "a,.a,::1,10.0.0.0/8",
            ),
            (
                "http://u:p%40%24@p:1",
                "http://u:p%40%24@p:1",
                "'http://u:p%40%24@p:1'",
                "http://u:p%40%24@p:1",
            ),
            ("/a b/$HOME", "'/a b/$HOME'", "'/a b/$HOME'", "'/a b/$HOME'"),
            ("/it's", r"'/it'\''s'", r"'/it\'s'", "\"/it's\""),
            (
                r"/back\slash",
                r"'/back\slash'",
                r"'/back\\slash'",
                r#""/back\\slash""#,
            ),
            ("/a\nb", "'/a\nb'", "'/a\nb'", r#""/a\nb""#),
            (
                "'\"$`\\",
                "''\\''\"$`\\'",
                "'\\'\"$`\\\\'",
                "\"'\\\"\\$\\`\\\\\"",
            ),
            ("#x", "'#x'", "'#x'", "'#x'"),
        ];
        for (value, sh, fish, dotenv) in cases {
            assert_eq!(
                written(Format::Sh, Some(value)),
                format!("export no_proxy={sh}")
            );
            assert_eq!(
                written(Format::Fish, Some(value)),
                format!("set -gx no_proxy {fish}")
            );
            assert_eq!(
                written(Format::Dotenv, Some(value)),
                format!("no_proxy={dotenv}")
            );
            let json: serde_json::Value =
                serde_json::from_str(&written(Format::Json, Some(value))).unwrap();
            assert_eq!(json["no_proxy"], value);
        }
    }

    #[test]
    fn what_must_not_be_set_is_unset() {
        for (format, expected) in [
            (Format::Sh, "unset no_proxy"),
            (Format::Fish, "set -e no_proxy"),
            (Format::Dotenv, "no_proxy="),
            (Format::Json, r#"{"no_proxy":null}"#),
        ] {
            assert_eq!(written(format, None), expected);
        }
    }
}
