//! Who vouches for the servers, and whether somebody on the way does.

use crate::base::{Code, Host, Kind, Side, Stage, Target};
use crate::dial::Presented;
use crate::proto::certificate::{Certificate, inspecting_product};
use crate::tls::FOR_OTHERS;

use super::Report;

/// The certificates that were shown in one handshake of TLS.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Shown {
    /// [`Stage::ProxyTls`] or [`Stage::TargetTls`].
    pub stage: Stage,
    /// With whom: `data.example.org:443`.
    pub subject: String,
    /// `TLS 1.3`, where the handshake came to its end.
    pub version: Option<&'static str>,
    /// What was agreed on by ALPN (`h2`). Not escaped.
    pub alpn: Option<String>,
    /// Whether the issuer of one of them has the name of an authority that browsers trust.
    pub is_public: bool,
    /// Why the certificate seems to be made on the way.
    pub inspection: Option<Evidence>,
    /// Never empty.
    chain: Vec<Certificate>,
    /// The chain in DER.
    der: Vec<Vec<u8>>,
}

/// What shows that TLS is inspected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// The issuer has the name of a product that does so.
    Product(&'static str),
    /// An unrelated host has a certificate of the same issuer, which the public does not know.
    SameIssuer(String),
}

impl Shown {
    pub(super) fn of(presented: Presented) -> Option<Self> {
        let chain = presented.chain.iter().map(|der| Certificate::parse(der));
        let chain: Vec<Certificate> = chain.map_while(|parsed| parsed).collect();
        let leaf = chain.first()?;
        let is_public = chain.iter().any(is_of_public_authority);
        let product = inspecting_product(&leaf.issuer).filter(|_| !is_public);
        Some(Self {
            stage: presented.stage,
            subject: presented.subject,
            version: presented.version,
            alpn: presented
                .alpn
                .map(|agreed| String::from_utf8_lossy(&agreed).into_owned()),
            is_public,
            inspection: product.map(Evidence::Product),
            chain,
            der: presented.chain,
        })
    }

    /// What the certificates say, the server's own first.
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// The server's own certificate.
    pub fn leaf(&self) -> &Certificate {
        &self.chain[0]
    }

    /// The highest authority in the chain with its DER: one that issued itself, else the last that
    /// may sign others.
    pub fn authority(&self) -> Option<(&Certificate, &[u8])> {
        let mut all = self.chain.iter().zip(self.der.iter().map(Vec::as_slice));
        all.rfind(|(certificate, _)| certificate.is_authority)
    }

    fn host(&self) -> Option<Host> {
        let target = Target::parse(&format!("https://{}/", self.subject)).ok()?;
        Some(target.host().clone())
    }
}

/// By the name alone: it tells who is meant, and proves nothing.
fn is_of_public_authority(certificate: &Certificate) -> bool {
    let issuer = &certificate.issuer_der;
    let mut roots = webpki_roots::TLS_SERVER_ROOTS.iter();
    // Theirs stand without the head of the sequence, which is two to four bytes long.
    roots.any(|root| {
        let subject: &[u8] = &root.subject;
        issuer.ends_with(subject) && (2..=4).contains(&(issuer.len() - subject.len()))
    })
}

/// Compares what several targets showed: one issuer that the public does not know, for hosts that
/// have nothing to do with each other, makes its certificates on the way.
pub fn compare(reports: &mut [&mut Report]) {
    let seen: Vec<(Vec<u8>, Host)> = reports
        .iter()
        .flat_map(|report| &report.tls)
        .filter(|shown| !shown.is_public && !shown.leaf().is_self_issued)
        .filter_map(|shown| Some((shown.leaf().issuer_der.clone(), shown.host()?)))
        .collect();
    for report in reports.iter_mut() {
        for shown in &mut report.tls {
            let Some(host) = shown.host().filter(|_| !shown.is_public) else {
                continue;
            };
            let other = seen.iter().find(|(issuer, other)| {
                *issuer == shown.leaf().issuer_der && are_unrelated(&host, other)
            });
            if let (None, Some((_, other))) = (&shown.inspection, other) {
                shown.inspection = Some(Evidence::SameIssuer(other.to_string()));
            }
        }
        tell_inspection(report);
    }
}

/// An error for an unknown issuer is one for inspection, when that shows.
pub(super) fn tell_inspection(report: &mut Report) {
    let Some(error) = report.failure.take() else {
        return;
    };
    let subject = error.subject().map(ToOwned::to_owned);
    let shown = report.tls.iter().rev().find(|shown| {
        error.stage() == shown.stage && subject.as_deref() == Some(shown.subject.as_str())
    });
    let other = match shown.and_then(|shown| shown.inspection.as_ref()) {
        Some(Evidence::SameIssuer(other))
            if error.kind() == Kind::Tls && error.code() == Code::TlsUnknownIssuer =>
        {
            other
        }
        _ => {
            report.failure = Some(error);
            return;
        }
    };
    let hint = format!(
        "{other}, which has nothing to do with it, shows a certificate of the same issuer: something \
         on the way inspects TLS; put your company's root certificate in a file and set ca_file (other \
         programs: {FOR_OTHERS}), or ask for an exception"
    );
    let error = error
        .with_better_code(Code::TlsInspected)
        .with_side(Side::Settings);
    report.failure = Some(error.with_better_hint(hint));
}

/// Whether two hosts are probably not of the same owner: other last two labels. Addresses are of the
/// same network too often.
fn are_unrelated(one: &Host, other: &Host) -> bool {
    let (Host::Domain(one), Host::Domain(other)) = (one, other) else {
        return false;
    };
    let owner = |name: &str| {
        let labels: Vec<&str> = name.trim_end_matches('.').rsplit('.').take(2).collect();
        labels.join(".")
    };
    one.contains('.') && other.contains('.') && owner(one) != owner(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_one_owner_are_related() {
        let unrelated = |one: &str, other: &str| {
            are_unrelated(&Host::parse(one).unwrap(), &Host::parse(other).unwrap())
        };
        assert!(unrelated("a.example", "a.test"));
        assert!(unrelated("www.one.example", "www.two.example"));
        assert!(!unrelated("a.one.example", "b.one.example."));
        assert!(!unrelated("10.0.0.1", "192.0.2.1"));
        assert!(!unrelated("intranet", "wiki"));
    }

    #[test]
    fn authorities_of_the_public_are_known_by_name() {
        let root = &webpki_roots::TLS_SERVER_ROOTS[0];
        let content: &[u8] = &root.subject;
        let mut name = vec![0x30, u8::try_from(content.len()).unwrap()];
        name.extend_from_slice(content);
        let certificate = |issuer_der: Vec<u8>| {
            let key = rcgen::generate_simple_self_signed(["a.test".to_owned()]).unwrap();
            Certificate {
                issuer_der,
                ..Certificate::parse(key.cert.der()).unwrap()
            }
        };
        assert!(is_of_public_authority(&certificate(name.clone())));
        name.splice(0..0, [1; 8]);
        assert!(!is_of_public_authority(&certificate(name)));
        assert!(!is_of_public_authority(&certificate(Vec::new())));
    }
}
