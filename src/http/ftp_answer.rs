//! What a proxy that was asked for a file of an FTP server answers (`GET ftp://…`): whether it is
//! the file, whether its end can be told from a cut, and whose side a refusal is.

use http::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, LAST_MODIFIED, SERVER,
    TRANSFER_ENCODING,
};
use http::{Method, StatusCode};

use super::client::Response;
use super::failure;
use super::request::shown;
use crate::base::{Answer, Code, Error, Kind, Side, Stage, Target, text};
use crate::tunnel::advice;

impl Response {
    /// The response, if it is a file's.
    ///
    /// # Errors
    /// The proxy, or the FTP server by its mouth, refused; or it is a folder.
    pub(crate) async fn ftp_file(self) -> crate::base::Result<Self> {
        match self.status {
            StatusCode::OK if self.is_ftp_folder() => Err(folder(self)),
            StatusCode::OK => Ok(self),
            _ => Err(refused(self).await),
        }
    }

    /// Whether it is Squid's page about a folder, which comes with status 200 also when no folder
    /// was asked for; or the head of one, which has neither the length nor the time of a file.
    pub(crate) fn is_ftp_folder(&self) -> bool {
        let error = field(self, &HeaderName::from_static("x-squid-error"));
        if error.is_some_and(|error| error.starts_with("ERR_DIR_LISTING")) {
            return true;
        }
        let is_html = field(self, &CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"));
        let is_file = [CONTENT_LENGTH, LAST_MODIFIED]
            .iter()
            .any(|name| self.headers.contains_key(name));
        self.method == Method::HEAD
            && self.status == StatusCode::OK
            && is_html
            && !is_file
            && self.is_from_squid()
            // A page on a server that tells neither size nor time.
            && !is_page(self.url.path())
    }

    /// Whether the answer to HEAD says nothing about the file: the proxy does not know HEAD, or is
    /// Apache httpd, whose date is garbage there (mod_proxy_ftp 2.4.67 keeps a pointer to a place on
    /// the stack that it has left). With a line end in it, which is so for some processes and stays
    /// so, the answer is 500 to each HEAD, while GET works.
    pub(crate) fn is_none_to_ftp_head(&self) -> bool {
        match self.status {
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => true,
            StatusCode::INTERNAL_SERVER_ERROR => !self.is_from_squid(),
            _ => false,
        }
    }

    fn is_from_squid(&self) -> bool {
        field(self, &SERVER).is_some_and(|server| server.starts_with("squid"))
    }

    /// The length that the FTP server told the proxy.
    pub(crate) fn ftp_length(&self) -> Option<u64> {
        field(self, &CONTENT_LENGTH)?.parse().ok()
    }

    /// Gives the error when the end of the body would not tell a whole file from a cut one.
    ///
    /// With a length it does. Without one, Squid ends its chunks only behind the server's 226; Apache
    /// httpd ends them properly behind every end of the data, a cut one included, and what ends with
    /// the connection tells nothing.
    pub(crate) fn ftp_end_shows(self) -> crate::base::Result<Self> {
        let chunked = field(&self, &TRANSFER_ENCODING).is_some_and(|coding| coding == "chunked");
        if self.ftp_length().is_some() || (self.is_from_squid() && chunked) {
            return Ok(self);
        }
        let what = "the proxy tells no length, so that nobody could tell whether all of it came";
        Err(explained(&self, Kind::Unsupported, what).with_hint(
            "a folder's page has none: check that the URL is a file's; where it is, only \
             `ftp = \"tunnel\"` can prove that all of it is here",
        ))
    }

    /// Why it may not have come through the proxy: web servers' files have an entity tag and
    /// ranges, and a login page is HTML; what a proxy brings by FTP, asked for as bytes, is neither.
    pub(crate) fn doubts_ftp_proxy(&self) -> Option<String> {
        let of_web_server = [ETAG, ACCEPT_RANGES];
        let html = field(self, &CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html"));
        if !html
            && !of_web_server
                .iter()
                .any(|name| self.headers.contains_key(name))
        {
            return None;
        }
        failure::not_a_proxy(self).map(|doubt| {
            format!(
                "the answer is like a web server's own, and not like FTP through a proxy; {doubt}, \
                 and whether the data is the right one; `ftp = \"tunnel\"` makes sure"
            )
        })
    }
}

/// Whether the name of a file is one that Squid calls HTML by.
fn is_page(path: &str) -> bool {
    let (path, _) = path.rsplit_once(";type=").unwrap_or((path, ""));
    let path = path.to_ascii_lowercase();
    [".html", ".htm"].iter().any(|end| path.ends_with(end))
}

fn field<'r>(response: &'r Response, name: &HeaderName) -> Option<&'r str> {
    response.headers.get(name)?.to_str().ok()
}

/// An error about an answer that is good in itself.
fn explained(response: &Response, kind: Kind, what: &str) -> Error {
    let mut steps = response.steps.clone();
    steps.take_back(Stage::Request);
    Error::new(kind, Stage::Request, what)
        .about(subject(response))
        .while_doing(doing(response))
        .with_route(&response.route)
        .after(steps)
}

fn subject(response: &Response) -> String {
    format!("{} {}", response.method, text::clip(response.url.path()))
}

fn doing(response: &Response) -> String {
    format!("{} {}", response.method, shown(&response.url))
}

fn folder(response: Response) -> Error {
    let what = "it is a folder: the proxy gives a page about it, and no file";
    explained(&response, Kind::Unsupported, what)
        .with_hint("`ftp = \"tunnel\"` (--ftp tunnel) lists folders")
}

/// The error for an answer that brings no file.
async fn refused(mut response: Response) -> Error {
    let (doing, subject, head) = (
        doing(&response),
        subject(&response),
        response.method == Method::HEAD,
    );
    let (route, mut steps) = (response.route.clone(), response.steps.clone());
    steps.take_back(Stage::Request);
    let authorized = response.authorized;
    let target = Target::from_url(&response.url).ok();
    let elsewhere = failure::not_a_proxy(&response);
    let answer = failure::answer(&mut response).await;
    let said = match servers_words(&answer.body).filter(|_| !head) {
        Some(words) => format!("; the server had said `{}`", text::clip(&words)),
        None => String::new(),
    };
    let (kind, side, hint) = judge(&answer, target.as_ref(), authorized);
    let lines = match (kind, answer.code, route.proxy(), &target) {
        (Kind::ProxyRefused, 403, Some(proxy), Some(target)) => {
            advice::refused_request(proxy, target, "GET", &answer, advice::Word::Proxys)
        }
        _ => None,
    };
    let hint = lines.unwrap_or(hint);
    let error = Error::new(
        kind,
        Stage::Request,
        format!("the proxy answered {answer}{said}"),
    );
    let hint = match elsewhere.filter(|_| answer.code == 404 && answer.squid_error.is_none()) {
        Some(elsewhere) => format!("{hint}; or {elsewhere}"),
        None => hint,
    };
    error
        .with_code(code(&answer, target.as_ref()))
        .with_side(side)
        .with_hint(hint)
        .about(subject)
        .while_doing(doing)
        .with_route(&route)
        .with_answer(answer)
        .after(steps)
}

/// Whose side a refusal is, and what to do.
fn judge(
    answer: &Answer,
    target: Option<&Target>,
    authorized: bool,
) -> (Kind, Option<Side>, String) {
    let squid = answer.squid_error.as_deref().unwrap_or_default();
    let squid = squid.split_whitespace().next().unwrap_or_default();
    let at = target.map(Target::authority).unwrap_or_default();
    match (answer.code, squid) {
        (401, _) | (403, "ERR_FTP_FORBIDDEN") => (Kind::TargetAuth, None, login(authorized)),
        (404 | 410, _) => (
            Kind::TargetRefused,
            None,
            "check the path: the FTP server has no such file, or does not give it".to_owned(),
        ),
        (403, _) => (
            Kind::ProxyRefused,
            None,
            format!("ask the proxy's administrator to allow ftp:// to {at}"),
        ),
        (408 | 429, _) => (
            Kind::ProxyUnavailable,
            None,
            "the proxy is busy; try again later".to_owned(),
        ),
        (300..=399 | 511, _) => (
            Kind::ProxyRefused,
            None,
            "the answer is a login page (captive portal): log in by browser first".to_owned(),
        ),
        // Apache httpd says 500 where mod_proxy_ftp is not loaded.
        (400 | 405 | 501, _) | (500, "") => (Kind::ProxyRefused, None, UNABLE.to_owned()),
        (500..=599, "ERR_FTP_FAILURE" | "ERR_FTP_UNAVAILABLE" | "ERR_READ_ERROR")
            if !target.is_some_and(|target| advice::is_unknown_name(target, answer)) =>
        {
            (
                Kind::TargetUnavailable,
                None,
                format!("{at} broke off, or is full: try again later"),
            )
        }
        (500..=599, _) => match target {
            Some(target) => {
                let (_, side, hint) = advice::unavailable(target, answer);
                (Kind::ProxyUnavailable, Some(side), hint)
            }
            None => (Kind::ProxyUnavailable, None, UNABLE.to_owned()),
        },
        _ => (Kind::ProxyProtocol, None, UNABLE.to_owned()),
    }
}

/// The name of the cause, where it is more than the status.
fn code(answer: &Answer, target: Option<&Target>) -> Option<Code> {
    let squid = answer.squid_error.as_deref().unwrap_or_default();
    let squid = squid.split_whitespace().next().unwrap_or_default();
    Some(match (answer.code, squid) {
        (401 | 403, "ERR_FTP_FORBIDDEN") => Code::FtpLoginRefused,
        (404 | 410, _) => Code::FtpNotFound,
        (300..=399 | 511, _) => Code::CaptivePortal,
        (403, _) if advice::is_policy(answer) => Code::ForbiddenByPolicy,
        (500..=599, "ERR_FTP_UNAVAILABLE") => Code::FtpUnavailable,
        (500..=599, "ERR_FTP_FAILURE") => return None,
        (500..=599, "ERR_READ_ERROR") if !advice::is_unknown_name(target?, answer) => return None,
        (501 | 505, _) | (500, "") => return None,
        (500..=599, _) => advice::unavailable(target?, answer).0,
        _ => return None,
    })
}

/// The advice for a proxy that knows no FTP.
pub(super) const UNABLE: &str = "not every proxy fetches FTP itself: Squid does, and Apache httpd with \
                      mod_proxy_ftp for names in ASCII; `ftp = \"tunnel\"` (--ftp tunnel) goes by CONNECT";

fn login(authorized: bool) -> String {
    match authorized {
        true => "the user name or the password for the FTP server is wrong",
        false => {
            "the FTP server wants a user name and password: --user with --password-file, or username \
             and password of the connection"
        }
    }
    .to_owned()
}

/// What the FTP server had said, where Squid's page tells: the first text behind the command.
fn servers_words(page: &str) -> Option<String> {
    let (_, page) = page.split_once("<blockquote id=\"data\">")?;
    let (_, page) = page.split_once("<blockquote id=\"")?;
    let (_, page) = page.split_once("<pre>")?;
    let (words, _) = page.split_once("</pre>")?;
    let words = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(words.to_owned(), |words, (from, to)| {
        words.replace(from, to)
    });
    let words = words.trim();
    (!words.is_empty()).then(|| words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_side_a_refusal_is() {
        let target = Target::parse("ftp://ftp.example").unwrap();
        for (code, squid, authorized, kind, words) in [
            (
                401,
                "ERR_FTP_FORBIDDEN 530",
                true,
                Kind::TargetAuth,
                "is wrong",
            ),
            (401, "", false, Kind::TargetAuth, "wants a user name"),
            (
                403,
                "ERR_FTP_FORBIDDEN 530",
                true,
                Kind::TargetAuth,
                "is wrong",
            ),
            (
                403,
                "ERR_ACCESS_DENIED 0",
                false,
                Kind::ProxyRefused,
                "allow ftp://",
            ),
            (
                404,
                "ERR_FTP_NOT_FOUND 0",
                false,
                Kind::TargetRefused,
                "check the path",
            ),
            (400, "", false, Kind::ProxyRefused, "mod_proxy_ftp"),
            (500, "", false, Kind::ProxyRefused, "mod_proxy_ftp"),
            (
                501,
                "ERR_UNSUP_REQ 0",
                false,
                Kind::ProxyRefused,
                "mod_proxy_ftp",
            ),
            (302, "", false, Kind::ProxyRefused, "captive portal"),
            (
                502,
                "ERR_FTP_FAILURE 0",
                false,
                Kind::TargetUnavailable,
                "ftp.example:21 broke off",
            ),
            (
                502,
                "ERR_READ_ERROR 104",
                false,
                Kind::TargetUnavailable,
                "is full",
            ),
            (
                503,
                "ERR_CONNECT_FAIL 111",
                false,
                Kind::ProxyUnavailable,
                "refused the proxy's",
            ),
            (502, "", false, Kind::ProxyUnavailable, "could not reach"),
            (206, "", false, Kind::ProxyProtocol, "mod_proxy_ftp"),
        ] {
            let mut answer = Answer::new(code, "");
            answer.squid_error = (!squid.is_empty()).then(|| squid.to_owned());
            let (found, _, hint) = judge(&answer, Some(&target), authorized);
            assert_eq!(found, kind, "{code} {squid}");
            assert!(hint.contains(words), "{code} {squid}: {hint}");
        }
    }

    #[test]
    fn the_servers_words_stand_behind_the_command() {
        let page = "<blockquote id=\"data\">\n<pre>RETR x\n</pre></blockquote>\n<p>…:</p>\n\
                    <blockquote id=\"sysmsg\">\n<pre>No &lt;x&gt; &amp;amp; y.</pre>\n\
                    <pre>550 No.</pre>";
        assert_eq!(servers_words(page).as_deref(), Some("No <x> &amp; y."));
        for none in [
            "",
            "<pre>x</pre>",
            "<blockquote id=\"data\"><pre>RETR</pre>",
        ] {
            assert_eq!(servers_words(none), None, "{none}");
        }
    }
}
