//! A scripted FTP server: it behaves well but for what a test changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::base::Target;

/// How the server treats one control connection.
#[derive(Clone)]
pub struct Script {
    pub greeting: Option<&'static str>,
    pub replies: HashMap<&'static str, &'static str>,
    /// What RETR gives.
    pub file: Vec<u8>,
    /// The bytes of the file that are sent before the data channel closes.
    pub sent: usize,
    /// The data channel stays open behind the bytes.
    pub holds: bool,
    /// What is said behind the bytes waits for this.
    pub late: Option<Arc<Notify>>,
    /// Only the first command of a segment is served.
    pub one_by_one: bool,
    /// The ports of 229 and 227 are dead.
    pub dead: &'static [&'static str],
}

/// The byte at which a reply closes the control channel.
pub const CLOSE: &str = "\x04";

impl Default for Script {
    fn default() -> Self {
        let file: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
        Self {
            greeting: Some("220 ready"),
            replies: HashMap::from([
                ("USER", "331 password?"),
                ("PASS", "230 in"),
                ("TYPE", "200 I"),
                ("SIZE", "213 {size}"),
                ("MDTM", "213 20200101120000"),
                ("EPSV", "229 Entering (|||{port}|)"),
                ("PASV", "227 Entering (10,9,8,7,{high},{low})"),
                ("REST", "350 from there"),
                ("RETR", "150 coming ({size} bytes).\r\n{data}226 done"),
                ("QUIT", "221 bye"),
            ]),
            sent: file.len(),
            file,
            holds: false,
            late: None,
            one_by_one: false,
            dead: &[],
        }
    }
}

impl Script {
    /// Another answer to `verb`. `{data}` is where the file goes out; an empty one is silence.
    pub fn on(mut self, verb: &'static str, reply: &'static str) -> Self {
        self.replies.insert(verb, reply);
        self
    }
}

/// A running server, and the commands that it got on each control connection.
pub struct Server {
    pub target: Target,
    log: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Server {
    /// Treats each control connection by the next script; the last one serves all that follow.
    pub async fn start(scripts: impl IntoIterator<Item = Script>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Target::parse(&format!("ftp://127.0.0.1:{port}/")).unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let scripts: Vec<Script> = scripts.into_iter().collect();
        let lines = Arc::clone(&log);
        tokio::spawn(async move {
            for number in 0.. {
                let (socket, _) = listener.accept().await.unwrap();
                socket.set_nodelay(true).unwrap();
                lines.lock().unwrap().push(Vec::new());
                let script = scripts[number.min(scripts.len() - 1)].clone();
                let peer = Peer {
                    socket,
                    script,
                    data: None,
                    offset: 0,
                    number,
                    log: Arc::clone(&lines),
                };
                tokio::spawn(peer.serve());
            }
        });
        Self { target, log }
    }

    /// The command lines of each control connection.
    pub fn log(&self) -> Vec<Vec<String>> {
        self.log.lock().unwrap().clone()
    }
}

struct Peer {
    socket: TcpStream,
    script: Script,
    data: Option<TcpListener>,
    offset: usize,
    number: usize,
    log: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Peer {
    async fn serve(mut self) {
        match self.script.greeting {
            Some(greeting) => {
                if !self.say(greeting).await {
                    return;
                }
            }
            None => return std::future::pending().await,
        }
        let mut buffer = Vec::new();
        loop {
            let mut lines = Vec::new();
            while let Some(end) = buffer.windows(2).position(|w| w == b"\r\n") {
                let line: Vec<u8> = buffer.drain(..end + 2).collect();
                lines.push(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if self.script.one_by_one {
                lines.truncate(1);
            }
            for line in lines {
                if !self.command(line).await {
                    return;
                }
            }
            if self.socket.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
    }

    /// Gives false when the channel is to be closed.
    async fn command(&mut self, line: String) -> bool {
        let verb = line.split(' ').next().unwrap().to_owned();
        let argument = line[verb.len()..].trim().to_owned();
        self.log.lock().unwrap()[self.number].push(line);
        let size = self.script.file.len().to_string();
        let reply = *self
            .script
            .replies
            .get(verb.as_str())
            .unwrap_or(&"502 what");
        let mut reply = reply.replace("{size}", &size);
        if verb == "REST" && reply.starts_with("350") {
            self.offset = argument.parse().unwrap();
        }
        if reply.contains("{port}") || reply.contains("{high}") {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let live = !self.script.dead.contains(&verb.as_str());
            self.data = live.then_some(listener);
            reply = reply.replace("{port}", &port.to_string());
            reply = reply.replace("{high}", &(port / 256).to_string());
            reply = reply.replace("{low}", &(port % 256).to_string());
        }
        match reply.split_once("{data}") {
            Some((before, after)) => {
                self.send(before).await;
                self.send_file().await;
                if let Some(late) = &self.script.late {
                    late.notified().await;
                }
                self.say(after).await
            }
            None => self.say(&reply).await,
        }
    }

    async fn send_file(&mut self) {
        let listener = self.data.take().expect("a data port was asked for");
        let (mut data, _) = listener.accept().await.unwrap();
        let bytes = self.script.file.get(self.offset..self.script.sent);
        let _ = data.write_all(bytes.unwrap_or_default()).await;
        self.offset = 0;
        if self.script.holds {
            std::future::pending().await
        }
        let _ = data.shutdown().await;
    }

    async fn say(&mut self, reply: &str) -> bool {
        let closes = reply.ends_with(CLOSE);
        let reply = reply.trim_end_matches(CLOSE);
        if !reply.is_empty() {
            self.send(&format!("{reply}\r\n")).await;
        }
        !closes
    }

    async fn send(&mut self, text: &str) {
        let _ = self.socket.write_all(text.as_bytes()).await;
    }
}
