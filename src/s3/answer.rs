//! Whether an answer of 2xx is S3's: the login page of a network is one too.

use ::http::header::{ETAG, LAST_MODIFIED};
use ::object_store::client::HttpResponse;
use bytes::Bytes;
use tokio::io::AsyncReadExt as _;

use crate::base::{Error, Kind, Result, Stage};
use crate::http::Response;

/// The most bytes of an answer that is XML: a page of 1,000 keys of 1,024 bytes, each of which is
/// written with up to six, is the longest.
pub(super) const XML_MOST: u64 = 16 << 20;

/// The most pages of a listing: 1,000 keys each, and all of them are held in memory. A service that
/// always has another one would never end.
const PAGES: usize = 1000;

/// The start of a page, in which its first element stands.
const HEAD: usize = 1024;

/// An object, or what is told of one: S3 and its like send both fields.
pub(super) fn object(response: Response) -> Result<HttpResponse> {
    let told = [ETAG, LAST_MODIFIED];
    if told
        .iter()
        .any(|field| response.headers.contains_key(field))
    {
        return Ok(response.into_foreign(None));
    }
    let why = "it has neither `ETag` nor `Last-Modified`";
    Err(stranger(&response, why))
}

/// A page of a listing, of which it is the one of that number. object_store takes any XML for one,
/// and finds nothing in it.
pub(super) async fn page(mut response: Response, number: usize) -> Result<HttpResponse> {
    if number > PAGES {
        let what = format!("the listing has more than {PAGES} pages of keys");
        return Err(Error::new(Kind::TargetProtocol, Stage::Request, what)
            .with_hint("list what lies below a longer prefix")
            .with_route(&response.route)
            .after(response.steps.clone()));
    }
    let (status, headers) = (response.status, std::mem::take(&mut response.headers));
    let mut text = Vec::new();
    let mut body = (&mut response.body).take(XML_MOST + 1);
    let read = body.read_to_end(&mut text).await;
    read.map_err(Error::from_io)?;
    if text.len() as u64 > XML_MOST {
        return Err(stranger(
            &response,
            "it is longer than any page of a listing",
        ));
    }
    if !is_listing(&text) {
        return Err(stranger(&response, "it is no `ListBucketResult`"));
    }
    let mut page = HttpResponse::new(Bytes::from(text).into());
    *page.status_mut() = status;
    *page.headers_mut() = headers;
    Ok(page)
}

/// Whether the first element is that of a listing.
fn is_listing(text: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&text[..text.len().min(HEAD)]);
    let mut elements = start.split('<').skip(1);
    let element = elements.find(|element| !element.starts_with(['?', '!']));
    element.is_some_and(|element| {
        let name = element.split([' ', '>', '/', '\t', '\r', '\n']).next();
        name.and_then(|name| name.rsplit(':').next()) == Some("ListBucketResult")
    })
}

/// The error for an answer of 2xx that is not S3's.
fn stranger(response: &Response, why: &str) -> Error {
    let what = format!("the answer is {}, but not S3's: {why}", response.status);
    Error::new(Kind::TargetProtocol, Stage::Request, what)
        .with_hint(
            "check `endpoint`; a login page of the network may also answer in the place of S3",
        )
        .with_route(&response.route)
        .after(response.steps.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_known_by_its_first_element() {
        for (text, wanted) in [
            ("<ListBucketResult>", true),
            (
                "\u{feff}<?xml version=\"1.0\"?>\n<!-- x -->\n<ListBucketResult xmlns=\"x\">",
                true,
            ),
            ("<s3:ListBucketResult/>", true),
            ("<html><ListBucketResult>", false),
            ("<ListBucketResults>", false),
            ("<Error><Code>x</Code></Error>", false),
            ("ListBucketResult", false),
            ("", false),
        ] {
            assert_eq!(is_listing(text.as_bytes()), wanted, "{text}");
        }
    }
}
