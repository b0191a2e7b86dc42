//! TLS with the target.

use super::page;
use crate::base::Side::{Here, Network, Settings, Target};
use crate::base::code::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    page(
        Code::TlsInspected,
        Settings,
        "a proxy or filter inspects TLS: the certificate is its own",
        "Something on the way ends TLS and shows a certificate that it made itself, \
         signed by the company's authority, which is not trusted here.",
        "The issuer is a known product's or the same for unrelated hosts; the message \
         shows issuer and fingerprint.",
        "Get the company's root certificate from the proxy team, or let `check --save-ca FILE` \
         write what the chain has and compare its fingerprint with theirs, and set ca_file. Other programs want it too: SSL_CERT_FILE, REQUESTS_CA_BUNDLE, \
         NODE_EXTRA_CA_CERTS, keytool for Java. Or ask for an exception from inspection.",
    ),
    page(
        Code::TlsUnknownIssuer,
        Settings,
        "the certificate's authority is not trusted here",
        "The certificate is well-formed, and nobody vouches for its issuer: a private \
         authority, or a server that does not send its intermediate certificates.",
        "`openssl s_client -connect HOST:PORT` says `unable to get local issuer \
         certificate`.",
        "Put the authority's certificate into a file and set ca_file of the connection; \
         if an intermediate is missing, the server's owner must send the whole chain.",
    ),
    page(
        Code::TlsSelfSigned,
        Settings,
        "the server's certificate is that of an authority, mostly its own",
        "A self-signed certificate (`openssl req -x509` makes such ones) that is marked \
         as an authority's.",
        "`openssl s_client` says `self-signed certificate`.",
        "Put exactly that certificate into the ca_file of the connection, or have the \
         server get one from an authority.",
    ),
    page(
        Code::TlsExpired,
        Target,
        "the certificate has expired",
        "The certificate, or one of its chain, is past its end.",
        "The message shows the day; check this machine's clock (`date`).",
        "Its owner must renew it; where a proxy inspects TLS, the proxy team.",
    ),
    page(
        Code::TlsNotYetValid,
        Here,
        "the certificate is not valid yet",
        "Its first day lies ahead: this machine's clock is probably behind.",
        "`date` shows the wrong day.",
        "Set the clock (NTP is UDP and does not go through an HTTP proxy: ask for an \
         inside server).",
    ),
    page(
        Code::TlsWrongName,
        Target,
        "the certificate is for another name",
        "The server answers for other names than the one that was asked for: a wrong \
         host, an inside address, a default site of a shared server.",
        "The message shows the names that the certificate has.",
        "Use one of these names, or have the certificate issued for yours.",
    ),
    page(
        Code::TlsCertificate,
        Target,
        "the certificate is not valid",
        "A certificate of the chain is broken: its signature, its form, its purpose.",
        "The message says what; `openssl s_client -showcerts` shows the chain.",
        "Its owner must have it made anew; if the authority was renewed under the same \
         name, put its new certificate into ca_file.",
    ),
    page(
        Code::TlsVersion,
        Target,
        "no version of TLS or cipher in common",
        "The server speaks only what is no longer safe (TLS 1.0, 1.1, old ciphers), or \
         wants something newer.",
        "An alert protocol_version, handshake_failure or insufficient_security.",
        "The server must learn TLS 1.2 or later; no setting weakens it here.",
    ),
    page(
        Code::TlsClientCertificate,
        Target,
        "the server wants a certificate of the client",
        "The server lets in only clients that show a certificate. That is not built in.",
        "An alert certificate_required, or handshake_failure after its request for one.",
        "Ask the server's owner for another login.",
    ),
    page(
        Code::TlsNameNotServed,
        Target,
        "the server does not serve this host name",
        "A shared server has no site of that name.",
        "An alert unrecognized_name.",
        "Check the host name; a site that moved keeps its old address sometimes.",
    ),
    page(
        Code::TlsNotSpoken,
        Settings,
        "what answers does not speak TLS",
        "The port is for plain text: the scheme is wrong, or the port.",
        "Bytes that are no TLS record in answer to the ClientHello.",
        "Write http:// or ws:// or ftp:// for a plain port, or the port that speaks TLS.",
    ),
    page(
        Code::TlsCut,
        Network,
        "the stream was cut during the TLS handshake",
        "Somebody closed the connection after the ClientHello: a filter that judges by \
         the host name in it, or a server in trouble.",
        "An end or reset in the handshake; other hosts work.",
        "Ask the proxy or network team whether the name is filtered; ask the target's \
         owner otherwise.",
    ),
    page(
        Code::TlsSilent,
        Target,
        "the TLS handshake is not answered",
        "The stream is open, and nothing comes back to the ClientHello: the port is \
         another protocol's that waits, or a filter holds it back.",
        "The limit timeouts.tls ran out.",
        "Check port and scheme; servers of FTP, SSH or plain HTTP wait like this.",
    ),
    page(
        Code::TlsFailed,
        Target,
        "TLS failed",
        "The handshake failed for another reason, or TLS cannot be set up here.",
        "The message repeats the reason or the alert.",
        "The reason mostly says whose it is; `openssl s_client -connect HOST:PORT` shows \
         the other side's view.",
    ),
];
