//! The keys of a connection that are for S3 alone.

use url::Url;

use super::fact::{Fact, Value};
use super::problems::Problem;
use crate::base::SecretRef;

/// How an S3 bucket is reached, as far as a connection says. What it does not say comes from AWS's own
/// variables and files.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct S3Options {
    /// Where the service is, when it is not Amazon's: `http` or `https`.
    pub endpoint: Option<Url>,
    /// The region that requests are signed for.
    pub region: Option<String>,
    /// Whether the bucket stands in the path and not in the host's name.
    pub path_style: Option<bool>,
    /// Which profile of `~/.aws` has the credentials.
    pub profile: Option<String>,
    /// The session token that belongs to temporary credentials.
    pub session_token: Option<SecretRef>,
    /// Requests go without a signature: a public bucket.
    pub anonymous: bool,
}

/// The endpoint with the bucket's name in that of its host.
///
/// # Errors
/// The bucket's name cannot stand there.
pub(crate) fn with_bucket(endpoint: &Url, bucket: &str) -> Result<Url, url::ParseError> {
    let mut url = endpoint.clone();
    let host = format!("{bucket}.{}", endpoint.host_str().unwrap_or_default());
    url.set_host(Some(&host))?;
    Ok(url)
}

/// The keys.
const KEYS: [&str; 6] = [
    "endpoint",
    "region",
    "path_style",
    "profile",
    "session_token",
    "anonymous",
];

/// Whether a key of the table of settings is one of them.
pub(super) fn is_for_s3(pattern: &str) -> bool {
    let name = pattern.strip_prefix("connections.*.");
    name.is_some_and(|name| KEYS.contains(&name))
}

/// What the keys say, and what is wrong with them.
pub(super) fn of_s3<'a>(
    fact: impl Fn(&str) -> Option<&'a Fact>,
    base: &Url,
) -> (S3Options, Vec<Problem>) {
    let text = |key| fact(key).and_then(|fact| fact.value.as_text().map(str::to_owned));
    let flag = |key| match fact(key)?.value {
        Value::Flag(flag) => Some(flag),
        _ => None,
    };
    let options = S3Options {
        endpoint: fact("endpoint").and_then(|fact| match &fact.value {
            Value::Url(url) => Some(url.clone()),
            _ => None,
        }),
        region: text("region"),
        path_style: flag("path_style"),
        profile: text("profile"),
        session_token: fact("session_token").and_then(|fact| match &fact.value {
            Value::Secret(secret) => Some(secret.clone()),
            _ => None,
        }),
        anonymous: flag("anonymous").unwrap_or(false),
    };
    let mut problems = Vec::new();
    let mut wrong = |key: &str, what: String, hint: &str| {
        let origin = fact(key).map(|fact| fact.origin.clone());
        problems.extend(origin.map(|origin| Problem::error(origin, what).hint(hint)));
    };
    if base.scheme() != "s3" {
        for key in KEYS {
            let what = format!("`{key}` is for s3://, not for {}://", base.scheme());
            wrong(key, what, "remove it");
        }
        return (options, problems);
    }
    if let Some(endpoint) = &options.endpoint {
        let bare = endpoint.path() == "/" && endpoint.query().is_none();
        if !matches!(endpoint.scheme(), "http" | "https") || !bare {
            let what = "must be http:// or https://, a host and a port, and no more".to_owned();
            wrong(
                "endpoint",
                what,
                "the bucket and the path belong into `url`: s3://BUCKET/PATH/",
            );
        }
    }
    let other = ["username", "profile", "session_token"]
        .into_iter()
        .find(|key| fact(key).is_some());
    if let (true, Some(other)) = (options.anonymous, other) {
        let what = format!("`anonymous` cannot go with `{other}`");
        wrong("anonymous", what, "remove one of the two");
    }
    if options.session_token.is_some() && fact("username").is_none() {
        let what = "a session token without the key that it belongs to".to_owned();
        wrong(
            "session_token",
            what,
            "set `username` to the access key id and `password` to the secret access key",
        );
    }
    (options, problems)
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn what_contradicts_itself_is_told() {
        let table = [
            (
                "url = \"https://h/\"\nregion = \"x\"",
                "`region` is for s3://, not for https://",
            ),
            (
                "url = \"ftp://h/\"\nanonymous = true",
                "`anonymous` is for s3://",
            ),
            (
                "url = \"s3://lake/\"\nendpoint = \"ftp://h/\"",
                "must be http:// or https://",
            ),
            (
                "url = \"s3://lake/\"\nendpoint = \"https://h/lake/\"",
                "must be http:// or https://",
            ),
            (
                "url = \"s3://lake/\"\nanonymous = true\nusername = \"a\"",
                "`anonymous` cannot go with `username`",
            ),
            (
                "url = \"s3://lake/\"\nsession_token.env = \"T\"",
                "a session token without the key",
            ),
        ];
        for (lines, words) in table {
            let problems = Settings::from_toml(&format!("[connections.a]\n{lines}\n"));
            let shown = problems.unwrap_err().to_string();
            assert!(shown.contains(words), "{lines}: {shown}");
        }
        let good = "[connections.a]\nurl = \"s3://lake/in/\"\nendpoint = \"http://minio:9000\"\npath_style = false\n\
                    region = \"r\"\nusername = \"a\"\npassword.env = \"P\"\nsession_token.env = \"T\"\n";
        let policy = Settings::from_toml(good).unwrap();
        let s3 = &policy.connection("a").unwrap().s3;
        assert_eq!(s3.endpoint.as_ref().unwrap().as_str(), "http://minio:9000/");
        assert_eq!(
            (s3.path_style, s3.region.as_deref()),
            (Some(false), Some("r"))
        );
        assert!(s3.session_token.is_some());
    }
}
