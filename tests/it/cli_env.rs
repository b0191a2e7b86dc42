//! `outbound env`: what other programs are told, and what is said about it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::kit::{self, Program, Ran};

pub const PROXY: &str = "http://proxy.test:3128";
pub const SETTINGS: &str = "[proxy]\nurl = \"http://proxy.test:3128\"\nbypass = [\".corp.test\"]\n";
/// Of the kinds that a URL, a shell and a file of variables all treat in their own ways.
const PASSWORD: &str = "p@ss:w%rd'/\\\"$x";
const ENCODED: &str = "p%40ss%3Aw%25rd%27%2F%5C%22%24x";

/// What is to be set; null for what is to be unset.
fn variables(json: &str) -> BTreeMap<String, Option<String>> {
    let told: BTreeMap<String, Value> = serde_json::from_str(json).unwrap();
    let told = told.into_iter();
    told.map(|(name, value)| (name, value.as_str().map(str::to_owned)))
        .collect()
}

/// What `env -0` printed.
pub fn environment(printed: &str) -> BTreeMap<String, String> {
    let pairs = printed.split('\0').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Settings whose every value needs care: the password, and a cache folder with quotes.
fn awkward() -> (Program, Command) {
    let toml = format!(
        "[proxy]\nurl = \"{PROXY}\"\nusername = \"us er\"\npassword = {:?}\n\
         [connections.c]\nurl = \"https://c.test/\"\nca_file = {:?}\n",
        PASSWORD,
        kit::shared().ca
    );
    let program = Program::with_settings(&toml);
    let mut command = program.command(&["env", "--connection", "c", "--with-password"]);
    command
        .env("XDG_CACHE_HOME", program.file("it's a \"$cache\""))
        .env("SSL_CERT_FILE", &kit::certificate().1);
    (program, command)
}

#[test]
fn a_shell_takes_what_is_printed() {
    let (_program, mut command) = awkward();
    let told = Ran::of(command.arg("--json").output().unwrap()).expect(0);
    let told = variables(&told.out);
    assert!(
        told["SSL_CERT_FILE"]
            .as_ref()
            .unwrap()
            .contains("it's a \"$cache\"")
    );
    let url = format!("http://us%20er:{ENCODED}@proxy.test:3128");
    assert_eq!(told["HTTPS_PROXY"].as_ref(), Some(&url));
    for (format, read) in [
        ("sh", "eval \"$1\""),
        // Its quotes are among those that a shell knows.
        ("dotenv", "set -a; eval \"$1\""),
    ] {
        let (_program, mut command) = awkward();
        // The cache's folder is another, and the rest the same.
        let ran = Ran::of(command.args(["--format", format]).output().unwrap()).expect(0);
        let mut shell = Command::new("/bin/sh");
        let shell = shell
            .args(["-euc", &format!("{read}; exec env -0"), "sh", &ran.out])
            .env_clear()
            .envs([("ALL_PROXY", "http://old.test"), ("PATH", "/usr/bin:/bin")]);
        let found = environment(&Ran::of(shell.output().unwrap()).expect(0).out);
        for (name, value) in &told {
            let found = found.get(name);
            match (value, format) {
                (None, "dotenv") => assert_eq!(found.unwrap(), "", "{name}"),
                (None, _) => assert_eq!(found, None, "{name}"),
                (Some(path), _) if path.ends_with(".pem") => {
                    let found = found.unwrap();
                    assert!(found.contains("it's a \"$cache\"/outbound/ca/"), "{found}");
                    assert!(Path::new(found).is_file(), "{found}");
                }
                (Some(value), _) => assert_eq!(found, Some(value), "{name}"),
            }
        }
    }
}

#[test]
fn each_format_has_its_words() {
    let program = Program::with_settings(SETTINGS);
    for (arguments, set, unset) in [
        (
            &["env"][..],
            "export http_proxy=http://proxy.test:3128",
            "unset ALL_PROXY",
        ),
        (
            &["env", "--format", "sh"],
            "export HTTP_PROXY=http",
            "unset all_proxy",
        ),
        (
            &["env", "--format", "fish"],
            "set -gx http_proxy 'http://proxy.test:3128'",
            "set -e ALL_PROXY",
        ),
        (
            &["env", "--format", "dotenv"],
            "http_proxy=http://proxy.test:3128\n",
            "ALL_PROXY=\n",
        ),
        (
            &["env", "--format", "json"],
            "{\"http_proxy\":\"http://proxy.test:3128\"",
            "\"ALL_PROXY\":null",
        ),
    ] {
        let out = program.run(arguments).expect(0).out;
        assert!(out.contains(set) && out.contains(unset), "{out}");
    }
    program.run(&["env", "--json", "--format", "sh"]).expect(2);
    program
        .run(&["env", "--json", "--format", "json"])
        .expect(0);
    program
        .run(&["env", "--format", "csh"])
        .expect(2)
        .says("[possible values: sh, fish");
}

#[test]
fn flags_and_connections_decide_as_everywhere() {
    let toml = format!(
        "{SETTINGS}[proxies.other]\nurl = \"http://other.test\"\n\
         [connections.near]\nurl = \"http://near.test/\"\nproxy = \"direct\"\n\
         [connections.far]\nurl = \"http://far.test/\"\nproxy = \"other\"\n"
    );
    let program = Program::with_settings(&toml);
    let told = |arguments: &[&str]| {
        let all = [&["env", "--json"], arguments].concat();
        let told = variables(&program.run(&all).expect(0).out);
        (told["https_proxy"].clone(), told["no_proxy"].clone())
    };
    let (proxy, rules) = told(&[]);
    assert_eq!(proxy.unwrap(), PROXY);
    let always = "localhost,127.0.0.1,::1,169.254.169.254,169.254.170.2,169.254.170.23,\
                  fd00:ec2::254,fd00:ec2::23,metadata.google.internal";
    let near = "near.test,.near.test";
    let rules = rules.unwrap();
    assert_eq!(rules, format!("{always},corp.test,.corp.test,{near}"));
    program
        .run(&["env"])
        .expect(0)
        .says("connection `far` goes through http://other.test:80")
        .says("connection `near` goes directly: near.test is exempted at every port");
    assert_eq!(told(&["--connection", "near"]), (None, None));
    assert_eq!(
        told(&["--connection", "far"]).0.unwrap(),
        "http://other.test:80"
    );
    assert_eq!(told(&["--proxy", "direct"]), (None, None));
    assert_eq!(told(&["--proxy", "x.test:1"]).0.unwrap(), "http://x.test:1");
    assert_eq!(
        told(&["--no-proxy", ""]).1.unwrap(),
        format!("{always},{near}")
    );
    assert_eq!(told(&["--no-proxy", "*"]), (None, None));
    program
        .run(&["env", "--connection", "faar"])
        .expect(2)
        .says("did you mean `far`?");
}

#[test]
fn the_environment_is_told_scheme_by_scheme() {
    let program = Program::new();
    let mut command = program.command(&["env", "--json"]);
    let command = command
        .env("http_proxy", "http://u:hunter2@a.test:1")
        .env("FTP_PROXY", "b.test:2")
        .env("NO_PROXY", "a b,corp.test");
    let ran = Ran::of(command.output().unwrap()).expect(0);
    assert!(!format!("{ran:?}").contains("hunter2"), "{ran:?}");
    let told = variables(&ran.out);
    assert_eq!(told["HTTP_PROXY"].as_deref(), Some("http://a.test:1"));
    assert_eq!(told["https_proxy"], None);
    assert_eq!(told["ftp_proxy"].as_deref(), Some("http://b.test:2"));
    ran.says("void entry `a b`")
        .says("the password for http://a.test:1 (variable http_proxy)");
    // A value that is wrong never means direct.
    let mut command = program.command(&["env"]);
    let ran = Ran::of(command.env("ftp_proxy", "htp://b.test").output().unwrap()).expect(3);
    assert_eq!(ran.out, "");
    ran.says("find the way for ftp: ")
        .says("did you mean `http://`?");
    let strict = Program::with_settings("[policy]\ndirect = \"bypass-only\"\n");
    let ran = strict.run(&["env"]).expect(4).says("forbids to go direct");
    assert_eq!(ran.out, "");
}

#[test]
fn what_others_do_not_understand_is_said() {
    let toml = "[proxy]\nurl = \"http://proxy.test\"\nbypass = [\n\"*.a.test\",\n\"b.test:8443\",\n\
                \"10.0.0.0/8\"]\n";
    let program = Program::with_settings(toml);
    let file = program.file("config/outbound/outbound.toml");
    let mut ran = program.run(&["env"]).expect(0);
    for (rule, line) in [("*.a.test", 4), ("b.test:8443", 5), ("10.0.0.0/8", 6)] {
        let place = format!(
            "bypass rule `{rule}` ({}:{line}: proxy.bypass)",
            file.display()
        );
        ran = ran.says(&place);
    }
    assert_eq!(
        ran.err.matches("warning: bypass rule").count(),
        3,
        "{ran:?}"
    );
    assert!(ran.err.contains("note: ftp_proxy"), "{ran:?}");
    assert_eq!(program.run(&["env", "-q"]).expect(0).err, "");
    // For a command, what is lost; habits of programs are for who asks.
    let ran = program.run(&["exec", "/bin/true"]).expect(0);
    assert!(
        ran.err.contains("b.test:8443") && !ran.err.contains("note:"),
        "{ran:?}"
    );
}

#[test]
fn the_password_is_told_only_when_asked_for() {
    let with = |source: &str| {
        let toml = format!("{SETTINGS}username = \"svc\"\npassword = {source}\n");
        Program::with_settings(&toml)
    };
    let program = with("{ command = [\"/bin/sh\", \"-c\", \"echo ran >> ran; echo 'p w'\"] }");
    let ran = program.run(&["env", "--json"]).expect(0);
    assert!(
        !ran.out.contains("svc") && !ran.out.contains('@'),
        "{ran:?}"
    );
    ran.says("is left out, so that the proxy will ask for it; --with-password");
    assert!(!program.file("ran").exists());
    let ran = program.run(&["env", "--json", "--with-password"]).expect(0);
    assert_eq!(
        variables(&ran.out)["http_proxy"].as_deref(),
        Some("http://svc:p%20w@proxy.test:3128")
    );
    assert!(
        !ran.err.contains("p w") && !ran.err.contains("p%20w"),
        "{ran:?}"
    );
    ran.says("where every process of this user can see it");
    assert_eq!(fs::read_to_string(program.file("ran")).unwrap(), "ran\n");
    // One that cannot be read: nothing is printed.
    let ran = with("{ env = \"NOT_SET\" }")
        .run(&["env", "--with-password"])
        .expect(3);
    assert_eq!(ran.out, "");
    ran.says("the variable is not set");
}

#[test]
fn the_bundle_has_the_systems_certificates_too() {
    let ca = program_ca();
    let program = &ca.program;
    let system = kit::certificate().1;
    let run = |arguments: &[&str]| {
        let mut command = program.command(&[&["env", "--json"], arguments].concat());
        command.env("SSL_CERT_FILE", &system);
        command.env("CURL_CA_BUNDLE", "/else/where.pem");
        Ran::of(command.output().unwrap())
    };
    let ran = run(&["--connection", "c"]).expect(0);
    let told = variables(&ran.out);
    let file = told["SSL_CERT_FILE"].clone().unwrap();
    assert!(
        file.starts_with(program.file(".cache/outbound/ca").to_str().unwrap()),
        "{file}"
    );
    for name in [
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "AWS_CA_BUNDLE",
        "PIP_CERT",
        "NODE_EXTRA_CA_CERTS",
        "GIT_SSL_CAINFO",
    ] {
        assert_eq!(told[name].as_ref(), Some(&file), "{name}");
    }
    let warning =
        format!("CURL_CA_BUNDLE is set anew: it was /else/where.pem, which is not in {file}");
    ran.says(&warning).says("connections.c.ca_file");
    let blocks = |text: &str| -> Vec<String> {
        let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
        blocks
            .map(|block| {
                block
                    .split("-----END")
                    .next()
                    .unwrap()
                    .replace(['\r', '\n'], "")
            })
            .collect()
    };
    let bundle = fs::read_to_string(&file).unwrap();
    let mut wanted = blocks(&fs::read_to_string(&system).unwrap());
    wanted.extend(blocks(&fs::read_to_string(&kit::shared().ca).unwrap()));
    assert_eq!(blocks(&bundle), wanted);
    assert!(!bundle.contains("PRIVATE"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(Path::new(&file)), 0o644);
    assert_eq!(mode(Path::new(&file).parent().unwrap()), 0o700);
    // Stable, whole, and mended when somebody broke it.
    fs::write(&file, &bundle[..bundle.len() / 2]).unwrap();
    assert_eq!(variables(&run(&["--connection", "c"]).expect(0).out), told);
    assert_eq!(fs::read_to_string(&file).unwrap(), bundle);
    let beside = fs::read_dir(Path::new(&file).parent().unwrap()).unwrap();
    assert_eq!(beside.count(), 1);
    // Without a ca_file none is told.
    let told = variables(&run(&[]).expect(0).out);
    assert!(!told.contains_key("SSL_CERT_FILE"), "{told:?}");
}

#[test]
fn a_bundle_that_cannot_be_made_is_an_error() {
    let ca = program_ca();
    let run = |variables: &[(&str, &str)]| {
        let mut command = ca.program.command(&["env", "--connection", "c"]);
        let ran = Ran::of(command.envs(variables.iter().copied()).output().unwrap());
        assert_eq!(ran.out, "");
        ran
    };
    let none = ca.program.file("none.pem");
    fs::write(&none, "").unwrap();
    let none = none.to_str().unwrap();
    run(&[("SSL_CERT_FILE", none)])
        .expect(3)
        .says("the system's trust store has no certificate");
    let system = kit::certificate().1;
    let system = ("SSL_CERT_FILE", system.to_str().unwrap());
    run(&[system, ("XDG_CACHE_HOME", "/dev/null/x")])
        .expect(13)
        .says("write the CA bundle /dev/null/x/outbound/ca/")
        .says("set XDG_CACHE_HOME");
    // Not the working directory.
    run(&[system, ("HOME", "here"), ("XDG_CACHE_HOME", "there")])
        .expect(13)
        .says("neither XDG_CACHE_HOME nor HOME names a folder");
    fs::remove_file(&ca.file).unwrap();
    run(&[system]).expect(3).says("read connections.c.ca_file");
}

/// A program whose connection `c` has a `ca_file`, with a private key in it.
struct ProgramCa {
    program: Program,
    file: std::path::PathBuf,
}

fn program_ca() -> ProgramCa {
    let file = crate::support::peers::folder().join("both.pem");
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let own = fs::read_to_string(&kit::shared().ca).unwrap();
    fs::write(&file, format!("# ours\n{key}{own}")).unwrap();
    let toml =
        format!("{SETTINGS}[connections.c]\nurl = \"https://c.test/\"\nca_file = {file:?}\n");
    let program = Program::with_settings(&toml);
    ProgramCa { program, file }
}
