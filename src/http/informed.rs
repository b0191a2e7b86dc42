//! The answers that come before the answer: 1xx (RFC 9110 section 15.2).

use std::sync::Arc;

use tokio::sync::watch;

/// Is told of the 1xx answers to a request, by HTTP/1.1.
#[derive(Clone, Debug)]
pub(crate) struct Informed(Arc<watch::Sender<Option<u16>>>);

impl Informed {
    /// A new one, and where its last status is seen.
    pub fn new() -> (Self, watch::Receiver<Option<u16>>) {
        let (sender, receiver) = watch::channel(None);
        (Self(Arc::new(sender)), receiver)
    }

    /// Listens to the answers of this request.
    pub(super) fn listen<B>(self, request: &mut http::Request<B>) {
        hyper::ext::on_informational(request, move |answer| {
            let _ = self.0.send(Some(answer.status().as_u16()));
        });
    }
}
