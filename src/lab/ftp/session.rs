//! One control connection.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use super::listing::{Style, stamp};
use super::passive::Passive;
use super::{Command, Options, Pipelining};
use crate::dial::stream::Transport;
use crate::lab::serve::Log;
use crate::lab::tree::{File, normalize};

/// The longest command line, its end included.
const LINE_MAX: u64 = 4096;
/// Commands that are answered before a login.
const OPEN_TO_ALL: [&str; 6] = ["USER", "PASS", "QUIT", "FEAT", "SYST", "NOOP"];

/// A session. It runs over any stream, so that TLS can be put around the control channel.
pub(super) struct Session {
    number: usize,
    control: BufReader<Box<dyn Transport>>,
    pub(super) options: Arc<Options>,
    log: Log<Command>,
    user: String,
    logged_in: bool,
    folder: String,
    pub(super) offset: usize,
    pub(super) passive: Option<Passive>,
    /// What RNFR named.
    pub(super) renamed: Option<String>,
}

/// Whether the session goes on.
pub(super) type Goes = bool;

impl Session {
    pub(super) fn new(
        number: usize,
        control: Box<dyn Transport>,
        options: Arc<Options>,
        log: Log<Command>,
    ) -> Self {
        Self {
            number,
            control: BufReader::new(control),
            options,
            log,
            user: String::new(),
            logged_in: false,
            folder: "/".to_owned(),
            offset: 0,
            passive: None,
            renamed: None,
        }
    }

    pub(super) async fn serve(mut self) -> io::Result<()> {
        tokio::time::sleep(self.options.greeting_delay).await;
        self.greet().await?;
        while let Some(line) = self.next_line().await? {
            let behind = match self.options.pipelining {
                Pipelining::Served => 0,
                Pipelining::Dropped | Pipelining::Refused => self.drop_buffered(),
            };
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            if !self.answer(&verb.to_ascii_uppercase(), argument).await? {
                break;
            }
            if self.options.pipelining == Pipelining::Refused {
                for _ in 0..behind {
                    self.reply(500, "One command at a time").await?;
                }
            }
        }
        self.control.shutdown().await
    }

    async fn greet(&mut self) -> io::Result<()> {
        let options = Arc::clone(&self.options);
        match options.greeting.split_last() {
            None => self.reply(220, "outbound-lab FTP ready").await,
            Some((last, before)) => {
                for line in before {
                    self.write(&format!("220-{line}\r\n")).await?;
                }
                self.reply(220, last).await
            }
        }
    }

    async fn next_line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.control).take(LINE_MAX);
        bounded.read_until(b'\n', &mut line).await?;
        if line.last() != Some(&b'\n') {
            if line.len() as u64 == LINE_MAX {
                self.reply(500, "Line too long").await?;
            }
            return Ok(None);
        }
        Ok(Some(self.log_line(&line)))
    }

    fn log_line(&self, line: &[u8]) -> String {
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end_matches(['\r', '\n']).to_owned();
        self.log.push(Command {
            connection: self.number,
            line: line.clone(),
        });
        line
    }

    /// Takes what came along with the last command out of the way: how many lines.
    fn drop_buffered(&mut self) -> usize {
        let buffered = self.control.buffer().to_vec();
        self.control.consume(buffered.len());
        let lines = buffered.split_inclusive(|byte| *byte == b'\n');
        lines.clone().for_each(|line| {
            self.log_line(line);
        });
        lines.count()
    }

    async fn write(&mut self, text: &str) -> io::Result<()> {
        self.control.write_all(text.as_bytes()).await?;
        self.control.flush().await
    }

    pub(super) async fn reply(&mut self, code: u16, text: &str) -> io::Result<()> {
        self.write(&format!("{code} {text}\r\n")).await
    }

    async fn answer(&mut self, verb: &str, argument: &str) -> io::Result<Goes> {
        if self.options.hang_up_on == Some(verb) {
            return Ok(false);
        }
        let (code, text) = match verb {
            _ if self.refuses(verb, argument) => (502, "Command not implemented".into()),
            _ if !self.logged_in && !OPEN_TO_ALL.contains(&verb) => {
                (530, "Please log in with USER and PASS".into())
            }
            "USER" => self.take_user(argument),
            "PASS" => self.take_password(argument),
            "QUIT" => {
                self.reply(221, "Goodbye").await?;
                return Ok(false);
            }
            "FEAT" => {
                self.features().await?;
                return Ok(true);
            }
            "SYST" => (215, "UNIX Type: L8".into()),
            "NOOP" | "OPTS" | "MODE" | "STRU" => (200, "OK".into()),
            "TYPE" => match argument.to_ascii_uppercase().as_str() {
                "I" | "A" | "A N" | "L 8" => (200, "Switching type".into()),
                _ => (504, "Type not implemented".into()),
            },
            "PWD" | "XPWD" => (257, format!("\"{}\" is the folder", self.folder)),
            "CWD" | "CDUP" => {
                let folder = self.path(if verb == "CDUP" { ".." } else { argument });
                match self.options.tree.list(&folder) {
                    None => (550, "No such folder".into()),
                    Some(_) => {
                        self.folder = folder;
                        (250, "Folder changed".into())
                    }
                }
            }
            "SIZE" => self.of_file(argument, |file| file.bytes.len().to_string()),
            "MDTM" => self.of_file(argument, |file| stamp(file.modified)),
            "EPSV" => self.extended_passive(argument).await?,
            "PASV" => self.old_passive().await?,
            "REST" => match argument.parse() {
                Err(_) => (501, "Not a number".into()),
                Ok(offset) => {
                    self.offset = offset;
                    (350, format!("Restarting at {offset}"))
                }
            },
            "STOR" | "APPE" | "DELE" | "MKD" | "RNFR" | "RNTO" if !self.options.writable => {
                (502, "Command not implemented".into())
            }
            "STOR" => return self.store(argument, false).await,
            "APPE" => return self.store(argument, true).await,
            "DELE" | "MKD" | "RNFR" | "RNTO" => self.change(verb, argument),
            "RETR" => return self.retrieve(argument).await,
            "LIST" => return self.list(argument, Style::Long).await,
            "NLST" => return self.list(argument, Style::Names).await,
            "MLSD" => return self.list(argument, Style::Facts).await,
            _ => (502, "Command not implemented".to_owned()),
        };
        self.reply(code, &text).await?;
        Ok(true)
    }

    fn refuses(&self, verb: &str, argument: &str) -> bool {
        let line = format!("{verb} {argument}");
        let mut refused = self.options.refuse.iter();
        refused.any(|refused| *refused == verb || *refused == line)
    }

    fn take_user(&mut self, user: &str) -> (u16, String) {
        user.clone_into(&mut self.user);
        self.logged_in = false;
        if self.options.user_is_enough && self.accepts("") {
            self.logged_in = true;
            return (230, "Logged in".into());
        }
        (331, "Password, please".into())
    }

    fn take_password(&mut self, password: &str) -> (u16, String) {
        if self.logged_in {
            return (230, "Already logged in".into());
        }
        self.logged_in = self.accepts(password);
        match self.logged_in {
            true => (230, "Logged in".into()),
            false => (530, "Login incorrect".into()),
        }
    }

    fn accepts(&self, password: &str) -> bool {
        match &self.options.login {
            Some(login) => login.accepts(&self.user, password),
            None => matches!(self.user.as_str(), "anonymous" | "ftp"),
        }
    }

    async fn features(&mut self) -> io::Result<()> {
        let features = [
            ("EPSV", "EPSV"),
            ("MDTM", "MDTM"),
            ("MLSD", "MLST type*;size*;modify*;"),
            ("PASV", "PASV"),
            ("REST", "REST STREAM"),
            ("SIZE", "SIZE"),
            ("UTF8", "UTF8"),
        ];
        let refused = Arc::clone(&self.options);
        self.write("211-Features:\r\n").await?;
        for (verb, feature) in features {
            if !refused.refuse.contains(&verb) {
                self.write(&format!(" {feature}\r\n")).await?;
            }
        }
        self.reply(211, "End").await
    }

    pub(super) fn path(&self, argument: &str) -> String {
        match argument.starts_with('/') {
            true => normalize(argument),
            false => normalize(&format!("{}/{argument}", self.folder)),
        }
    }

    fn of_file(&self, argument: &str, show: impl Fn(&File) -> String) -> (u16, String) {
        match self.options.tree.get(&self.path(argument)) {
            Some(file) => (213, show(&file)),
            None => (550, "No such file".into()),
        }
    }

    async fn extended_passive(&mut self, argument: &str) -> io::Result<(u16, String)> {
        match argument.to_ascii_uppercase().as_str() {
            "" | "1" => {}
            "ALL" => return Ok((200, "OK".into())),
            _ => return Ok((522, "Protocol not supported, use (1)".into())),
        }
        let passive = match self.options.epsv_is_dead {
            true => Passive::dead()?,
            false => Passive::open().await?,
        };
        let port = passive.port()?;
        self.passive = Some(passive);
        Ok((229, format!("Entering Extended Passive Mode (|||{port}|)")))
    }

    async fn old_passive(&mut self) -> io::Result<(u16, String)> {
        let passive = Passive::open().await?;
        let port = passive.port()?;
        self.passive = Some(passive);
        let address = self.options.pasv_address.unwrap_or(Ipv4Addr::LOCALHOST);
        let [a, b, c, d] = address.octets();
        let [high, low] = port.to_be_bytes();
        let text = format!("Entering Passive Mode ({a},{b},{c},{d},{high},{low})");
        Ok((227, text))
    }
}
