//! What an X.509 certificate says (RFC 5280), as far as people have to be told.

use std::fmt;

use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate, X509Name};

use crate::base::text;

/// How many names are told of those that a certificate is for.
const NAMES_TOLD: usize = 4;

/// How many names are kept.
const NAMES_KEPT: usize = 100;

/// What a certificate says. Its texts are as it has them: `Display` and
/// [`text::clip`](crate::base::text::clip) make them safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Certificate {
    /// Whose it is: the common name, else the whole name.
    pub subject: String,
    /// Who signed it: the common name with the organization, else the whole name.
    pub issuer: String,
    /// The host names and addresses that it is for.
    pub names: Vec<String>,
    /// Its first second, in seconds since 1970.
    pub not_before: i64,
    /// Its last second, in seconds since 1970.
    pub not_after: i64,
    /// Whether it may sign others.
    pub is_authority: bool,
    /// Whether it names itself as its issuer: a root, or a server's own.
    pub is_self_issued: bool,
    /// SHA-256 of the whole certificate.
    pub sha256: [u8; 32],
    /// The issuer's name in DER, by which an authority is found.
    pub issuer_der: Vec<u8>,
}

impl Certificate {
    /// Reads a certificate in DER; `None` when it is none.
    pub fn parse(der: &[u8]) -> Option<Self> {
        let (_, parsed) = X509Certificate::from_der(der).ok()?;
        let names = parsed.subject_alternative_name().ok().flatten();
        let names = names
            .into_iter()
            .flat_map(|names| &names.value.general_names);
        let names = names.filter_map(name_of).take(NAMES_KEPT).collect();
        Some(Self {
            subject: told(parsed.subject(), false),
            issuer: told(parsed.issuer(), true),
            names,
            not_before: parsed.validity().not_before.timestamp(),
            not_after: parsed.validity().not_after.timestamp(),
            is_authority: parsed.is_ca(),
            is_self_issued: parsed.subject().as_raw() == parsed.issuer().as_raw(),
            sha256: Sha256::digest(der).into(),
            issuer_der: parsed.issuer().as_raw().to_vec(),
        })
    }

    /// The names that it is for, the first few of them: `a.example, b.example and 7 more`.
    pub fn told_names(&self) -> String {
        if self.names.is_empty() {
            return text::clip(&self.subject);
        }
        let shown: Vec<String> = self
            .names
            .iter()
            .take(NAMES_TOLD)
            .map(|n| text::clip(n))
            .collect();
        let more = self.names.len() - shown.len();
        match more {
            0 => shown.join(", "),
            _ => format!("{} and {more} more", shown.join(", ")),
        }
    }

    /// The last day: `2027-01-31`.
    pub fn last_day(&self) -> String {
        day(self.not_after)
    }

    /// The first day.
    pub fn first_day(&self) -> String {
        day(self.not_before)
    }

    /// The fingerprint as browsers and openssl write it: `AB:CD:…`.
    pub fn fingerprint(&self) -> String {
        let pairs: Vec<String> = self
            .sha256
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        pairs.join(":")
    }
}

impl fmt::Display for Certificate {
    /// `a.example, issued by R3 (Let's Encrypt), valid until 2027-01-31`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let issuer = match self.is_self_issued {
            true => "itself".to_owned(),
            false => text::clip(&self.issuer),
        };
        write!(
            f,
            "{}, issued by {issuer}, valid until {}",
            self.told_names(),
            self.last_day()
        )
    }
}

fn name_of(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes)
                .ok()
                .map(|b| std::net::Ipv4Addr::from(b).to_string()),
            16 => <[u8; 16]>::try_from(*bytes)
                .ok()
                .map(|b| std::net::Ipv6Addr::from(b).to_string()),
            _ => None,
        },
        _ => None,
    }
}

fn told(name: &X509Name<'_>, with_organization: bool) -> String {
    let common = name.iter_common_name().find_map(|part| part.as_str().ok());
    let organization = name.iter_organization().find_map(|part| part.as_str().ok());
    match (common, organization) {
        (Some(common), Some(organization))
            if with_organization && !common.contains(organization) =>
        {
            format!("{common} ({organization})")
        }
        (Some(common), _) => common.to_owned(),
        (None, _) => name.to_string(),
    }
}

fn day(seconds: i64) -> String {
    match x509_parser::time::ASN1Time::from_timestamp(seconds) {
        Ok(time) => {
            let day = time.to_datetime().date();
            format!(
                "{:04}-{:02}-{:02}",
                day.year(),
                u8::from(day.month()),
                day.day()
            )
        }
        Err(_) => "?".to_owned(),
    }
}

/// The products that are known to make certificates on the way, by words of their issuers' names.
/// Sources: their makers' instructions for installing the root, and mitmproxy's and Squid's defaults.
const PRODUCTS: &[(&str, &str)] = &[
    ("zscaler", "Zscaler"),
    ("netskope", "Netskope"),
    ("goskope", "Netskope"),
    ("blue coat", "Symantec ProxySG (Blue Coat)"),
    ("bluecoat", "Symantec ProxySG (Blue Coat)"),
    ("proxysg", "Symantec ProxySG (Blue Coat)"),
    ("symantec web security", "Symantec Web Security Service"),
    ("fortinet", "FortiGate"),
    ("fortigate", "FortiGate"),
    ("palo alto", "Palo Alto Networks"),
    ("sophos", "Sophos"),
    ("skyhigh", "Skyhigh Secure Web Gateway"),
    ("mcafee web gateway", "Skyhigh Secure Web Gateway"),
    ("forcepoint", "Forcepoint"),
    ("websense", "Forcepoint"),
    ("cisco umbrella", "Cisco Umbrella"),
    ("ironport", "Cisco Secure Web Appliance"),
    ("barracuda", "Barracuda"),
    ("sonicwall", "SonicWall"),
    ("watchguard", "WatchGuard"),
    ("check point", "Check Point"),
    ("checkpoint", "Check Point"),
    ("cato networks", "Cato Networks"),
    ("iboss", "iboss"),
    ("contentkeeper", "ContentKeeper"),
    ("untangle", "Untangle"),
    ("smoothwall", "Smoothwall"),
    ("trend micro", "Trend Micro"),
    ("kaspersky", "Kaspersky"),
    ("avast", "Avast"),
    ("bitdefender", "Bitdefender"),
    ("eset ssl filter", "ESET"),
    ("cloudflare gateway", "Cloudflare Gateway"),
    ("mitmproxy", "mitmproxy"),
    ("portswigger", "Burp Suite"),
    ("charles proxy", "Charles"),
    ("do_not_trust_fiddlerroot", "Fiddler"),
    ("squid", "Squid (ssl_bump)"),
    ("e2guardian", "e2guardian"),
];

/// The product whose certificates are issued by such a name, if it is known.
pub fn inspecting_product(issuer: &str) -> Option<&'static str> {
    let issuer = issuer.to_ascii_lowercase();
    let found = PRODUCTS.iter().find(|(mark, _)| issuer.contains(mark));
    found.map(|(_, product)| *product)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(names: &[&str], authority: bool) -> Vec<u8> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, "mitmproxy\x1b[2J");
        params
            .distinguished_name
            .push(rcgen::DnType::OrganizationName, "Corp");
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        if authority {
            params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        }
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn what_it_says_is_told() {
        let der = made(&["a.test", "10.0.0.1", "::1", "b.test", "c.test"], true);
        let found = Certificate::parse(&der).unwrap();
        assert_eq!(
            found.told_names(),
            "a.test, 10.0.0.1, ::1, b.test and 1 more"
        );
        assert!(found.is_authority && found.is_self_issued);
        assert_eq!(found.last_day(), "2031-02-03");
        assert_eq!(found.fingerprint().len(), 32 * 3 - 1);
        assert_eq!(found.issuer, "mitmproxy\x1b[2J (Corp)");
        assert!(!found.to_string().contains('\x1b'), "{found}");
        assert_eq!(inspecting_product(&found.issuer), Some("mitmproxy"));
        let leaf = Certificate::parse(&made(&["a.test"], false)).unwrap();
        assert!(!leaf.is_authority);
    }

    #[test]
    fn what_is_cut_anywhere_is_none() {
        let der = made(&["a.test"], false);
        for cut in 0..der.len() {
            assert_eq!(Certificate::parse(&der[..cut]), None, "{cut}");
        }
        // A changed byte gives another certificate or none, and never an end of the program.
        for at in 0..der.len() {
            let mut changed = der.clone();
            changed[at] ^= 0x55;
            let _ = Certificate::parse(&changed);
        }
    }
}
