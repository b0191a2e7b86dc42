//! An FTP server that speaks TLS 1.3 alone, and nothing of files.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::kit::certificate;
use crate::support::acceptor::acceptor_of;
use crate::support::runtime::{listen, spawn};

/// Starts it. The file is the authority's to believe; the count is that of the connections.
pub fn only_tls_1_3() -> (SocketAddr, PathBuf, Arc<AtomicUsize>) {
    let (certificate, ca) = certificate();
    let acceptor = acceptor_of(&certificate, &[&rustls::version::TLS13]);
    let (listener, address) = listen();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = serve(socket, acceptor.clone()).await;
        }
    });
    (address, ca, connections)
}

async fn serve(mut socket: TcpStream, acceptor: TlsAcceptor) -> std::io::Result<()> {
    socket.write_all(b"220 ready\r\n").await?;
    // One command, and no byte more: what follows is TLS.
    let mut auth = [0; b"AUTH TLS\r\n".len()];
    socket.read_exact(&mut auth).await?;
    socket.write_all(b"234 go on\r\n").await?;
    let mut stream = BufReader::new(acceptor.accept(socket).await?);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let reply = match line.split_whitespace().next() {
            Some("USER") => "230 in\r\n",
            Some("EPSV") => "229 (|||1|)\r\n",
            _ => "200 good\r\n",
        };
        stream.get_mut().write_all(reply.as_bytes()).await?;
        line.clear();
    }
    Ok(())
}
