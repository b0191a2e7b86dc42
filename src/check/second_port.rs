//! What a 403 in answer to CONNECT forbids, the port or the host: one more CONNECT to port 443 of the
//! same host tells. What it opens is closed at once; nothing is sent in it.

use std::time::Duration;

use tokio::time::timeout;

use crate::base::{Code, Error, Kind, Stage, Steps, Target};
use crate::connector::Connector;

/// Where proxies let tunnels through, if they do so at all.
const OPEN_PORT: u16 = 443;

/// How long the second answer is waited for: a proxy refuses at once, and waits only for a target.
const WAIT: Duration = Duration::from_secs(5);

/// The failure of a walk, with what a second CONNECT tells of it where it is a 403 of which nobody
/// knows whether the port or the host is meant.
///
/// # Cancel safety
/// Dropping the future closes what was opened.
pub(super) async fn told_apart(connector: &Connector, failure: Error) -> Error {
    let is_asked = failure.code() == Code::ConnectForbidden && failure.stage() == Stage::Connect;
    let Some(target) = refused(&failure).filter(|_| is_asked) else {
        return failure;
    };
    let Some(route) = failure.route().filter(|route| route.proxy().is_some()) else {
        return failure;
    };
    let other = target.at_port(OPEN_PORT);
    let tried = timeout(WAIT, connector.open(route, &other)).await;
    let (code, how) = match &tried {
        Ok(Ok(_)) => (Code::ConnectForbiddenPort, "opened".to_owned()),
        Err(_) => (Code::ConnectForbiddenPort, "not refused".to_owned()),
        Ok(Err(second)) => match second.answer() {
            // Of the user, if it is one of the user: the first one came before anybody was known.
            Some(answer) if answer.code == 403 && was_asked(&failure) == was_asked(second) => {
                (second.code(), format!("answered with {answer}"))
            }
            Some(answer) => (
                Code::ConnectForbiddenPort,
                format!("answered with {answer}"),
            ),
            None if second.kind() == Kind::Timeout && second.stage() == Stage::Connect => {
                (Code::ConnectForbiddenPort, "not refused".to_owned())
            }
            // The proxy has gone meanwhile: that tells nothing.
            None => return failure,
        },
    };
    let meant = match code {
        Code::ConnectForbiddenPort => format!("it is port {} that is refused", target.port()),
        Code::ProxyAuthNotAllowed => "the proxy refuses the host to this user".to_owned(),
        _ => format!("it is the host {} that is refused", target.host()),
    };
    let evidence = format!("; CONNECT to {} is {how}, so {meant}", other.authority());
    failure.and_also(evidence).with_better_code(code)
}

/// What was refused; a redirect may have led elsewhere than the URL says.
fn refused(failure: &Error) -> Option<Target> {
    let status = failure.answer().map(|answer| answer.code);
    let authority = failure.subject().filter(|_| status == Some(403))?;
    Target::parse(&format!("https://{authority}")).ok()
}

/// Whether the proxy had asked for credentials, and got them.
fn was_asked(error: &Error) -> bool {
    let passed = |steps: &Steps| steps.iter().any(|step| step.stage == Stage::Auth);
    passed(error.steps())
}
