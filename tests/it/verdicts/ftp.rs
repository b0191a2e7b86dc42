//! FTP and FTPS: greeting, login, data port and data channel.

use std::io::Read as _;
use std::net::{SocketAddr, TcpStream};

use super::Want::{Code, Fine};
use super::fault::{Fault, WRONG};
use super::{Row, row};
use crate::kit::{certificate, shared};
use crate::support::peers::ftp_servers::{FtpServer, Product};
use crate::support::peers::secure_ftp::Speaks;
use crate::support::peers::{self, Vsftpd};
use crate::support::runtime::Full;
use crate::support::scripted::Step;
use crate::support::scripted_ftps::{Script, ScriptedFtps};

/// A real vsftpd with these lines.
fn vsftpd(lines: &[&str]) -> Fault {
    let server = Vsftpd::start(&shared().root, lines);
    Fault::direct(server.url("/small.bin")).with(server)
}

fn product(product: Product) -> Fault {
    let server = FtpServer::start(product, &shared().root);
    let fault = Fault::direct(server.url("/small.bin"));
    fault.with(server)
}

/// A server of that product that wants TLS, asked without.
fn wants_tls(product: Product) -> Fault {
    let (certificate, _) = certificate();
    let server = FtpServer::start_secure(product, &shared().root, &certificate, Speaks::Explicit);
    Fault::direct(server.url("/small.bin"))
        .set(&server.connection())
        .with(server)
}

/// A connection that is left open, past its greeting.
fn hold(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    assert_ne!(stream.read(&mut [0; 64]).unwrap(), 0);
    stream
}

/// A server with one client too many.
fn crowded(line: &str) -> Fault {
    let server = Vsftpd::start(&shared().root, &[line]);
    let held = hold(server.address());
    Fault::direct(server.url("/small.bin"))
        .with(held)
        .with(server)
}

/// A small server that greets and then answers by this list.
fn answering(replies: &'static [(&'static str, &'static str)]) -> Vec<Step> {
    vec![Step::write("220 ready\r\n"), Step::Answer(replies)]
}

/// One that is well up to its data port, which is `port`.
fn with_data_at(port: u16, behind_squid: bool) -> Fault {
    let passive = format!("229 ok (|||{port}|)");
    let replies: Vec<(&'static str, &'static str)> = vec![
        ("USER", "230 in"),
        ("TYPE", "200 ok"),
        ("SIZE", "213 1000"),
        ("MDTM", "213 20240102030405"),
        ("EPSV", String::leak(passive)),
        ("RETR", "425 nobody opened the data connection"),
    ];
    let steps = answering(Vec::leak(replies));
    match behind_squid {
        true => Fault::scripted_behind(&peers::squid().url(), steps, "ftp://{}/x"),
        false => Fault::scripted(steps, "ftp://{}/x"),
    }
}

fn ftps(script: Script) -> Fault {
    let (certificate, ca) = certificate();
    let server = ScriptedFtps::start(script, &certificate);
    let lines = format!("ca_file = \"{}\"\ntls = \"explicit\"", ca.display());
    Fault::direct(server.url()).connection(&lines).with(server)
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("no greeting", Code("OUT-FTP-NO-GREETING", "target", 11), "a port of another protocol", || {
        Fault::scripted(vec![Step::Stall], "ftp://{}/x").limit("reply = \"200ms\"")
    }),
    row("no greeting behind Squid", Code("OUT-FTP-NO-GREETING", "network", 11), "a port of another protocol", || {
        let fault = Fault::scripted_behind(&peers::squid().url(), vec![Step::Stall], "ftp://{}/x");
        fault.limit("reply = \"300ms\"")
    }),
    row("a web server, which waits", Code("OUT-FTP-NO-GREETING", "target", 11), "nginx 1.22", || {
        let fault = Fault::direct(shared().nginx.http("/x").replace("http:", "ftp:"));
        fault.limit("reply = \"200ms\"")
    }),
    row("an SSH server in FTP's place", Code("OUT-FTP-NOT-FTP", "settings", 9), "OpenSSH 9.2", || {
        Fault::scripted(vec![Step::write("SSH-2.0-OpenSSH_9.2p1\r\n"), Step::ReadToEnd], "ftp://{}/x")
    }),
    row("it hangs up without a greeting", Code("OUT-TARGET-CLOSED", "target", 9), "tcp wrappers", || {
        Fault::scripted(vec![Step::Close], "ftp://{}/x")
    }),
    row("421 for an address", Code("OUT-FTP-421", "target", 9), "vsftpd 3.0: max_per_ip", || crowded("max_per_ip=1")),
    row("421 for everybody", Code("OUT-FTP-421", "target", 9), "vsftpd 3.0: max_clients", || crowded("max_clients=1")),
    row("421 in the login", Code("OUT-FTP-421", "target", 9), "RFC 959 section 4.2.2", || {
        Fault::scripted(answering(&[("USER", "421 going down")]), "ftp://{}/x")
    }),
    row("530, no such user", Code("OUT-FTP-LOGIN-REFUSED", "settings", 10), "vsftpd 3.0", || {
        vsftpd(&[]).connection(&format!("username = \"ann\"\npassword = \"{WRONG}\""))
    }),
    row("530, wrong password", Code("OUT-FTP-LOGIN-REFUSED", "settings", 10), "ProFTPD 1.3.8", || {
        product(Product::Proftpd).connection(&format!("username = \"ann\"\npassword = \"{WRONG}\""))
    }),
    row("530, wrong password, Pure-FTPd", Code("OUT-FTP-LOGIN-REFUSED", "settings", 10), "Pure-FTPd 1.0.50", || {
        product(Product::PureFtpd).connection(&format!("username = \"ann\"\npassword = \"{WRONG}\""))
    }),
    row("530, nobody without a name", Code("OUT-FTP-LOGIN-REFUSED", "settings", 10), "vsftpd 3.0: anonymous_enable", || {
        Fault::scripted(answering(&[("USER", "331 password"), ("PASS", "530 Login incorrect.")]), "ftp://{}/x")
    }),
    row("331, and no password is set", Code("OUT-FTP-PASSWORD-MISSING", "settings", 10), "ProFTPD 1.3.8", || {
        product(Product::Proftpd).connection("username = \"ann\"")
    }),
    row("AUTH TLS is refused", Code("OUT-FTP-TLS-REFUSED", "target", 9), "vsftpd 3.0 without ssl_enable", || {
        vsftpd(&[]).connection("tls = \"explicit\"")
    }),
    row("TLS is demanded, vsftpd", Code("OUT-FTP-TLS-DEMANDED", "settings", 10), "vsftpd 3.0: force_anon_logins_ssl", || {
        wants_tls(Product::Vsftpd)
    }),
    row("TLS is demanded, ProFTPD", Code("OUT-FTP-TLS-DEMANDED", "settings", 9), "ProFTPD 1.3.8: TLSRequired", || {
        wants_tls(Product::Proftpd)
    }),
    row("TLS is demanded, Pure-FTPd", Code("OUT-FTP-TLS-DEMANDED", "settings", 9), "Pure-FTPd 1.0.50: --tls=3", || {
        wants_tls(Product::PureFtpd)
    }),
    row("the data may not be protected", Code("OUT-FTP-DATA-IN-CLEAR", "target", 9), "RFC 4217 section 9", || {
        ftps(Script { prot: "534 not here", ..Script::default() })
    }),
    row("the TLS session must be used again", Code("OUT-FTP-SESSION-REUSE", "target", 9), "vsftpd 3.0: require_ssl_reuse", || {
        let end = "522 SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf man page";
        ftps(Script { end, drops_data: true, ..Script::default() })
    }),
    row("EPSV and PASV are refused", Code("OUT-FTP-PASSIVE-REFUSED", "target", 9), "vsftpd 3.0: pasv_enable", || {
        vsftpd(&["pasv_enable=NO"])
    }),
    row("EPSV and PASV are denied", Code("OUT-FTP-PASSIVE-REFUSED", "target", 9), "vsftpd 3.0: cmds_denied", || {
        vsftpd(&["cmds_denied=EPSV,PASV"])
    }),
    row("EPSV alone is denied", Fine, "vsftpd 3.0: cmds_denied", || vsftpd(&["cmds_denied=EPSV"])),
    row("another address in the answer to PASV", Fine, "vsftpd 3.0: pasv_address", || {
        vsftpd(&["cmds_denied=EPSV", "pasv_address=10.9.8.7"])
    }),
    row("the data port is silent", Code("OUT-FTP-DATA-SILENT", "network", 11), "a firewall that drops", || {
        let full = Full::new();
        with_data_at(full.address().port(), false).limit("dial = \"200ms\"").with(full)
    }),
    row("the data port is closed", Code("OUT-FTP-DATA-SILENT", "target", 5), "pasv_min_port behind NAT", || {
        Fault::closed(|at| with_data_at(at.port(), false))
    }),
    row("the data port is closed behind Squid", Code("OUT-FTP-DATA-SILENT", "target", 6), "Squid 5.7: ERR_CONNECT_FAIL 111", || {
        Fault::closed(|at| with_data_at(at.port(), true))
    }),
    row("the server does not see the data channel", Code("OUT-FTP-DATA-UNSEEN", "proxy", 9), "RFC 959: 425", || {
        with_data_at(shared().nginx.http_port(), true)
    }),
    row("no such file", Code("OUT-FTP-NOT-FOUND", "target", 9), "vsftpd 3.0", || {
        let server = Vsftpd::start(&shared().root, &[]);
        Fault::through(&peers::squid().url(), server.url("/absent.csv")).with(server)
    }),
    row("no such folder", Code("OUT-FTP-NOT-FOUND", "target", 9), "ProFTPD 1.3.8", || {
        let server = FtpServer::start(Product::Proftpd, &shared().root);
        Fault::direct(server.url("/absent/")).with(server)
    }),
    row("a command is refused", Code("OUT-FTP-REFUSED", "target", 9), "RFC 959: 502", || {
        Fault::scripted(answering(&[("USER", "230 in"), ("EPSV", "229 ok (|||1|)"), ("TYPE", "504 no such type")]), "ftp://{}/x")
    }),
    row("all is well: FTP through Squid", Fine, "vsftpd 3.0, Squid 5.7", || {
        let server = Vsftpd::start(&shared().root, &[]);
        Fault::through(&peers::squid().url(), server.url("/small.bin")).with(server)
    }),
    row("all is well: a folder through Apache", Fine, "vsftpd 3.0, Apache 2.4", || {
        let server = Vsftpd::start(&shared().root, &[]);
        Fault::through(&peers::apache().url(), server.url("/")).with(server)
    }),
    row("all is well: FTP, ProFTPD", Fine, "ProFTPD 1.3.8", || product(Product::Proftpd)),
    row("all is well: FTPS through Squid", Fine, "vsftpd 3.0, Squid 5.7", || {
        let (certificate, ca) = certificate();
        let server = FtpServer::start_secure(Product::Vsftpd, &shared().root, &certificate, Speaks::Implicit);
        let fault = Fault::through(&peers::squid().url(), server.url("/small.bin"));
        fault.trusting(&ca).with(server)
    }),
    row("all is well: FTP with AUTH TLS through Squid", Fine, "ProFTPD 1.3.8, Squid 5.7", || {
        let (certificate, ca) = certificate();
        let server = FtpServer::start_secure(Product::Proftpd, &shared().root, &certificate, Speaks::Explicit);
        let fault = Fault::through(&peers::squid().url(), server.url("/small.bin"));
        let lines = format!("ca_file = \"{}\"\ntls = \"explicit\"", ca.display());
        fault.connection(&lines).with(server)
    }),
];
