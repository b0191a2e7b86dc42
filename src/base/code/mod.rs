//! The stable name of every verdict, and a page about each.

mod derive;
mod pages;

use std::fmt;

use super::Side;

/// What a verdict's page says.
#[derive(Debug)]
#[non_exhaustive]
pub struct Page {
    /// Whose page it is.
    pub code: Code,
    /// Who can mend it, unless the verdict itself knows better.
    pub side: Side,
    /// What it is, in one line.
    pub title: &'static str,
    /// What it means, and what else it may be.
    pub means: &'static str,
    /// How it shows: what which software answers, and how to see it without this program.
    pub seen: &'static str,
    /// What to change, and where.
    pub mend: &'static str,
}

macro_rules! codes {
    ($($group:literal: $($variant:ident $name:literal,)+)+) => {
        /// The stable name of a verdict: what `check` found, and what every error is of.
        ///
        /// A code is never given another meaning; new ones come.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[doc = concat!("`", $name, "`")] $variant,)+)+
        }

        impl Code {
            /// Every code with the heading that it stands under, in the order of the way.
            pub const ALL: &[(&'static str, Self)] = &[$($(($group, Self::$variant),)+)+];

            /// The name: `OUT-CONNECT-FORBIDDEN-PORT`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($(Self::$variant => $name,)+)+
                }
            }
        }
    };
}

codes! {
    "Settings and this machine":
    Usage "OUT-USAGE",
    Settings "OUT-SETTINGS",
    Secret "OUT-SECRET",
    Policy "OUT-POLICY",
    Unsupported "OUT-UNSUPPORTED",
    LocalFile "OUT-LOCAL-FILE",
    Interrupted "OUT-INTERRUPTED",
    "The first hop":
    ProxyNameUnknown "OUT-PROXY-NAME-UNKNOWN",
    NameUnknown "OUT-NAME-UNKNOWN",
    ResolverSilent "OUT-RESOLVER-SILENT",
    ResolverTrouble "OUT-RESOLVER-TROUBLE",
    ProxyPortClosed "OUT-PROXY-PORT-CLOSED",
    ProxyFiltered "OUT-PROXY-FILTERED",
    ProxyUnreachable "OUT-PROXY-UNREACHABLE",
    PortClosed "OUT-PORT-CLOSED",
    Filtered "OUT-FILTERED",
    Unreachable "OUT-UNREACHABLE",
    "The proxy":
    NotAProxy "OUT-NOT-A-PROXY",
    ProxyWantsTls "OUT-PROXY-WANTS-TLS",
    ProxyClosed "OUT-PROXY-CLOSED",
    ProxySilent "OUT-PROXY-SILENT",
    ProxyMalformed "OUT-PROXY-MALFORMED",
    ProxyTooLong "OUT-PROXY-TOO-LONG",
    ProxyAuthMissing "OUT-PROXY-AUTH-MISSING",
    ProxyAuthWrong "OUT-PROXY-AUTH-WRONG",
    ProxyAuthScheme "OUT-PROXY-AUTH-SCHEME",
    ProxyAuthNotAllowed "OUT-PROXY-AUTH-NOT-ALLOWED",
    ConnectForbidden "OUT-CONNECT-FORBIDDEN",
    ConnectForbiddenPort "OUT-CONNECT-FORBIDDEN-PORT",
    ConnectForbiddenName "OUT-CONNECT-FORBIDDEN-NAME",
    RequestForbidden "OUT-REQUEST-FORBIDDEN",
    ForbiddenByPolicy "OUT-FORBIDDEN-BY-POLICY",
    CaptivePortal "OUT-CAPTIVE-PORTAL",
    ProxyRefused "OUT-PROXY-REFUSED",
    ProxyBusy "OUT-PROXY-BUSY",
    "Between the proxy and the target":
    TargetNameUnknown "OUT-PROXY-TARGET-NAME-UNKNOWN",
    TargetPortClosed "OUT-PROXY-TARGET-PORT-CLOSED",
    TargetUnreachable "OUT-PROXY-TARGET-UNREACHABLE",
    TargetTimeout "OUT-PROXY-TARGET-TIMEOUT",
    TargetHungUp "OUT-PROXY-TARGET-CLOSED",
    TunnelCut "OUT-TUNNEL-CUT",
    TunnelSilent "OUT-TUNNEL-SILENT",
    TunnelDoubtful "OUT-TUNNEL-DOUBTFUL",
    TunnelIdleCut "OUT-TUNNEL-IDLE-CUT",
    "TLS":
    TlsInspected "OUT-TLS-INSPECTED",
    TlsUnknownIssuer "OUT-TLS-UNKNOWN-ISSUER",
    TlsSelfSigned "OUT-TLS-SELF-SIGNED",
    TlsExpired "OUT-TLS-EXPIRED",
    TlsNotYetValid "OUT-TLS-NOT-YET-VALID",
    TlsWrongName "OUT-TLS-WRONG-NAME",
    TlsCertificate "OUT-TLS-CERTIFICATE",
    TlsVersion "OUT-TLS-VERSION",
    TlsClientCertificate "OUT-TLS-CLIENT-CERTIFICATE",
    TlsNameNotServed "OUT-TLS-NAME-NOT-SERVED",
    TlsNotSpoken "OUT-TLS-NOT-SPOKEN",
    TlsCut "OUT-TLS-CUT",
    TlsSilent "OUT-TLS-SILENT",
    TlsFailed "OUT-TLS-FAILED",
    "FTP":
    FtpNoGreeting "OUT-FTP-NO-GREETING",
    FtpNotFtp "OUT-FTP-NOT-FTP",
    FtpUnavailable "OUT-FTP-421",
    FtpLoginRefused "OUT-FTP-LOGIN-REFUSED",
    FtpPasswordMissing "OUT-FTP-PASSWORD-MISSING",
    FtpTlsRefused "OUT-FTP-TLS-REFUSED",
    FtpTlsDemanded "OUT-FTP-TLS-DEMANDED",
    FtpDataInClear "OUT-FTP-DATA-IN-CLEAR",
    FtpSessionReuse "OUT-FTP-SESSION-REUSE",
    FtpPassiveRefused "OUT-FTP-PASSIVE-REFUSED",
    FtpEpsvRefused "OUT-FTP-EPSV-REFUSED",
    FtpPrivateAddress "OUT-FTP-PRIVATE-ADDRESS",
    FtpDataForbidden "OUT-FTP-DATA-FORBIDDEN",
    FtpDataSilent "OUT-FTP-DATA-SILENT",
    FtpDataUnseen "OUT-FTP-DATA-UNSEEN",
    FtpNotFound "OUT-FTP-NOT-FOUND",
    FtpRefused "OUT-FTP-REFUSED",
    "The target":
    TargetWantsTls "OUT-TARGET-WANTS-TLS",
    TargetNotHttp "OUT-TARGET-NOT-HTTP",
    TargetSilent "OUT-TARGET-SILENT",
    TargetClosed "OUT-TARGET-CLOSED",
    TargetAuthMissing "OUT-TARGET-AUTH-MISSING",
    TargetAuthWrong "OUT-TARGET-AUTH-WRONG",
    TargetForbidden "OUT-TARGET-FORBIDDEN",
    TargetNotFound "OUT-TARGET-NOT-FOUND",
    TargetRefused "OUT-TARGET-REFUSED",
    TargetBusy "OUT-TARGET-BUSY",
    TargetError "OUT-TARGET-ERROR",
    TargetMalformed "OUT-TARGET-MALFORMED",
    RedirectRefused "OUT-REDIRECT-REFUSED",
    WsVersion "OUT-WS-VERSION",
    WsNotUpgraded "OUT-WS-NOT-UPGRADED",
    WsCut "OUT-WS-CUT",
    WsIdleCut "OUT-WS-IDLE-CUT",
    Cut "OUT-CUT",
    Changed "OUT-CHANGED",
    Mismatch "OUT-MISMATCH",
    "Deployments behind a reverse proxy":
    WebNoUpgrade "OUT-WEB-NO-UPGRADE",
    WebIdleCut "OUT-WEB-IDLE-CUT",
    WebRedirectHost "OUT-WEB-REDIRECT-HOST",
    WebRedirectScheme "OUT-WEB-REDIRECT-SCHEME",
    WebPrefix "OUT-WEB-PREFIX",
    WebUploadRefused "OUT-WEB-UPLOAD-REFUSED",
    WebDownloadCut "OUT-WEB-DOWNLOAD-CUT",
    WebRequestCut "OUT-WEB-REQUEST-CUT",
}

impl Code {
    /// The code of that name, in any case, also without its `OUT-`.
    pub fn find(name: &str) -> Option<Self> {
        let bare = |code: Self| code.as_str().trim_start_matches("OUT-");
        let mut all = Self::ALL.iter().map(|(_, code)| *code);
        all.find(|code| {
            code.as_str().eq_ignore_ascii_case(name) || bare(*code).eq_ignore_ascii_case(name)
        })
    }

    /// What is to be said of it.
    pub fn page(self) -> &'static Page {
        let mut all = pages::ALL.iter().flat_map(|group| group.iter());
        // A test sees to it that each has one.
        all.find(|page| page.code == self).unwrap_or(&pages::NONE)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_has_a_name_and_a_page_of_its_own() {
        let names: HashSet<&str> = Code::ALL.iter().map(|(_, code)| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for (_, code) in Code::ALL {
            let name = code.as_str();
            let is_plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-';
            assert!(
                name.starts_with("OUT-") && name.chars().all(is_plain),
                "{name}"
            );
            let pages = pages::ALL.iter().flat_map(|group| group.iter());
            assert_eq!(pages.filter(|page| page.code == *code).count(), 1, "{name}");
            let page = code.page();
            for text in [page.title, page.means, page.seen, page.mend] {
                assert!(!text.is_empty() && !text.contains("  "), "{name}: {text}");
            }
            assert!(page.title.len() <= 90, "{name}: {}", page.title);
            assert_eq!(Code::find(&name.to_lowercase()), Some(*code));
        }
        assert_eq!(Code::find("OUT-NO-SUCH"), None);
    }
}
