//! Folders over HTTP: the index page that the server makes of one.

use http::Version;
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, TRANSFER_ENCODING};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::http::{HttpSource, field};
use crate::base::{Error, Kind, Result, Stage};
use crate::ftp::Listing;
use crate::http::shown;
use crate::proto::index_page::{self, Form, NoIndex};

/// The most bytes of a page.
const PAGE_MAX: u64 = 64 << 20;

/// A page grows by this: doubling what is long already would take much more than there is.
const STEP: usize = 1 << 20;

/// Caddy gives JSON to whom takes it, which has exact sizes and times; others give HTML.
const FORMS: HeaderValue = HeaderValue::from_static("application/json, text/html;q=0.9, */*;q=0.1");

impl HttpSource {
    /// The folder, as its index page has it.
    pub(super) async fn list(&self) -> Result<Listing> {
        let mut request = self.request(http::Method::GET);
        request.headers.entry(ACCEPT).or_insert(FORMS);
        let doing = format!("list {}", shown(&self.url));
        let response = self.client.send(request).await?.success().await?;
        let media_type = field(&response.headers, &CONTENT_TYPE).map(str::to_owned);
        let is_framed = response.version >= Version::HTTP_2
            || response.headers.contains_key(CONTENT_LENGTH)
            || response.headers.contains_key(TRANSFER_ENCODING);
        let (url, route) = (response.url, response.route);
        let refuse = |why: NoIndex| {
            let at = match url == self.url {
                true => String::new(),
                false => format!(" (at {}, after a redirect)", shown(&url)),
            };
            let what = format!("not an index page of nginx or Apache: {why}{at}");
            let hint = match why {
                NoIndex::Place => "is it a file? `fetch` brings it in; a folder's URL ends in `/`",
                _ => {
                    "give the URLs of the files with --from-file; `fetch` brings in the page itself"
                }
            };
            Error::new(Kind::Unsupported, Stage::Request, what)
                .while_doing(doing.as_str())
                .with_route(&route)
                .with_hint(hint)
        };
        // Nobody reads a long file to see that it is none.
        if media_type.is_some() {
            Form::of(media_type.as_deref(), b"").map_err(refuse)?;
        }
        if !url.path().ends_with('/') {
            return Err(refuse(NoIndex::Place));
        }
        let page = match read(response.body).await {
            Ok(Some(page)) => page,
            Ok(None) => {
                let what = format!("the index page is longer than {} MiB", PAGE_MAX >> 20);
                let error = Error::new(Kind::TargetRefused, Stage::Transfer, what);
                return Err(error.while_doing(doing).with_route(&route));
            }
            Err(error) => return Err(error.with_route(&route)),
        };
        let form = Form::of(media_type.as_deref(), &page).map_err(refuse)?;
        let may_be_cut = !is_framed && !form.has_end(&page);
        let page = index_page::read(&page, form, &url).map_err(refuse)?;
        Ok(Listing::of_page(page, may_be_cut))
    }
}

/// The whole body; `None` when it is too long.
async fn read(body: impl AsyncRead + Unpin) -> Result<Option<Vec<u8>>> {
    let (mut body, mut page) = (body.take(PAGE_MAX + 1), Vec::new());
    loop {
        if page.len() == page.capacity() {
            page.reserve_exact(STEP);
        }
        if body.read_buf(&mut page).await.map_err(Error::from_io)? == 0 {
            let is_whole = page.len() as u64 <= PAGE_MAX;
            return Ok(is_whole.then_some(page));
        }
    }
}
