//! The one table of settings: it drives the detection of unknown keys, the type checks and the
//! reference in `docs/`.

use crate::base::text;

/// One setting.
#[derive(Debug)]
#[non_exhaustive]
pub struct Key {
    /// The dotted key; `*` stands for a name that the user chooses.
    pub pattern: &'static str,
    /// What its value may be.
    pub kind: Type,
    /// The value when nobody sets it, as it would be written; `None` when there is none.
    pub default: Option<&'static str>,
    /// What it is for, in one line.
    pub doc: &'static str,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// The URL of a proxy.
    ProxyUrl,
    /// The base URL of a connection.
    BaseUrl,
    /// Text without control characters.
    Text,
    /// Text in clear, or where a secret is kept.
    Secret,
    /// A file, relative to the settings file's folder.
    Path,
    /// `true` or `false`.
    Flag,
    /// The name of a character encoding.
    Encoding,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// A length of time that is more than nothing.
    Limit,
    /// A length of time, nothing included.
    Pause,
    /// A whole number from 1 to 1000.
    Count,
    /// Bypass rules.
    Bypass,
    /// `global`, `direct`, `environment` or the name of a proxy.
    Choice,
}

impl Type {
    /// What to write, for messages.
    pub fn wants(self) -> String {
        match self {
            Self::ProxyUrl => "a proxy URL like \"http://proxy.corp.example:3128\"".into(),
            Self::BaseUrl => "a URL like \"https://data.example.org/pub/\"".into(),
            Self::Text => "a text in quotes".into(),
            Self::Secret => {
                "{ env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", …] }".into()
            }
            Self::Path => "a path in quotes".into(),
            Self::Flag => "true or false".into(),
            Self::Encoding => "the name of an encoding like \"windows-1252\"".into(),
            Self::Word(words) => {
                let quoted: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
                quoted.join(" or ")
            }
            Self::Limit | Self::Pause => {
                "a time like \"30s\", \"500ms\", \"2m\", or a number of seconds".into()
            }
            Self::Count => "a whole number from 1 to 1000".into(),
            Self::Bypass => "a list like [\"localhost\", \".corp.example\", \"10.0.0.0/8\"]".into(),
            Self::Choice => "\"global\", \"direct\", \"environment\", the name of a proxy from \
                             [proxies], or { url = … }"
                .into(),
        }
    }
}

const fn key(
    pattern: &'static str,
    kind: Type,
    default: Option<&'static str>,
    doc: &'static str,
) -> Key {
    Key {
        pattern,
        kind,
        default,
        doc,
    }
}

const AUTH: Type = Type::Word(&["auto", "basic"]);
const TUNNEL: Type = Type::Word(&["auto", "always"]);
const FTP: Type = Type::Word(&["tunnel", "proxy-get"]);
const TLS: Type = Type::Word(&["off", "opportunistic", "explicit"]);
const USER_DOC: &str = "user name for the proxy alone";
const PASSWORD_DOC: &str = "where the password for the proxy is kept";
const AUTH_DOC: &str = "`basic` sends Basic credentials unasked, `auto` after the first 407";
const TUNNEL_DOC: &str = "`always` sends plain http:// by CONNECT too";
const FTP_DOC: &str = "`proxy-get` asks the proxy for plain ftp:// files (`GET ftp://…`) instead of tunnelling: for \
                       proxies that refuse CONNECT to port 21 and fetch FTP themselves";
const PROXY_CA_DOC: &str = "PEM bundle that is believed for TLS to the proxy, beside the system's";
const PROXY_DANGER_DOC: &str = "believe every certificate of the proxy";
const PROXY_URL_DOC: &str =
    "where the proxy is: http, https, socks4, socks4a, socks5 or socks5h, host, port";

/// Every setting, in the order of the documentation.
#[rustfmt::skip]
pub static KEYS: &[Key] = &[
    key("proxy.url", Type::ProxyUrl, None, PROXY_URL_DOC),
    key("proxy.username", Type::Text, None, USER_DOC),
    key("proxy.password", Type::Secret, None, PASSWORD_DOC),
    key("proxy.auth", AUTH, Some("auto"), AUTH_DOC),
    key("proxy.tunnel", TUNNEL, Some("auto"), TUNNEL_DOC),
    key("proxy.ftp", FTP, Some("tunnel"), FTP_DOC),
    key("proxy.ca_file", Type::Path, None, PROXY_CA_DOC),
    key("proxy.danger_accept_invalid_certs", Type::Flag, Some("false"), PROXY_DANGER_DOC),
    key("proxy.bypass", Type::Bypass, None, "targets that go direct whatever proxy is chosen; without it no_proxy counts"),
    key("proxies.*.url", Type::ProxyUrl, None, PROXY_URL_DOC),
    key("proxies.*.username", Type::Text, None, USER_DOC),
    key("proxies.*.password", Type::Secret, None, PASSWORD_DOC),
    key("proxies.*.auth", AUTH, Some("auto"), AUTH_DOC),
    key("proxies.*.tunnel", TUNNEL, Some("auto"), TUNNEL_DOC),
    key("proxies.*.ftp", FTP, Some("tunnel"), FTP_DOC),
    key("proxies.*.ca_file", Type::Path, None, PROXY_CA_DOC),
    key("proxies.*.danger_accept_invalid_certs", Type::Flag, Some("false"), PROXY_DANGER_DOC),
    key("connections.*.url", Type::BaseUrl, None, "base URL; what lies below it belongs to the connection"),
    key("connections.*.proxy", Type::Choice, None, "which proxy: `global`, `direct`, `environment`, a name from [proxies], or a table with its url"),
    key("connections.*.use_global_proxy", Type::Flag, None, "the checkbox's spelling of `proxy`: true is `global`, false is `direct`"),
    key("connections.*.username", Type::Text, None, "user name for the target; the access key id of s3://"),
    key("connections.*.password", Type::Secret, None, "where the password for the target is kept; the secret access key of s3://"),
    key("connections.*.ca_file", Type::Path, None, "PEM bundle that is believed for TLS to the target, beside the system's"),
    key("connections.*.danger_accept_invalid_certs", Type::Flag, Some("false"), "believe every certificate of the target"),
    key("connections.*.tunnel", TUNNEL, None, "overrides the proxy's `tunnel`"),
    key("connections.*.ftp", FTP, None, "overrides the proxy's `ftp`; not with TLS"),
    key("connections.*.ftp_keepalive", Type::Limit, None, "NOOP on FTP's control channel so often while a file comes, where a firewall forgets it; not every server takes commands then"),
    key("connections.*.tls", TLS, Some("off"), "TLS with an ftp:// server: `explicit` requires it (AUTH TLS), `opportunistic` goes on in clear where the server has none; ftps:// is TLS from the first byte"),
    key("connections.*.encoding", Type::Encoding, Some("utf-8"), "how an FTP server writes names, and how names that are typed are sent"),
    key("connections.*.endpoint", Type::BaseUrl, None, "where S3 is, when it is not Amazon's: http or https, host and port; without it AWS_ENDPOINT_URL and the region count"),
    key("connections.*.region", Type::Text, None, "the region that requests to s3:// are signed for; without it AWS_REGION, the profile's, us-east-1"),
    key("connections.*.path_style", Type::Flag, None, "whether the bucket of s3:// stands in the path instead of the host's name; without it true with an endpoint of your own"),
    key("connections.*.profile", Type::Text, None, "the profile of ~/.aws that has the key for s3://; `username` and `password` are the access key id and the secret access key themselves"),
    key("connections.*.session_token", Type::Secret, None, "where the session token of temporary credentials for s3:// is kept"),
    key("connections.*.anonymous", Type::Flag, Some("false"), "requests to s3:// go without a signature: a public bucket"),
    key("connections.*.proxy.url", Type::ProxyUrl, None, PROXY_URL_DOC),
    key("connections.*.proxy.username", Type::Text, None, USER_DOC),
    key("connections.*.proxy.password", Type::Secret, None, PASSWORD_DOC),
    key("connections.*.proxy.auth", AUTH, Some("auto"), AUTH_DOC),
    key("connections.*.proxy.tunnel", TUNNEL, Some("auto"), TUNNEL_DOC),
    key("connections.*.proxy.ftp", FTP, Some("tunnel"), FTP_DOC),
    key("connections.*.proxy.ca_file", Type::Path, None, PROXY_CA_DOC),
    key("connections.*.proxy.danger_accept_invalid_certs", Type::Flag, Some("false"), PROXY_DANGER_DOC),
    key("policy.direct", Type::Word(&["allow", "bypass-only"]), Some("allow"), "`bypass-only` goes direct only by a bypass rule or `proxy = \"direct\"`"),
    key("timeouts.resolve", Type::Limit, Some("10s"), "resolving the first hop's name"),
    key("timeouts.dial", Type::Limit, Some("10s"), "opening a socket to the first hop, all addresses together"),
    key("timeouts.tls", Type::Limit, Some("15s"), "one TLS handshake"),
    key("timeouts.connect", Type::Limit, Some("60s"), "the proxy's answer to one CONNECT"),
    key("timeouts.reply", Type::Limit, Some("60s"), "the target's answer to one request or command"),
    key("timeouts.idle", Type::Limit, Some("60s"), "no byte in the middle of a transfer"),
    key("timeouts.secret", Type::Limit, Some("15s"), "a command that prints a secret"),
    key("retry.attempts", Type::Count, Some("5"), "tries without progress before giving up, the first one included"),
    key("retry.pause", Type::Pause, Some("500ms"), "the first pause; it doubles with every further try"),
    key("retry.pause_max", Type::Pause, Some("30s"), "no pause is longer, and no Retry-After is waited for beyond it"),
    key("log", Type::Text, None, "what is logged: `info`, `debug`, or `outbound::tunnel=trace`"),
];

/// What stands at a path.
#[derive(Default)]
pub(super) struct Node {
    /// The setting that has exactly this path.
    pub leaf: Option<&'static Key>,
    /// Whether settings lie below it.
    pub table: bool,
}

/// Finds what the table of keys knows about `path`.
pub(super) fn find(path: &[String]) -> Node {
    let mut node = Node::default();
    for key in KEYS {
        let mut segments = key.pattern.split('.');
        let matches = path.iter().all(|written| match segments.next() {
            Some("*") => true,
            Some(segment) => segment == written,
            None => false,
        });
        if matches && segments.next().is_some() {
            node.table = true;
        } else if matches {
            node.leaf = Some(key);
        }
    }
    node
}

/// Whether the last segment of `path` is a name that the user chose.
pub(super) fn is_name(path: &[String]) -> bool {
    matches!(path, [table, _] if table == "proxies" || table == "connections")
}

/// Whether `path` is a table that is nothing without its `url`. The global proxy is none: it may
/// hold a `bypass` alone.
pub(super) fn needs_url(path: &[String]) -> bool {
    let inline = |table: &str, key: &str| table == "connections" && key == "proxy";
    is_name(path) || matches!(path, [table, _, key] if inline(table, key))
}

/// What somebody may have meant who wrote the unknown key `path`: a near spelling at the same
/// place, or the same word at another place.
pub(super) fn suggest(path: &[String]) -> Option<String> {
    let (word, parents) = path.split_last()?;
    let here = KEYS.iter().filter_map(|key| {
        let mut segments = key.pattern.split('.');
        let below = parents
            .iter()
            .all(|parent| segments.next().is_some_and(|s| s == "*" || s == parent));
        if below { segments.next() } else { None }
    });
    if let Some(near) = text::nearest(word, here.filter(|s| *s != "*")) {
        return Some(format!("did you mean `{near}`?"));
    }
    let elsewhere = KEYS
        .iter()
        .find(|key| key.pattern.rsplit('.').next() == Some(word.as_str()))?;
    let table = elsewhere.pattern.rsplit_once('.')?.0.replace('*', "NAME");
    Some(format!("`{word}` belongs in [{table}]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(dotted: &str) -> Vec<String> {
        dotted.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn paths_are_found() {
        assert!(find(&path("proxy")).table);
        assert!(find(&path("proxies.partner.url")).leaf.is_some());
        let proxy = find(&path("connections.census.proxy"));
        assert!(proxy.leaf.is_some() && proxy.table);
        let unknown = find(&path("proxy.usrname"));
        assert!(unknown.leaf.is_none() && !unknown.table);
    }

    #[test]
    fn slips_are_suggested() {
        let cases = [
            ("proxy.usrname", Some("did you mean `username`?")),
            ("prox", Some("did you mean `proxy`?")),
            ("timeout", Some("did you mean `timeouts`?")),
            ("connections.a.proxy.ulr", Some("did you mean `url`?")),
            ("bypass", Some("`bypass` belongs in [proxy]")),
            ("proxies.a.bypass", Some("`bypass` belongs in [proxy]")),
            ("proxy.colour", None),
        ];
        for (written, hint) in cases {
            assert_eq!(suggest(&path(written)).as_deref(), hint, "{written}");
        }
    }

    #[test]
    fn every_key_is_documented_once() {
        for (index, key) in KEYS.iter().enumerate() {
            assert!(
                !key.doc.is_empty() && !key.doc.ends_with('.'),
                "{}",
                key.pattern
            );
            let same = KEYS.iter().rposition(|other| other.pattern == key.pattern);
            assert_eq!(same, Some(index), "{}", key.pattern);
        }
    }
}
