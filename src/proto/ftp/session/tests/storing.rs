//! Files that go to the server.

use super::*;

#[test]
fn a_file_goes_out_as_one_comes_in() {
    for habits in [FLIGHT, STEPS] {
        let at_once = habits.pace == Pace::OneFlight;
        let mut session = with_port(habits);
        session.store(&path(), 0).unwrap();
        let mut lines = sent(&mut session);
        assert_eq!(lines.is_empty(), !at_once);
        session.data_opened();
        lines += &sent(&mut session);
        assert_eq!(lines, "STOR a.csv|");
        hear(&mut session, "150 give\r\n226 got it\r\n");
        assert_eq!(told(&mut session), "started:0 ended:226");
        assert!(session.is_settled() && !session.is_over());
    }
}

/// What a server says to REST and STOR, or to APPE.
#[test]
fn it_goes_on_where_the_server_lets_it() {
    #[rustfmt::skip]
    let table: &[(&str, u64, &str, &str, &str)] = &[
        ("from there", 7, "350 a\r\n150 b\r\n226 c\r\n", "REST 7|STOR a.csv|", "started:0 ended:226"),
        ("no REST", 7, "502 a\r\n", "REST 7|", "no-restart:502"),
        ("ProFTPD without AllowStoreRestart", 7, "350 a\r\n451 b\r\n", "REST 7|STOR a.csv|", "refused:STOR:451"),
        ("full", 0, "150 a\r\n452 b\r\n", "STOR a.csv|", "started:0 ended:452"),
        ("no such folder", 0, "553 a\r\n", "STOR a.csv|", "refused:STOR:553"),
        ("going down", 0, "421 a\r\n", "STOR a.csv|", "leaving:421"),
    ];
    for (source, offset, said, commands, wanted) in table {
        let mut session = with_port(FLIGHT);
        session.store(&path(), *offset).unwrap();
        let mut lines = sent(&mut session);
        for line in said.split_inclusive('\n') {
            lines += &hear(&mut session, line);
        }
        assert_eq!(
            (lines.as_str(), told(&mut session).as_str()),
            (*commands, *wanted),
            "{source}"
        );
        assert_eq!(session.is_over(), said.starts_with("421"), "{source}");
    }
    let mut session = with_port(FLIGHT);
    session.append(&path()).unwrap();
    assert_eq!(sent(&mut session), "APPE a.csv|");
    hear(&mut session, "150 a\r\n250 b\r\n");
    assert_eq!(told(&mut session), "started:0 ended:250");
}

#[test]
fn orders_are_answered_one_by_one() {
    let mut session = ready(FLIGHT);
    let other = RemotePath::from_url_path("/new/b.csv").unwrap();
    session.rename_from(&path()).unwrap();
    assert_eq!(sent(&mut session), "RNFR a.csv|");
    hear(&mut session, "350 to?\r\n");
    session.rename_to(&other).unwrap();
    assert_eq!(sent(&mut session), "RNTO new/b.csv|");
    hear(&mut session, "553 no\r\n");
    session.delete(&other).unwrap();
    assert_eq!(sent(&mut session), "DELE new/b.csv|");
    hear(&mut session, "250 gone\r\n");
    session
        .make_folder(&RemotePath::from_url_path("/new/").unwrap())
        .unwrap();
    assert_eq!(sent(&mut session), "MKD new|");
    hear(&mut session, "257 \"new\" made\r\n");
    assert_eq!(told(&mut session), "RNFR:350 RNTO:553 DELE:250 MKD:257");
    assert!(session.is_settled() && !session.is_over());
}
