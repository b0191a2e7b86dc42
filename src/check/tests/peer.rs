//! Servers and proxies that do not do what they should, as tasks beside the walk.

use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::yield_now;
use tokio::time::{advance, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// What a peer does next.
#[derive(Clone)]
pub enum Do {
    /// Hears a head to its end.
    Hear,
    /// Hears commands of FTP, and answers them well up to this one.
    Talk(&'static str),
    /// Says this.
    Say(&'static str),
    /// Says this byte by byte, one each second, and begins anew at its end.
    Drip(&'static str),
    /// Says this as a whole each second, for ever.
    Repeat(&'static str),
    /// Says this for ever, as fast as it is taken, and hears nothing.
    Flood(&'static [u8]),
    /// Hears the upgrade, and answers it well.
    Upgrade,
    /// Takes the connection for one of TLS, with this protocol.
    Tls(&'static str),
    /// Says nothing more, and stays.
    Stay,
}

/// Follows a script on each connection; the last one serves all that follow. Gives the port.
pub async fn peer(scripts: Vec<Vec<Do>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut number = 0;
        while let Ok((socket, _)) = listener.accept().await {
            let script = scripts[number.min(scripts.len() - 1)].clone();
            number += 1;
            tokio::spawn(async move { follow(socket, &script, port).await });
        }
    });
    port
}

trait Line: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

/// `None`: the other side has gone.
async fn follow(socket: TcpStream, script: &[Do], port: u16) -> Option<()> {
    // The system would keep the next words back, by a clock of its own that is not paused.
    socket.set_nodelay(true).ok()?;
    let mut socket: Box<dyn Line> = Box::new(socket);
    for step in script {
        match step {
            Do::Hear => drop(until(&mut socket, "\r\n\r\n").await?),
            Do::Talk(last) => talk(&mut socket, last, port).await?,
            Do::Say(words) => socket.write_all(words.as_bytes()).await.ok()?,
            Do::Drip(words) => {
                for byte in words.bytes().cycle() {
                    socket.write_all(&[byte]).await.ok()?;
                    sleep(Duration::from_secs(1)).await;
                }
            }
            Do::Repeat(words) => loop {
                socket.write_all(words.as_bytes()).await.ok()?;
                sleep(Duration::from_secs(1)).await;
            },
            Do::Flood(bytes) => loop {
                socket.write_all(bytes).await.ok()?;
            },
            Do::Upgrade => {
                let head = until(&mut socket, "\r\n\r\n").await?;
                let name = "sec-websocket-key: ";
                let at = head.to_ascii_lowercase().find(name)? + name.len();
                let accept = derive_accept_key(head[at..].lines().next()?.as_bytes());
                let answer = format!(
                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                     Sec-WebSocket-Accept: {accept}\r\n\r\n"
                );
                socket.write_all(answer.as_bytes()).await.ok()?;
            }
            Do::Tls(protocol) => {
                let secured = secure(protocol).accept(socket).await;
                socket = Box::new(secured.ok()?);
            }
            Do::Stay => {
                let mut rest = [0; 1024];
                while socket.read(&mut rest).await.ok()? > 0 {}
            }
        }
    }
    Some(())
}

/// TLS with a certificate of its own, which nobody believes.
fn secure(protocol: &str) -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider);
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth();
    let config = config.with_single_cert(vec![made.cert.der().clone()], key.into());
    let mut config = config.unwrap();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

/// Greets, and answers commands until the last one was heard.
async fn talk(socket: &mut Box<dyn Line>, last: &str, port: u16) -> Option<()> {
    socket.write_all(b"220 ready\r\n").await.ok()?;
    loop {
        let line = until(socket, "\r\n").await?;
        let answer = match line.get(..4)?.trim_end() {
            verb if verb == last => return Some(()),
            "USER" => "331 password?".to_owned(),
            "PASS" => "230 in".to_owned(),
            "TYPE" => "200 I".to_owned(),
            "SIZE" => "213 9".to_owned(),
            "MDTM" => "213 20200101120000".to_owned(),
            "EPSV" => format!("229 Entering (|||{port}|)"),
            "PASV" => format!("227 Entering (127,0,0,1,{},{})", port >> 8, port & 255),
            _ => "500 unknown".to_owned(),
        };
        let answer = format!("{answer}\r\n");
        socket.write_all(answer.as_bytes()).await.ok()?;
    }
}

/// Hears up to these words.
async fn until(socket: &mut Box<dyn Line>, end: &str) -> Option<String> {
    let mut heard = String::new();
    while !heard.ends_with(end) {
        heard.push(char::from(socket.read_u8().await.ok()?));
    }
    Some(heard)
}

/// Lets the paused clock go on in small steps, between which the system is asked for news many times. By
/// itself the clock jumps to the next limit as soon as nothing is to be done, when what was sent is still
/// on its way through the system; and it stands while somebody floods.
pub fn slow_clock() {
    tokio::spawn(async {
        loop {
            for _ in 0..50 {
                yield_now().await;
            }
            advance(Duration::from_millis(100)).await;
        }
    });
}
