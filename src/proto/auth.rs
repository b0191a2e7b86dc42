//! HTTP authentication: challenges, and what answers them (RFC 9110 section 11).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::base::Secret;
use crate::base::hidden::Hidden;

/// One challenge of `Proxy-Authenticate` or `WWW-Authenticate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme, spelled as sent: `Basic`, `Negotiate`.
    pub scheme: String,
    /// The `realm` parameter.
    pub realm: Option<String>,
}

impl Challenge {
    /// Whether this is the scheme called `name`, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(name)
    }
}

/// What of a value of `Authorization` or `Proxy-Authorization` is not shown where an answer repeats it.
pub(crate) fn hidden(value: &Secret) -> Hidden {
    let mut hidden = Hidden::default();
    hide(value.expose(), &mut hidden);
    hidden
}

/// Hides the value of such a field, and the password that a value of Basic holds.
pub(crate) fn hide(value: &str, hidden: &mut Hidden) {
    let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
    hidden.add(rest.trim());
    if !scheme.eq_ignore_ascii_case("basic") {
        return;
    }
    let decoded = STANDARD.decode(rest.trim()).map(Zeroizing::new);
    if let Ok(decoded) = decoded
        && let Ok(pair) = std::str::from_utf8(&decoded)
        && let Some((_, password)) = pair.split_once(':')
    {
        hidden.add(password);
    }
}

/// At most this many challenges are kept of one answer.
const CHALLENGES_KEPT: usize = 16;

/// Parses the values of all challenge fields of an answer, in order. What is no challenge is
/// passed over: the list serves to choose a scheme and to tell the user what was offered.
pub fn challenges<'a>(fields: impl IntoIterator<Item = &'a [u8]>) -> Vec<Challenge> {
    let mut found: Vec<Challenge> = Vec::new();
    for field in fields {
        let field = String::from_utf8_lossy(field);
        for part in split_list(&field) {
            // `scheme`, `scheme token68`, `scheme name=value`, or a further `name=value` of the
            // scheme before: RFC 9110 section 11.6.1 notes that both lists use the comma.
            let (first, rest) = match part.split_once([' ', '\t']) {
                Some((first, rest)) => (first, rest.trim()),
                None => (part, ""),
            };
            let parameter = if is_token(first) && !rest.starts_with('=') {
                if found.len() == CHALLENGES_KEPT {
                    return found;
                }
                found.push(Challenge {
                    scheme: first.to_owned(),
                    realm: None,
                });
                rest
            } else {
                part
            };
            if let (Some(challenge), Some(realm)) = (found.last_mut(), realm(parameter)) {
                challenge.realm.get_or_insert(realm);
            }
        }
    }
    found
}

/// Splits at commas outside quoted strings.
fn split_list(field: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut quoted, mut escaped) = (0, false, false);
    for (at, c) in field.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(field[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(field[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn is_token(text: &str) -> bool {
    let special = "!#$%&'*+-.^_`|~";
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || special.contains(c))
}

fn realm(parameter: &str) -> Option<String> {
    let (name, value) = parameter.split_once('=')?;
    if !name.trim().eq_ignore_ascii_case("realm") {
        return None;
    }
    let value = value.trim();
    let value = match value.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').unwrap_or(quoted),
        None => value,
    };
    Some(value.replace("\\\"", "\"").replace("\\\\", "\\"))
}

/// The value of `Authorization` or `Proxy-Authorization` for Basic (RFC 7617), in UTF-8.
///
/// # Errors
/// Says what cannot be sent: a colon in the user name, a control character in either.
pub fn basic(username: &str, password: &Secret) -> Result<Secret, &'static str> {
    if username.contains(':') {
        return Err("the user name contains a colon, which Basic cannot carry (RFC 7617)");
    }
    if username.chars().any(char::is_control) {
        return Err("the user name contains a control character");
    }
    if password.expose().chars().any(char::is_control) {
        return Err("the password contains a control character");
    }
    let pair = Secret::new(format!("{username}:{}", password.expose()));
    Ok(Secret::new(format!(
        "Basic {}",
        STANDARD.encode(pair.expose())
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field values and the schemes and realms they offer, with the program that sends them.
    #[test]
    fn challenges_as_servers_send_them() {
        type Offered = (&'static str, Option<&'static str>);
        let cases: &[(&[&str], &[Offered], &str)] = &[
            (
                &["Basic realm=\"Squid proxy\""],
                &[("Basic", Some("Squid proxy"))],
                "Squid",
            ),
            (
                &["Negotiate", "NTLM"],
                &[("Negotiate", None), ("NTLM", None)],
                "IIS",
            ),
            (
                &["Negotiate, Basic realm=\"a, b\""],
                &[("Negotiate", None), ("Basic", Some("a, b"))],
                "RFC 9110 section 11.6.1",
            ),
            (
                &["Digest realm=\"d\", qop=\"auth\", nonce=\"x,y\", Basic realm=b"],
                &[("Digest", Some("d")), ("Basic", Some("b"))],
                "RFC 7616, Apache",
            ),
            (
                &[
                    "Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", Basic realm=\"simple\"",
                ],
                &[("Newauth", Some("apps")), ("Basic", Some("simple"))],
                "RFC 9110 section 11.6.1",
            ),
            (
                &["NTLM TlRMTVNTUAACAAAA==", ""],
                &[("NTLM", None)],
                "MS-NTHT",
            ),
            (
                &["Basic realm = \"spaced\""],
                &[("Basic", Some("spaced"))],
                "RFC 9110 BWS",
            ),
            (&["basic"], &[("basic", None)], "curl test 2041"),
            (&[", ,"], &[], "RFC 9110 section 5.6.1"),
        ];
        for (fields, expected, source) in cases {
            let found = challenges(fields.iter().map(|field| field.as_bytes()));
            let found: Vec<_> = found
                .iter()
                .map(|c| (c.scheme.as_str(), c.realm.as_deref()))
                .collect();
            assert_eq!(&found, expected, "{source}: {fields:?}");
        }
    }

    #[test]
    fn a_flood_of_challenges_is_cut() {
        let field = "Basic, ".repeat(10_000);
        assert_eq!(challenges([field.as_bytes()]).len(), CHALLENGES_KEPT);
    }

    #[test]
    fn basic_of_rfc_7617() {
        let value = |user, password| basic(user, &Secret::new(password));
        assert_eq!(
            value("Aladdin", "open sesame").unwrap().expose(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        assert_eq!(
            value("test", "123£").unwrap().expose(),
            "Basic dGVzdDoxMjPCow=="
        );
        for (user, password) in [("a:b", "c"), ("a\r", "c"), ("a", "c\nd")] {
            assert!(value(user, password).is_err());
        }
    }
}
