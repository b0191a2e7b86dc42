//! An FTP server with TLS that misbehaves on purpose. It never waits for what a client must not
//! send, and notes every command, in clear or not. Like vsftpd it confirms a transfer only when the
//! client has ended the data channel with `close_notify`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::acceptor::acceptor;
use super::peers::Certificate;
use super::runtime::{listen, spawn};

/// What the server does; by default what it should.
#[derive(Clone)]
pub struct Script {
    /// TLS from the first byte.
    pub implicit: bool,
    /// The answer to AUTH TLS.
    pub auth: &'static str,
    /// What comes in one segment with that answer, in clear.
    pub behind: &'static str,
    /// The answer to PROT.
    pub prot: &'static str,
    /// The answer to USER.
    pub user: &'static str,
    /// The answer to SIZE; `550 …` leaves the client without a size.
    pub size: &'static str,
    /// How many bytes of the file come.
    pub sent: usize,
    /// The data channel ends with `close_notify`.
    pub closes: bool,
    /// The server takes the data channel and closes it without TLS.
    pub drops_data: bool,
    /// The reply behind the data.
    pub end: &'static str,
}

/// The length of the file.
pub const LENGTH: usize = 100_000;

impl Default for Script {
    fn default() -> Self {
        Self {
            implicit: false,
            auth: "234 go on",
            behind: "",
            prot: "200 P",
            user: "230 in",
            size: "213 100000",
            sent: LENGTH,
            closes: true,
            drops_data: false,
            end: "226 done",
        }
    }
}

/// The running server.
pub struct ScriptedFtps {
    address: SocketAddr,
    implicit: bool,
    log: Arc<Mutex<Vec<String>>>,
}

impl ScriptedFtps {
    /// Starts it.
    pub fn start(script: Script, certificate: &Certificate) -> Self {
        let acceptor = acceptor(certificate);
        let (listener, address) = listen();
        let log = Arc::<Mutex<Vec<String>>>::default();
        let (implicit, shared) = (script.implicit, Arc::clone(&log));
        spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let peer = Peer {
                    script: script.clone(),
                    acceptor: acceptor.clone(),
                    log: Arc::clone(&shared),
                    data: None,
                };
                spawn(async move {
                    let _ = peer.serve(socket).await;
                });
            }
        });
        Self {
            address,
            implicit,
            log,
        }
    }

    /// The URL of its file.
    pub fn url(&self) -> String {
        let scheme = if self.implicit { "ftps" } else { "ftp" };
        format!("{scheme}://{}/a.bin", self.address)
    }

    /// The commands that came, those in clear with `clear ` before them.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }
}

/// What is in the file.
pub fn file() -> Vec<u8> {
    (0..LENGTH).map(|n| (n % 251) as u8).collect()
}

struct Peer {
    script: Script,
    acceptor: TlsAcceptor,
    log: Arc<Mutex<Vec<String>>>,
    data: Option<TcpListener>,
}

impl Peer {
    async fn serve(mut self, mut socket: TcpStream) -> std::io::Result<()> {
        if self.script.implicit {
            let mut stream = BufReader::new(self.acceptor.clone().accept(socket).await?);
            stream.get_mut().write_all(b"220 ready\r\n").await?;
            return self.talk(stream, "").await.map(drop);
        }
        socket.write_all(b"220 ready\r\n").await?;
        if let Some(socket) = self.talk(BufReader::new(socket), "clear ").await? {
            let stream = self.acceptor.clone().accept(socket.into_inner()).await?;
            self.talk(BufReader::new(stream), "").await?;
        }
        Ok(())
    }

    /// Serves until the end, or until TLS is to begin: then it gives the stream back.
    async fn talk<T: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        mut stream: BufReader<T>,
        how: &str,
    ) -> std::io::Result<Option<BufReader<T>>> {
        let mut line = String::new();
        while stream.read_line(&mut line).await? > 0 {
            let command = line.trim_end().to_owned();
            line.clear();
            self.log.lock().unwrap().push(format!("{how}{command}"));
            let script = &self.script;
            let reply = match command.split(' ').next().unwrap_or_default() {
                "AUTH" => {
                    let words = format!("{}\r\n{}", script.auth, script.behind);
                    stream.get_mut().write_all(words.as_bytes()).await?;
                    if script.auth.starts_with("234") {
                        return Ok(Some(stream));
                    }
                    continue;
                }
                "USER" => script.user.to_owned(),
                "PROT" => script.prot.to_owned(),
                "SIZE" => script.size.to_owned(),
                "MDTM" => "213 20200101120000".to_owned(),
                "EPSV" => {
                    let (listener, address) = listen();
                    self.data = Some(listener);
                    format!("229 ok (|||{}|)", address.port())
                }
                "RETR" => {
                    stream.get_mut().write_all(b"150 coming\r\n").await?;
                    match self.send(how).await? {
                        true => self.script.end.to_owned(),
                        false => "426 no close_notify came back".to_owned(),
                    }
                }
                _ => "200 good".to_owned(),
            };
            let reply = format!("{reply}\r\n");
            stream.get_mut().write_all(reply.as_bytes()).await?;
        }
        Ok(None)
    }

    /// Gives whether the client ended the data channel as TLS has it, where that counts.
    async fn send(&mut self, how: &str) -> std::io::Result<bool> {
        let listener = self.data.take().expect("a port was asked for");
        let (mut socket, _) = listener.accept().await?;
        let bytes = &file()[..self.script.sent];
        if self.script.drops_data {
            return Ok(true);
        }
        if !how.is_empty() {
            socket.write_all(bytes).await?;
            return socket.shutdown().await.map(|()| true);
        }
        let mut stream = self.acceptor.clone().accept(socket).await?;
        stream.write_all(bytes).await?;
        stream.flush().await?;
        if !self.script.closes {
            // A FIN, and no close_notify before it.
            return stream.get_mut().0.shutdown().await.map(|()| true);
        }
        stream.shutdown().await?;
        // An end without close_notify is an error.
        Ok(stream.read(&mut [0]).await.is_ok())
    }
}
