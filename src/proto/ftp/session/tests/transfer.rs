//! Questions and transfers.

use super::*;

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
        let at_once = match habits.pace {
            Pace::OneFlight => "RETR a.csv|",
            Pace::LockStep => "",
        };
        assert_eq!(sent(&mut session), at_once);
        assert_eq!(session.is_moving(), !at_once.is_empty());
        session.data_opened();
        let lines = format!("{at_once}{}", sent(&mut session));
        assert_eq!(lines, "RETR a.csv|");
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

/// Servers answer NOOP behind a transfer (vsftpd) or in the middle of it (Pure-FTPd, with 500).
#[test]
fn noop_behind_retr() {
    #[rustfmt::skip]
    let table: &[(&str, &str)] = &[
        ("200 a\r\n226 done\r\n200 b\r\n", "ended:226"),
        ("226 done\r\n200 a\r\n200 b\r\n", "ended:226"),
        ("200 a\r\n200 b\r\n226 done\r\n", "ended:226"),
        ("500 a\r\n226 done\r\n500 b\r\n", "ended:226"),
        ("426 broke\r\n500 a\r\n500 b\r\n", "ended:426"),
    ];
    for (said, wanted) in table {
        let mut session = with_port(FLIGHT);
        session.retrieve(&path(), 0).unwrap();
        assert_eq!(sent(&mut session), "RETR a.csv|");
        session.keep_alive();
        assert_eq!(sent(&mut session), "", "nothing before the 150");
        session.data_opened();
        hear(&mut session, "150 coming\r\n");
        told(&mut session);
        session.keep_alive();
        session.keep_alive();
        assert_eq!(sent(&mut session), "NOOP|NOOP|");
        for line in said.split_inclusive('\n') {
            hear(&mut session, line);
        }
        assert_eq!(told(&mut session), *wanted, "{said}");
        assert!(session.is_settled() && !session.is_over(), "{said}");
        session.keep_alive();
        assert_eq!(sent(&mut session), "", "and nothing behind the end");
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
        let granted = said.starts_with("350");
        let retr = if granted { "RETR a.csv|" } else { "" };
        assert_eq!(
            hear(&mut session, replies.next().unwrap()),
            retr,
            "{source}"
        );
        session.data_opened();
        assert_eq!(sent(&mut session), "", "{source}");
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
        assert_eq!(sent(&mut session), "REST 5|");
        if habits.pace == Pace::LockStep {
            hear(&mut session, "350 ok\r\n");
        }
        assert!(session.data_failed(Passive::Extended).unwrap());
        let mut lines = sent(&mut session);
        assert_eq!(lines, first);
        if habits.pace == Pace::OneFlight {
            lines += &hear(&mut session, "350 ok\r\n");
        }
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
fn a_dead_port_behind_retr_is_not_replaced_on_the_same_login() {
    let mut session = with_port(FLIGHT);
    session.retrieve(&path(), 0).unwrap();
    assert_eq!(sent(&mut session), "RETR a.csv|");
    assert!(!session.data_failed(Passive::Extended).unwrap());
    assert_eq!(sent(&mut session), "", "the server waits at the dead port");
}

#[test]
fn a_server_that_does_not_wait_for_the_data_channel_stumbles() {
    let mut session = with_port(FLIGHT);
    session.retrieve(&path(), 0).unwrap();
    hear(&mut session, "425 use PASV first\r\n");
    assert_eq!(told(&mut session), "stumbled");
    // With the channel in place it is the server's word.
    for habits in [FLIGHT, STEPS] {
        let mut session = with_port(habits);
        session.retrieve(&path(), 0).unwrap();
        session.data_opened();
        hear(&mut session, "425 cannot open it\r\n");
        assert_eq!(told(&mut session), "refused:RETR:425");
    }
}

/// A piece of a file: RETR right behind REST, and what is said when only a part of it was taken.
#[test]
fn pieces_of_files() {
    #[rustfmt::skip]
    let table: &[(&str, &str, &str)] = &[
        ("vsftpd, ProFTPD", "350 ok\r\n150 x\r\n426 y\r\n229 Extended (|||7|)\r\n", "started:0 ended:426 epsv:7"),
        ("all was sent", "350 ok\r\n150 x\r\n226 y\r\n229 Extended (|||7|)\r\n", "started:0 ended:226 epsv:7"),
        ("Pure-FTPd 1.0.50", "350 ok\r\n150 x\r\n150 0.032 seconds (measured here), 1 Mbytes per second\r\n229 Extended (|||7|)\r\n", "started:0 ended:150 epsv:7"),
        ("refused", "350 ok\r\n550 y\r\n229 Extended (|||7|)\r\n", "refused:RETR:550 epsv:7"),
        ("no REST", "502 no\r\n150 x\r\n226 y\r\n", "no-restart:502 started:0 ended:226"),
    ];
    for (source, said, wanted) in table {
        let mut session = with_port(FLIGHT);
        session.retrieve_at_once(&path(), 5).unwrap();
        session.ask(&path(), PORT).unwrap();
        assert_eq!(sent(&mut session), "REST 5|RETR a.csv|EPSV|", "{source}");
        session.data_opened();
        hear(&mut session, said);
        assert_eq!(told(&mut session), *wanted, "{source}");
    }
    let mut session = with_port(STEPS);
    session.retrieve_at_once(&path(), 5).unwrap();
    assert_eq!(sent(&mut session), "REST 5|", "in lock-step nothing is");
}

/// A server that has two words for one transfer cannot be followed.
#[test]
fn a_second_word_on_a_transfer_ends_it_all() {
    for (want, code) in [(ALL, 226), (ALL, 426)] {
        let mut session = with_port(FLIGHT);
        session.retrieve(&path(), 0).unwrap();
        session.data_opened();
        hear(&mut session, "150 x\r\n426 y\r\n");
        told(&mut session);
        session.ask(&path(), want).unwrap();
        hear(&mut session, &format!("{code} Abort successful\r\n"));
        assert!(session.is_over(), "{code}");
    }
}
