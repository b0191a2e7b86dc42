//! The faults that a deployment behind a reverse proxy has, with what each means.

use super::directives::{Advice, Front, Product, lines};
use super::finding::STAGE;
use crate::base::{Code, Error, Kind};

/// A fault that was proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The upgrade does not reach the application as one.
    NoUpgrade,
    /// It reaches it, but `Host` is not the public one: the application compares it with `Origin`.
    Origin,
    /// An idle WebSocket is ended.
    IdleCut,
    /// A redirect leads to another name or port than the public one.
    RedirectHost,
    /// A redirect leads to another scheme than the public one, or back to itself.
    RedirectScheme,
    /// What the application refers to is not there, because a prefix stands before it.
    Prefix,
    /// The size of an upload is refused.
    UploadRefused,
    /// A download ends before its end.
    DownloadCut,
    /// A request whose answer takes long is ended.
    RequestCut,
}

impl Fault {
    /// Every fault.
    #[cfg(test)]
    pub const ALL: [Self; 9] = [
        Self::NoUpgrade,
        Self::Origin,
        Self::IdleCut,
        Self::RedirectHost,
        Self::RedirectScheme,
        Self::Prefix,
        Self::UploadRefused,
        Self::DownloadCut,
        Self::RequestCut,
    ];

    /// The error for it. All are the deployment's, on the target's side.
    pub fn error(self, what: String) -> Error {
        let kind = match self {
            Self::UploadRefused => Kind::TargetRefused,
            _ => Kind::TargetProtocol,
        };
        let error = Error::new(kind, STAGE, what).permanent();
        error.with_code(self.code())
    }

    fn code(self) -> Code {
        match self {
            Self::NoUpgrade | Self::Origin => Code::WebNoUpgrade,
            Self::IdleCut => Code::WebIdleCut,
            Self::RedirectHost => Code::WebRedirectHost,
            Self::RedirectScheme => Code::WebRedirectScheme,
            Self::Prefix => Code::WebPrefix,
            Self::UploadRefused => Code::WebUploadRefused,
            Self::DownloadCut => Code::WebDownloadCut,
            Self::RequestCut => Code::WebRequestCut,
        }
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::NoUpgrade => {
                "the reverse proxy does not pass the upgrade of WebSocket on to the application"
            }
            Self::Origin => {
                "without the field Origin, which browsers send, the application takes the upgrade: \
                 the Host that it sees is not the public one, or it allows other origins alone"
            }
            Self::IdleCut => {
                "a WebSocket that says nothing is ended: by the reverse proxy, or the application; a \
                 ping more often than that keeps it too"
            }
            Self::RedirectHost => {
                "the application's redirect leads to its own name or port in place of the public one"
            }
            Self::RedirectScheme => {
                "the application takes the connection for one of plain http, and redirects so"
            }
            Self::Prefix => {
                "a path prefix stands before the application, which does not know of it (Dataiku DSS \
                 supports none)"
            }
            Self::UploadRefused => "the size of the upload is refused",
            Self::DownloadCut => "a large download is cut",
            Self::RequestCut => {
                "a request whose answer takes long is ended: by the reverse proxy, or by one behind it"
            }
        }
    }

    /// Whether a forward proxy on the way may have done it as well.
    pub fn is_of_time(self) -> bool {
        matches!(self, Self::IdleCut | Self::RequestCut | Self::DownloadCut)
    }

    /// The lines that are missing: those of the product that is known to stand in front, else of all,
    /// the likely one first.
    pub fn advice(self, front: &Front) -> Vec<Advice> {
        let mut products = Product::ALL.to_vec();
        if let Some(known) = front.product {
            products.retain(|product| *product == known || !front.is_proven);
            products.sort_by_key(|product| *product != known);
        }
        let advice = products.into_iter().map(|product| Advice {
            product,
            lines: lines(self, product),
        });
        advice.filter(|advice| !advice.lines.is_empty()).collect()
    }
}
