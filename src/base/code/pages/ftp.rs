//! FTP and FTPS.

use super::page;
use crate::base::Side::{Network, Proxy, Settings, Target};
use crate::base::code::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    page(
        Code::FtpNoGreeting,
        Target,
        "the FTP server does not greet",
        "An FTP server speaks first, and this one is silent: the port is another \
         protocol's (web servers and ports of TLS wait), or the server is very busy.",
        "The limit timeouts.reply ran out behind the open connection.",
        "Check the port; implicit TLS is ftps:// and mostly port 990.",
    ),
    page(
        Code::FtpNotFtp,
        Settings,
        "what answers is no FTP server",
        "The first bytes are another protocol's.",
        "A greeting of SSH, a page of HTML, a TLS record; the message shows them.",
        "Check the port, and the scheme: sftp is another protocol, implicit TLS is \
         ftps://.",
    ),
    page(
        Code::FtpUnavailable,
        Target,
        "the FTP server closes the control channel (421)",
        "The server is full, going down, or tired of waiting; some say so to addresses \
         that they do not want.",
        "421 with words; vsftpd: `There are too many connections from your internet \
         address` (max_per_ip, which counts the proxy's address).",
        "Try again later; ask the server's owner to raise the limit for the proxy's \
         address; lower --jobs.",
    ),
    page(
        Code::FtpLoginRefused,
        Settings,
        "the FTP server does not accept the login",
        "User name or password are wrong, the account is locked, or anonymous logins are \
         closed.",
        "530 in answer to USER or PASS.",
        "Set username and password of the connection, or --user with --password-file.",
    ),
    page(
        Code::FtpPasswordMissing,
        Settings,
        "the FTP server wants a password, and none is set",
        "The user name is known, and the server asks on.",
        "331 or 332 at the end of what is known.",
        "Set the password that belongs to the user name.",
    ),
    page(
        Code::FtpTlsRefused,
        Target,
        "the FTP server does not start TLS",
        "The settings ask for TLS (tls = \"explicit\"), and the server has none: the \
         login was not sent.",
        "500, 502, 504, 530 or 534 in answer to AUTH TLS.",
        "Ask its owner for TLS, try ftps:// (port 990), or set tls = \"off\", which sends \
         the password in clear.",
    ),
    page(
        Code::FtpTlsDemanded,
        Settings,
        "the FTP server wants TLS",
        "The server takes no login or data in clear.",
        "530, 534, 550, 521 or 522 with words on encryption, TLS or SSL.",
        "Set tls = \"explicit\" for the connection, or --tls explicit; ftps:// for port \
         990.",
    ),
    page(
        Code::FtpDataInClear,
        Target,
        "the FTP server does not protect the data channels",
        "The login is under TLS, and the server wants the data in clear, which is not \
         done.",
        "A refusal of PROT P.",
        "Its owner must allow PROT P (RFC 4217).",
    ),
    page(
        Code::FtpSessionReuse,
        Target,
        "the FTP server demands that the data channel uses the TLS session again",
        "The server wants proof that both channels are the same client's. This program \
         gives it; a filter that ends TLS on the way cannot.",
        "522 or 425 with words on session reuse; vsftpd: require_ssl_reuse, ProFTPD: \
         NoSessionReuseRequired.",
        "Ask for an exception from TLS inspection, or have the server's owner turn the \
         demand off.",
    ),
    page(
        Code::FtpPassiveRefused,
        Target,
        "the FTP server gives no data port",
        "Neither EPSV nor PASV is allowed or works.",
        "5yz or 425 in answer to both.",
        "The server's owner must allow passive mode: active mode cannot go through a \
         proxy.",
    ),
    page(
        Code::FtpEpsvRefused,
        Target,
        "the FTP server knows no EPSV (a doubt, not a failure)",
        "PASV is used instead, whose address is not followed.",
        "500, 501, 502 or 522 in answer to EPSV.",
        "Nothing need be changed over IPv4; over IPv6 the server must learn EPSV (RFC \
         2428).",
    ),
    page(
        Code::FtpPrivateAddress,
        Target,
        "the FTP server names an address inside its own network (a doubt)",
        "The answer to PASV holds another address than the server's. It is not followed \
         here; other clients go there in vain.",
        "227 with 10.x, 172.16-31.x, 192.168.x or another host.",
        "Its owner sets the outside address: vsftpd pasv_address, ProFTPD \
         MasqueradeAddress, Pure-FTPd -P.",
    ),
    page(
        Code::FtpDataForbidden,
        Proxy,
        "the proxy refuses the tunnel of FTP's data channel",
        "The control channel passes the proxy, and the data port does not: passive FTP \
         uses another port for every file.",
        "403 in answer to CONNECT to the port of EPSV.",
        "Hand the proxy team the line: it allows the server's ports 1024-65535, or those \
         few that the server's owner names (vsftpd: pasv_min_port, pasv_max_port). Or ftp \
         = \"proxy-get\", if the proxy knows FTP as Squid does.",
    ),
    page(
        Code::FtpDataSilent,
        Network,
        "FTP's data channel does not open",
        "The server named a port, and the way to it is silent: a firewall of the server \
         or behind the proxy.",
        "A limit ran out in the stage data.",
        "The server's owner opens the passive range; the proxy team lets it through.",
    ),
    page(
        Code::FtpDataUnseen,
        Network,
        "the FTP server does not see the data channel",
        "The proxy says that the channel stands, and the server waits for it in vain.",
        "425 after the tunnel was opened.",
        "Something behind the proxy holds it back, or the proxy uses another outside \
         address for it: servers refuse those (vsftpd: pasv_promiscuous).",
    ),
    page(
        Code::FtpNotFound,
        Target,
        "the FTP server has no such file or folder, or does not give it",
        "The path is missing, is of the other kind, or may not be read. A path is \
         relative to the login's folder unless it opens with %2F.",
        "550.",
        "Check the path with `outbound list`.",
    ),
    page(
        Code::FtpRefused,
        Target,
        "the FTP server refuses a command",
        "A definite no (5yz) to a command that is needed.",
        "The message shows command and reply.",
        "Ask the server's owner with the words of the reply.",
    ),
];
