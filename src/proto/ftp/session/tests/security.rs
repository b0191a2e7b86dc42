//! TLS before the login.

use super::*;

const ALWAYS: [(Habits, &str); 2] = [(FLIGHT, "one flight"), (STEPS, "lock-step")];

fn protected(habits: Habits, protection: Protection) -> Session {
    let mut session =
        Session::new("bob", Some(&Secret::new("pw")), habits, protection, IMAGE).unwrap();
    session.ask(&path(), PORT).unwrap();
    session
}

/// Greeted, and AUTH answered by `replies`.
fn asked(habits: Habits, protection: Protection, replies: &str) -> Session {
    let mut session = protected(habits, protection);
    assert_eq!(hear(&mut session, "220 hi\r\n"), "AUTH TLS|");
    assert_eq!(told(&mut session), "greeted");
    session.receive(replies.as_bytes());
    session
}

#[test]
fn auth_goes_alone_and_the_login_waits_for_tls() {
    for (habits, how) in ALWAYS {
        for protection in [Protection::Explicit, Protection::Opportunistic] {
            let mut session = asked(habits, protection, "234 go\r\n");
            assert_eq!(sent(&mut session), "", "{how}");
            assert_eq!(told(&mut session), "secure:234");
            assert!(!session.is_settled() && session.is_securing());
            session.secured();
            let first = match habits.pace {
                Pace::OneFlight => "USER bob|PASS pw|PBSZ 0|PROT P|TYPE I|EPSV|",
                Pace::LockStep => "USER bob|",
            };
            assert_eq!(sent(&mut session), first);
            assert_eq!(session.protection(), protection);
        }
    }
}

#[test]
fn implicit_tls_needs_no_auth() {
    let mut session = protected(FLIGHT, Protection::Implicit);
    assert_eq!(
        hear(&mut session, "220 hi\r\n"),
        "USER bob|PASS pw|PBSZ 0|PROT P|TYPE I|EPSV|"
    );
    let answers = "331 x\r\n230 in\r\n200 0\r\n200 P\r\n200 I\r\n229 ok (|||5000|)\r\n";
    hear(&mut session, answers);
    assert_eq!(told(&mut session), "greeted in:230 epsv:5000");
    let mut steps = protected(STEPS, Protection::Implicit);
    let mut lines = hear(&mut steps, "220 hi\r\n");
    for answer in answers.split_inclusive('\n') {
        lines += &hear(&mut steps, answer);
    }
    assert_eq!(lines, "USER bob|PASS pw|PBSZ 0|PROT P|TYPE I|EPSV|");
}

/// At every split: what came in one piece with the 234, and what came behind it.
#[test]
fn what_comes_in_clear_behind_the_answer_ends_it() {
    let forged = "234 go\r\n331 x\r\n230 in\r\n200 ok\r\n200 ok\r\n200 ok\r\n229 (|||5000|)\r\n";
    for (habits, how) in ALWAYS {
        for at in 0..forged.len() {
            let (first, second) = forged.split_at(at);
            let mut session = asked(habits, Protection::Explicit, first);
            session.receive(second.as_bytes());
            let told = told(&mut session);
            let secured_first = at == "234 go\r\n".len();
            let wanted = if secured_first {
                "secure:234 fault"
            } else {
                "fault"
            };
            assert_eq!(told, wanted, "{how}, cut at {at}");
            assert!(session.is_over());
            session.secured();
            assert_eq!(sent(&mut session), "", "{how}, cut at {at}: no login");
        }
        let mut session = asked(habits, Protection::Explicit, "234-go\r\n234 on\r\n2");
        assert_eq!(told(&mut session), "fault");
    }
}

#[test]
fn a_refusal_ends_it_where_tls_is_required() {
    for (habits, how) in ALWAYS {
        for code in [500, 502, 504, 530, 534, 431] {
            let refusal = format!("{code} no\r\n");
            let mut session = asked(habits, Protection::Explicit, &refusal);
            assert_eq!(told(&mut session), format!("refused:AUTH:{code}"), "{how}");
            assert_eq!(sent(&mut session), "");
            session.secured();
            assert_eq!(sent(&mut session), "", "no login in clear");

            let mut session = asked(habits, Protection::Opportunistic, &refusal);
            assert_eq!(told(&mut session), format!("in-clear:{code}"), "{how}");
            let lines = sent(&mut session);
            assert!(lines.starts_with("USER bob|"), "{lines}");
            assert!(!lines.contains("PROT"), "{lines}");
            assert_eq!(session.protection(), Protection::Clear);
        }
        let mut session = asked(habits, Protection::Opportunistic, "421 full\r\n");
        assert_eq!(told(&mut session), "leaving:421");
        // An answer to what was not sent yet.
        let mut session = protected(habits, Protection::Explicit);
        session.receive(b"220 hi\r\n230 in\r\n");
        assert_eq!(told(&mut session), "greeted refused:AUTH:230");
        // Nor is there a word more after a good-bye.
        let mut session = asked(habits, Protection::Explicit, "");
        session.quit();
        assert_eq!(sent(&mut session), "");
    }
}

#[test]
fn data_in_clear_is_refused() {
    let login = "331 x\r\n230 in\r\n";
    for (pbsz, prot, flight, steps) in [
        (
            "200 0",
            "534 no",
            "in:230 stumbled",
            "in:230 refused:PROT:534",
        ),
        ("503 what", "200 P", "in:230", "in:230"),
        (
            "530 log in",
            "530 log in",
            "in:230 stumbled",
            "in:230 refused:PROT:530",
        ),
    ] {
        for (habits, wanted) in [(FLIGHT, flight), (STEPS, steps)] {
            let mut session = asked(habits, Protection::Explicit, "234 go\r\n");
            session.secured();
            for line in format!("{login}{pbsz}\r\n{prot}\r\n").split_inclusive('\n') {
                session.receive(line.as_bytes());
            }
            assert_eq!(told(&mut session), format!("secure:234 {wanted}"));
        }
    }
}
