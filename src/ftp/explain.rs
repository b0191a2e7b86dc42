//! From what went wrong on the control channel to an error that says it.

use super::control::Trouble;
use super::{Login, protect};
use crate::base::{Code, Error, Kind, Stage, Target, text};
use crate::proto::ftp::{Failure, Fault, Reply, Verb};

/// The error for `trouble` with `server` in `stage`. Route and steps are the caller's to add.
pub(super) fn explain(trouble: Trouble, stage: Stage, server: &Target, login: &Login) -> Error {
    match trouble {
        Trouble::Silence(limit) => {
            let (kind, what) = match stage {
                Stage::Greeting => (Kind::Timeout, "the server did not greet"),
                // Without its word nobody knows whether the data was whole.
                Stage::Transfer => (
                    Kind::Cut,
                    "the data ended, and the server did not confirm that it was all",
                ),
                _ => (Kind::Timeout, "the server did not answer"),
            };
            let error = Error::new(kind, stage, what);
            let error = error.with_limit("timeouts.reply", text::seconds(limit));
            match stage {
                Stage::Greeting => error.with_hint(
                    "an FTP server speaks first: one that waits is no FTP server (web servers and \
                     ports of TLS wait), or very busy: check the port",
                ),
                _ => error,
            }
        }
        Trouble::Broken(cause) => {
            Error::new(broken(stage), stage, "the control channel broke").with_source(cause)
        }
        Trouble::Tls(error) => protect::explain(error, server),
        Trouble::Failed(failure) => failed(failure, stage, server, login),
    }
}

/// A channel that breaks before the login may be a server that is starting or too busy.
fn broken(stage: Stage) -> Kind {
    match stage {
        Stage::Greeting | Stage::Login => Kind::TargetUnavailable,
        _ => Kind::Cut,
    }
}

/// The error for what the control channel gave instead of the hoped-for reply.
pub(crate) fn failed(failure: Failure, stage: Stage, server: &Target, login: &Login) -> Error {
    match failure {
        Failure::Greeting(reply) => said(
            kind(&reply),
            Stage::Greeting,
            "the server greeted with",
            &reply,
        ),
        Failure::Leaving(reply) => said(
            Kind::TargetUnavailable,
            stage,
            "the server closes the control channel:",
            &reply,
        )
        .with_code(Code::FtpUnavailable)
        .with_hint(
            "421 is a server that is full, going down, or tired of waiting; try again later",
        ),
        Failure::Refused { verb, reply } => refused(verb, &reply, stage, login),
        Failure::Closed => {
            let what = "the server closed the control channel without a word";
            Error::new(broken(stage), stage, what)
        }
        Failure::Stumbled { why, reply } => {
            let what = format!("the server {why} when commands came together");
            let error = Error::new(Kind::TargetProtocol, stage, what);
            match reply {
                Some(reply) => error.with_answer(reply.to_answer()),
                None => error,
            }
        }
        Failure::Fault(fault) => {
            let error = Error::new(Kind::TargetProtocol, stage, fault.to_string());
            match &fault {
                Fault::NotFtp(start) => {
                    let error = error.with_code(Code::FtpNotFtp);
                    match other_protocol(start, server) {
                        Some(hint) => error.with_hint(hint),
                        None => error,
                    }
                }
                _ => error,
            }
        }
    }
}

/// What seems to listen at the port, by its first bytes.
fn other_protocol(start: &str, server: &Target) -> Option<String> {
    if start.starts_with("\\x15\\x03") {
        return Some(format!(
            "a TLS server answers at {server}: implicit TLS is ftps://, mostly at port 990"
        ));
    }
    let what = if start.starts_with("SSH-") {
        "an SSH server (sftp is another protocol)"
    } else if start.starts_with("HTTP/") || start.starts_with('<') {
        "a web server"
    } else {
        return None;
    };
    Some(format!("{what} answers at {server}: check the port"))
}

fn refused(verb: Verb, reply: &Reply, stage: Stage, login: &Login) -> Error {
    refused_as(verb, reply, stage, login).with_code(code(verb, reply))
}

/// The name of the cause, where it is more than the digits.
fn code(verb: Verb, reply: &Reply) -> Option<Code> {
    Some(match verb {
        Verb::Auth => Code::FtpTlsRefused,
        Verb::Prot => Code::FtpDataInClear,
        Verb::User | Verb::Pass if matches!(reply.code(), 331 | 332) => Code::FtpPasswordMissing,
        Verb::Epsv | Verb::Pasv => Code::FtpPassiveRefused,
        _ if reply.code() == 425 => Code::FtpDataUnseen,
        _ => return None,
    })
}

fn refused_as(verb: Verb, reply: &Reply, stage: Stage, login: &Login) -> Error {
    match verb {
        Verb::Auth => {
            let what = "the server does not start TLS (AUTH TLS):";
            let kind = match kind(reply) {
                Kind::TargetAuth => Kind::TargetRefused,
                kind => kind,
            };
            said(kind, Stage::TargetTls, what, reply).with_hint(
                "the login was not sent: ask its administrator for TLS; implicit TLS is ftps://, \
                 mostly at port 990; tls = \"off\" would send the password in clear",
            )
        }
        Verb::Prot => {
            let what = "the server does not protect the data channels (PROT P):";
            said(Kind::TargetRefused, Stage::TargetTls, what, reply).with_hint(
                "it wants the data in clear, which is not done behind a login under TLS: its \
                 administrator must allow PROT P (RFC 4217)",
            )
        }
        Verb::User | Verb::Pass => not_logged_in(verb, reply, login),
        Verb::Epsv | Verb::Pasv => {
            let what = "the server gives no data port:";
            said(kind(reply), Stage::Passive, what, reply)
        }
        _ => {
            let what = format!("the server answered {verb} with");
            let error = said(kind(reply), stage, &what, reply);
            match (verb, reply.code()) {
                (Verb::Retr, 550) => error.with_hint(
                    "the file is missing, is a directory, or may not be read; a path is relative \
                     to the login directory unless it opens with %2F",
                ),
                (Verb::Stor | Verb::Appe, 550 | 553) => error.with_hint(
                    "the folder is missing (--create-dirs makes it) or may not be written; a path \
                     is relative to the login directory unless it opens with %2F",
                ),
                (Verb::Stor | Verb::Appe, 452 | 552) => error.with_hint(FULL),
                (Verb::Stor | Verb::Appe, 425) => error.with_hint(
                    "the server did not see the data channel: a firewall or proxy between may \
                     hold it back",
                ),
                (Verb::Cwd | Verb::Mlsd | Verb::List, 550) => error.with_hint(
                    "the folder is missing, is a file, or may not be read; a path is relative to \
                     the login directory unless it opens with %2F",
                ),
                (Verb::Retr | Verb::Mlsd | Verb::List, 425) => error.with_hint(
                    "the server did not see the data channel: a firewall or proxy between may \
                     hold it back",
                ),
                _ => error,
            }
        }
    }
}

/// What 452 and 552 mean (RFC 959 section 4.2.2).
pub(super) const FULL: &str = "the server's disk is full, or the quota is used up";

fn not_logged_in(verb: Verb, reply: &Reply, login: &Login) -> Error {
    let user = text::clip(&login.username);
    if !matches!(reply.code(), 331 | 332 | 530 | 532) {
        // A server that is misconfigured or overloaded says nothing about the password.
        let what = format!("the login of user `{user}` failed:");
        return said(kind(reply), Stage::Login, &what, reply);
    }
    let (what, hint) = match (reply.code(), &login.password) {
        (332, _) => (
            format!("the server wants an account (ACCT) from user `{user}`:"),
            "accounts are not built in",
        ),
        (331, _) => (
            format!("the server wants a password from user `{user}`, and none is set:"),
            "set the password that belongs to the user name",
        ),
        _ if login.is_anonymous() => (
            "the server takes no anonymous login:".to_owned(),
            "set a user name and a password",
        ),
        // It did not even ask for the password.
        _ if verb == Verb::User => (
            format!("the server does not accept user `{user}`:"),
            "check the user name; without one the login is anonymous",
        ),
        (_, Some(_)) => (
            format!(
                "the server does not accept user `{user}` (password from {}):",
                login.origin
            ),
            "the user name or the password is wrong, or the account is locked",
        ),
        (_, None) => (
            format!(
                "the server does not accept user `{user}` (from {}) without a password:",
                login.origin
            ),
            "set the password that belongs to the user name",
        ),
    };
    said(Kind::TargetAuth, Stage::Login, &what, reply).with_hint(hint)
}

/// The kind of a refusal by its first digit (RFC 959 section 4.2.1): 4yz may pass, 5yz stands.
pub(super) fn kind(reply: &Reply) -> Kind {
    match reply.code() {
        530 | 532 => Kind::TargetAuth,
        400..=499 => Kind::TargetUnavailable,
        500..=599 => Kind::TargetRefused,
        _ => Kind::TargetProtocol,
    }
}

/// An error with the server's words in it.
pub(super) fn said(kind: Kind, stage: Stage, what: &str, reply: &Reply) -> Error {
    Error::new(kind, stage, format!("{what} {reply}")).with_answer(reply.to_answer())
}
