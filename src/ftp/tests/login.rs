//! Connecting, logging in and asking.

use std::time::Duration;

use super::server::{CLOSE, Script};
use super::{Bench, SIZE, path};
use crate::base::{Kind, Origin, Secret, Side, Stage};
use crate::ftp::{Login, Memory, Stat, Want};
use crate::proto::ftp::listing::Form;
use crate::proto::ftp::{Habits, Pace, Passive, facts};

const LOCK_STEP: Habits = Habits {
    pace: Pace::LockStep,
    passive: Passive::Extended,
    listing: Form::Mlsd,
};

fn bob() -> Login {
    let origin = Origin::Variable("FTP_PASSWORD".into());
    Login::new("bob", Some(Secret::new("hunter2")), origin)
}

#[tokio::test]
async fn the_login_goes_in_one_flight_and_notes_its_stages() {
    let bench = Bench::new([Script::default()]).await;
    let client = bench.client_as(bob()).await.unwrap();
    assert_eq!(bench.server.log(), [["USER bob", "PASS hunter2", "TYPE I"]]);
    let steps = client.steps();
    let steps: Vec<_> = steps
        .iter()
        .map(|s| (s.stage, s.subject.as_str(), s.answer.as_str()))
        .collect();
    let server = bench.server.target.authority();
    let address = (Stage::Dial, server.as_str(), server.as_str());
    let greeting = (Stage::Greeting, server.as_str(), "220 ready");
    assert_eq!(steps, [address, greeting, (Stage::Login, "bob", "230 in")]);
    assert!(!format!("{client:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_first_question_travels_with_the_login() {
    let mut bench = Bench::new([Script::default()]).await;
    let want = Want {
        modified: true,
        ..SIZE
    };
    bench.options.errand = Some((path("/pub/a.bin"), want));
    let mut client = bench.client().await.unwrap();
    let stat = client.stat(&path("/pub/a.bin")).await.unwrap();
    let wanted = Stat {
        size: Some(100_000),
        modified: facts::modified("20200101120000"),
    };
    assert_eq!(stat, wanted);
    let download = super::open(client, 0).await.unwrap();
    assert_eq!(download.stat(), &wanted);
    let log = bench.server.log().concat();
    let asked = ["SIZE pub/a.bin", "MDTM pub/a.bin", "EPSV", "RETR pub/a.bin"];
    assert_eq!(log[3..], asked, "each is asked once");
}

#[tokio::test]
async fn a_server_that_stumbles_is_taken_in_lock_step_and_remembered() {
    let good = Script::default();
    let deaf = Script {
        one_by_one: true,
        ..Script::default()
    };
    #[rustfmt::skip]
    let stumbles = [
        ("loses commands that come together", deaf),
        ("refuses them", good.clone().on("PASS", "503 what?")),
        ("closes", good.clone().on("PASS", CLOSE)),
        ("says 421", good.clone().on("PASS", "421 one at a time\x04")),
        ("answers nonsense", good.clone().on("PASS", "Error!")),
    ];
    for (what, script) in stumbles {
        let mut bench = Bench::new([script, good.clone()]).await;
        if what.starts_with("loses") {
            // A sixth of it is waited for.
            bench = bench.reply_within(Duration::from_secs(3));
        }
        let client = bench.client().await.unwrap();
        drop(client);
        let lines = ["USER anonymous", "PASS anonymous@", "TYPE I"];
        assert_eq!(bench.server.log()[1], lines, "{what}");
        let memory = &bench.options.memory;
        assert_eq!(memory.habits(&bench.server.target), LOCK_STEP, "{what}");
        bench.client().await.unwrap();
        assert_eq!(bench.server.log().len(), 3, "{what}: no second stumble");
    }
}

#[tokio::test]
async fn a_server_that_stumbles_over_questions_is_asked_again_in_lock_step() {
    let stumbling = Script::default().on("SIZE", CLOSE);
    let bench = Bench::new([stumbling, Script::default()]).await;
    let mut client = bench.client().await.unwrap();
    let stat = client.stat(&path("/pub/a.bin")).await.unwrap();
    assert_eq!(stat.size, Some(100_000));
    assert_eq!(bench.server.log().len(), 2);
}

/// What a server does, and the error that comes of it.
#[tokio::test]
async fn logins_that_fail() {
    let good = Script::default;
    let mute = Script {
        greeting: None,
        ..good()
    };
    let greets = |greeting| Script {
        greeting: Some(greeting),
        ..good()
    };
    #[rustfmt::skip]
    let table = [
        (good().on("PASS", "530 Login incorrect."), Kind::TargetAuth, Stage::Login,
            "the server does not accept user `bob` (password from variable FTP_PASSWORD): 530 Login incorrect."),
        (good().on("USER", "332 account?"), Kind::TargetAuth, Stage::Login,
            "the server wants an account (ACCT) from user `bob`: 332 account?"),
        (good().on("PASS", "500 OOPS: no home"), Kind::TargetRefused, Stage::Login, "the login of user `bob` failed: 500 OOPS"),
        (good().on("PASS", "430 not now"), Kind::TargetUnavailable, Stage::Login, "430 not now"),
        (good().on("PASS", "421 full\x04"), Kind::TargetUnavailable, Stage::Login, "421 full"),
        (good().on("TYPE", "504 no"), Kind::TargetRefused, Stage::Request, "the server answered TYPE with 504 no"),
        (good().on("PASS", CLOSE), Kind::TargetUnavailable, Stage::Login, "without a word"),
        (greets("421 too many users\x04"), Kind::TargetUnavailable, Stage::Greeting, "421 too many users"),
        (greets("500 go away\x1b[2J"), Kind::TargetRefused, Stage::Greeting, "500 go away\\x1b[2J"),
        (greets("SSH-2.0-OpenSSH"), Kind::TargetProtocol, Stage::Greeting, "this is no FTP reply: `SSH-2.0-OpenSSH`"),
        (greets(CLOSE), Kind::TargetUnavailable, Stage::Greeting, "without a word"),
        (mute, Kind::Timeout, Stage::Greeting, "the server did not greet (limit timeouts.reply = 300 ms)"),
        (good().on("USER", ""), Kind::Timeout, Stage::Login, "the server did not answer (limit timeouts.reply = 300 ms)"),
    ];
    for (script, kind, stage, words) in table {
        let silent = script.greeting.is_none() || kind == Kind::Timeout;
        let mut bench = Bench::new([script]).await;
        if silent {
            bench = bench.reply_within(Duration::from_millis(300));
        }
        let error = bench.client_as(bob()).await.unwrap_err();
        let shown = error.to_string();
        assert_eq!((error.kind(), error.stage()), (kind, stage), "{shown}");
        assert!(shown.contains(words), "{shown}");
        let start = format!("log in at {} directly (", bench.server.target);
        assert!(shown.starts_with(&start), "{shown}");
        assert!(
            error.steps().iter().any(|s| s.stage == Stage::Dial),
            "{shown}"
        );
        let told = format!("{shown} {error:?} {:?}", error.hint());
        assert!(!told.contains("hunter2"), "{told}");
        let asked = words.contains("530") || words.contains("504");
        assert!(!asked || error.answer().is_some(), "{shown}");
    }
}

#[tokio::test]
async fn a_refused_anonymous_login_says_what_to_set() {
    let bench = Bench::new([Script::default().on("USER", "530 no anonymous")]).await;
    let error = bench.client().await.unwrap_err();
    assert_eq!(error.kind(), Kind::TargetAuth);
    assert_eq!(error.side(), Side::Settings);
    assert_eq!(error.hint(), Some("set a user name and a password"));
    assert_eq!(bench.server.log().len(), 1, "a verdict is not tried again");
}

#[tokio::test]
async fn a_line_end_in_a_name_is_refused_before_anything_is_opened() {
    let bench = Bench::new([Script::default()]).await;
    let login = Login::new("bob\r\nDELE a", None, Origin::Default);
    let error = bench.client_as(login).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Usage);
    assert!(bench.lines.opened.lock().unwrap().is_empty());
}

#[tokio::test]
async fn stat_tells_what_the_server_tells() {
    let good = Script::default;
    let time = facts::modified("20200101120000");
    #[rustfmt::skip]
    let table = [
        (good(), Some(100_000), time.clone()),
        (good().on("SIZE", "550 no plain file"), None, time),
        (good().on("MDTM", "500 what"), Some(100_000), None),
        (good().on("SIZE", "500 what").on("MDTM", "500 what"), None, None),
    ];
    for (script, size, modified) in table {
        let bench = Bench::new([script]).await;
        let mut client = bench.client().await.unwrap();
        let stat = client.stat(&path("/pub/a.bin")).await.unwrap();
        assert_eq!(stat, Stat { size, modified });
    }
}

#[tokio::test]
async fn stat_of_nothing_is_an_error_and_the_client_lives_on() {
    let script = Script::default()
        .on("SIZE", "550 no such file")
        .on("MDTM", "550 no such file");
    let bench = Bench::new([script]).await;
    let mut client = bench.client().await.unwrap();
    for _ in 0..2 {
        let error = client.stat(&path("/pub/none")).await.unwrap_err();
        assert_eq!(error.kind(), Kind::TargetRefused);
        assert_eq!(error.answer().unwrap().code, 550);
    }
    client.close().await;
}

#[tokio::test]
async fn memory_is_shared_by_clones() {
    let memory = Memory::default();
    let mut bench = Bench::new([Script::default().on("EPSV", "500 what")]).await;
    bench.options.memory = memory.clone();
    bench.get(0).await.unwrap();
    bench.get(0).await.unwrap();
    let log = bench.server.log();
    assert!(log[0].contains(&"EPSV".to_owned()));
    assert!(!log[1].contains(&"EPSV".to_owned()));
    assert_eq!(memory.habits(&bench.server.target).passive, Passive::Plain);
}
