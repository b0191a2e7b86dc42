use std::path::PathBuf;

use super::*;
use crate::base::Origin;

const LONG: Duration = Duration::from_secs(60);

fn at(source: SecretSource) -> SecretRef {
    SecretRef {
        source,
        origin: Origin::Code("proxy.password".into()),
    }
}

fn command(words: &[&str]) -> SecretRef {
    at(SecretSource::Command(
        words.iter().map(|word| (*word).to_owned()).collect(),
    ))
}

fn shell(script: &str) -> SecretRef {
    command(&["/bin/sh", "-c", script])
}

async fn get(secret: &SecretRef) -> Result<String> {
    let secret = Secrets::new().read(secret, LONG).await?;
    Ok(secret.expose().to_owned())
}

#[tokio::test]
async fn each_place_gives_its_first_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    for (text, value) in [
        ("hunter2\n", "hunter2"),
        ("hunter2\r\nmore\n", "hunter2"),
        ("hun ter2 ", "hun ter2 "),
    ] {
        std::fs::write(&file, text).unwrap();
        let secret = at(SecretSource::File(file.clone()));
        assert_eq!(get(&secret).await.unwrap(), value, "{text:?}");
    }
    assert_eq!(
        get(&shell("echo hunter2; echo x")).await.unwrap(),
        "hunter2"
    );
    let inline = SecretRef::inline("hunter2", Origin::Default);
    assert_eq!(get(&inline).await.unwrap(), "hunter2");
    let secrets = Secrets::with_variables(|name| (name == "PW").then(|| "hunter2".into()));
    let variable = at(SecretSource::Env("PW".into()));
    let value = secrets.read(&variable, LONG).await.unwrap();
    assert_eq!(value.expose(), "hunter2");
    let other = at(SecretSource::Env("OTHER".into()));
    let error = secrets.read(&other, LONG).await.unwrap_err();
    assert!(error.to_string().contains("OTHER") && error.to_string().contains("not set"));
}

#[tokio::test]
async fn what_is_no_password_is_refused_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let long = format!("hunter2{}", "x".repeat(4096));
    let endless = format!("hunter2{}", "x".repeat(100_000));
    let cases: [(&[u8], &str); 7] = [
        (b"", "it is empty"),
        (b"\nhunter2\n", "it is empty"),
        (b"hunter2\rx\n", "control character"),
        (b"hunter2\0", "control character"),
        (b"hunter2\xff", "not UTF-8"),
        (long.as_bytes(), "longer than 4 KiB"),
        (endless.as_bytes(), "longer than 4 KiB"),
    ];
    for (bytes, why) in cases {
        std::fs::write(&file, bytes).unwrap();
        let error = get(&at(SecretSource::File(file.clone())))
            .await
            .unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(
            text.contains(why) && text.contains("proxy.password"),
            "{text}"
        );
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(error.kind(), Kind::Secret);
    }
    let gone = at(SecretSource::File(PathBuf::from("/nonexistent/password")));
    let text = get(&gone).await.unwrap_err().to_string();
    assert!(text.contains("/nonexistent/password"), "{text}");
}

#[tokio::test]
async fn a_command_that_fails_says_why_but_not_the_secret() {
    let cases = [
        (
            shell("echo hunter2; echo first >&2; printf 'no key \\033[31m' >&2; exit 3"),
            "no key \\x1b[31m",
        ),
        (
            shell("echo hunter2; echo 'got hunter2 but' >&2; exit 1"),
            "got … but",
        ),
        (shell("exit 0"), "it is empty"),
        (shell("echo locked >&2"), "it is empty: locked"),
        (shell("head -c 100000 /dev/zero"), "more than 64 KiB"),
        (shell("printf 'hunter2\\0'"), "control character"),
        (
            command(&["/nonexistent/program", "hunter2"]),
            "cannot be started",
        ),
    ];
    for (secret, why) in cases {
        let error = get(&secret).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(text.contains(why), "{why}: {text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[tokio::test]
async fn a_command_gets_no_input_no_shell_and_no_more_than_its_time() {
    assert_eq!(get(&shell("cat; echo done")).await.unwrap(), "done");
    let words = command(&["/bin/echo", "$HOME; `id`"]);
    assert_eq!(get(&words).await.unwrap(), "$HOME; `id`");
    // The script prints its process id, then becomes something that waits for ever.
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let script = format!("echo $$ > {}; exec sleep 600", pid.display());
    let started = tokio::time::timeout(LONG, async {
        let secrets = Secrets::new();
        let secret = shell(&script);
        let mut reading = Box::pin(secrets.read(&secret, LONG));
        loop {
            tokio::select! {
                _ = &mut reading => panic!("it never ends by itself"),
                () = tokio::task::yield_now() => {}
            }
            if std::fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n')) {
                return std::fs::read_to_string(&pid).unwrap();
            }
        }
    });
    // Dropping the read killed the command.
    let process = PathBuf::from("/proc").join(started.await.unwrap().trim());
    let gone = tokio::time::timeout(LONG, async {
        while std::fs::read_to_string(process.join("stat")).is_ok_and(|s| !s.contains(") Z ")) {
            tokio::task::yield_now().await;
        }
    });
    gone.await.unwrap();

    let error = Secrets::new()
        .read(&shell("exec sleep 600"), Duration::from_millis(1))
        .await
        .unwrap_err();
    assert_eq!(error.limit().unwrap().setting, "timeouts.secret");
}

#[tokio::test]
async fn many_first_uses_run_a_command_once_and_a_failure_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let secrets = Secrets::new();
    let secret = shell(&format!("echo run >> {}; echo hunter2", log.display()));
    let uses: Vec<_> = (0..20)
        .map(|_| {
            let (secrets, secret) = (secrets.clone(), secret.clone());
            tokio::spawn(async move { secrets.read(&secret, LONG).await })
        })
        .collect();
    for used in uses {
        assert_eq!(used.await.unwrap().unwrap().expose(), "hunter2");
    }
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "run\n");

    let file = folder.path().join("late");
    let late = at(SecretSource::File(file.clone()));
    assert!(secrets.read(&late, LONG).await.is_err());
    std::fs::write(&file, "hunter2").unwrap();
    assert!(secrets.read(&late, LONG).await.is_ok());
    assert!(!format!("{secrets:?}").contains("hunter2"));
}

#[tokio::test]
async fn those_who_wait_for_one_failing_run_share_its_failure() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let secrets = Secrets::new();
    let secret = shell(&format!("echo run >> {}; exit 3", log.display()));
    let uses = (0..10).map(|_| secrets.read(&secret, LONG));
    for used in futures_util::future::join_all(uses).await {
        let text = used.unwrap_err().to_string();
        assert!(text.contains("exit status: 3"), "{text}");
    }
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "run\n");
    // Who comes later may try again.
    assert!(secrets.read(&secret, LONG).await.is_err());
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "run\nrun\n");
}

#[tokio::test]
async fn the_limit_is_that_of_the_whole_wait() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let secrets = Secrets::new();
    let script = format!("echo run >> {}; exec sleep 600", log.display());
    let secret = shell(&script);
    // The first has started the command before another comes, whose limit is shorter.
    let mut first = Box::pin(secrets.read(&secret, LONG));
    while !log.exists() {
        tokio::select! {
            _ = &mut first => panic!("it never ends by itself"),
            () = tokio::task::yield_now() => {}
        }
    }
    let short = Duration::from_millis(1);
    let second = secrets.read(&secret, short);
    let error = tokio::select! {
        _ = &mut first => panic!("it never ends by itself"),
        second = second => second.unwrap_err(),
    };
    assert_eq!(error.limit().unwrap().value, "0.001 s");
    drop(first);

    // All who wait give up when the first does: its failure is theirs.
    let hangs = shell(&format!("{script}; true"));
    std::fs::remove_file(&log).unwrap();
    let some = Duration::from_millis(200);
    let mut uses: Vec<_> = (0..9).map(|_| secrets.read(&hangs, LONG)).collect();
    uses.insert(0, secrets.read(&hangs, some));
    for used in futures_util::future::join_all(uses).await {
        assert_eq!(used.unwrap_err().limit().unwrap().value, "0.2 s");
    }
    // It may have been killed before it wrote anything.
    let runs = std::fs::read_to_string(&log).unwrap_or_default();
    assert!(matches!(runs.as_str(), "" | "run\n"), "{runs}");
}

#[tokio::test]
async fn who_waits_goes_on_when_the_one_that_reads_gives_up() {
    let folder = tempfile::tempdir().unwrap();
    let first_run = folder.path().join("first");
    let secrets = Secrets::new();
    let script = format!(
        "mkdir {} 2>/dev/null && exec sleep 600; echo hunter2",
        first_run.display()
    );
    let secret = shell(&script);
    let mut first = Box::pin(secrets.read(&secret, LONG));
    let mut second = Box::pin(secrets.read(&secret, LONG));
    while !first_run.exists() {
        tokio::select! {
            biased;
            _ = &mut first => panic!("it never ends by itself"),
            _ = &mut second => panic!("it waits for the first"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(first);
    assert_eq!(second.await.unwrap().expose(), "hunter2");
}

#[tokio::test]
async fn what_a_command_leaves_behind_does_not_hold_its_secret_back() {
    let folder = tempfile::tempdir().unwrap();
    // Lives as long as the folder does.
    let behind = format!(
        "while test -d {}; do sleep 1; done",
        folder.path().display()
    );
    let cases = [
        // It holds stderr; stdout; both.
        (
            format!("echo hunter2; {behind} >/dev/null &"),
            Ok("hunter2"),
        ),
        (
            format!("echo hunter2; {behind} 2>/dev/null &"),
            Ok("hunter2"),
        ),
        (format!("echo hunter2; {behind} &"), Ok("hunter2")),
        (
            format!("printf hunter2; {behind} >/dev/null &"),
            Ok("hunter2"),
        ),
        // What it said before it failed is still there.
        (
            format!("echo locked >&2; {behind} >/dev/null & exit 3"),
            Err("locked"),
        ),
        (
            format!("echo locked >&2; {behind} >/dev/null &"),
            Err("it is empty: locked"),
        ),
        // The line comes from what is left behind.
        (
            format!("(sleep 0; echo hunter2; {behind}) 2>/dev/null &"),
            Ok("hunter2"),
        ),
    ];
    for (script, expected) in cases {
        match (get(&shell(&script)).await, expected) {
            (Ok(value), Ok(expected)) => assert_eq!(value, expected, "{script}"),
            (Err(error), Err(said)) => {
                let text = error.to_string();
                assert!(text.contains(said), "{script}: {text}");
            }
            (got, _) => panic!("{script}: {got:?}"),
        }
    }
}
