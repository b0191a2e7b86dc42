//! A whole FTP session against a server that says what it likes.

use outbound::base::Secret;
use outbound::proto::ftp::{
    Event, Habits, Pace, Passive, Protection, RemotePath, Session, TransferType, Want,
};

use super::{assert_showable, splits};

pub const WORDS: &[&str] = &[
    "220 hi\r\n",
    "234 go\r\n",
    "331 password?\r\n",
    "230 in\r\n",
    "200 ok\r\n",
    "213 17\r\n",
    "213 20240102030405\r\n",
    "229 (|||50000|)\r\n",
    "227 (127,0,0,1,195,80)\r\n",
    "150 coming\r\n",
    "226 done\r\n",
    "421 bye\r\n",
    "500 what?\r\n",
    "550 no\r\n",
];

const PASSWORD: &str = "kept-to-itself";

/// What a client may say here.
const LINES: &[&str] = &[
    "AUTH TLS",
    "PBSZ 0",
    "PROT P",
    "USER ann",
    "PASS kept-to-itself",
    "TYPE I",
    "EPSV",
    "PASV",
    "SIZE air.csv",
    "MDTM air.csv",
    "RETR air.csv",
    "CWD pub",
    "QUIT",
];

fn run(pieces: &[&[u8]], pace: Pace, protection: Protection, echoed: bool) {
    let path = RemotePath::from_url_path("/pub/air.csv").expect("a path");
    let password = Secret::new(PASSWORD);
    let habits = Habits {
        pace,
        passive: Passive::Extended,
        ..Habits::default()
    };
    let mut session = Session::new(
        "ann",
        Some(&password),
        habits,
        protection,
        TransferType::Image,
    )
    .expect("a login");
    let want = Want {
        size: true,
        modified: true,
        port: true,
        ..Want::default()
    };
    session.ask(&path, want).expect("a question");
    let mut asked = false;
    // A client says so much and no more, whatever the server says.
    let mut said = 0;
    let mut ended = false;
    let mut secured = protection == Protection::Implicit;
    for piece in pieces.iter().map(Some).chain([None]) {
        match piece {
            Some(piece) => session.receive(piece),
            None => session.close(),
        }
        loop {
            while let Some(sent) = session.transmit() {
                let text = std::str::from_utf8(&sent).expect("commands in ASCII");
                for line in text.split_terminator("\r\n") {
                    let known = LINES.contains(&line) || line.ends_with("pub/air.csv");
                    assert!(known, "{line:?}");
                    let in_clear = protection != Protection::Explicit || secured;
                    assert!(in_clear || line == "AUTH TLS", "{line:?} in clear");
                    said += 1;
                }
                assert!(text.ends_with("\r\n"), "{text:?}");
            }
            match session.event() {
                Some(Event::Failed(failure)) => {
                    let shown = format!("{failure:?}");
                    assert!(echoed || !shown.contains(PASSWORD), "{shown}");
                    ended = true;
                }
                Some(Event::Greeted(reply) | Event::LoggedIn(reply)) => {
                    assert_showable(&reply.to_string(), 201);
                }
                // What came in clear does not come to here.
                Some(Event::Secure(_)) => {
                    secured = true;
                    session.secured();
                }
                Some(Event::Port { port, .. }) => {
                    assert_ne!(port, 0);
                    if !asked {
                        asked = true;
                        let _ = session.retrieve(&path, 0);
                        session.data_opened();
                    }
                }
                Some(_) => {}
                None => break,
            }
        }
    }
    assert!(said < 40, "{said} commands");
    assert!(ended || session.is_over(), "the server has closed");
}

/// The client says only what it means to, ends, and keeps its password to itself.
pub fn check(bytes: &[u8]) {
    // A fuzzer learns the word from the comparison with it.
    let echoed = String::from_utf8_lossy(bytes).contains(PASSWORD);
    for (pace, protection) in [
        (Pace::OneFlight, Protection::Clear),
        (Pace::LockStep, Protection::Clear),
        (Pace::OneFlight, Protection::Implicit),
        (Pace::LockStep, Protection::Explicit),
        (Pace::OneFlight, Protection::Opportunistic),
    ] {
        run(&[bytes], pace, protection, echoed);
        for pieces in splits(bytes) {
            run(&pieces, pace, protection, echoed);
        }
    }
}
