//! Other people's programs under `outbound exec`: through Squid, and past it where a rule says so,
//! as the logs of Squid and of nginx prove.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::kit::{self, AWAY, Program, Ran};
use crate::support::peers::clients::{self, Client, Pip};
use crate::support::peers::{Certificate, Nginx, Squid, folder, squid};
use crate::support::sockets;

/// An origin with files of text and an index for pip, the proxy in front of it, and settings that
/// say so.
struct Scene {
    nginx: Nginx,
    squid: Squid,
    program: Program,
    root: PathBuf,
    /// A bundle that does not know the site's authority. Of two authorities with one name OpenSSL
    /// asks the wrong one.
    another: PathBuf,
    /// What is asked for behind `exec`.
    flags: &'static [&'static str],
}

/// A block of addresses, which curl, requests and R know as such and the others one by one. nginx
/// listens on one of them, and all clients take it for an address like others.
const RULE: &str = "127.0.0.4/30";
const NEAR: &str = "127.0.0.5";
/// Squid alone resolves it.
const FAR: &str = "origin.test";

impl Scene {
    fn new(password: bool) -> Self {
        let root = folder();
        index(&root);
        let (certificate, ca) = kit::certificate();
        let nginx = Nginx::start(&root, &certificate, AWAY);
        let squid = Squid::start(squid::Options {
            password,
            ..Default::default()
        });
        let mut toml = format!(
            "[proxy]\nurl = \"{}\"\nbypass = [\"{RULE}\"]\n",
            squid.url()
        );
        if password {
            toml += &format!(
                "username = {:?}\npassword = {:?}\n",
                squid::USER,
                squid::PASSWORD
            );
        }
        toml += &format!(
            "[connections.site]\nurl = \"https://{FAR}:{}/\"\nca_file = {ca:?}\n",
            nginx.https_port()
        );
        Self {
            nginx,
            squid,
            program: Program::with_settings(&toml),
            root,
            another: Certificate::self_signed(&folder()).chain,
            flags: if password { &["--with-password"] } else { &[] },
        }
    }

    /// Runs words under `exec`, with nothing of this process's environment but what the program
    /// behind it needs to start.
    fn exec(&self, words: &[OsString], prepare: impl Fn(&mut Command)) -> Ran {
        let flags = [&["exec", "-q", "--connection", "site"], self.flags, &["--"]].concat();
        let mut command = self.program.command(&flags);
        prepare(&mut command);
        // Another's authority: the site's is in the settings alone. Stale variables do not matter.
        command
            .args(words)
            .env("PATH", "/usr/bin:/bin")
            .env("SSL_CERT_FILE", &self.another)
            .env("ALL_PROXY", "http://127.0.0.1:9")
            .env("FTP_PROXY", "http://127.0.0.1:9")
            .env("no_proxy", FAR);
        Ran::of(command.output().unwrap())
    }

    /// Has the client bring in a file that nobody else asks for.
    fn fetch(&self, client: &Client, origin: &str) -> String {
        let scheme = origin.split(':').next().unwrap();
        let is_near = origin.contains(NEAR);
        let name = format!("{}-{scheme}-{is_near}.txt", client.name);
        fs::write(self.root.join(&name), &name).unwrap();
        let file = self.program.file(&name);
        let words = client.words(&format!("{origin}/{name}"), &file);
        self.exec(&words, |command| client.prepare(command))
            .expect(0);
        assert_eq!(fs::read_to_string(file).unwrap(), name);
        name
    }

    fn http(&self, host: &str) -> String {
        format!("http://{host}:{}", self.nginx.http_port())
    }

    fn https(&self) -> String {
        format!("https://{FAR}:{}", self.nginx.https_port())
    }

    /// Waits until Squid has logged so many lines with this text, and gives those.
    fn logged(&self, text: &str, times: usize) -> Vec<String> {
        let lines = || -> Vec<String> {
            let log = self.squid.log();
            let found = log.lines().filter(|line| line.contains(text));
            found.map(str::to_owned).collect()
        };
        let found = sockets::until(|| Some(lines()).filter(|found| found.len() >= times));
        found.unwrap_or_else(|| panic!("{times} times {text:?}:\n{}", self.squid.log()))
    }

    /// Who Squid says it was.
    fn user(&self) -> &'static str {
        match self.flags {
            [] => " -",
            _ => " svc-data",
        }
    }

    /// Fails when Squid was asked for what is near, or nginx was not.
    fn assert_past_squid(&self, path: &str) {
        let direct = format!("host=\"{NEAR}:{}\"", self.nginx.http_port());
        let log = self.nginx.process().log_with(path);
        let line = log.lines().find(|line| line.contains(path)).unwrap();
        assert!(line.contains(&direct), "{line}");
        assert!(line.contains("proxy-authorization=\"-\""), "{line}");
        let log = self.squid.log();
        assert!(!log.contains(path) && !log.contains(NEAR), "{log}");
    }
}

/// A package and the index that has it, by PEP 503.
fn index(root: &Path) {
    let folder = root.join("simple/outbound-sample");
    fs::create_dir_all(&folder).unwrap();
    let wheel = "outbound_sample-1.0-py3-none-any.whl";
    let link = format!("<!DOCTYPE html><a href=\"{wheel}\">{wheel}</a>");
    fs::write(folder.join("index.html"), link).unwrap();
    let mut python = clients::python();
    python.args(["-c", WHEEL]).arg(folder.join(wheel));
    Ran::of(python.output().unwrap()).expect(0);
}

const WHEEL: &str = "import sys, zipfile
info = 'outbound_sample-1.0.dist-info/'
files = {
    'outbound_sample.py': 'word = 42\\n',
    info + 'METADATA': 'Metadata-Version: 2.1\\nName: outbound-sample\\nVersion: 1.0\\n',
    info + 'WHEEL': 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n',
}
files[info + 'RECORD'] = ''.join(name + ',,\\n' for name in [*files, info + 'RECORD'])
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    for name, text in files.items():
        wheel.writestr(name, text)";

/// Each client, and the three ways.
fn every_client_goes_as_it_is_told(scene: &Scene) {
    let mut tunnels = 0;
    for client in clients::all() {
        let near = scene.fetch(&client, &scene.http(NEAR));
        scene.assert_past_squid(&near);
        let far = scene.fetch(&client, &scene.http(FAR));
        let line = format!("GET {}/{far} 200", scene.http(FAR));
        let lines = scene.logged(&line, 1);
        assert!(lines[0].ends_with(scene.user()), "{lines:?}");
        if client.has_ca_variable {
            scene.fetch(&client, &scene.https());
            tunnels += 1;
            let line = format!("CONNECT {FAR}:{} 200", scene.nginx.https_port());
            let lines = scene.logged(&line, tunnels);
            assert!(
                lines.iter().all(|line| line.ends_with(scene.user())),
                "{lines:?}"
            );
        }
    }
    assert_eq!(tunnels, 4);
    assert!(!scene.squid.log().contains(NEAR), "{}", scene.squid.log());
}

fn pip_installs(scene: &Scene) {
    let pip = Pip::new();
    let install = |origin: &str, name: &str| {
        let folder = scene.program.file(name);
        let words = pip.words("outbound-sample", &format!("{origin}/simple/"), &folder);
        scene.exec(&words, |command| pip.prepare(command)).expect(0);
        let module = fs::read_to_string(folder.join("outbound_sample.py"));
        assert_eq!(module.unwrap(), "word = 42\n");
    };
    install(&scene.http(NEAR), "near");
    scene.assert_past_squid("/simple/outbound-sample/outbound_sample-1.0-py3-none-any.whl");
    install(&scene.http(FAR), "far");
    let wheel = "simple/outbound-sample/outbound_sample-1.0-py3-none-any.whl";
    let lines = scene.logged(&format!("GET {}/{wheel} 200", scene.http(FAR)), 1);
    assert!(lines[0].ends_with(scene.user()), "{lines:?}");
    install(&scene.https(), "secure");
    scene.logged(
        &format!("CONNECT {FAR}:{} 200", scene.nginx.https_port()),
        1,
    );
}

#[test]
fn through_squid_and_past_it() {
    let scene = Scene::new(false);
    every_client_goes_as_it_is_told(&scene);
}

#[test]
fn pip_through_squid_and_past_it() {
    pip_installs(&Scene::new(false));
}

#[test]
fn with_the_password_of_squid() {
    let mut scene = Scene::new(true);
    every_client_goes_as_it_is_told(&scene);
    pip_installs(&scene);
    // Without it, the proxy asks, and nobody answers.
    let before = scene.squid.log().matches("TCP_DENIED").count();
    scene.flags = &[];
    for client in clients::all() {
        let file = scene.program.file("none");
        let words = client.words(&format!("{}/small.txt", scene.http(FAR)), &file);
        let ran = scene.exec(&words, |command| client.prepare(command));
        assert_ne!(ran.code, Some(0), "{}: {ran:?}", client.name);
    }
    let lines = scene.logged("small.txt 407", clients::all().len());
    assert!(lines.iter().all(|line| line.ends_with(" -")), "{lines:?}");
    assert!(scene.squid.log().matches("TCP_DENIED").count() > before);
}
