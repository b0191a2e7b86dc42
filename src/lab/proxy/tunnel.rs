//! The two directions of an open tunnel.

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::io::{copy, copy_bidirectional, split};
use tokio::net::TcpStream;

use crate::lab::cut::Cut;

/// A tunnel whose client has yet to get its 200.
pub(super) struct Tunnel {
    client: OnUpgrade,
    target: TcpStream,
}

/// The tunnel was cut on purpose.
struct WasCut;

impl Tunnel {
    pub(super) fn new(client: OnUpgrade, target: TcpStream) -> Self {
        Self { client, target }
    }

    /// Carries bytes both ways until both sides have ended; a half-close is passed on.
    pub(super) async fn carry(mut self, cut: Option<&Cut>) {
        let Ok(client) = self.client.await else {
            return;
        };
        let mut client = TokioIo::new(client);
        let Some(cut) = cut else {
            let _ = copy_bidirectional(&mut client, &mut self.target).await;
            return;
        };
        let (mut from_client, to_client) = split(client);
        let (from_target, mut to_target) = self.target.into_split();
        let up = async {
            let _ = copy(&mut from_client, &mut to_target).await;
            let _ = to_target.shutdown().await;
            Ok::<(), WasCut>(())
        };
        let _ = tokio::try_join!(up, copy_and_cut(from_target, to_client, cut));
    }
}

/// Copies to the end, or to where this tunnel is cut.
async fn copy_and_cut(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    cut: &Cut,
) -> Result<(), WasCut> {
    let mut buffer = vec![0; 16 * 1024];
    let (mut sent, mut spared) = (0_usize, false);
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        // Asked once, when the first byte beyond the place of the cut has come.
        let allowed = if spared { None } else { cut.take(sent + read) };
        if let Some(allowed) = allowed {
            let _ = to.write_all(&buffer[..allowed - sent]).await;
            let _ = to.flush().await;
            return Err(WasCut);
        }
        spared |= cut.is_passed(sent + read);
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
        sent += read;
    }
    let _ = to.shutdown().await;
    Ok(())
}
