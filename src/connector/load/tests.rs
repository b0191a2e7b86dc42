use std::fs;

use super::*;
use crate::base::{Reason, Target};
use crate::route;

struct Machine(tempfile::TempDir);

impl Machine {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// Writes a file that only its owner may read.
    fn write(&self, file: &str, text: &str) -> PathBuf {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        chmod(&path, 0o600);
        path
    }

    fn load(&self, variables: &[(&str, &str)], flags: &Flags) -> Result<Policy> {
        let mut variables = variables.to_vec();
        let home = self.path("home");
        variables.push(("HOME", home.to_str().unwrap()));
        policy_in(&Surroundings::new(self.0.path(), variables), flags)
    }
}

fn chmod(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

const SYSTEM: &str = "etc/outbound/outbound.toml";
const USER: &str = "home/.config/outbound/outbound.toml";

fn url(policy: &Policy) -> String {
    policy.proxy().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn each_layer_goes_over_the_one_before() {
    let machine = Machine::new();
    let flags = Flags::default();
    assert_eq!(url(&machine.load(&[], &flags).unwrap()), "");
    machine.write(
        SYSTEM,
        "[proxy]\nurl = \"http://system:1\"\nusername = \"s\"\n",
    );
    assert_eq!(url(&machine.load(&[], &flags).unwrap()), "http://system:1");
    let user = machine.write(USER, "\n[proxy]\nurl = \"http://user:1\"\n");
    let policy = machine.load(&[], &flags).unwrap();
    assert_eq!(url(&policy), "http://user:1");
    assert_eq!(policy.proxy().unwrap().credentials, None);
    let origin = policy.proxy().unwrap().origin.to_string();
    assert_eq!(origin, format!("{}:3: proxy.url", user.display()));
    let xdg = machine.write(
        "xdg/outbound/outbound.toml",
        "[proxy]\nurl = \"http://xdg:1\"\n",
    );
    let xdg = xdg.ancestors().nth(2).unwrap().to_str().unwrap();
    let policy = machine.load(&[("XDG_CONFIG_HOME", xdg)], &flags).unwrap();
    assert_eq!(url(&policy), "http://xdg:1");
    let policy = machine
        .load(&[("XDG_CONFIG_HOME", "relative")], &flags)
        .unwrap();
    assert_eq!(url(&policy), "http://user:1");

    let named = machine.write("named.toml", "log = \"debug\"\n");
    let variables = [("OUTBOUND_CONFIG", named.to_str().unwrap())];
    let policy = machine.load(&variables, &flags).unwrap();
    assert_eq!(
        (url(&policy).as_str(), policy.log().unwrap().0),
        ("", "debug")
    );
    let other = machine.write("other.toml", "[proxy]\nurl = \"http://other:1\"\n");
    let flags = Flags {
        config: Some(other),
        ..Flags::default()
    };
    assert_eq!(
        url(&machine.load(&variables, &flags).unwrap()),
        "http://other:1"
    );
    let variables = [("OUTBOUND_PROXY", "variable:1"), ("OUTBOUND_CONFIG", "")];
    assert_eq!(
        url(&machine.load(&variables, &flags).unwrap()),
        "http://variable:1"
    );
    let flags = Flags {
        proxy: Some("flag:1".into()),
        ..flags
    };
    assert_eq!(
        url(&machine.load(&variables, &flags).unwrap()),
        "http://flag:1"
    );
}

#[test]
fn variables_of_the_environment_are_taken() {
    let machine = Machine::new();
    let variables = [("https_proxy", "http://env:3128")];
    let policy = machine.load(&variables, &Flags::default()).unwrap();
    let target = Target::parse("https://data.example/").unwrap();
    let route = route::resolve(&policy, None, &target).unwrap();
    assert_eq!(route.reason, Reason::Variable("https_proxy".into()));
}

#[test]
fn a_named_file_must_be_there() {
    let machine = Machine::new();
    let gone = machine.path("gone.toml");
    let variables = [("OUTBOUND_CONFIG", gone.to_str().unwrap())];
    let error = machine.load(&variables, &Flags::default()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("gone.toml") && text.contains("variable OUTBOUND_CONFIG"),
        "{text}"
    );
    let flags = Flags {
        config: Some(gone),
        ..Flags::default()
    };
    let text = machine.load(&[], &flags).unwrap_err().to_string();
    assert!(
        text.contains("flag --config") && text.contains("does not exist"),
        "{text}"
    );
}

#[test]
fn what_is_no_settings_file_is_an_error_that_names_it() {
    let machine = Machine::new();
    fs::create_dir_all(machine.path(SYSTEM)).unwrap();
    let text = machine
        .load(&[], &Flags::default())
        .unwrap_err()
        .to_string();
    assert!(
        text.contains(SYSTEM) && text.contains("cannot be read"),
        "{text}"
    );
    fs::remove_dir(machine.path(SYSTEM)).unwrap();

    machine.write(SYSTEM, &"#".repeat(1024 * 1024 + 1));
    let text = machine
        .load(&[], &Flags::default())
        .unwrap_err()
        .to_string();
    assert!(text.contains("larger than 1 MiB"), "{text}");
    fs::write(machine.path(SYSTEM), b"log = \"\xff\"").unwrap();
    let text = machine
        .load(&[], &Flags::default())
        .unwrap_err()
        .to_string();
    assert!(text.contains("not UTF-8"), "{text}");
}

#[test]
fn a_secret_in_clear_wants_a_private_file() {
    let machine = Machine::new();
    let texts = [
        "[proxy]\nurl = \"http://p:1\"\nusername = \"u\"\npassword = \"hunter2\"\n",
        "[proxy]\nurl = \"http://u:hunter2@p:1\"\n",
        "[connections.a]\nurl = \"ftp://u:hunter2@h/\"\n",
        "[connections.a]\nurl = \"ftp://h/\"\nproxy = { url = \"http://u:hunter2@p\" }\n",
    ];
    for text in texts {
        let path = machine.write(SYSTEM, text);
        let policy = machine.load(&[], &Flags::default()).unwrap();
        assert_eq!(policy.warnings().len(), 1, "{text}");
        chmod(&path, 0o644);
        let error = machine.load(&[], &Flags::default()).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(
            hint.contains("chmod 600 ") && hint.contains(SYSTEM),
            "{hint}"
        );
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
    let path = machine.write(
        SYSTEM,
        "[proxy]\nurl = \"http://p:1\"\nusername = \"u\"\npassword = { env = \"P\" }\n",
    );
    chmod(&path, 0o644);
    assert!(machine.load(&[], &Flags::default()).is_ok());
}

#[test]
fn a_relative_home_is_no_home() {
    let file =
        |variables: &[(&str, &str)]| Surroundings::new("/", variables.iter().copied()).user_file();
    for relative in [".", "", "home/me", "./home", "~"] {
        assert_eq!(file(&[("HOME", relative)]), None, "{relative}");
        let both = [("HOME", relative), ("XDG_CONFIG_HOME", relative)];
        assert_eq!(file(&both), None, "{relative}");
    }
    let expected = PathBuf::from("/home/me/.config/outbound/outbound.toml");
    assert_eq!(file(&[("HOME", "/home/me")]), Some(expected));
}

#[test]
fn what_is_there_but_leads_nowhere_is_not_absent() {
    use std::os::unix::fs::symlink;
    // What is put at each path, and what the error says of it.
    let cases = [
        (USER, "dangling", "is a symbolic link that leads nowhere"),
        (SYSTEM, "dangling", "is a symbolic link that leads nowhere"),
        (
            "home/.config",
            "dangling",
            "is a symbolic link that leads nowhere",
        ),
        ("home/.config/outbound", "file", "is not a folder"),
        ("home/.config", "file", "is not a folder"),
        ("home/.config", "link to a file", "is not a folder"),
        (USER, "loop", "cannot be read"),
    ];
    for (place, kind, why) in cases {
        let machine = Machine::new();
        let path = machine.path(place);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match kind {
            "dangling" => symlink("gone", &path).unwrap(),
            "loop" => symlink(&path, &path).unwrap(),
            "file" => fs::write(&path, "").unwrap(),
            _ => symlink(machine.write("plain", ""), &path).unwrap(),
        }
        let Err(error) = machine.load(&[], &Flags::default()) else {
            panic!("{place}, {kind}: taken for absent");
        };
        let text = error.to_string();
        let named = text.contains(path.to_str().unwrap()) && text.contains("outbound.toml");
        assert!(named && text.contains(why), "{place}, {kind}: {text}");
    }
}

#[test]
fn what_cannot_hold_a_settings_file_has_none() {
    let machine = Machine::new();
    let folder = machine.write("linked/x", "");
    std::os::unix::fs::symlink(folder.parent().unwrap(), machine.path("home")).unwrap();
    // The second is what accounts of services have.
    for home in [
        machine.path("home"),
        "/dev/null".into(),
        "/nonexistent".into(),
    ] {
        let surroundings = Surroundings::new(machine.0.path(), [("HOME", home.as_os_str())]);
        let policy = policy_in(&surroundings, &Flags::default());
        assert!(policy.is_ok(), "{}: {policy:?}", home.display());
    }
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = String::new();
        event.record(
            &mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                line += &format!("{field}={value:?}");
            },
        );
        self.0.lock().unwrap().push(line);
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn warnings_are_logged_for_programs_that_do_not_ask_for_them() {
    let machine = Machine::new();
    let log = Log::default();
    let variables = [("OUTBOUND_COLOUR", "x")];
    let policy = tracing::subscriber::with_default(log.clone(), || {
        machine.load(&variables, &Flags::default()).unwrap()
    });
    let warning = &policy.warnings()[0];
    let hint = warning.hint.as_ref().unwrap();
    let logged = log.0.lock().unwrap().clone();
    assert_eq!(logged, [format!("message={warning}; {hint}")]);
}
