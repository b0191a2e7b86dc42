//! TLS on both channels (RFC 4217).

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::channel::{Channel, Setback};
use super::control::Trouble;
use crate::base::{Answer, Code, Error, Kind, Scheme, Stage, Target};
use crate::dial::Stream;
use crate::proto::ftp::{Event, Failure, Reply, Verb};
use crate::tls;

/// How long the server's first word on a transfer is waited for before TLS starts without it.
const FIRST_WAIT: Duration = Duration::from_secs(3);

/// How long a server that ended the handshake of a data channel may take to say why.
const WORD_WAIT: Duration = Duration::from_secs(5);

/// How long the end of a data channel may take.
const END_WAIT: Duration = Duration::from_secs(5);

/// What to do about a server that speaks TLS after `AUTH TLS` alone.
pub(super) const EXPLICIT: &str = "explicit TLS is ftp:// with --tls explicit, or with \
                                   tls = \"explicit\" in the connection";

impl Channel {
    /// Starts TLS on the control channel, as the server agreed to by `reply`.
    pub(super) async fn secure(&mut self, reply: &Reply) -> Result<(), Trouble> {
        let plan = Arc::clone(&self.plan);
        let Some(session) = &self.tls else {
            return Err(Trouble::Failed(Failure::Closed));
        };
        let stream = self.control.take();
        let secured = plan.dial.secure(stream, &plan.target, session).await;
        let mut stream = secured.map_err(Trouble::Tls)?;
        let mut steps = stream.take_steps();
        steps.add_to_last(&format!(", AUTH TLS answered {}", reply.code()));
        self.recent.extend(steps);
        self.clock = Instant::now();
        self.control.put(stream);
        self.control.session.secured();
        Ok(())
    }

    /// Goes on in clear: the server refused TLS, and the settings allow it.
    pub(super) fn give_up_tls(&mut self, reply: &Reply) {
        self.tls = None;
        let target = &self.plan.target;
        if self.plan.memory.warns(target) {
            tracing::warn!(
                "{target} refuses AUTH TLS ({reply}): login and data go in clear, which \
                 tls = \"opportunistic\" allows"
            );
        }
        let words = format!("{reply}; goes on in clear");
        let elapsed = self.clock.elapsed();
        self.recent
            .pass(Stage::TargetTls, target.authority(), words, elapsed);
    }

    /// Starts TLS on a data channel, for the file or folder that `verb` asks for. The server does
    /// its part once it has taken the command; what it says meanwhile counts at once when it
    /// refuses. A refused REST is given back: then there is nothing to come.
    ///
    /// The first byte is held back until the server has said that the transfer begins (150), as
    /// other clients do: pyftpdlib closes a data channel on which something comes before the
    /// command. A server that says nothing before TLS is not waited for to the end.
    pub(super) async fn protect(
        &mut self,
        data: Stream,
        verb: Verb,
        doing: &str,
    ) -> Result<Result<Stream, Reply>, Setback> {
        let Some(session) = self.tls.clone() else {
            return Ok(Ok(data));
        };
        if let Some(reply) = self.asked.no_restart.take() {
            return Ok(Err(reply));
        }
        if let Ok(heard) = timeout(FIRST_WAIT, self.first_word()).await {
            heard.map_err(|trouble| self.setback(trouble, Stage::Request, doing))?;
        }
        let plan = Arc::clone(&self.plan);
        let target = self.data_target.clone();
        let target = target.unwrap_or_else(|| plan.target.clone());
        let mut securing = plan.dial.secure(data, &target, &session);
        let mut early = Vec::new();
        let secured = loop {
            let told = tokio::select! {
                biased;
                secured = &mut securing => break secured,
                told = self.control.next() => told,
            };
            match told {
                Ok(Some(Event::NoRestart(reply))) => return Ok(Err(reply)),
                Ok(Some(Event::Ended(reply))) if !reply.is_success() => {
                    let trouble = Trouble::Failed(Failure::Refused { verb, reply });
                    return Err(self.setback(trouble, Stage::Data, doing));
                }
                Ok(Some(event)) => early.push(event),
                Ok(None) => break securing.await,
                // The handshake has a limit of its own.
                Err(Trouble::Silence(_)) => {}
                Err(_) if !early.is_empty() => break securing.await,
                Err(trouble) => return Err(self.setback(trouble, Stage::Request, doing)),
            }
        };
        self.control.put_back(early);
        match secured {
            Ok(mut data) => {
                self.recent.extend(data.take_steps());
                self.clock = Instant::now();
                Ok(Ok(data))
            }
            Err(error) => Err(self.unprotected(error, verb, doing).await),
        }
    }

    /// Waits for the server's first word on a transfer, and leaves it to be heard again.
    async fn first_word(&mut self) -> Result<(), Trouble> {
        loop {
            match self.control.next().await? {
                Some(word @ (Event::Started { .. } | Event::Ended(_) | Event::NoRestart(_))) => {
                    self.control.put_back([word]);
                    return Ok(());
                }
                Some(event) => self.note(event),
                None => return Ok(()),
            }
        }
    }

    /// Why a data channel has no TLS: in the server's words, when it was the server that ended the
    /// handshake and says more.
    async fn unprotected(&mut self, error: Error, verb: Verb, doing: &str) -> Setback {
        if tls::is_theirs(&error)
            && let Ok(Some(failure)) = timeout(WORD_WAIT, self.last_word(verb)).await
        {
            return self.setback(Trouble::Failed(failure), Stage::Data, doing);
        }
        Setback::from(self.tell(error.of_data_channel(), doing))
    }

    async fn last_word(&mut self, verb: Verb) -> Option<Failure> {
        loop {
            match self.control.next().await {
                Ok(Some(Event::Ended(reply))) if !reply.is_success() => {
                    return Some(Failure::Refused { verb, reply });
                }
                Ok(Some(_)) => {}
                Err(Trouble::Failed(failure @ (Failure::Refused { .. } | Failure::Leaving(_)))) => {
                    return Some(failure);
                }
                Ok(None) | Err(_) => return None,
            }
        }
    }
}

/// Ends a data channel from this side, and reads what may still come to its end. With TLS that is
/// `close_notify` without a FIN: servers wait for the one (vsftpd's 226), and proxies tear a
/// tunnel down on the other, with what was written before it.
pub(super) async fn end(mut data: Stream) -> io::Result<()> {
    let ending = async {
        data.shutdown().await?;
        tokio::io::copy(&mut data, &mut tokio::io::sink()).await
    };
    match timeout(END_WAIT, ending).await {
        Ok(ended) => ended.map(drop),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// An error of TLS on the control channel with what is known of FTP added to it.
pub(super) fn explain(error: Error, target: &Target) -> Error {
    if !tls::is_no_tls(&error) {
        return error;
    }
    match target.scheme() {
        Scheme::Ftps => error.with_better_hint(format!(
            "a server without TLS, or one of explicit TLS, answers like this: {EXPLICIT}"
        )),
        _ => error.with_better_hint(
            "what came behind the answer to AUTH TLS is no TLS: the server is broken, or somebody \
             on the way changes what it says",
        ),
    }
}

/// What to do where TLS is missing, or meant for another port.
pub(super) fn advise(error: Error, target: &Target, protected: bool) -> Error {
    let mute = matches!(
        error.kind(),
        Kind::Timeout | Kind::TargetUnavailable | Kind::Cut
    );
    if target.scheme() == Scheme::Ftp
        && target.port() == Scheme::Ftps.default_port()
        && error.stage() == Stage::Greeting
        && error.answer().is_none()
        && mute
    {
        let host = target.host();
        return error.with_better_hint(format!(
            "port 990 is that of implicit TLS, where the server waits for the client: write \
             ftps://{host}/"
        ));
    }
    match error.answer().cloned() {
        Some(answer) if !protected && wants_tls(&answer) => {
            let error = error.with_better_code(Code::FtpTlsDemanded);
            error.with_better_hint(format!("the server wants TLS: {EXPLICIT}"))
        }
        Some(answer) if protected && is_not_reused(&answer) => error
            .with_better_code(Code::FtpSessionReuse)
            .with_better_hint(
                "the server did not take the TLS session of the control channel for the data; its \
                 log tells why, and `require_ssl_reuse=NO` (vsftpd) or `TLSOptions \
                 NoSessionReuseRequired` (ProFTPD) makes it take any",
            ),
        _ => error,
    }
}

/// Whether a refusal is for want of TLS, in the words of the common servers.
fn wants_tls(answer: &Answer) -> bool {
    let words = answer.to_string().to_ascii_lowercase();
    ["tls", "ssl", "encrypt", "cleartext"]
        .iter()
        .any(|word| words.contains(word))
}

/// Whether a refusal is for a data channel that did not use the control channel's session again,
/// in the words of vsftpd (522), ProFTPD (EPERM) and others.
fn is_not_reused(answer: &Answer) -> bool {
    let words = answer.to_string().to_ascii_lowercase();
    let told = ["reuse", "re-use", "tls", "ssl", "operation not permitted"];
    matches!(answer.code, 425 | 426 | 522) && told.iter().any(|word| words.contains(word))
}
