//! The code of an error to which nobody who knew more gave one.

use super::Code;
use crate::base::{Answer, Kind, Stage};

impl Code {
    /// By kind and stage, and by what the other side said.
    pub(in crate::base) fn derive(kind: Kind, stage: Stage, answer: Option<&Answer>) -> Self {
        let status = answer.map(|answer| answer.code);
        match kind {
            Kind::Usage => Self::Usage,
            Kind::Settings => Self::Settings,
            Kind::Secret => Self::Secret,
            Kind::Policy => Self::Policy,
            Kind::Unsupported => Self::Unsupported,
            Kind::LocalFile => Self::LocalFile,
            Kind::Interrupted => Self::Interrupted,
            Kind::Mismatch => Self::Mismatch,
            Kind::Changed => Self::Changed,
            Kind::Resolve => Self::NameUnknown,
            Kind::Dial => Self::Unreachable,
            Kind::Timeout => silence(stage),
            Kind::ProxyRefused => match (status, stage) {
                (Some(403), Stage::Data) => Self::FtpDataForbidden,
                (Some(403), Stage::Connect) => Self::ConnectForbidden,
                (Some(403), _) => Self::RequestForbidden,
                _ => Self::ProxyRefused,
            },
            Kind::ProxyAuth => Self::ProxyAuthMissing,
            Kind::ProxyUnavailable => match status {
                Some(408 | 420 | 429) => Self::ProxyBusy,
                Some(504) => Self::TargetTimeout,
                _ => Self::TargetUnreachable,
            },
            Kind::ProxyProtocol => Self::ProxyMalformed,
            Kind::Tls => Self::TlsFailed,
            Kind::TargetAuth => match status {
                Some(530..=532) => Self::FtpLoginRefused,
                Some(331 | 332) => Self::FtpPasswordMissing,
                _ => Self::TargetAuthMissing,
            },
            Kind::TargetRefused => refusal(status, is_ftp(stage)),
            Kind::TargetUnavailable => match (status, is_ftp(stage)) {
                (None, _) => Self::TargetClosed,
                (Some(421), true) => Self::FtpUnavailable,
                (Some(408 | 420 | 429 | 503), _) => Self::TargetBusy,
                (Some(425), _) => Self::FtpDataUnseen,
                _ => Self::TargetError,
            },
            Kind::TargetProtocol => Self::TargetMalformed,
            Kind::Cut => match stage {
                Stage::TargetTls => Self::TlsCut,
                _ => Self::Cut,
            },
        }
    }

    /// What it is called when it keeps FTP's data channel from being opened.
    pub(in crate::base) fn of_data_channel(self) -> Self {
        match self {
            Self::ConnectForbidden
            | Self::ConnectForbiddenName
            | Self::ConnectForbiddenPort
            | Self::ProxyAuthNotAllowed => Self::FtpDataForbidden,
            Self::PortClosed
            | Self::Filtered
            | Self::Unreachable
            | Self::TargetPortClosed
            | Self::TargetTimeout
            | Self::TargetUnreachable => Self::FtpDataSilent,
            other => other,
        }
    }

    /// What a fault of the first hop is called when that is the proxy.
    pub(in crate::base) fn of_proxy(self) -> Self {
        match self {
            Self::NameUnknown => Self::ProxyNameUnknown,
            Self::PortClosed => Self::ProxyPortClosed,
            Self::Filtered => Self::ProxyFiltered,
            Self::Unreachable => Self::ProxyUnreachable,
            other => other,
        }
    }
}

fn silence(stage: Stage) -> Code {
    match stage {
        Stage::Resolve => Code::ResolverSilent,
        Stage::Dial => Code::Filtered,
        Stage::ProxyTls | Stage::Connect | Stage::Auth => Code::ProxySilent,
        Stage::TargetTls => Code::TlsSilent,
        Stage::Greeting => Code::FtpNoGreeting,
        Stage::Data => Code::FtpDataSilent,
        _ => Code::TargetSilent,
    }
}

/// Whether it is a stage of FTP's dialogue: its replies have three digits as HTTP's statuses have.
fn is_ftp(stage: Stage) -> bool {
    matches!(
        stage,
        Stage::Greeting | Stage::Login | Stage::Passive | Stage::Data
    )
}

fn refusal(status: Option<u16>, is_ftp: bool) -> Code {
    match status {
        Some(550) => Code::FtpNotFound,
        // No server of HTTP refuses by these: 501 and 505 alone of its 5xx are definite.
        Some(500 | 502..=504 | 506..=599) => Code::FtpRefused,
        Some(_) if is_ftp => Code::FtpRefused,
        Some(403) => Code::TargetForbidden,
        Some(404 | 410) => Code::TargetNotFound,
        _ => Code::TargetRefused,
    }
}
