//! Proxy URLs as people write them in settings, flags and `*_PROXY` variables.

use std::fmt;

use percent_encoding::percent_decode_str;

use super::target::is_dns_name;
use super::{Host, ProxyScheme, Secret, text};

/// A proxy URL, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyUrl {
    /// `http` when the text names no scheme, whatever the target's scheme is.
    pub scheme: ProxyScheme,
    /// The proxy's host.
    pub host: Host,
    /// The proxy's port, the scheme's default when the text names none.
    pub port: u16,
    /// The user name, percent-decoded; `None` without userinfo or with an empty name and no
    /// password.
    pub username: Option<String>,
    /// The password, percent-decoded; `None` without a colon in the userinfo.
    pub password: Option<Secret>,
}

/// What is wrong with a proxy URL. The text never repeats the userinfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadProxyUrl {
    /// What is wrong.
    pub what: String,
    /// What to write instead, if that can be guessed.
    pub hint: Option<String>,
}

impl fmt::Display for BadProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for BadProxyUrl {}

impl BadProxyUrl {
    fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: None,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl ProxyUrl {
    /// Parses a proxy URL.
    ///
    /// Blanks and line ends around it are trimmed. The last `@` ends the userinfo, as in curl; a
    /// bad percent escape is taken as it stands. Nothing is guessed beyond that: an unknown
    /// scheme, a bad port, a missing host, an inner blank, a path or a bare `/` in the userinfo
    /// is an error, because each of them makes some program go out directly without a word.
    ///
    /// # Errors
    /// As above.
    pub fn parse(written: &str) -> Result<Self, BadProxyUrl> {
        let written = written.trim();
        if written.is_empty() {
            return Err(BadProxyUrl::new("the proxy URL is empty"));
        }
        if written.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(BadProxyUrl::new(
                "a blank or control character stands inside the proxy URL",
            ));
        }
        let (scheme, rest) = split_scheme(written)?;
        let (userinfo, authority) = split_userinfo(rest)?;
        let (host, port) = split_authority(authority, scheme)?;
        let (username, password) = match userinfo {
            Some(userinfo) => decode_userinfo(userinfo)?,
            None => (None, None),
        };
        Ok(Self {
            scheme,
            host,
            port,
            username,
            password,
        })
    }
}

fn split_scheme(written: &str) -> Result<(ProxyScheme, &str), BadProxyUrl> {
    let Some((name, rest)) = written.split_once("://") else {
        return match written.split_once(":/") {
            Some((name, _)) if ProxyScheme::parse(name).is_some() => {
                let host = written[name.len() + 1..].trim_start_matches('/');
                let scheme = ProxyScheme::parse(name).unwrap_or(ProxyScheme::Http);
                let is_bad = host.contains('@') || split_authority(host, scheme).is_err();
                let rest = if is_bad { "HOST:PORT" } else { host };
                Err(BadProxyUrl::new("a slash is missing after the scheme")
                    .hint(format!("write `{name}://{}`", text::clip(rest))))
            }
            _ => Ok((ProxyScheme::Http, written)),
        };
    };
    // A `://` behind an `@` belongs to the password of a value without scheme.
    if name.contains('@') {
        return Ok((ProxyScheme::Http, written));
    }
    match ProxyScheme::parse(name) {
        Some(scheme) => Ok((scheme, rest)),
        None => {
            let known = ProxyScheme::ALL.map(ProxyScheme::as_str);
            let shown = if name.contains(':') { "…" } else { name };
            let error = BadProxyUrl::new(format!(
                "the proxy scheme `{}` is unknown; known are {}",
                text::clip(shown),
                known.join(", ")
            ));
            Err(match text::nearest(name, known) {
                Some(near) => error.hint(format!("did you mean `{near}://`?")),
                None => error,
            })
        }
    }
}

fn split_userinfo(rest: &str) -> Result<(Option<&str>, &str), BadProxyUrl> {
    let Some((userinfo, authority)) = rest.rsplit_once('@') else {
        return Ok((None, rest));
    };
    // In a URL these three end the host: the password would be taken for a path.
    for (bare, escaped) in [('/', "%2F"), ('?', "%3F"), ('#', "%23")] {
        if userinfo.contains(bare) {
            let what = format!("a bare `{bare}` stands before the `@` of the proxy URL");
            let hint = format!("write `{bare}` as `{escaped}` in the user name or password");
            return Err(BadProxyUrl::new(what).hint(hint));
        }
    }
    Ok((Some(userinfo), authority))
}

fn split_authority(authority: &str, scheme: ProxyScheme) -> Result<(Host, u16), BadProxyUrl> {
    if let Some(at) = authority.find(['/', '?', '#', '\\'])
        && &authority[at..] != "/"
    {
        return Err(BadProxyUrl::new(
            "a proxy URL ends with its port; it has no path, query or fragment",
        ));
    }
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let (host, port) = if authority.starts_with('[') {
        let Some(end) = authority.find(']') else {
            return Err(BadProxyUrl::new("`[` without `]` in the proxy's address"));
        };
        let (host, after) = authority.split_at(end + 1);
        match after.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if after.is_empty() => (host, None),
            None => {
                return Err(BadProxyUrl::new(
                    "only `:PORT` may follow the `]` of the proxy's address",
                ));
            }
        }
    } else {
        match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err(BadProxyUrl::new("too many colons in the proxy's address")
                    .hint("an IPv6 address stands in brackets: `[2001:db8::1]:3128`"));
            }
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }
    };
    if host.is_empty() {
        return Err(BadProxyUrl::new("the proxy URL names no host"));
    }
    let bad_host = |cause: &dyn fmt::Display| {
        let shown = text::clip(host);
        BadProxyUrl::new(format!("`{shown}` is not a proxy host: {cause}"))
    };
    let host = match Host::parse(host) {
        Ok(Host::Domain(name)) if !is_dns_name(name.strip_suffix('.').unwrap_or(&name)) => {
            return Err(bad_host(&"it cannot be a name in the DNS"));
        }
        Ok(host) => host,
        Err(cause) => return Err(bad_host(&cause)),
    };
    let port = match port {
        None => scheme.default_port(),
        Some(port) => parse_port(port)?,
    };
    Ok((host, port))
}

fn parse_port(written: &str) -> Result<u16, BadProxyUrl> {
    let digits = !written.is_empty() && written.bytes().all(|b| b.is_ascii_digit());
    match written.parse::<u16>() {
        Ok(port) if digits && port != 0 => Ok(port),
        // Not repeated: without the host, what stands here is the password.
        _ => Err(BadProxyUrl::new(
            "the proxy's port is not a number from 1 to 65535",
        )),
    }
}

fn decode_userinfo(userinfo: &str) -> Result<(Option<String>, Option<Secret>), BadProxyUrl> {
    let (username, password) = match userinfo.split_once(':') {
        Some((username, password)) => (username, Some(password)),
        None => (userinfo, None),
    };
    let username = decode(username)?;
    let password = password.map(decode).transpose()?.map(Secret::new);
    if username.is_empty() && password.as_ref().is_none_or(|p| p.expose().is_empty()) {
        return Ok((None, None));
    }
    Ok((Some(username), password))
}

fn decode(written: &str) -> Result<String, BadProxyUrl> {
    let decoded = percent_decode_str(written)
        .decode_utf8()
        .map_err(|_| BadProxyUrl::new("the proxy URL's user name or password is not UTF-8"))?;
    // RFC 7617 section 2: neither may hold a control character; a line end would split a header.
    if decoded.chars().any(char::is_control) {
        return Err(BadProxyUrl::new(
            "the proxy URL's user name or password holds an encoded control character",
        ));
    }
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write() {
        let cases = [
            ("proxy.corp:3128", "http://proxy.corp:3128", None, None),
            ("proxy.corp", "http://proxy.corp:80", None, None),
            ("HTTPS://proxy.corp/", "https://proxy.corp:443", None, None),
            (
                "socks5h://proxy.corp",
                "socks5h://proxy.corp:1080",
                None,
                None,
            ),
            (" http://p:1\r\n", "http://p:1", None, None),
            (
                "http://[2001:DB8::1]:3128",
                "http://[2001:db8::1]:3128",
                None,
                None,
            ),
            (
                "http://us%40er:p%3As%25s@p:1",
                "http://p:1",
                Some("us@er"),
                Some("p:s%s"),
            ),
            ("http://u:100%@p:1", "http://p:1", Some("u"), Some("100%")),
            ("http://u:a@b@p:1", "http://p:1", Some("u"), Some("a@b")),
            ("http://u@p:1", "http://p:1", Some("u"), None),
            ("http://@p:1", "http://p:1", None, None),
        ];
        for (written, url, username, password) in cases {
            let parsed = ProxyUrl::parse(written).unwrap_or_else(|e| panic!("{written}: {e}"));
            let shown = format!("{}://{}:{}", parsed.scheme, parsed.host, parsed.port);
            assert_eq!(shown, url, "{written}");
            assert_eq!(parsed.username.as_deref(), username, "{written}");
            assert_eq!(
                parsed.password.as_ref().map(Secret::expose),
                password,
                "{written}"
            );
        }
    }

    #[test]
    fn a_bad_port_is_never_repeated() {
        for port in ["19840523", "65536", "0", "", "+3", "hunter2"] {
            let written = format!("http://svc:{port}");
            let error = ProxyUrl::parse(&written).expect_err(&written);
            let expected = "the proxy's port is not a number from 1 to 65535";
            assert_eq!((error.what.as_str(), error.hint), (expected, None));
        }
    }

    #[test]
    fn what_is_refused_and_never_shows_the_password() {
        let cases = [
            "htp://u:hunter2@p",
            "http:/u:hunter2@p",
            "http://u:hunter2@",
            "http://u:hun/ter2@p",
            "http://u:hunter2@p:0",
            "http://u:hunter2@p:65536",
            "http://u:hunter2@p:",
            "http://u:hunter2@p:3a",
            "http://u:hunter2@p:+3",
            "http://u:hunter2@a b",
            "http://u:hunter2@2001:db8::1",
            "http://u:hunter2@[::1",
            "http://u:hunter2@[::1]x",
            "http://u:hunter2@p/path",
            "http://u:hunter2@p?x",
            "http://u:hunter2@p#x",
            "http://u:hunter2",
            "u:hunter2/",
            "http://u:hunter2?",
            "http://",
        ];
        for written in cases {
            let error = ProxyUrl::parse(written).expect_err(written);
            assert!(
                !format!("{error:?} {error}").contains("hunter2"),
                "{error:?}"
            );
        }
        let slip = ProxyUrl::parse("htp://proxy.corp").unwrap_err();
        assert_eq!(slip.hint.as_deref(), Some("did you mean `http://`?"));
    }
}
