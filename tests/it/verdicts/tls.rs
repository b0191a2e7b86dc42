//! TLS with the target: certificates, versions, and what answers a ClientHello instead.

use rcgen::CertificateParams;

use super::Want::{Code, Fine};
use super::fault::{Fault, answer};
use super::{Row, row};
use crate::kit::{certificate, certificate_with, shared};
use crate::support::acceptor::acceptor;
use crate::support::echo::Echo;
use crate::support::peers::openssl::OpenSsl;
use crate::support::peers::{self, Certificate, folder};
use crate::support::scripted::Step;
use crate::support::scripted_ftps::{Script, ScriptedFtps};

/// A server with a certificate that was changed before it was signed; its authority is trusted.
fn certified(change: impl FnOnce(&mut CertificateParams)) -> Fault {
    let (certificate, ca) = certificate_with(change);
    let server = Echo::start(Some(acceptor(&certificate)));
    let fault = Fault::direct(format!("https://127.0.0.1:{}/", server.port()));
    fault.trusting(&ca).with(server)
}

fn expired(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
}

fn early(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(2090, 1, 1);
    params.not_after = rcgen::date_time_ymd(2091, 1, 1);
}

fn of_another(params: &mut CertificateParams) {
    *params = CertificateParams::new(["www.example.org".to_owned()]).unwrap();
}

/// An FTP server with TLS whose certificate is such a one.
fn ftps(implicit: bool, change: impl FnOnce(&mut CertificateParams)) -> Fault {
    let (certificate, ca) = certificate_with(change);
    let script = Script {
        implicit,
        ..Script::default()
    };
    let server = ScriptedFtps::start(script, &certificate);
    let tls = match implicit {
        true => "",
        false => "\ntls = \"explicit\"",
    };
    let trust = format!("ca_file = \"{}\"{tls}", ca.display());
    Fault::direct(server.url()).connection(&trust).with(server)
}

/// A server that answers the ClientHello with this alert (RFC 8446 section 6).
fn alert(number: u8) -> Fault {
    let alert = [0x15, 3, 3, 0, 2, 2, number];
    Fault::scripted(
        vec![Step::Read(1), Step::write(alert), Step::Close],
        "https://{}/",
    )
}

fn openssl(arguments: &[&str]) -> Fault {
    let (certificate, ca) = certificate();
    let server = OpenSsl::start(&certificate, arguments);
    Fault::direct(server.url()).trusting(&ca).with(server)
}

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row("an unknown issuer", Code("OUT-TLS-UNKNOWN-ISSUER", "settings", 8), "a private authority, nginx 1.22", || {
        Fault::direct(shared().nginx.https("/small.bin"))
    }),
    row("an unknown issuer behind Squid", Code("OUT-TLS-UNKNOWN-ISSUER", "settings", 8), "a private authority, nginx 1.22", || {
        Fault::through(&peers::squid().url(), shared().nginx.https("/small.bin"))
    }),
    row("an unknown issuer, FTP with AUTH TLS", Code("OUT-TLS-UNKNOWN-ISSUER", "settings", 8), "a private authority", || {
        let fault = ftps(false, |_| {});
        let url = fault.url.clone();
        Fault::direct(url).connection("tls = \"explicit\"").with(fault)
    }),
    row("an authority that was renewed under its name", Code("OUT-TLS-CERTIFICATE", "target", 8), "RFC 5280 section 6.1", || {
        let fault = ftps(false, |_| {});
        let (_, other) = certificate();
        let url = fault.url.clone();
        let trust = format!("ca_file = \"{}\"\ntls = \"explicit\"", other.display());
        Fault::direct(url).connection(&trust).with(fault)
    }),
    row("an unknown issuer, WebSocket", Code("OUT-TLS-UNKNOWN-ISSUER", "settings", 8), "a private authority", || {
        let (certificate, _) = certificate();
        let server = Echo::start(Some(acceptor(&certificate)));
        Fault::direct(format!("wss://127.0.0.1:{}/echo", server.port())).with(server)
    }),
    row("self-signed", Code("OUT-TLS-SELF-SIGNED", "settings", 8), "openssl req -x509", || {
        let certificate = Certificate::self_signed(&folder());
        let server = Echo::start(Some(acceptor(&certificate)));
        let fault = Fault::direct(format!("https://127.0.0.1:{}/", server.port()));
        fault.with(server)
    }),
    row("expired", Code("OUT-TLS-EXPIRED", "target", 8), "RFC 5280 section 4.1.2.5", || certified(expired)),
    row("expired, FTPS", Code("OUT-TLS-EXPIRED", "target", 8), "RFC 5280 section 4.1.2.5", || ftps(true, expired)),
    row("not valid yet", Code("OUT-TLS-NOT-YET-VALID", "this machine", 8), "RFC 5280 section 4.1.2.5", || certified(early)),
    row("for another name", Code("OUT-TLS-WRONG-NAME", "target", 8), "RFC 9525", || certified(of_another)),
    row("for another name behind Squid", Code("OUT-TLS-WRONG-NAME", "target", 8), "RFC 9525, nginx 1.22", || {
        let url = format!("https://ftp.test:{}/", shared().nginx.https_port());
        Fault::through(&peers::squid().url(), url).trusting(&shared().ca)
    }),
    row("for another name, FTP with AUTH TLS", Code("OUT-TLS-WRONG-NAME", "target", 8), "RFC 4217", || ftps(false, of_another)),
    row("for clients alone", Code("OUT-TLS-CERTIFICATE", "target", 8), "RFC 5280 section 4.2.1.12", || {
        certified(|params| params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth])
    }),
    row("TLS 1.1 alone", Code("OUT-TLS-VERSION", "target", 8), "OpenSSL 3.0: s_server -tls1_1", || {
        openssl(&["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
    }),
    row("an alert for the version", Code("OUT-TLS-VERSION", "target", 8), "RFC 8446 section 6: 70", || alert(70)),
    row("an alert for the cipher", Code("OUT-TLS-VERSION", "target", 8), "RFC 8446 section 6: 40", || alert(40)),
    row("a certificate of the client, TLS 1.3", Code("OUT-TLS-CLIENT-CERTIFICATE", "target", 8), "OpenSSL 3.0: s_server -Verify", || {
        openssl(&["-Verify", "1"])
    }),
    row("a certificate of the client, TLS 1.2", Code("OUT-TLS-CLIENT-CERTIFICATE", "target", 8), "OpenSSL 3.0: s_server -Verify", || {
        openssl(&["-Verify", "1", "-tls1_2"])
    }),
    row("a certificate of the client, WebSocket", Code("OUT-TLS-CLIENT-CERTIFICATE", "target", 8), "OpenSSL 3.0: s_server -Verify", || {
        let fault = openssl(&["-Verify", "1"]);
        Fault::direct(fault.url.replace("https:", "wss:")).set(&fault.settings.replace("https:", "wss:")).with(fault)
    }),
    row("a certificate of the client, in a page", Code("OUT-TLS-CLIENT-CERTIFICATE", "target", 9), "nginx 1.22: ssl_verify_client", || {
        let page = "<title>400 No required SSL certificate was sent</title>";
        Fault::scripted(vec![Step::head(), Step::write(answer("400 Bad Request", "", page)), Step::Close], "http://{}/")
    }),
    row("a host that is not served", Code("OUT-TLS-NAME-NOT-SERVED", "target", 8), "RFC 6066 section 3: 112", || alert(112)),
    row("an alert that says little", Code("OUT-TLS-FAILED", "target", 8), "RFC 8446 section 6: 80", || alert(80)),
    row("plain HTTP where TLS is asked for", Code("OUT-TLS-NOT-SPOKEN", "settings", 8), "nginx 1.22", || {
        Fault::direct(shared().nginx.http("/").replace("http:", "https:"))
    }),
    row("plain HTTP where TLS is asked for, behind Squid", Code("OUT-TLS-NOT-SPOKEN", "settings", 8), "nginx 1.22", || {
        Fault::through(&peers::squid().url(), shared().nginx.http("/").replace("http:", "wss:"))
    }),
    row("SSH where TLS is asked for", Code("OUT-TLS-NOT-SPOKEN", "settings", 8), "OpenSSH 9.2", || {
        Fault::scripted(vec![Step::write("SSH-2.0-OpenSSH_9.2p1\r\n"), Step::ReadToEnd], "https://{}/")
    }),
    row("plain FTP where FTPS is asked for", Code("OUT-TLS-NOT-SPOKEN", "settings", 8), "vsftpd 3.0", || {
        let server = peers::Vsftpd::start(&shared().root, &[]);
        Fault::direct(server.url("/x").replace("ftp:", "ftps:")).with(server)
    }),
    row("the handshake is cut", Code("OUT-TLS-CUT", "network", 11), "a filter by host name", || {
        Fault::scripted(vec![Step::Read(1), Step::Close], "https://{}/")
    }),
    row("the handshake is reset", Code("OUT-TLS-CUT", "network", 11), "a filter by host name", || {
        Fault::scripted(vec![Step::Read(1), Step::Reset], "https://{}/")
    }),
    row("the handshake is not answered", Code("OUT-TLS-SILENT", "target", 11), "a port of another protocol", || {
        Fault::scripted(vec![Step::Stall], "https://{}/").limit("tls = \"200ms\"")
    }),
    row("all is well: FTP with AUTH TLS", Fine, "RFC 4217", || ftps(false, |_| {})),
    row("all is well: FTPS", Fine, "RFC 4217", || ftps(true, |_| {})),
    row("all is well: TLS 1.2", Fine, "OpenSSL 3.0: s_server", || openssl(&["-tls1_2"])),
];
