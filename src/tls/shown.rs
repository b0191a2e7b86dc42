//! The certificates that the other side showed in a handshake.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::pki_types::CertificateDer;

tokio::task_local! {
    static SHOWN: Shown;
}

/// Keeps what a verifier is shown while a handshake runs: when it is refused, rustls keeps nothing
/// of it. A session that is used again shows none. Beside it, whether one of ours was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown(Arc<Mutex<Vec<Vec<u8>>>>, Arc<AtomicBool>);

impl Shown {
    /// Runs a handshake.
    pub(super) async fn over<T>(&self, handshake: impl Future<Output = T>) -> T {
        SHOWN.scope(self.clone(), handshake).await
    }

    /// The chain in DER, the server's own first.
    pub(super) fn chain(&self) -> Vec<Vec<u8>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Whether the server asked for a certificate of ours.
    pub(super) fn was_requested(&self) -> bool {
        self.1.load(Ordering::Relaxed)
    }
}

/// Takes that the server asked for a certificate.
pub(super) fn note_request() {
    let _ = SHOWN.try_with(|shown| shown.1.store(true, Ordering::Relaxed));
}

/// Takes the chain that a verifier was given.
pub(super) fn note(end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) {
    let _ = SHOWN.try_with(|shown| {
        let mut chain = shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        chain.clear();
        let all = std::iter::once(end_entity).chain(intermediates);
        chain.extend(all.map(|certificate| certificate.to_vec()));
    });
}
