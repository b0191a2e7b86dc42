//! From the greeting to the login.

use super::*;

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
        let mut session = Session::new("bob", None, habits, CLEAR, IMAGE).unwrap();
        hear(&mut session, "220 a\r\n331 b\r\n");
        assert_eq!(told(&mut session), "greeted refused:USER:331");
    }
}

#[test]
fn names_and_passwords_with_line_ends_are_refused() {
    assert!(Session::new("bob\r\nDELE x", None, FLIGHT, CLEAR, IMAGE).is_err());
    let password = Secret::new("pw\nDELE x");
    assert!(Session::new("bob", Some(&password), FLIGHT, CLEAR, IMAGE).is_err());
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

#[test]
fn after_421_nothing_is_sent_not_even_what_was_ready() {
    let mut session = session(STEPS);
    hear(&mut session, "220 a\r\n");
    assert_eq!(hear(&mut session, "331 b\r\n421 c\r\n"), "");
    session.quit();
    assert_eq!(sent(&mut session), "");
    assert_eq!(told(&mut session), "greeted leaving:421");
}

/// Some servers repeat the command that they do not take.
#[test]
fn a_password_that_the_server_repeats_is_not_told() {
    for (habits, flight) in [(FLIGHT, true), (STEPS, false)] {
        let secret = Secret::new("kept-to-itself");
        let mut session = Session::new("bob", Some(&secret), habits, CLEAR, IMAGE).unwrap();
        hear(&mut session, "220 hi\r\n");
        hear(&mut session, "331 password?\r\n");
        hear(
            &mut session,
            "530 'PASS kept-to-itself': not understood\r\n",
        );
        hear(&mut session, "503 log in first\r\n");
        let told: Vec<Event> = std::iter::from_fn(|| session.event()).collect();
        let shown = format!("{told:?}");
        assert!(!shown.contains(secret.expose()), "{flight}: {shown}");
        assert!(
            shown.contains("'PASS …': not understood"),
            "{flight}: {shown}"
        );
    }
    // A number that is read stays one.
    let mut session =
        Session::new("bob", Some(&Secret::new("5000")), FLIGHT, CLEAR, IMAGE).unwrap();
    session.ask(&path(), ALL).unwrap();
    hear(&mut session, "220 hi\r\n");
    hear(
        &mut session,
        &format!("{LOGIN}213 5000\r\n550 no\r\n229 ok (|||5000|)\r\n"),
    );
    assert!(told(&mut session).ends_with("epsv:5000"));
}
