//! A bucket of S3 that can be listed, and nothing else: its pages are there before they are asked for.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

use crate::support::runtime;

/// As many keys as S3 gives in one page.
const KEYS: u32 = 1000;

/// Starts it with `count` keys below `k/`, and gives its port.
pub fn start(count: u32) -> u16 {
    let pages = count.div_ceil(KEYS).max(1);
    let pages: Arc<Vec<Bytes>> =
        Arc::new((0..pages).map(|page| write(page, count).into()).collect());
    let (listener, address) = runtime::listen();
    runtime::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let pages = Arc::clone(&pages);
            let service = service_fn(move |request: Request<_>| {
                let page = pages.get(asked(&request)).cloned().unwrap_or_default();
                async { Ok::<_, Infallible>(Response::new(Full::new(page))) }
            });
            runtime::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address.port()
}

fn asked<B>(request: &Request<B>) -> usize {
    let query = request.uri().query().unwrap_or_default();
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let token = pairs.find(|(name, _)| matches!(*name, "continuation-token" | "marker"));
    token.and_then(|(_, token)| token.parse().ok()).unwrap_or(0)
}

fn write(page: u32, count: u32) -> String {
    let keys = page * KEYS..count.min((page + 1) * KEYS);
    let next = page + 1;
    let more = keys.end < count;
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <Name>lake</Name><Prefix>k/</Prefix><Delimiter>/</Delimiter><MaxKeys>{KEYS}</MaxKeys>\
         <KeyCount>{}</KeyCount><IsTruncated>{more}</IsTruncated>",
        keys.len()
    );
    if more {
        let _ = write!(
            text,
            "<NextContinuationToken>{next}</NextContinuationToken><NextMarker>{next}</NextMarker>"
        );
    }
    for key in keys {
        let _ = write!(
            text,
            "<Contents><Key>k/{key:08}.csv</Key><LastModified>2024-01-02T03:04:05.000Z</LastModified>\
             <ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>{key}</Size>\
             <StorageClass>STANDARD</StorageClass></Contents>"
        );
    }
    text + "</ListBucketResult>"
}
