//! What the proxy says, and what becomes of a tunnel.

use super::page;
use crate::base::Side::{Network, Proxy, Settings, Target};
use crate::base::code::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    page(
        Code::NotAProxy,
        Settings,
        "what answers at the proxy's port is no proxy",
        "A web server, an application or another protocol answers where the settings say \
         that the proxy is.",
        "400, 404, 405 or 501 in answer to CONNECT, 101, a greeting of SSH or SMTP, a \
         page without `Via`.",
        "Correct host and port in the setting that the message names; the proxy team \
         knows them.",
    ),
    page(
        Code::ProxyWantsTls,
        Settings,
        "the proxy's port speaks TLS",
        "The port is for HTTP over TLS (an https:// proxy), and plain HTTP came to it.",
        "A TLS alert in answer to CONNECT, or 400 with `plain HTTP request was sent to \
         HTTPS port` (nginx, Apache, Go).",
        "Set the proxy's plain HTTP port; TLS to the proxy is not built in. Targets over \
         https stay encrypted from end to end either way.",
    ),
    page(
        Code::ProxyClosed,
        Proxy,
        "the proxy hangs up without an answer",
        "The proxy took the connection and closed it: it is restarting, at its limits, or \
         closed to this machine. A port for TLS may end it like this.",
        "An end or a reset before the first or inside the answer.",
        "Ask the proxy team whether this machine is among its clients; its log tells; \
         check the port.",
    ),
    page(
        Code::ProxySilent,
        Proxy,
        "the proxy does not answer",
        "CONNECT was sent, and nothing came back in time: the proxy waits for the target, \
         or is no proxy at all.",
        "The limit timeouts.connect ran out. Squid waits 60 s for a target \
         (connect_timeout), Apache as long as Timeout says.",
        "Ask whether the proxy can reach the target; a target that drops packets makes \
         proxies silent.",
    ),
    page(
        Code::ProxyMalformed,
        Proxy,
        "the proxy's answer makes no sense",
        "What came begins like HTTP and is none, or ends inside.",
        "The message shows the first bytes.",
        "Check the port in the setting; ask the proxy team what stands in front of the \
         proxy.",
    ),
    page(
        Code::ProxyTooLong,
        Proxy,
        "the proxy's answer is longer than anybody needs",
        "The head of the answer passes the fixed limits (64 KiB, 100 fields).",
        "The message names the limit.",
        "Ask the proxy team what fills its answers; check the port.",
    ),
    page(
        Code::ProxyAuthMissing,
        Settings,
        "the proxy wants credentials, and none are set",
        "The proxy asks for a user name and password.",
        "407 with Proxy-Authenticate.",
        "Set proxy.username and proxy.password (as a file, a variable or a command); \
         docs/guide.md shows how.",
    ),
    page(
        Code::ProxyAuthWrong,
        Settings,
        "the proxy does not take the credentials",
        "User name and password were sent, and the proxy asked again: one of them is \
         wrong, or the account is locked.",
        "407 in answer to a request with Proxy-Authorization. Squid says the same where \
         its rules want another user.",
        "Check the user name and where the password is read; in a variable's URL `@`, \
         `:`, `/` and `%` must be escaped (%40, %3A, %2F, %25).",
    ),
    page(
        Code::ProxyAuthScheme,
        Proxy,
        "the proxy offers no login that is built in",
        "The proxy wants Negotiate (Kerberos), NTLM or Digest, and offers no Basic.",
        "407 whose Proxy-Authenticate names them alone.",
        "Ask for Basic for this machine, or a rule by address; or put a local helper in \
         between that speaks the scheme (cntlm, px) and set it as the proxy.",
    ),
    page(
        Code::ProxyAuthNotAllowed,
        Proxy,
        "the proxy knows the user and does not allow the target",
        "The credentials were taken, and the answer is a refusal all the same: the rule \
         asks for another user or group, or the target is closed to everybody.",
        "403 after the 407 was answered.",
        "Ask the proxy team to allow the target for this user.",
    ),
    page(
        Code::ConnectForbidden,
        Proxy,
        "the proxy refuses the tunnel",
        "The proxy's rules forbid CONNECT to this host and port. Which of the two it is \
         was not found out.",
        "403 in answer to CONNECT. Squid: X-Squid-Error: ERR_ACCESS_DENIED.",
        "Hand the proxy team the lines that `outbound check` prints, or those for every \
         connection: `outbound rules`.",
    ),
    page(
        Code::ConnectForbiddenPort,
        Proxy,
        "the proxy refuses tunnels to this port",
        "The proxy lets tunnels through to port 443 and perhaps a few others, whatever \
         the host.",
        "403 in answer to CONNECT, while CONNECT to port 443 of the same host is not \
         forbidden. Squid: `SSL_ports` and `Safe_ports`; Apache: `AllowConnect`; \
         tinyproxy: `ConnectPort`, whose page says so.",
        "Hand the proxy team the line: it names the one host with the one port. Else use \
         a port that is allowed, mostly 443, if the server has one.",
    ),
    page(
        Code::ConnectForbiddenName,
        Proxy,
        "the proxy refuses this host",
        "The proxy's rules forbid the host, or allow a list of which it is none.",
        "403 in answer to CONNECT, to port 443 too. Squid: `http_access` with \
         `dstdomain`; Apache: `<Proxy>`; tinyproxy: `Filter`.",
        "Ask the proxy team to allow the host; `outbound check` prints the line.",
    ),
    page(
        Code::RequestForbidden,
        Proxy,
        "the proxy refuses the request",
        "The proxy's rules forbid this URL or method (plain http goes to the proxy as a \
         request, not by CONNECT).",
        "403 with X-Squid-Error or Proxy-Status, or the page of tinyproxy, haproxy or Apache \
         httpd without `Via`: what a proxy passes on has one, mostly.",
        "Ask the proxy team to allow the host for this method (`outbound check` prints the \
         lines); https:// is another rule and may be open.",
    ),
    page(
        Code::ForbiddenByPolicy,
        Proxy,
        "a policy of the proxy blocks the target",
        "A filter by category, reputation or country refuses: not a port, not a mistake \
         of the configuration.",
        "403 with a page of the company or of the filter's vendor; the message shows its \
         title.",
        "Ask for an exception with the words of the page: it mostly names category and \
         policy.",
    ),
    page(
        Code::CaptivePortal,
        Network,
        "a login page answers in place of the proxy or target",
        "The network wants a login in a browser first (a captive portal), or a filter \
         shows a page of its own.",
        "511, a redirect in answer to CONNECT, or a page of HTML for a data URL from \
         somebody who is not asked.",
        "Log in by browser from this network, or ask for an exception for this machine.",
    ),
    page(
        Code::ProxyRefused,
        Proxy,
        "the proxy refuses, for a reason of its own",
        "A definite no with a status that says little.",
        "Any 4xx but 403, 407, 408 and 429, or 501 and 505.",
        "The message shows the status and page; the proxy's log tells why.",
    ),
    page(
        Code::ProxyBusy,
        Proxy,
        "the proxy is too busy",
        "The proxy asks to come later.",
        "408, 420 or 429, 503 without word of the target.",
        "Try again; where it stays, lower --jobs, and ask the proxy team for its limits \
         per client.",
    ),
    page(
        Code::TargetNameUnknown,
        Target,
        "the proxy does not know the target's name",
        "The proxy resolves the names, and its name servers do not know this one.",
        "503 with X-Squid-Error: ERR_DNS_FAIL; of Squid 5 also ERR_CANNOT_FORWARD and \
         ERR_READ_ERROR 0; 502 with Proxy-Status: dns_error; 500 or 502 of Apache with words \
         on DNS. tinyproxy does not tell it from a closed port.",
        "Check the name; a name of the private network belongs into proxy.bypass.",
    ),
    page(
        Code::TargetPortClosed,
        Target,
        "the target refuses the proxy's connection",
        "The proxy reached the target's host, where nothing listens at that port.",
        "503 with X-Squid-Error: ERR_CONNECT_FAIL 111, Proxy-Status: connection_refused.",
        "Check the port and whether the server is up; the server's firewall may refuse \
         the proxy's address.",
    ),
    page(
        Code::TargetUnreachable,
        Target,
        "the proxy cannot reach the target",
        "The proxy tried and failed: no route, no such port, a firewall behind it. Most \
         proxies do not say which.",
        "502 or 503: Apache says no more; tinyproxy: 500 Unable to connect, also for a name \
         that it does not know; Squid: ERR_CONNECT_FAIL, ERR_CANNOT_FORWARD; haproxy: 503 when \
         its backend is down.",
        "Check name and port; ask the proxy team to try it from the proxy (`curl -v`).",
    ),
    page(
        Code::TargetTimeout,
        Target,
        "the target does not answer the proxy",
        "The proxy waited for the target in vain: its packets are dropped, or the server \
         is stuck.",
        "504; Squid: ERR_CONNECT_FAIL 110, ERR_READ_TIMEOUT; Apache's ProxyTimeout; \
         haproxy's timeout server.",
        "Ask the target's owner to let the proxy's outside address in; ask the proxy team \
         which it is.",
    ),
    page(
        Code::TargetHungUp,
        Target,
        "the target ends the proxy's connection without a word",
        "The proxy sent the request on, and the target closed.",
        "502 with X-Squid-Error: ERR_ZERO_SIZE_OBJECT or ERR_READ_ERROR; 502 of Apache with \
         `Error reading from remote server`, which it says of a silent target too; 502 of haproxy with \
         `invalid or incomplete response`; 503 of tinyproxy with `Could not retrieve all the headers`, \
         which it says of a service that is no HTTP too.",
        "The port may speak TLS (write https://) or be another service's, the server may be \
         restarting, or closed to the proxy's address.",
    ),
    page(
        Code::TunnelCut,
        Network,
        "the tunnel was opened, and then cut before the target's first word",
        "The proxy said 200, and the stream ended. The proxy, a filter behind it or the \
         target did that: here it cannot be told which.",
        "An end or a reset right behind the 200.",
        "The proxy's log tells the bytes of both directions. A proxy that inspects TLS \
         may refuse like this.",
    ),
    page(
        Code::TunnelSilent,
        Network,
        "the tunnel was opened, and nobody speaks in it",
        "The proxy said 200, and nothing came from the target in time.",
        "A limit ran out behind the 200. Some proxies say 200 before they have reached \
         the target.",
        "Ask the proxy team whether its connection to the target stands; check that the \
         port speaks this protocol.",
    ),
    page(
        Code::TunnelDoubtful,
        Proxy,
        "the proxy opened the tunnel with an odd status",
        "RFC 9110 lets any 2xx open a tunnel; proxies say 200. Something else probably \
         answered.",
        "201 to 299 in answer to CONNECT, and no good word behind it.",
        "Check that the proxy's port is a proxy's.",
    ),
    page(
        Code::TunnelIdleCut,
        Proxy,
        "an idle tunnel is cut",
        "The proxy (or a firewall between) ends tunnels that are silent.",
        "An end after a time that is nearly the same each try: haproxy's timeout tunnel, \
         tinyproxy's Timeout, Apache's ProxyTimeout, firewalls after 5 to 60 minutes.",
        "Ask for a longer limit, or have the application ping more often than the time \
         that was measured.",
    ),
];
