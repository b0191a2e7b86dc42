//! The target, over HTTP and WebSocket, and the data itself.

use super::page;
use crate::base::Side::{Network, Settings, Target};
use crate::base::code::{Code, Page};

pub(super) const PAGES: &[Page] = &[
    page(
        Code::TargetWantsTls,
        Settings,
        "the target's port speaks TLS",
        "Plain HTTP came to a port for HTTPS.",
        "400 with `plain HTTP request was sent to HTTPS port` (nginx), or an end without \
         an answer.",
        "Write https:// (or wss://) in the URL.",
    ),
    page(
        Code::TargetNotHttp,
        Settings,
        "what answers is not HTTP",
        "Another protocol listens at the target's port.",
        "First bytes that are no status line.",
        "Check the port; if it speaks TLS, write https://.",
    ),
    page(
        Code::TargetSilent,
        Target,
        "the target does not answer",
        "The connection stands, and no answer came in time.",
        "The limit timeouts.reply ran out.",
        "Try again; slow queries want a larger timeouts.reply; ask the target's owner.",
    ),
    page(
        Code::TargetClosed,
        Target,
        "the target hangs up without an answer",
        "The target took the connection and closed it.",
        "An end or reset before the answer.",
        "It may be starting, too busy, closed to this address, or want TLS.",
    ),
    page(
        Code::TargetAuthMissing,
        Settings,
        "the target wants a login",
        "The server asks for credentials, and none were sent.",
        "401 with WWW-Authenticate.",
        "Set username and password of the connection, or --user with --password-file, or \
         a field with a token.",
    ),
    page(
        Code::TargetAuthWrong,
        Settings,
        "the target does not take the login",
        "Credentials were sent, and refused.",
        "401 in answer to a request with Authorization.",
        "Check user name and password, or whether the token has run out.",
    ),
    page(
        Code::TargetForbidden,
        Target,
        "the target does not give it",
        "The server knows what is asked for and refuses: a right is missing, or the \
         address (the proxy's) is not wanted.",
        "403 of the server itself.",
        "Ask the target's owner for access; name the proxy's outside address.",
    ),
    page(
        Code::TargetNotFound,
        Target,
        "the target has nothing at that path",
        "The path is wrong, or the file is gone.",
        "404 or 410.",
        "Check the path; upper and lower case count.",
    ),
    page(
        Code::TargetRefused,
        Target,
        "the target refuses the request",
        "A definite no that is neither login nor path.",
        "Another 4xx, 501 or 505.",
        "The message shows what the server said.",
    ),
    page(
        Code::TargetBusy,
        Target,
        "the target cannot now",
        "The server is at its limits, down for maintenance, or limits how often you ask.",
        "408, 429, 503; Retry-After tells for how long.",
        "Try again later; ask less often.",
    ),
    page(
        Code::TargetError,
        Target,
        "the target fails",
        "The server, or what stands in front of it, is in trouble.",
        "500, 502, 504 of the server's side.",
        "Try again; tell its owner.",
    ),
    page(
        Code::TargetMalformed,
        Target,
        "the target's answer makes no sense",
        "It breaks the rules of its protocol, or is another kind of answer than what was \
         asked for.",
        "The message says which rule.",
        "Check the URL; something on the way may have changed the answer: https:// hides \
         it.",
    ),
    page(
        Code::RedirectRefused,
        Target,
        "a redirect is not followed",
        "It leads from https to http, in a circle, to a scheme that is not allowed, or on \
         and on.",
        "301, 302, 303, 307 or 308; the message shows where to.",
        "Ask for the right URL at once, or have its owner mend the redirect.",
    ),
    page(
        Code::WsVersion,
        Target,
        "the WebSocket server wants another version",
        "The upgrade arrived, and the server speaks another version than 13.",
        "426, or 400 with Sec-WebSocket-Version.",
        "The server must learn RFC 6455.",
    ),
    page(
        Code::WsNotUpgraded,
        Target,
        "the WebSocket upgrade does not arrive as one",
        "A reverse proxy in front of the server does not pass Upgrade on, something on \
         the way swallows it, or the path is no WebSocket's.",
        "200, 400, 404, 426 or a redirect in place of 101.",
        "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; \
         proxy_set_header Connection \"upgrade\". Apache: RewriteRule to ws:// with [P], \
         or ProxyPass upgrade=websocket. wss:// hides the upgrade from what is between.",
    ),
    page(
        Code::WsCut,
        Target,
        "the WebSocket was upgraded and cut",
        "101 came, and then the stream ended without a closing handshake.",
        "An end right behind the 101, or close code 1006.",
        "The application's log tells; a proxy that inspects may do this.",
    ),
    page(
        Code::WsIdleCut,
        Network,
        "an idle WebSocket is cut",
        "A proxy on either side ends what is silent.",
        "An end after the same time each try: nginx proxy_read_timeout 60s, haproxy \
         timeout tunnel, Apache ProxyTimeout.",
        "Raise that limit, or ping more often than the time that was measured.",
    ),
    page(
        Code::Cut,
        Network,
        "the stream ended before the data did",
        "The connection broke in the middle of a transfer.",
        "An end or reset before the announced length.",
        "The same command goes on where it stopped; where it always breaks after the same \
         time or size, ask the proxy team for that limit.",
    ),
    page(
        Code::Changed,
        Target,
        "the file changed while it came",
        "The server's validator (ETag, Last-Modified, size) is another than at the \
         beginning.",
        "412, 416 or another validator.",
        "Try again; fetch a version that stays.",
    ),
    page(
        Code::Mismatch,
        Target,
        "length or checksum differ from what was promised",
        "All came, and it is not what was asked for.",
        "The message shows both values.",
        "Check the checksum's source; something on the way may change the data.",
    ),
];
