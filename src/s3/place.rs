//! Which bucket, where.

use percent_encoding::percent_decode_str;
use url::Url;

use super::Surroundings;
use crate::base::{Error, Kind, Result, Stage, Target, text};
use crate::settings::{S3Options, with_bucket};

/// A bucket at an endpoint, and a key in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    /// The bucket's name.
    pub bucket: String,
    /// The key, or what keys begin with; empty for the bucket.
    pub key: String,
    /// Where requests go: with the bucket in its host's name, or without.
    pub endpoint: Url,
    /// Whether the bucket stands in the path.
    pub path_style: bool,
    /// What requests are signed for.
    pub region: String,
}

/// Where buckets are when nothing says otherwise, as the AWS SDKs have it.
const REGION: &str = "us-east-1";

impl Place {
    /// The place of `s3://BUCKET/KEY`, by what the connection says, else the environment, else the
    /// profile.
    ///
    /// # Errors
    /// The bucket's name cannot be one, the endpoint is no URL, or the profile is unknown.
    pub(crate) fn new(url: &Url, options: &S3Options, around: &Surroundings) -> Result<Self> {
        let bucket = url.host_str().unwrap_or_default().to_owned();
        if url.port().is_some() {
            let what = "a bucket has no port";
            return Err(usage(what.to_owned()).with_hint(
                "write s3://BUCKET/KEY, and the server as `endpoint` of a connection (or AWS_ENDPOINT_URL)",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            let what = "an S3 URL has no query and no fragment".to_owned();
            let hint = "if `?` or `#` is part of the key, write it as %3F or %23";
            return Err(usage(what).with_hint(hint));
        }
        if !is_bucket(&bucket) {
            let what = format!("`{}` cannot be a bucket", text::clip(&bucket));
            return Err(usage(what).with_hint(
                "3 to 63 small letters, digits, hyphens and dots, with a letter or digit at both ends",
            ));
        }
        let key = url.path().strip_prefix('/').unwrap_or_default();
        let Ok(key) = percent_decode_str(key).decode_utf8() else {
            return Err(usage(
                "the key is not UTF-8, which keys of S3 are".to_owned(),
            ));
        };
        if key.starts_with('/') {
            let what = "keys that begin with `/` are not supported".to_owned();
            return Err(Error::new(Kind::Unsupported, Stage::Route, what)
                .with_hint("write s3://BUCKET/KEY with one slash behind the bucket"));
        }
        let (profile, _) = around.profile(options.profile.as_deref())?;
        let of_profile = |name: &str| profile.get(name).map(String::as_str);
        let region = options.region.as_deref();
        let region = region
            .or_else(|| around.variable("AWS_REGION"))
            .or_else(|| around.variable("AWS_DEFAULT_REGION"))
            .or_else(|| of_profile("region"))
            .unwrap_or(REGION);
        let is_region = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if region.is_empty() || !region.chars().all(is_region) {
            let what = format!("`{}` cannot be a region", text::clip(region));
            return Err(usage(what).with_hint("a region is called like eu-west-1"));
        }
        let own = match &options.endpoint {
            Some(endpoint) => Some(endpoint.clone()),
            None if around.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") == Some("true") => None,
            None => around
                .variable("AWS_ENDPOINT_URL_S3")
                .or_else(|| around.variable("AWS_ENDPOINT_URL"))
                .or_else(|| of_profile("endpoint_url"))
                .map(endpoint)
                .transpose()?,
        };
        // The certificate of Amazon's hosts covers no name with more dots.
        let path_style = options.path_style;
        let path_style = path_style.unwrap_or(own.is_some() || bucket.contains('.'));
        let mut endpoint = match own {
            Some(own) => own,
            None => endpoint(&format!("https://s3.{region}.{}/", domain(region)))?,
        };
        if !path_style {
            endpoint = with_bucket(&endpoint, &bucket).map_err(|cause| {
                usage(format!("the bucket cannot stand in a host's name: {cause}"))
                    .with_hint("set path_style = true")
            })?;
        }
        Ok(Self {
            key: key.into_owned(),
            region: region.to_owned(),
            bucket,
            endpoint,
            path_style,
        })
    }

    /// What is reached over the network.
    ///
    /// # Errors
    /// None in practice.
    pub(crate) fn target(&self) -> Result<Target> {
        Target::from_url(&self.endpoint)
    }

    /// The same, and where others reach the bucket whose name they write in the other place, the
    /// path or the host's name.
    ///
    /// # Errors
    /// None in practice.
    pub(crate) fn targets(&self) -> Result<Vec<Target>> {
        let bare = || {
            let host = self.endpoint.host_str()?.strip_prefix(&self.bucket)?;
            let mut url = self.endpoint.clone();
            url.set_host(Some(host.strip_prefix('.')?)).ok()?;
            Some(url)
        };
        let other = match self.path_style {
            true => with_bucket(&self.endpoint, &self.bucket).ok(),
            false => bare(),
        };
        let urls = [Some(self.endpoint.clone()), other];
        urls.iter().flatten().map(Target::from_url).collect()
    }
}

/// Amazon's domain for a region.
fn domain(region: &str) -> &'static str {
    match region.starts_with("cn-") {
        true => "amazonaws.com.cn",
        false => "amazonaws.com",
    }
}

/// Amazon's rules for names ("General purpose bucket naming rules"), with the underscores of old
/// ones.
fn is_bucket(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    let ends = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (3..=63).contains(&name.len())
        && name.chars().all(inner)
        && name.starts_with(ends)
        && name.ends_with(ends)
        && !name.contains("..")
}

fn endpoint(written: &str) -> Result<Url> {
    let bad = || {
        let what = format!(
            "the endpoint `{}` is no URL of a server",
            text::clip(written)
        );
        usage(what).with_hint("write AWS_ENDPOINT_URL as https://HOST:PORT")
    };
    let url = Url::parse(written).map_err(|_| bad())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.path() == "/"
        && url.query().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    plain.then_some(url).ok_or_else(bad)
}

fn usage(what: String) -> Error {
    Error::new(Kind::Usage, Stage::Route, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What, URL, options, variables; the endpoint (none: an error) and the key.
    type Case<'a> = (
        &'a str,
        &'a str,
        &'a S3Options,
        &'a [(&'static str, &'a str)],
        &'a str,
        &'a str,
    );

    const FILE: &str = "[default]\nregion = eu-central-1\n[near]\nregion = ap-south-1\nendpoint_url = http://10.0.0.1:9000\n";

    fn place(url: &str, options: &S3Options, variables: &[(&'static str, &str)]) -> Result<Place> {
        let url = Url::parse(url).unwrap();
        Place::new(&url, options, &Surroundings::of(variables, FILE))
    }

    /// Only what names the bucket in the other place is the same one.
    #[test]
    fn a_bucket_is_reached_in_two_ways() {
        let of = |endpoint: &str, path_style| {
            let options = S3Options {
                endpoint: Some(Url::parse(endpoint).unwrap()),
                path_style,
                ..S3Options::default()
            };
            let targets = place("s3://lake/", &options, &[]).unwrap().targets();
            let targets = targets.unwrap();
            targets.iter().map(Target::authority).collect::<Vec<_>>()
        };
        let style = Some(false);
        assert_eq!(
            of("https://s3.corp/", None),
            ["s3.corp:443", "lake.s3.corp:443"]
        );
        assert_eq!(
            of("https://s3.corp/", style),
            ["lake.s3.corp:443", "s3.corp:443"]
        );
        // An endpoint that is called like the bucket is no reason to trust its parent.
        assert_eq!(
            of("https://lake.corp/", None),
            ["lake.corp:443", "lake.lake.corp:443"]
        );
        assert_eq!(of("http://127.0.0.1:9000/", None), ["127.0.0.1:9000"]);
    }

    #[test]
    fn places() {
        let none = S3Options::default();
        let own = S3Options {
            endpoint: Some(Url::parse("https://minio.corp:9000").unwrap()),
            region: Some("here".into()),
            ..S3Options::default()
        };
        let virtually = S3Options {
            path_style: Some(false),
            ..own.clone()
        };
        let near = S3Options {
            profile: Some("near".into()),
            ..S3Options::default()
        };
        #[rustfmt::skip]
        let table: &[Case<'_>] = &[
            ("the profile's region", "s3://lake/a", &none, &[], "https://lake.s3.eu-central-1.amazonaws.com/", "a"),
            ("AWS_REGION before it", "s3://lake/a", &none, &[("AWS_REGION", "us-west-2"), ("AWS_DEFAULT_REGION", "x")], "https://lake.s3.us-west-2.amazonaws.com/", "a"),
            ("AWS_DEFAULT_REGION", "s3://lake/a", &none, &[("AWS_DEFAULT_REGION", "cn-north-1")], "https://lake.s3.cn-north-1.amazonaws.com.cn/", "a"),
            ("dots go into the path", "s3://a.b.c/d%20e/f?", &none, &[], "", ""),
            ("dots go into the path", "s3://a.b.c/d%20e/f", &none, &[], "https://s3.eu-central-1.amazonaws.com/", "d e/f"),
            ("an endpoint", "s3://lake/", &own, &[("AWS_ENDPOINT_URL", "http://other")], "https://minio.corp:9000/", ""),
            ("by name", "s3://lake", &virtually, &[], "https://lake.minio.corp:9000/", ""),
            ("a variable", "s3://lake/a%2Fb", &none, &[("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")], "http://127.0.0.1:5000/", "a/b"),
            ("S3's own before it", "s3://lake/a", &none, &[("AWS_ENDPOINT_URL", "http://x"), ("AWS_ENDPOINT_URL_S3", "http://y")], "http://y/", "a"),
            ("not wanted", "s3://lake/a", &none, &[("AWS_ENDPOINT_URL", "http://x"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")], "https://lake.s3.eu-central-1.amazonaws.com/", "a"),
            ("a profile", "s3://lake/a", &near, &[], "http://10.0.0.1:9000/", "a"),
            ("AWS_PROFILE", "s3://lake/a", &none, &[("AWS_PROFILE", "near")], "http://10.0.0.1:9000/", "a"),
            ("no such profile", "s3://lake/a", &none, &[("AWS_PROFILE", "far")], "", ""),
            ("no bucket", "s3://La_ke/a", &none, &[], "", ""),
            ("a fragment", "s3://lake/a#1", &none, &[], "", ""),
            ("a key with a slash in front", "s3://lake//a", &none, &[], "", ""),
            ("a password in the endpoint", "s3://lake/a", &none, &[("AWS_ENDPOINT_URL", "http://u:pw@h")], "", ""),
            ("a port", "s3://lake:9000/a", &none, &[], "", ""),
            ("an endpoint with a path", "s3://lake/a", &none, &[("AWS_ENDPOINT_URL", "http://h/x")], "", ""),
            ("no region", "s3://lake/a", &none, &[("AWS_REGION", "eu west/1")], "", ""),
        ];
        for (what, url, options, variables, endpoint, key) in table {
            let found = place(url, options, variables);
            match endpoint.is_empty() {
                true => assert!(found.is_err(), "{what}: {found:?}"),
                false => {
                    let found = found.unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert_eq!(
                        (found.endpoint.as_str(), &*found.key),
                        (*endpoint, *key),
                        "{what}"
                    );
                }
            }
        }
    }
}
