//! What every kind of error means: the source of the reference in `docs/`.

use super::Kind;

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 22] = [
        Self::Usage,
        Self::Settings,
        Self::Secret,
        Self::Policy,
        Self::Unsupported,
        Self::Resolve,
        Self::Dial,
        Self::Timeout,
        Self::ProxyRefused,
        Self::ProxyAuth,
        Self::ProxyUnavailable,
        Self::ProxyProtocol,
        Self::Tls,
        Self::TargetRefused,
        Self::TargetAuth,
        Self::TargetUnavailable,
        Self::TargetProtocol,
        Self::Cut,
        Self::Changed,
        Self::Mismatch,
        Self::LocalFile,
        Self::Interrupted,
    ];

    /// What it means, and what to do, each in one line.
    #[rustfmt::skip]
    pub fn about(self) -> (&'static str, &'static str) {
        match self {
            Self::Usage => ("an argument is wrong", "correct it; `--help` has examples"),
            Self::Settings => ("a setting, a variable or a settings file is wrong or unreadable", "`outbound config check` lists everything at once, with lines"),
            Self::Secret => ("a secret cannot be read", "see that the variable, file or command named in the message gives it"),
            Self::Policy => ("the policy forbids this way", "`outbound route URL` tells which rule; change it, or the policy"),
            Self::Unsupported => ("understood, but not built yet or not built in", "take another way: the hint names one where there is one"),
            Self::Resolve => ("the name of the first hop is unknown", "check the spelling, and DNS; behind a proxy only the proxy's name is looked up here"),
            Self::Dial => ("the first hop refused the connection or cannot be reached", "check host and port, and firewalls; without a proxy in the message, configure one"),
            Self::Timeout => ("a stage took longer than its limit", "the message names the limit's setting; look at the side that was silent first"),
            Self::ProxyRefused => ("the proxy refused: 403, or another definite no", "ask its administrator; `outbound check URL` prints the line to add"),
            Self::ProxyAuth => ("the proxy wants credentials, or others than it got (407)", "set `proxy.username` and `proxy.password`, or correct them"),
            Self::ProxyUnavailable => ("the proxy cannot reach the target, or is overloaded (408, 429, 5xx)", "check the target's name and port; else wait"),
            Self::ProxyProtocol => ("what answers at the proxy's port does not speak as a proxy", "check the proxy's port"),
            Self::Tls => ("TLS failed, or a certificate is not believed", "for a company's certificate set `ca_file`"),
            Self::TargetRefused => ("the target refused: HTTP 4xx, 501, 505, FTP 5yz", "check the path, and your rights there"),
            Self::TargetAuth => ("the target wants credentials, or others than it got (HTTP 401, FTP 530)", "set the connection's `username` and `password`, or `--user`"),
            Self::TargetUnavailable => ("the target cannot now: HTTP 408, 429, other 5xx, FTP 4yz", "wait; raise `retry.attempts`"),
            Self::TargetProtocol => ("the target's answer makes no sense", "check scheme and port; report it to whoever runs the server"),
            Self::Cut => ("the stream ended or broke before the data did", "run the same command again: it goes on; raise `retry.attempts`"),
            Self::Changed => ("the file changed on the server in the middle", "run it again, when the server is done with it"),
            Self::Mismatch => ("length or checksum differ from what was promised", "compare the checksum with its source; fetch the file again"),
            Self::LocalFile => ("a local file exists, is in use or cannot be written", "the message says which; `--force` overwrites"),
            Self::Interrupted => ("it was stopped", "run the same command again: it goes on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_once() {
        let named = include_str!("kind.rs").matches("=> \"").count();
        let sides = 5;
        assert_eq!(Kind::ALL.len(), named - sides, "ALL lacks a kind");
        for (at, kind) in Kind::ALL.iter().enumerate() {
            assert_eq!(Kind::ALL.iter().position(|k| k == kind), Some(at));
        }
    }
}
