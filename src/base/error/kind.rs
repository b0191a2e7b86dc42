//! Causes, and who can mend them.

use std::fmt;

/// What went wrong, by cause. It decides the exit code, whose side it is and whether trying
/// again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A bad argument: a URL that is none, a checksum of the wrong length.
    Usage,
    /// A setting, environment variable or settings file is wrong or unreadable.
    Settings,
    /// A secret could not be read.
    Secret,
    /// The policy forbids this way.
    Policy,
    /// Understood, but not built yet or not built in.
    Unsupported,
    /// The name of the first hop is unknown.
    Resolve,
    /// The first hop refused the connection or cannot be reached.
    Dial,
    /// A stage took longer than its limit.
    Timeout,
    /// The proxy refused: 403 and every other definite no.
    ProxyRefused,
    /// The proxy wants credentials, or others than it got (407).
    ProxyAuth,
    /// The proxy could not reach the target, or is overloaded: 408, 429, 5xx.
    ProxyUnavailable,
    /// What answers at the proxy's port does not speak as a proxy: garbage, an oversized head, a
    /// close in the middle.
    ProxyProtocol,
    /// TLS failed, or a certificate is not believed.
    Tls,
    /// The target refused: HTTP 4xx, 501, 505; FTP 5yz.
    TargetRefused,
    /// The target wants credentials, or others than it got: HTTP 401, FTP 530.
    TargetAuth,
    /// The target cannot now: HTTP 408, 429, other 5xx; FTP 4yz.
    TargetUnavailable,
    /// The target's answer makes no sense.
    TargetProtocol,
    /// The stream ended or broke before the data did.
    Cut,
    /// The file changed on the server in the middle.
    Changed,
    /// Length or checksum differ from what was promised.
    Mismatch,
    /// A local file: exists, cannot be written, the disk is full.
    LocalFile,
    /// The user stopped it.
    Interrupted,
}

/// Who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Side {
    /// The settings or the arguments.
    Settings,
    /// This machine.
    Here,
    /// The network on the way.
    Network,
    /// The proxy.
    Proxy,
    /// The target.
    Target,
}

impl Side {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Settings,
        Self::Here,
        Self::Network,
        Self::Proxy,
        Self::Target,
    ];
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Settings => "settings",
            Self::Here => "this machine",
            Self::Network => "network",
            Self::Proxy => "proxy",
            Self::Target => "target",
        })
    }
}

impl Kind {
    /// The name that `--json` uses; stable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Settings => "settings",
            Self::Secret => "secret",
            Self::Policy => "policy",
            Self::Unsupported => "unsupported",
            Self::Resolve => "resolve",
            Self::Dial => "dial",
            Self::Timeout => "timeout",
            Self::ProxyRefused => "proxy-refused",
            Self::ProxyAuth => "proxy-auth",
            Self::ProxyUnavailable => "proxy-unavailable",
            Self::ProxyProtocol => "proxy-protocol",
            Self::Tls => "tls",
            Self::TargetRefused => "target-refused",
            Self::TargetAuth => "target-auth",
            Self::TargetUnavailable => "target-unavailable",
            Self::TargetProtocol => "target-protocol",
            Self::Cut => "cut",
            Self::Changed => "changed",
            Self::Mismatch => "mismatch",
            Self::LocalFile => "local-file",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the same thing done again may end well. A definite refusal never does.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Resolve
                | Self::Dial
                | Self::Timeout
                | Self::ProxyUnavailable
                | Self::ProxyProtocol
                | Self::TargetUnavailable
                | Self::Cut
                | Self::Changed
                | Self::Interrupted
        )
    }
}
