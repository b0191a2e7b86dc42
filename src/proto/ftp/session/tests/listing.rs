//! Folders: CWD, MLSD and LIST.

use super::*;

#[test]
fn mlsd_goes_out_with_the_data_channel_and_its_refusal_keeps_the_login() {
    let folder = RemotePath::from_url_path("/pub/").unwrap();
    let mut session = with_port(FLIGHT);
    session.list(Some(&folder), Form::Mlsd).unwrap();
    assert_eq!(sent(&mut session), "MLSD pub|");
    assert_eq!(hear(&mut session, "500 what?\r\n"), "");
    assert_eq!(told(&mut session), "refused:MLSD:500");
    assert!(!session.is_over() && !session.is_moving());

    session.enter(&folder).unwrap();
    session.ask(&folder, PORT).unwrap();
    assert_eq!(sent(&mut session), "CWD pub|EPSV|");
    session.receive(b"250 in\r\n229 ok (|||5001|)\r\n");
    assert_eq!(told(&mut session), "entered epsv:5001");
    session.list(None, Form::List).unwrap();
    assert_eq!(sent(&mut session), "LIST|");
    session.data_opened();
    session.receive(b"150 here\r\n226 done\r\n");
    assert_eq!(told(&mut session), "started:0 ended:226");
}

#[test]
fn in_lock_step_it_waits_for_the_data_channel() {
    let mut session = with_port(STEPS);
    session.list(Some(&path()), Form::Mlsd).unwrap();
    assert_eq!(sent(&mut session), "");
    session.data_opened();
    assert_eq!(sent(&mut session), "MLSD a.csv|");
}

#[test]
fn a_folder_that_is_not_there_is_told_and_the_login_folder_needs_no_cwd() {
    let mut session = ready(FLIGHT);
    session.enter(&path()).unwrap();
    assert_eq!(hear(&mut session, "550 no\r\n"), "CWD a.csv|");
    assert_eq!(told(&mut session), "not-entered:550");
    session.enter(&RemotePath::default()).unwrap();
    assert_eq!(sent(&mut session), "");
}
