//! Absolute-form requests: sent on in origin form, without the fields of this hop.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CONNECTION, HOST, HeaderName, HeaderValue, VIA};
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;

use super::{Body, Names, Refusal, dial};
use crate::lab::cut::Switch;
use crate::lab::serve::Task;

/// RFC 9110 section 7.6.1, and the two that clients send although no RFC has them for this hop.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Sends `request` to its origin and its answer back. Each request has its own connection.
pub(super) async fn forward(
    names: &Names,
    mut request: Request<Incoming>,
    switch: Switch,
) -> Result<Response<Body>, Refusal> {
    let uri = request.uri().clone();
    let Some(authority) = uri.authority().filter(|_| uri.scheme_str() == Some("http")) else {
        return Err(Refusal::invalid());
    };
    let port = authority.port_u16().unwrap_or(80);
    let socket = dial(names, authority.host(), port).await?;
    let failed = |_| {
        Refusal::new(
            StatusCode::BAD_GATEWAY,
            "ERR_READ_ERROR 0",
            "The target did not answer",
        )
    };
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .title_case_headers(true)
        .handshake(TokioIo::new(socket))
        .await
        .map_err(failed)?;
    let connection = Task(tokio::spawn(async move {
        let _ = connection.await;
    }));
    let host = match authority.as_str().rsplit_once('@') {
        Some((_, host)) => HeaderValue::from_str(host),
        None => HeaderValue::from_str(authority.as_str()),
    };
    pass_fields(request.headers_mut());
    if let Ok(host) = host {
        request.headers_mut().insert(HOST, host);
    }
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse::<Uri>().map_err(|_| Refusal::invalid())?;
    let mut response = sender.send_request(request).await.map_err(failed)?;
    pass_fields(response.headers_mut());
    Ok(response.map(|inner| {
        Relayed {
            inner,
            switch,
            _connection: connection,
        }
        .boxed_unsync()
    }))
}

/// Takes out the fields of one hop and adds Via.
fn pass_fields(fields: &mut HeaderMap) {
    let named: Vec<HeaderName> = fields
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        fields.remove(name);
    }
    for name in HOP_BY_HOP {
        fields.remove(name);
    }
    fields.append(VIA, HeaderValue::from_static("1.1 outbound-lab"));
}

/// The origin's body. When it breaks off, so does the client's, after every byte that came.
struct Relayed {
    inner: Incoming,
    switch: Switch,
    _connection: Task,
}

impl http_body::Body for Relayed {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
            Some(Err(_)) => {
                self.switch.cut();
                Poll::Pending
            }
            frame => Poll::Ready(frame),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_this_hop_stay_here() {
        let mut fields = HeaderMap::new();
        for (name, value) in [
            ("proxy-authorization", "Basic eDp5"),
            ("proxy-connection", "keep-alive"),
            ("connection", "close, x-secret"),
            ("x-secret", "1"),
            ("accept", "*/*"),
            ("via", "1.0 other"),
        ] {
            fields.append(name, HeaderValue::from_static(value));
        }
        pass_fields(&mut fields);
        let mut left: Vec<_> = fields.iter().map(|(name, _)| name.as_str()).collect();
        left.sort_unstable();
        assert_eq!(left, ["accept", "via", "via"]);
    }
}
