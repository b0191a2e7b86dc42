//! From what a user types to a URL and the connection that it belongs to.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use url::Url;

use super::check::did_you_mean;
use super::connection::Connection;
use super::policy::Policy;
use crate::base::target::unknown_scheme;
use crate::base::text::clip;
use crate::base::{
    Credentials, Encoding, Error, Kind, Origin, Result, Scheme, Secret, SecretRef, Stage, Target,
};

/// Where something is, and under whose settings it is reached.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Location {
    /// The URL, without userinfo.
    pub url: Url,
    /// The connection that it belongs to.
    pub connection: Option<Arc<Connection>>,
    /// The userinfo of the URL: it goes before the connection's credentials.
    pub credentials: Option<Credentials>,
}

impl Policy {
    /// Finds what `text` names: a URL, or `NAME:PATH` below the base of a connection. `named` is
    /// the connection that the user chose (`--connection`); then a mere path is one below its
    /// base, and a URL uses the connection's proxy choice and credentials wherever it leads.
    ///
    /// A path in a connection cannot leave its base. Control characters are refused, raw or
    /// percent-encoded (encoded ones may stand in the query of an HTTP URL, where they stay so).
    ///
    /// # Errors
    /// As above, and for an unknown connection or scheme.
    pub fn locate(&self, text: &str, named: Option<&str>) -> Result<Location> {
        check_text(text)?;
        let named = named.map(|name| self.connection(name)).transpose()?;
        if has_authority(text) {
            return self.locate_url(text, named);
        }
        // `[::1]` has colons, and no name before them.
        let is_name = |(prefix, _): &(&str, _)| !prefix.is_empty() && !prefix.starts_with('[');
        match (text.split_once(':').filter(is_name), named) {
            (Some((prefix, path)), named) => {
                let connection = self.by_prefix(prefix, path)?;
                match named {
                    Some(other) if other.name != connection.name => Err(usage(format!(
                        "`{}:` and --connection {} name different connections",
                        connection.name, other.name
                    ))),
                    _ => in_connection(connection, path),
                }
            }
            (None, Some(connection)) => in_connection(connection, text),
            (None, None) => {
                let (first, rest) = text.split_once('/').unwrap_or((text, ""));
                let hint = match self.connections.contains_key(first) {
                    true => format!(
                        "for what is below the connection write `{first}:{}`",
                        clip(rest)
                    ),
                    false => "a URL begins with its scheme, as in https:// or ftp://".to_owned(),
                };
                let text = clip(text);
                let what = format!("`{text}` is neither a URL nor NAME:PATH of a connection");
                Err(usage(what).with_hint(hint))
            }
        }
    }

    fn locate_url(&self, text: &str, named: Option<&Arc<Connection>>) -> Result<Location> {
        let prefix = text.split("://").next().unwrap_or_default();
        if Scheme::parse(prefix).is_none() && self.connections.contains_key(prefix) {
            let what = format!("`{prefix}` is a connection, not a scheme");
            return Err(usage(what).with_hint(format!("write `{prefix}:PATH`")));
        }
        let mut url = Url::parse(text)
            .map_err(|cause| usage(format!("the URL cannot be understood: {cause}")))?;
        Target::from_url(&url)?;
        let credentials = take_userinfo(&mut url)?.map(|(username, password)| Credentials {
            username,
            origin: Origin::Url,
            password: password.map(|password| SecretRef {
                source: crate::base::SecretSource::Inline(password),
                origin: Origin::Url,
            }),
        });
        let connection = named.or_else(|| self.connection_for(&url)).cloned();
        if let Some(at) = &connection
            && let Some(encoding) = at.encoding
            && let Some((host, path)) = split_path(text)
        {
            let typed = Url::parse(&format!("{host}{}", in_encoding(path, encoding)?));
            let mut typed_url = url.clone();
            typed_url.set_path(typed.map_err(|cause| usage(cause.to_string()))?.path());
            // Bytes may be separators that characters are not.
            if named.is_some() || at.covers(&typed_url) {
                url = typed_url;
            }
        }
        check_encoded(&url)?;
        Ok(Location {
            url,
            connection,
            credentials,
        })
    }

    fn by_prefix(&self, prefix: &str, path: &str) -> Result<&Arc<Connection>> {
        if Scheme::parse(prefix).is_some() {
            let what = format!("`{prefix}:` is not followed by `//`");
            let rest = path.trim_start_matches('/');
            // A login is not repeated, nor what would be no URL either.
            let whole = Url::parse(&format!("{prefix}://{rest}"));
            let rest = if rest.contains('@') || whole.is_err() {
                "HOST/PATH".into()
            } else {
                clip(rest)
            };
            return Err(usage(what).with_hint(format!("write `{prefix}://{rest}`")));
        }
        let known = || self.connections.keys().map(String::as_str);
        if begins_with_port(path)
            && known().all(|name| name != prefix)
            && did_you_mean(prefix, known()).is_none()
        {
            let what = format!("`{}` has no scheme, and is no connection", clip(prefix));
            let scheme = match path.split('/').next() {
                Some("443") => Scheme::Https,
                Some("21") => Scheme::Ftp,
                Some("990") => Scheme::Ftps,
                _ => Scheme::Http,
            };
            let hint = format!("write `{scheme}://{}:{}`", clip(prefix), clip(path));
            return Err(usage(what).with_hint(hint));
        }
        self.connection(prefix)
    }

    /// The connection whose base is the longest prefix of `url`.
    pub fn connection_for(&self, url: &Url) -> Option<&Arc<Connection>> {
        self.connections
            .values()
            .filter(|connection| connection.covers(url))
            .max_by_key(|connection| segments(&connection.url).len())
    }
}

impl Connection {
    /// Whether `url` is the connection's base or lies below it: same scheme, host and effective
    /// port, path at a segment boundary. What could climb out of the base by encoded separators
    /// does not lie below it.
    pub fn covers(&self, url: &Url) -> bool {
        let (Ok(base), Ok(target)) = (Target::from_url(&self.url), Target::from_url(url)) else {
            return false;
        };
        if base != target {
            return false;
        }
        let (base, path) = (segments(&self.url), segments(url));
        let below = match path.strip_prefix(base.as_slice()) {
            Some(below) => below,
            None => return false,
        };
        !below.iter().any(|segment| climbs(segment))
    }
}

/// The decoded segments of a path, without a last empty one: `/pub` and `/pub/` are one folder.
fn segments(url: &Url) -> Vec<Vec<u8>> {
    let path = url.path();
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Vec::new();
    }
    path.split('/')
        .map(|s| percent_decode_str(s).collect())
        .collect()
}

/// Whether a decoded segment holds `..` between separators: some servers decode before they split.
fn climbs(segment: &[u8]) -> bool {
    segment
        .split(|b| matches!(b, b'/' | b'\\'))
        .any(|part| part == b"..")
}

/// A path below a connection's base.
fn in_connection(connection: &Arc<Connection>, text: &str) -> Result<Location> {
    let refuse = |why: &str| {
        let what = format!("`{}` {why}", clip(text));
        let name = &connection.name;
        Err(usage(what).with_hint(format!(
            "it must be a path below {}: `{name}:FOLDER/FILE`",
            connection.url
        )))
    };
    let is_http = !matches!(connection.url.scheme(), "ftp" | "ftps");
    // FTP has no query: there a question mark is part of a name.
    let (path, query) = match text.split_once('?') {
        Some((path, query)) if is_http => (path, Some(query)),
        _ => (text, None),
    };
    if path.starts_with('/') {
        return refuse("is an absolute path");
    }
    if has_authority(path) {
        // Not repeated: a password may stand in it.
        let what = format!("a URL stands behind `{}:`", connection.name);
        return Err(usage(what).with_hint("give the URL alone"));
    }
    for segment in path.split('/') {
        let decoded: Vec<u8> = percent_decode_str(segment).collect();
        if decoded == b".." || climbs(&decoded) {
            return refuse("leads out of the connection's base");
        }
        if decoded == b"." || decoded.iter().any(|b| matches!(b, b'/' | b'\\')) {
            return refuse("holds `.`, a backslash or an encoded separator");
        }
    }
    let mut url = connection.url.clone();
    if !path.is_empty() {
        let base = url.path().strip_suffix('/').unwrap_or(url.path());
        let path = match connection.encoding {
            Some(encoding) => in_encoding(path, encoding)?,
            None => path.to_owned(),
        };
        let whole = format!("{base}/{path}");
        url.set_path(&whole);
    }
    url.set_query(query);
    check_encoded(&url)?;
    if !connection.covers(&url) {
        return refuse("leads out of the connection's base");
    }
    Ok(Location {
        url,
        connection: Some(Arc::clone(connection)),
        credentials: None,
    })
}

/// A URL's text up to its path, and from there on.
fn split_path(text: &str) -> Option<(&str, &str)> {
    let host = text.find("://")? + "://".len();
    let at = host + text[host..].find('/')?;
    Some(text.split_at(at))
}

/// The characters that are typed, as the server writes them. Bytes that are percent-encoded stand
/// for themselves: that is how a listing's names are given back.
fn in_encoding(path: &str, encoding: Encoding) -> Result<String> {
    let mut whole = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_ascii() {
            whole.push(c);
            continue;
        }
        let mut buffer = [0; 4];
        let Some(bytes) = encoding.encode(c.encode_utf8(&mut buffer)) else {
            let what = format!("`{}` cannot be written in {encoding}", clip(&c.to_string()));
            return Err(
                usage(what).with_hint("the connection's `encoding` is how its server writes names")
            );
        };
        whole.extend(bytes.iter().map(|byte| format!("%{byte:02X}")));
    }
    Ok(whole)
}

/// Whether what stands behind a host and its colon is a port, alone or before a path.
fn begins_with_port(text: &str) -> bool {
    let port = text.split('/').next().unwrap_or_default();
    port.parse().is_ok_and(|port: u16| port > 0) && port.bytes().all(|b| b.is_ascii_digit())
}

/// Whether `text` begins as a URL with an authority does.
fn has_authority(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        let mut bytes = scheme.bytes();
        bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
            && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.' | b'_'))
    })
}

/// Refuses what the URL parser would mend without a word: control characters, a missing host.
pub(super) fn check_text(text: &str) -> Result<()> {
    match text.chars().find(|c| c.is_control()) {
        Some(c) => Err(usage(format!(
            "the URL holds the control character U+{:04X}",
            c as u32
        ))),
        None if text.trim().is_empty() => Err(usage("the URL is empty".into())),
        // The URL standard would skip the slashes and take the first folder for the host.
        None => match text.split_once("://") {
            Some((scheme, rest)) if rest.is_empty() || rest.starts_with(['/', '\\']) => {
                Err(match Scheme::parse(scheme) {
                    Some(_) => usage("the URL has no host".into()),
                    None => unknown_scheme(scheme),
                })
            }
            _ => Ok(()),
        },
    }
}

/// Refuses percent-encoded control characters where a protocol may decode them.
fn check_encoded(url: &Url) -> Result<()> {
    let found = |text: &str| percent_decode_str(text).find(u8::is_ascii_control);
    let query = url
        .query()
        .filter(|_| matches!(url.scheme(), "ftp" | "ftps"));
    match found(url.path()).or_else(|| query.and_then(found)) {
        Some(byte) => Err(usage(format!(
            "the URL's path holds the percent-encoded control character %{byte:02X}"
        ))),
        None => Ok(()),
    }
}

/// Takes user name and password out of a URL, decoded.
///
/// # Errors
/// They are not UTF-8, or hold control characters.
pub(super) fn take_userinfo(url: &mut Url) -> Result<Option<(String, Option<Secret>)>> {
    let decode = |text: &str| {
        let decoded = percent_decode_str(text).decode_utf8();
        match decoded {
            Ok(text) if !text.chars().any(char::is_control) => Ok(text.into_owned()),
            Ok(_) => Err(usage(
                "the URL's user name or password holds an encoded control character".into(),
            )),
            Err(_) => Err(usage("the URL's user name or password is not UTF-8".into())),
        }
    };
    let username = decode(url.username())?;
    let password = url.password().map(decode).transpose()?.map(Secret::new);
    if username.is_empty() && password.is_none() {
        return Ok(None);
    }
    // Neither fails: the URL has a host.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    Ok(Some((username, password)))
}

fn usage(what: String) -> Error {
    Error::new(Kind::Usage, Stage::Settings, what)
}
