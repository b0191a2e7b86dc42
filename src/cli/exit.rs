//! Exit codes: stable, one for each class of cause.

use std::process::ExitCode;

use crate::base::{Error, Kind, Side, Stage};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything that was asked for was done.
    Success,
    /// A bug, or a system that cannot start a runtime.
    Other,
    /// A bad argument.
    Usage,
    /// A setting, an environment variable or a secret is wrong or unreadable.
    Settings,
    /// The policy forbids the way, or it is not built in.
    Route,
    /// The first hop's name is unknown, or it cannot be reached.
    Network,
    /// The proxy refused, cannot reach the target, or is no proxy.
    Proxy,
    /// The proxy wants credentials, or others.
    ProxyAuth,
    /// TLS failed.
    Tls,
    /// The target refused, or cannot now.
    Target,
    /// The target wants credentials, or others.
    TargetAuth,
    /// The transfer broke off or took too long, and all tries were used.
    Transfer,
    /// Length or checksum differ.
    Mismatch,
    /// A local file.
    LocalFile,
    /// `exec`: the command cannot be run.
    NotExecutable,
    /// `exec`: there is no such command.
    NotFound,
    /// Stopped by the user.
    Interrupted,
}

impl Exit {
    /// Every exit, in the order of its code, with what it means.
    pub const ALL: [(Self, &'static str); 17] = [
        (Self::Success, "everything that was asked for was done"),
        (
            Self::Other,
            "a bug, or a system that cannot start the program",
        ),
        (Self::Usage, "a bad argument"),
        (
            Self::Settings,
            "a setting, environment variable or secret is wrong or unreadable",
        ),
        (
            Self::Route,
            "the policy forbids the way, or it is not built in",
        ),
        (
            Self::Network,
            "the first hop's name is unknown, or it cannot be reached",
        ),
        (
            Self::Proxy,
            "the proxy refused, cannot reach the target, or is no proxy",
        ),
        (
            Self::ProxyAuth,
            "the proxy wants credentials, or others than it got",
        ),
        (Self::Tls, "TLS failed, or a certificate is not trusted"),
        (Self::Target, "the target refused, or cannot answer now"),
        (
            Self::TargetAuth,
            "the target wants credentials, or others than it got",
        ),
        (
            Self::Transfer,
            "the transfer broke off or took too long, and all tries were used",
        ),
        (
            Self::Mismatch,
            "length or checksum differ from what was promised",
        ),
        (
            Self::LocalFile,
            "a local file exists, is in use or cannot be written",
        ),
        (
            Self::NotExecutable,
            "the command of `exec` cannot be run, as in env(1) and shells",
        ),
        (
            Self::NotFound,
            "the command of `exec` is not there, as in env(1) and shells",
        ),
        (Self::Interrupted, "stopped by SIGINT or SIGTERM"),
    ];

    /// The code that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Other => 1,
            Self::Usage => 2,
            Self::Settings => 3,
            Self::Route => 4,
            Self::Network => 5,
            Self::Proxy => 6,
            Self::ProxyAuth => 7,
            Self::Tls => 8,
            Self::Target => 9,
            Self::TargetAuth => 10,
            Self::Transfer => 11,
            Self::Mismatch => 12,
            Self::LocalFile => 13,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
            Self::Interrupted => 130,
        }
    }

    /// The exit of two things done one after the other: the first that failed decides.
    pub fn and(self, other: Self) -> Self {
        if self == Self::Success { other } else { self }
    }

    /// The exit for an error.
    pub fn of(error: &Error) -> Self {
        match error.kind() {
            Kind::Usage => Self::Usage,
            Kind::Settings | Kind::Secret => Self::Settings,
            Kind::Policy | Kind::Unsupported => Self::Route,
            Kind::Resolve | Kind::Dial => Self::Network,
            Kind::ProxyRefused | Kind::ProxyUnavailable | Kind::ProxyProtocol => Self::Proxy,
            Kind::ProxyAuth => Self::ProxyAuth,
            Kind::Tls => Self::Tls,
            Kind::TargetRefused | Kind::TargetUnavailable | Kind::TargetProtocol => Self::Target,
            Kind::TargetAuth => Self::TargetAuth,
            Kind::Timeout => Self::of_silence(error),
            Kind::Cut | Kind::Changed => Self::Transfer,
            Kind::Mismatch => Self::Mismatch,
            Kind::LocalFile => Self::LocalFile,
            Kind::Interrupted => Self::Interrupted,
        }
    }

    /// Silence belongs to whoever was silent.
    fn of_silence(error: &Error) -> Self {
        match (error.stage(), error.side()) {
            (Stage::Resolve | Stage::Dial, _) => Self::Network,
            (_, Side::Proxy) => Self::Proxy,
            _ => Self::Transfer,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_listed_in_order() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|(exit, _)| exit.code()).collect();
        assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    }
}
