//! Bytes of FTP that the proxy fetches: `GET ftp://…` in absolute form. Nothing proves that a file is
//! still the same, and no proxy can be trusted with a range of one.

use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, HeaderValue, LAST_MODIFIED};
use http::{Method, StatusCode};
use url::Url;

use super::{Opened, Probed, Resume, Stat, first_byte};
use crate::base::{Error, Kind, Result, Secret, Stage};
use crate::dataset::validator::http_time;
use crate::ftp::RemotePath;
use crate::http::{Client, Request, Response};

/// A file of an FTP server that the proxy is asked for.
#[derive(Debug)]
pub(crate) struct FtpByProxy {
    pub client: Client,
    pub url: Url,
    /// `Authorization`, which the proxy passes on as USER and PASS: in the URL it would stand in the
    /// proxy's log. None for an anonymous login, for which the proxy has words of its own.
    pub authorization: Option<Secret>,
}

impl FtpByProxy {
    fn path(&self) -> Result<RemotePath> {
        if self.url.query().is_some() {
            return Err(super::ftp::no_query());
        }
        RemotePath::from_url_path(self.url.path())
    }

    fn request(&self, method: Method) -> Result<Request> {
        let mut url = self.url.clone();
        // Without the type Squid asks for text with changed line ends, by the file's name; and each
        // proxy has an opinion of its own about two slashes.
        url.set_path(&(self.path()?.to_url_path() + ";type=i"));
        let mut request = Request::new(method, url);
        request.authorization = self.authorization.clone();
        let fields = &mut request.headers;
        fields.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        // Squid keeps FTP files for days, and cannot ask whether they changed.
        fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        Ok(request)
    }

    async fn ask(&self, method: Method) -> Result<Response> {
        self.client.ask_proxy_for_ftp(self.request(method)?).await
    }

    /// A folder is never asked for by GET: of one that is empty Squid 5.7 dies ("assertion failed:
    /// FwdState.cc:300"), and with it everybody's way out. HEAD tells it, and does no harm; what else
    /// HEAD tells, GET tells better.
    async fn ask_for_file(&self) -> Result<Response> {
        self.refuse_spelled_folder()?;
        match self.head().await? {
            Some(head) if head.is_ftp_folder() => head.ftp_file().await,
            _ => self.ask(Method::GET).await,
        }
    }

    /// The answer to HEAD, if it makes sense: Apache httpd's has garbage for a date.
    async fn head(&self) -> Result<Option<Response>> {
        match self.ask(Method::HEAD).await {
            Ok(head) => Ok(Some(head)),
            Err(error) if error.kind() == Kind::ProxyProtocol => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A folder by its spelling is not asked for as a file.
    fn refuse_spelled_folder(&self) -> Result<()> {
        if !self.path()?.is_directory() {
            return Ok(());
        }
        let what = "the URL is a folder's, and a proxy that is asked for FTP gives files alone";
        Err(Error::new(Kind::Unsupported, Stage::Request, what).with_hint(LISTS))
    }

    pub(super) async fn stat(&self) -> Result<Stat> {
        self.refuse_spelled_folder()?;
        let response = match self.head().await? {
            Some(head) if !head.is_none_to_ftp_head() => head,
            _ => self.ask(Method::GET).await?,
        };
        let response = response.ftp_file().await?;
        Ok(Stat {
            url: self.url.clone(),
            length: response.ftp_length(),
            modified: modified(&response),
            media_type: None,
            validator: None,
            resumable: Some(false),
            doubt: response.doubts_ftp_proxy(),
            route: response.route,
            steps: response.steps,
        })
    }

    /// The folder cannot be had: each proxy has a page of its own for people.
    pub(super) fn list(&self) -> Error {
        let what = "a proxy that is asked for FTP gives pages for people, not listings";
        Error::new(Kind::Unsupported, Stage::Request, what).with_hint(LISTS)
    }

    /// Nothing is stored: a proxy is asked for files alone.
    pub(in crate::dataset) fn store(&self) -> Error {
        let what = "a proxy that is asked for FTP gives files, and is given none";
        let hint = "`ftp = \"tunnel\"` (--ftp tunnel) stores files";
        Error::new(Kind::Unsupported, Stage::Request, what).with_hint(hint)
    }

    pub(super) async fn probe(&self) -> Result<Probed> {
        if self.path()?.is_directory() {
            return self.probe_folder().await;
        }
        let response = self.ask_for_file().await?;
        let mut response = response.ftp_file().await?.ftp_end_shows()?;
        let doubt = response.doubts_ftp_proxy();
        let (subject, total) = (self.url.path().to_owned(), response.ftp_length());
        let steps = response.steps;
        let (steps, _) = first_byte(&mut response.body, subject, total, steps).await?;
        Ok(Probed::passed(steps, doubt))
    }

    /// There is no file to get: an answer of the server's is as far as it goes.
    async fn probe_folder(&self) -> Result<Probed> {
        let response = match self.head().await? {
            Some(head) if head.status == StatusCode::OK => head,
            _ => self.ask(Method::GET).await?,
        };
        let response = match response.status {
            StatusCode::OK => response,
            _ => response.ftp_file().await?,
        };
        let doubt = response.doubts_ftp_proxy();
        Ok(Probed::passed(response.steps, doubt))
    }

    /// Always from the first byte: Squid 5 skips the start of a range twice.
    pub(super) async fn open(&self, resume: Option<&Resume>) -> Result<Opened> {
        let response = self.ask_for_file().await?;
        let response = response.ftp_file().await?.ftp_end_shows()?;
        Ok(Opened {
            offset: 0,
            restarted: resume.map(|_| "a proxy that is asked for FTP cannot start in the middle"),
            total: response.ftp_length(),
            validator: None,
            modified: modified(&response),
            doubt: response.doubts_ftp_proxy(),
            route: response.route,
            body: Box::new(response.body),
        })
    }
}

const LISTS: &str = "`ftp = \"tunnel\"` (--ftp tunnel) lists folders; it needs a proxy that allows \
                     CONNECT to the server's ports";

/// MDTM, as the proxy passes it on.
fn modified(response: &Response) -> Option<std::time::SystemTime> {
    let date = response.headers.get(LAST_MODIFIED)?.to_str().ok()?;
    http_time(date)
}
