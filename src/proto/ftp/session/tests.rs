//! The session without sockets.

use super::*;
use crate::proto::ftp::reply::REPLY_MAX;

const FLIGHT: Habits = Habits {
    pace: Pace::OneFlight,
    passive: Passive::Extended,
};
const STEPS: Habits = Habits {
    pace: Pace::LockStep,
    passive: Passive::Extended,
};
const ALL: Want = Want {
    size: true,
    modified: true,
    port: true,
};
const PORT: Want = Want {
    size: false,
    modified: false,
    port: true,
};
const LOGIN: &str = "331 password?\r\n230 in\r\n200 binary\r\n";

fn session(habits: Habits) -> Session {
    Session::new("bob", Some(&Secret::new("pw")), habits).unwrap()
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
        Event::LoggedIn(reply) => format!("in:{}", reply.code()),
        Event::Size(Ok(size)) => format!("size:{size}"),
        Event::Size(Err(reply)) => format!("no-size:{}", reply.code()),
        Event::Modified(Ok(modified)) => format!("modified:{}", modified.raw),
        Event::Modified(Err(reply)) => format!("no-modified:{}", reply.code()),
        Event::Port { port, passive, .. } => match passive {
            Passive::Extended => format!("epsv:{port}"),
            Passive::Plain => format!("pasv:{port}"),
        },
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
fn nothing_is_sent_before_the_greeting() {
    let mut session = session(FLIGHT);
    session.ask(&path(), ALL).unwrap();
    assert_eq!(hear(&mut session, "120 in a minute\r\n220-wel"), "");
    assert!(!session.is_settled());
    assert_eq!(
        hear(&mut session, "come\r\n220 hi\r\n"),
        "USER bob|PASS pw|TYPE I|SIZE a.csv|MDTM a.csv|EPSV|"
    );
}

#[test]
fn one_flight_and_lock_step_tell_the_same_at_every_split() {
    let answers = format!("{LOGIN}213 12\r\n213 20200101120000\r\n229 ok (|||5000|)\r\n");
    let wanted = "greeted in:230 size:12 modified:20200101120000 epsv:5000";
    for at in 0..answers.len() {
        let mut session = session(FLIGHT);
        session.ask(&path(), ALL).unwrap();
        hear(&mut session, "220 hi\r\n");
        hear(&mut session, &answers[..at]);
        hear(&mut session, &answers[at..]);
        assert_eq!(told(&mut session), wanted, "cut at {at}");
        assert!(session.is_settled() && !session.is_crowded());
    }
    let mut session = session(STEPS);
    session.ask(&path(), ALL).unwrap();
    let mut lines = vec![hear(&mut session, "220 hi\r\n")];
    for reply in answers.split_inclusive('\n') {
        lines.push(hear(&mut session, reply));
        assert!(!session.is_crowded());
    }
    assert_eq!(
        lines,
        [
            "USER bob|",
            "PASS pw|",
            "TYPE I|",
            "SIZE a.csv|",
            "MDTM a.csv|",
            "EPSV|",
            ""
        ]
    );
    assert_eq!(told(&mut session), wanted);
}

/// What a server says to a login, and what comes of it: in one flight, and in lock-step.
#[test]
fn logins() {
    #[rustfmt::skip]
    let table: &[(&str, &str, &str, &str)] = &[
        ("RFC 959", "220 a\r\n331 b\r\n230 c\r\n200 d\r\n", "greeted in:230", "greeted in:230"),
        ("vsftpd: 230 after USER", "220 a\r\n230 b\r\n230 Already logged in.\r\n200 d\r\n", "greeted in:230", "greeted in:230 fault"),
        ("proftpd: 230 after USER", "220 a\r\n230 b\r\n503 You are already logged in\r\n200 d\r\n", "greeted in:230", ""),
        ("pure-ftpd: 230 after USER", "220 a\r\n230 b\r\n530 You're already logged in\r\n200 d\r\n", "greeted in:230", ""),
        ("202 after PASS (RFC 959)", "220 a\r\n331 b\r\n202 c\r\n200 d\r\n", "greeted in:202", "greeted in:202"),
        ("vsftpd: wrong password", "220 a\r\n331 b\r\n530 Login incorrect.\r\n", "greeted refused:PASS:530", "greeted refused:PASS:530"),
        ("vsftpd: no anonymous", "220 a\r\n530 no\r\n503 Login with USER first.\r\n", "greeted refused:USER:530", "greeted refused:USER:530"),
        ("an account is wanted", "220 a\r\n332 b\r\n", "greeted refused:USER:332", "greeted refused:USER:332"),
        ("an account is wanted later", "220 a\r\n331 b\r\n332 c\r\n", "greeted refused:PASS:332", "greeted refused:PASS:332"),
        ("not now", "220 a\r\n331 b\r\n430 c\r\n", "greeted refused:PASS:430", "greeted refused:PASS:430"),
        ("full at once", "421 too many\r\n", "leaving:421", "leaving:421"),
        ("full after USER", "220 a\r\n421 too many\r\n", "greeted stumbled", "greeted leaving:421"),
        ("bad greeting", "500 go away\r\n", "bad-greeting:500", "bad-greeting:500"),
        ("RFC 959: 503 to PASS", "220 a\r\n331 b\r\n503 c\r\n", "greeted stumbled", "greeted refused:PASS:503"),
        ("500 to what came together", "220 a\r\n331 b\r\n500 c\r\n", "greeted stumbled", "greeted refused:PASS:500"),
        ("TYPE refused", "220 a\r\n331 b\r\n230 c\r\n504 d\r\n", "greeted in:230 stumbled", "greeted in:230 refused:TYPE:504"),
        ("garbage in the middle", "220 a\r\n331 b\r\n\x15\x03\x01", "greeted stumbled", "greeted fault"),
        ("one reply too many", "220 a\r\n331 b\r\n230 c\r\n200 d\r\n200 e\r\n", "greeted in:230 fault", "greeted in:230 fault"),
        ("another protocol", "SSH-2.0-x\r\n", "fault", "fault"),
    ];
    for (source, said, flight, steps) in table {
        for (habits, wanted) in [(FLIGHT, flight), (STEPS, steps)] {
            // No lock-step server answers a PASS that was never sent.
            if wanted.is_empty() {
                continue;
            }
            let mut session = session(habits);
            let mut after_failure = String::new();
            for line in said.split_inclusive('\n') {
                after_failure = hear(&mut session, line);
            }
            assert_eq!(told(&mut session), *wanted, "{source}, {habits:?}");
            let failed = !wanted.ends_with("in:230") && !wanted.ends_with("in:202");
            assert_eq!(session.is_over(), failed, "{source}");
            assert!(!failed || after_failure.is_empty(), "{source}: sent more");
        }
    }
}

#[test]
fn lock_step_sends_no_password_after_230_to_user() {
    let mut session = session(STEPS);
    assert_eq!(hear(&mut session, "220 a\r\n"), "USER bob|");
    assert_eq!(hear(&mut session, "230 b\r\n"), "TYPE I|");
}

#[test]
fn without_a_password_331_is_a_refusal() {
    for habits in [FLIGHT, STEPS] {
        let mut session = Session::new("bob", None, habits).unwrap();
        hear(&mut session, "220 a\r\n331 b\r\n");
        assert_eq!(told(&mut session), "greeted refused:USER:331");
    }
}

#[test]
fn names_and_passwords_with_line_ends_are_refused() {
    assert!(Session::new("bob\r\nDELE x", None, FLIGHT).is_err());
    let password = Secret::new("pw\nDELE x");
    assert!(Session::new("bob", Some(&password), FLIGHT).is_err());
}

#[test]
fn a_close_or_a_stall_is_a_stumble_only_with_commands_sent_together() {
    let mut flight = session(FLIGHT);
    hear(&mut flight, "220 a\r\n331 b\r\n");
    assert!(flight.stall());
    assert_eq!(told(&mut flight), "greeted stumbled");
    let mut flight = session(FLIGHT);
    hear(&mut flight, "220 a\r\n331 b\r\n");
    flight.close();
    assert_eq!(told(&mut flight), "greeted stumbled");
    let mut steps = session(STEPS);
    hear(&mut steps, "220 a\r\n331 b\r\n");
    assert!(!steps.stall());
    steps.close();
    assert_eq!(told(&mut steps), "greeted closed");
}

/// What a server says to SIZE, MDTM and EPSV (and then PASV), in one flight.
#[test]
fn questions() {
    #[rustfmt::skip]
    let table: &[(&str, &str, &str)] = &[
        ("size refused", "550 a\r\n213 20200101120000\r\n229 (|||9|)\r\n", "no-size:550 modified:20200101120000 epsv:9"),
        ("old server", "500 a\r\n502 b\r\n500 c\r\n227 1,2,3,4,0,9\r\n", "no-size:500 no-modified:502 pasv:9"),
        ("odd size", "213 file: 213, Size =51\r\n213 x\r\n229 (|||9|)\r\n", "size:51 no-modified:213 epsv:9"),
        ("EPSV: 522 (RFC 2428)", "213 1\r\n550 b\r\n522 (1)\r\n227 1,2,3,4,0,9\r\n", "size:1 no-modified:550 pasv:9"),
        ("EPSV: 425", "213 1\r\n550 b\r\n425 c\r\n227 1,2,3,4,0,9\r\n", "size:1 no-modified:550 pasv:9"),
        ("229 without a port", "213 1\r\n550 b\r\n229 ok\r\n227 1,2,3,4,0,9\r\n", "size:1 no-modified:550 pasv:9"),
        ("227 without a port", "213 1\r\n550 b\r\n500 c\r\n227 ok\r\n", "size:1 no-modified:550 fault"),
        ("no port at all", "213 1\r\n550 b\r\n500 c\r\n502 d\r\n", "size:1 no-modified:550 refused:PASV:502"),
        ("421 in the middle", "213 1\r\n421 b\r\n", "size:1 stumbled"),
        ("not logged in after all", "530 a\r\n", "stumbled"),
        ("not logged in at the end", "213 1\r\n550 b\r\n530 c\r\n", "size:1 no-modified:550 stumbled"),
    ];
    for (source, said, wanted) in table {
        let mut session = ready(FLIGHT);
        session.ask(&path(), ALL).unwrap();
        let mut lines = sent(&mut session);
        for line in said.split_inclusive('\n') {
            lines += &hear(&mut session, line);
        }
        assert_eq!(told(&mut session), *wanted, "{source}");
        assert_eq!(
            lines.contains("PASV"),
            said.contains("227") || said.contains("502 d"),
            "{source}"
        );
    }
}

#[test]
fn pasv_is_asked_at_once_where_epsv_is_known_to_fail() {
    let mut session = ready(Habits {
        passive: Passive::Plain,
        ..FLIGHT
    });
    session.ask(&path(), PORT).unwrap();
    assert_eq!(sent(&mut session), "PASV|");
}

#[test]
fn a_transfer_from_the_start() {
    for habits in [FLIGHT, STEPS] {
        let mut session = with_port(habits);
        session.retrieve(&path(), 0).unwrap();
        assert_eq!(sent(&mut session), "", "RETR waits for the data channel");
        assert!(session.is_settled());
        session.data_opened();
        assert_eq!(sent(&mut session), "RETR a.csv|");
        assert!(!session.is_settled());
        hear(&mut session, "150 coming (7 bytes)\r\n150 again\r\n");
        assert_eq!(told(&mut session), "started:7");
        hear(&mut session, "226 done\r\n");
        assert_eq!(told(&mut session), "ended:226");
        assert!(session.is_settled() && !session.is_over());
        session.ask(&path(), PORT).unwrap();
        assert_eq!(
            sent(&mut session),
            "EPSV|",
            "the next file on the same login"
        );
    }
}

/// What a server says to REST and RETR.
#[test]
fn transfers_from_the_middle() {
    #[rustfmt::skip]
    let table: &[(&str, &str, &str, bool)] = &[
        ("RFC 3659 section 5", "350 ok\r\n150 x\r\n226 y\r\n", "started:0 ended:226", true),
        ("226 with the 150", "350 ok\r\n150 x\r\n226 y\r\n", "started:0 ended:226", true),
        ("226 without a 150", "350 ok\r\n226 y\r\n", "ended:226", true),
        ("aborted", "350 ok\r\n150 x\r\n426 y\r\n", "started:0 ended:426", true),
        ("refused after the 150", "350 ok\r\n150 x\r\n551 y\r\n", "started:0 ended:551", true),
        ("missing", "350 ok\r\n550 y\r\n", "refused:RETR:550", true),
        ("no data channel", "350 ok\r\n425 y\r\n", "refused:RETR:425", true),
        ("REST unknown", "500 no\r\n", "no-restart:500", true),
        ("REST not built", "502 no\r\n", "no-restart:502", true),
        ("REST beyond", "501 no\r\n", "no-restart:501", true),
        ("REST not for this", "504 no\r\n", "no-restart:504", true),
        ("REST not now", "450 no\r\n", "refused:REST:450", false),
        ("leaving", "350 ok\r\n421 y\r\n", "leaving:421", false),
        ("leaving after the 150", "350 ok\r\n150 x\r\n421 y\r\n", "started:0 leaving:421", false),
    ];
    for (source, said, wanted, goes_on) in table {
        let mut session = with_port(FLIGHT);
        session.retrieve(&path(), 5).unwrap();
        assert_eq!(sent(&mut session), "REST 5|");
        let mut replies = said.split_inclusive('\n');
        assert_eq!(hear(&mut session, replies.next().unwrap()), "", "{source}");
        session.data_opened();
        let granted = said.starts_with("350");
        let retr = if granted { "RETR a.csv|" } else { "" };
        assert_eq!(sent(&mut session), retr, "{source}");
        for reply in replies {
            hear(&mut session, reply);
        }
        assert_eq!(told(&mut session), *wanted, "{source}");
        assert_eq!(!session.is_over(), *goes_on, "{source}");
    }
}

#[test]
fn retr_waits_for_the_answer_to_rest() {
    let mut session = with_port(FLIGHT);
    session.retrieve(&path(), 5).unwrap();
    assert_eq!(sent(&mut session), "REST 5|");
    session.data_opened();
    assert_eq!(sent(&mut session), "");
    assert_eq!(hear(&mut session, "350 ok\r\n"), "RETR a.csv|");
}

#[test]
fn a_dead_port_of_epsv_is_replaced_once() {
    for (habits, first) in [(FLIGHT, "PASV|REST 5|"), (STEPS, "PASV|")] {
        let mut session = with_port(habits);
        session.retrieve(&path(), 5).unwrap();
        hear(&mut session, "350 ok\r\n");
        assert!(session.data_failed(Passive::Extended).unwrap());
        let mut lines = sent(&mut session);
        assert_eq!(lines, first);
        lines += &hear(&mut session, "227 (1,2,3,4,0,9)\r\n");
        assert_eq!(lines, "PASV|REST 5|");
        session.data_opened();
        assert_eq!(sent(&mut session), "", "REST is asked again behind PASV");
        assert_eq!(hear(&mut session, "350 ok\r\n"), "RETR a.csv|");
        assert_eq!(told(&mut session), "pasv:9");
        assert!(!session.data_failed(Passive::Plain).unwrap());
    }
}

#[test]
fn good_bye() {
    let mut session = ready(FLIGHT);
    session.quit();
    assert_eq!(sent(&mut session), "QUIT|");
    assert_eq!(hear(&mut session, "221 bye\r\n"), "");
    let mut unheard = super::tests::session(FLIGHT);
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
