//! The session without sockets.

mod listing;
mod login;
mod security;
mod storing;
mod transfer;

use super::*;
use crate::proto::ftp::Fault;
use crate::proto::ftp::reply::REPLY_MAX;

const CLEAR: Protection = Protection::Clear;
const IMAGE: TransferType = TransferType::Image;
const FLIGHT: Habits = Habits {
    pace: Pace::OneFlight,
    passive: Passive::Extended,
    listing: Form::Mlsd,
};
const STEPS: Habits = Habits {
    pace: Pace::LockStep,
    passive: Passive::Extended,
    listing: Form::Mlsd,
};
const ALL: Want = Want {
    size: true,
    modified: true,
    port: true,
    following: false,
};
const PORT: Want = Want {
    size: false,
    modified: false,
    port: true,
    following: false,
};
const LOGIN: &str = "331 password?\r\n230 in\r\n200 binary\r\n";

fn session(habits: Habits) -> Session {
    Session::new("bob", Some(&Secret::new("pw")), habits, CLEAR, IMAGE).unwrap()
}

fn path() -> RemotePath {
    RemotePath::from_url_path("/a.csv").unwrap()
}

/// What is sent, line ends shown as `|`.
fn sent(session: &mut Session) -> String {
    let bytes = session.transmit().unwrap_or_default();
    String::from_utf8(bytes.to_vec())
        .unwrap()
        .replace("\r\n", "|")
}

/// What is sent after these replies.
fn hear(session: &mut Session, replies: &str) -> String {
    session.receive(replies.as_bytes());
    sent(session)
}

/// The events since the last time, in short.
fn told(session: &mut Session) -> String {
    let events = std::iter::from_fn(|| session.event());
    let told: Vec<String> = events.map(|event| tell(&event)).collect();
    told.join(" ")
}

fn tell(event: &Event) -> String {
    match event {
        Event::Greeted(_) => "greeted".into(),
        Event::Secure(reply) => format!("secure:{}", reply.code()),
        Event::InClear(reply) => format!("in-clear:{}", reply.code()),
        Event::LoggedIn(reply) => format!("in:{}", reply.code()),
        Event::Size(Ok(size)) => format!("size:{size}"),
        Event::Size(Err(reply)) => format!("no-size:{}", reply.code()),
        Event::Modified(Ok(modified)) => format!("modified:{}", modified.raw),
        Event::Modified(Err(reply)) => format!("no-modified:{}", reply.code()),
        Event::Port { port, passive, .. } => match passive {
            Passive::Extended => format!("epsv:{port}"),
            Passive::Plain => format!("pasv:{port}"),
        },
        Event::Answered { verb, reply } => format!("{verb}:{}", reply.code()),
        Event::Entered(Ok(())) => "entered".into(),
        Event::Entered(Err(reply)) => format!("not-entered:{}", reply.code()),
        Event::NoRestart(reply) => format!("no-restart:{}", reply.code()),
        Event::Started { size } => format!("started:{}", size.unwrap_or_default()),
        Event::Ended(reply) => format!("ended:{}", reply.code()),
        Event::Failed(failure) => match failure {
            Failure::Greeting(reply) => format!("bad-greeting:{}", reply.code()),
            Failure::Refused { verb, reply } => format!("refused:{verb}:{}", reply.code()),
            Failure::Leaving(reply) => format!("leaving:{}", reply.code()),
            Failure::Fault(_) => "fault".into(),
            Failure::Closed => "closed".into(),
            Failure::Stumbled { .. } => "stumbled".into(),
        },
    }
}

/// Logged in, nothing asked.
fn ready(habits: Habits) -> Session {
    let mut session = session(habits);
    session.receive(b"220 hi\r\n");
    for reply in LOGIN.split_inclusive('\n') {
        session.receive(reply.as_bytes());
    }
    sent(&mut session);
    assert_eq!(told(&mut session), "greeted in:230");
    assert!(session.is_settled());
    session
}

/// Logged in, with a data port of EPSV.
fn with_port(habits: Habits) -> Session {
    let mut session = ready(habits);
    session.ask(&path(), PORT).unwrap();
    assert_eq!(sent(&mut session), "EPSV|");
    session.receive(b"229 ok (|||5000|)\r\n");
    assert_eq!(told(&mut session), "epsv:5000");
    session
}

#[test]
fn good_bye() {
    let mut session = ready(FLIGHT);
    session.quit();
    assert_eq!(sent(&mut session), "QUIT|");
    assert_eq!(hear(&mut session, "221 bye\r\n"), "");
    let mut unheard = self::session(FLIGHT);
    unheard.quit();
    assert_eq!(sent(&mut unheard), "", "nothing before the greeting");
}

#[test]
fn an_oversize_reply_ends_the_session() {
    let mut session = session(STEPS);
    let line = format!("220-{}\r\n", "x".repeat(1000));
    for _ in 0..REPLY_MAX / line.len() + 1 {
        session.receive(line.as_bytes());
    }
    assert_eq!(
        session.event(),
        Some(Event::Failed(Failure::Fault(Fault::TooLong)))
    );
    assert!(session.is_over());
}

#[test]
fn no_password_in_debug() {
    let mut session = session(FLIGHT);
    assert!(!format!("{session:?}").contains("pw"));
    session.receive(b"220 a\r\n");
    assert!(
        !format!("{session:?}").contains("112, 119"),
        "nor its bytes"
    );
}
