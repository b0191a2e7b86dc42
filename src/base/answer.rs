//! What the other side said.

use std::fmt;

use super::hidden::Hidden;
use super::text;

/// How much of a refusal's body is kept: enough for the title of a proxy's error page.
pub const BODY_KEPT: usize = 4096;

/// How much of a page's title stands before a Proxy-Status.
const TITLE_SHOWN: usize = 80;

/// An answer that was not the hoped-for one, kept whole: an HTTP status with what explains it, or
/// an FTP reply.
///
/// Its texts are as the peer sent them. `Display` escapes and cuts them; use
/// [`text::escape`] when showing a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// The HTTP status or FTP reply code.
    pub code: u16,
    /// The reason phrase, or the text of the FTP reply.
    pub reason: String,
    /// `Server`, when sent.
    pub server: Option<String>,
    /// `Via`, when sent.
    pub via: Option<String>,
    /// `Proxy-Status` (RFC 9209), when sent.
    pub proxy_status: Option<String>,
    /// `X-Squid-Error`, when sent.
    pub squid_error: Option<String>,
    /// Where a redirect (3xx) leads: `Location`.
    pub location: Option<String>,
    /// The schemes that a 401 or 407 offered, in order: `Basic`, `Negotiate`.
    pub schemes: Vec<String>,
    /// `Retry-After` in seconds: sent as a number, or, in answer to a request, as a date. (The
    /// handshake of a tunnel has no clock to count from a date.)
    pub retry_after: Option<u64>,
    /// The first [`BODY_KEPT`] bytes of the body, as text.
    pub body: String,
}

impl Answer {
    /// An answer that is known by its code and words only.
    pub fn new(code: u16, reason: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.into(),
            ..Self::default()
        }
    }

    /// The answer without what was sent in secret: error pages repeat requests.
    pub(crate) fn hiding(mut self, hidden: &Hidden) -> Self {
        let fields = [
            &mut self.server,
            &mut self.via,
            &mut self.proxy_status,
            &mut self.squid_error,
            &mut self.location,
        ];
        let texts = fields.into_iter().filter_map(Option::as_mut);
        for text in texts.chain([&mut self.reason, &mut self.body]) {
            *text = hidden.out_of(text);
        }
        self
    }

    /// The peer's own explanation in a few words, if it gave one: Proxy-Status and the title of
    /// its error page, Squid's error name, or that title alone. Not escaped.
    pub fn explanation(&self) -> Option<String> {
        if let Some(status) = &self.proxy_status {
            let status = format!("proxy-status: {status}");
            // The page is for people, and may name the policy; Squid's only repeats the status.
            let title = html_title(&self.body).filter(|_| self.squid_error.is_none());
            return Some(match title {
                Some(title) => format!("{}; {status}", text::clip_to(&title, TITLE_SHOWN)),
                None => status,
            });
        }
        if let Some(error) = &self.squid_error {
            return Some(format!("squid: {error}"));
        }
        apache_reason(&self.body)
            .or_else(|| html_title(&self.body))
            .or_else(|| plain_first_line(&self.body))
    }

    /// The title of the page that came, if it has one. Not escaped.
    pub fn title(&self) -> Option<String> {
        html_title(&self.body)
    }

    /// The product that answered, as far as its headers tell: `squid`, `Apache`, `tinyproxy`.
    pub fn product(&self) -> Option<&str> {
        let word = self.server.as_deref()?.split(['/', ' ']).next()?;
        (!word.is_empty()).then_some(word)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.code.to_string();
        if !self.reason.is_empty() {
            shown.push(' ');
            shown.push_str(self.reason.trim());
        }
        if let Some(location) = &self.location {
            shown.push_str(&format!(", to {location}"));
        }
        // `404 Not Found` as the title of its own page says nothing new.
        let code = self.code.to_string();
        let explanation = self.explanation();
        if let Some(explanation) = explanation.filter(|words| !words.starts_with(&code)) {
            shown.push_str(&format!(" ({explanation})"));
        }
        f.write_str(&text::clip(&text::without_queries(&shown)))
    }
}

fn html_title(body: &str) -> Option<String> {
    between(body, "<title>", "</title>")
}

/// What mod_proxy gives as the reason, below a title that repeats the status.
fn apache_reason(body: &str) -> Option<String> {
    between(body, "reason: <strong>", "</strong>")
}

/// The words between two marks, which are in lower case.
fn between(body: &str, from: &str, to: &str) -> Option<String> {
    let lower = body.to_ascii_lowercase();
    let start = lower.find(from)? + from.len();
    let end = start + lower[start..].find(to)?;
    let words = body[start..end].split_whitespace().collect::<Vec<_>>();
    (!words.is_empty()).then(|| words.join(" "))
}

fn plain_first_line(body: &str) -> Option<String> {
    let line = body.lines().map(str::trim).find(|line| !line.is_empty())?;
    (!line.starts_with('<') && !line.starts_with('{')).then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_explanation_is_shown() {
        let mut answer = Answer::new(403, "Forbidden");
        assert_eq!(answer.to_string(), "403 Forbidden");
        answer.body = "<HTML><head><TITLE>Access\n denied</TITLE>".into();
        assert_eq!(answer.to_string(), "403 Forbidden (Access denied)");
        answer.body = "<title>403 Forbidden</title>".into();
        assert_eq!(answer.to_string(), "403 Forbidden");
        answer.squid_error = Some("ERR_ACCESS_DENIED 0".into());
        assert_eq!(
            answer.to_string(),
            "403 Forbidden (squid: ERR_ACCESS_DENIED 0)"
        );
        answer.proxy_status = Some("gw; error=http_request_denied".into());
        assert!(answer.to_string().contains("(proxy-status: gw;"));
        answer.squid_error = None;
        answer.body = "<title>Blocked by policy 7</title>".into();
        assert_eq!(
            answer.to_string(),
            "403 Forbidden (Blocked by policy 7; proxy-status: gw; error=http_request_denied)"
        );
    }

    #[test]
    fn what_was_asked_for_is_told_without_its_query() {
        let mut answer = Answer::new(403, "Forbidden");
        answer.body = "<title>https://h.example/x?token=hunter2&amp;a=b is blocked</title>".into();
        assert_eq!(
            answer.to_string(),
            "403 Forbidden (https://h.example/x?… is blocked)"
        );
    }

    #[test]
    fn apache_has_its_reason_in_the_page() {
        let mut answer = Answer::new(502, "Proxy Error");
        answer.body =
            "<title>502 Proxy Error</title>\n<p>Reason: <strong>DNS lookup failure\n for: \
                       h.test</strong></p>"
                .into();
        let told = "502 Proxy Error (DNS lookup failure for: h.test)";
        assert_eq!(answer.to_string(), told);
    }

    #[test]
    fn a_redirect_tells_where_it_leads() {
        let mut answer = Answer::new(302, "Found");
        answer.location = Some("http://portal.example/login?of=https://h.example/".into());
        let told = "302 Found, to http://portal.example/login?…";
        assert_eq!(answer.to_string(), told);
    }

    #[test]
    fn a_hostile_reason_is_escaped_and_cut() {
        let answer = Answer::new(550, format!("\x1b]0;x\x07{}", "y".repeat(500)));
        let shown = answer.to_string();
        assert!(shown.starts_with("550 \\x1b]0;x\\x07") && shown.ends_with('…'));
        assert!(shown.chars().count() < 230);
    }
}
