//! Secrets of an FTP login, and what other programs get to see of the proxy's.

use outbound::lab::proxy;

use crate::kit::{self, Program, Ran};
use crate::leaks::{NAME, PASSWORD, assert_absent, lab_proxy, quoted};
use crate::support::peers::ftp_servers::{self, FtpServer, Product};

/// Two passwords are on the way, the proxy's and the server's; neither shows up, whether the
/// server takes its own or not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_log_at_any_level_has_the_password_of_an_ftp_login() {
    let proxy = lab_proxy(proxy::Names::new()).await;
    let server = FtpServer::start(Product::PureFtpd, &kit::shared().root);
    let url = server.url("/small.bin");
    let wrong = "Qy7#never:so@h";
    for (password, code) in [(ftp_servers::PASSWORD, 0), (wrong, 10)] {
        let toml = format!(
            "[proxy]\nurl = \"http://{}\"\nusername = \"{NAME}\"\npassword = {}\n\
             [connections.pure]\nurl = \"{}\"\nusername = \"{}\"\npassword = \"{password}\"\n",
            proxy.addr(),
            quoted(PASSWORD),
            server.url("/"),
            ftp_servers::USER,
        );
        let program = Program::with_settings(&toml);
        // Pure-FTPd is slow on purpose after a wrong one.
        let commands = match code {
            0 => &["fetch", "stat", "check"][..],
            _ => &["check"],
        };
        for command in commands {
            for flags in [&["-vvv"][..], &["--json", "-vvv"]] {
                let mut run = program.command(&[&[*command, url.as_str()], flags].concat());
                run.env("OUTBOUND_LOG", "trace");
                let ran = Ran::of(run.output().unwrap()).expect(code);
                let all = format!("{}{}", ran.out, ran.err);
                assert!(all.contains("PASS …"), "the dialogue is there: {all}");
                assert_absent(&all, NAME, PASSWORD);
                assert_absent(&all, ftp_servers::USER, password);
                let _ = std::fs::remove_file(program.file("small.bin"));
            }
        }
    }
}

/// Neither the variables nor anybody's arguments have the password, unless it was asked for; and
/// then the variables alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_programs_see_no_password() {
    let proxy = lab_proxy(proxy::Names::new()).await;
    let toml = format!(
        "[proxy]\nurl = \"http://{}\"\nusername = \"{NAME}\"\npassword = {}\n",
        proxy.addr(),
        quoted(PASSWORD),
    );
    let program = Program::with_settings(&toml);
    for format in ["sh", "fish", "dotenv", "json"] {
        let ran = program.run(&["env", "-vv", "--format", format]).expect(0);
        assert!(ran.out.contains("http_proxy"), "{ran:?}");
        assert_absent(&format!("{}{}", ran.out, ran.err), NAME, PASSWORD);
    }
    let arguments = "tr '\\0' ' ' </proc/self/cmdline; tr '\\0' ' ' </proc/$PPID/cmdline";
    let look = |flags: &[&str], script: &str| {
        let words = [&["exec", "-vv"], flags, &["--", "/bin/sh", "-c", script]].concat();
        let mut run = program.command(&words);
        let ran = Ran::of(run.env("PATH", "/usr/bin:/bin").output().unwrap()).expect(0);
        format!("{}{}", ran.out, ran.err)
    };
    assert_absent(&look(&[], &format!("env; {arguments}")), NAME, PASSWORD);
    assert_absent(&look(&["--with-password"], arguments), NAME, PASSWORD);
    // The search would find it.
    let told = look(&["--with-password"], "env");
    assert!(told.contains("http_proxy=http://svc-data:Zx9%3A"), "{told}");
}
