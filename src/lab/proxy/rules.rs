//! Where the proxy lets its clients go, and what it takes names for.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

/// Names that only the proxy can resolve, so that the lab can use names that look real although
/// everything is on loopback.
#[derive(Clone, Debug, Default)]
pub struct Names(HashMap<String, HashMap<u16, SocketAddr>>);

impl Names {
    /// No names.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes `host:port` for `addr`. Other ports of a known host are the same ports at the
    /// address's host (FTP's data channel).
    #[must_use]
    pub fn with(mut self, host: &str, port: u16, addr: SocketAddr) -> Self {
        let ports = self.0.entry(host.to_ascii_lowercase()).or_default();
        ports.insert(port, addr);
        self
    }

    /// The address of `host:port`. Loopback addresses are themselves; nothing else is known.
    pub(super) fn resolve(&self, host: &str, port: u16) -> Option<SocketAddr> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(ip) = host.parse::<IpAddr>() {
            return ip.is_loopback().then(|| SocketAddr::new(ip, port));
        }
        let ports = self.0.get(&host.to_ascii_lowercase())?;
        let known = ports.get(&port).copied();
        known.or_else(|| Some(SocketAddr::new(ports.values().next()?.ip(), port)))
    }
}

/// The ports that CONNECT may ask for.
#[derive(Clone, Debug)]
pub struct Ports(Vec<RangeInclusive<u16>>);

impl Ports {
    /// Every port.
    pub fn any() -> Self {
        Self(vec![0..=u16::MAX])
    }

    /// Those of `ranges` only.
    pub fn only(ranges: impl IntoIterator<Item = RangeInclusive<u16>>) -> Self {
        Self(ranges.into_iter().collect())
    }

    /// 20, 21, 443 and 1024 to 65535: what passive FTP and HTTPS need, as in Apache's
    /// `AllowConnect 20 21 443 1024-65535`.
    pub fn ftp_and_https() -> Self {
        Self::only([20..=21, 443..=443, 1024..=u16::MAX])
    }

    pub(super) fn allow(&self, port: u16) -> bool {
        self.0.iter().any(|range| range.contains(&port))
    }
}

impl Default for Ports {
    fn default() -> Self {
        Self::any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_here_only() {
        let addr: SocketAddr = "127.0.0.1:4711".parse().unwrap();
        let names = Names::new().with("FTP.example", 21, addr);
        let cases = [
            ("ftp.example", 21, Some("127.0.0.1:4711")),
            ("ftp.EXAMPLE", 50_000, Some("127.0.0.1:50000")),
            ("other.example", 21, None),
            ("127.0.0.1", 80, Some("127.0.0.1:80")),
            ("[::1]", 80, Some("[::1]:80")),
            ("192.0.2.1", 80, None),
        ];
        for (host, port, expected) in cases {
            let expected = expected.map(|addr| addr.parse().unwrap());
            assert_eq!(names.resolve(host, port), expected, "{host}:{port}");
        }
    }

    #[test]
    fn port_rules() {
        let ports = Ports::ftp_and_https();
        let allowed = [20, 21, 443, 1024, 65_535];
        assert!(allowed.iter().all(|port| ports.allow(*port)));
        assert!(
            ![22, 25, 80, 990, 1023]
                .iter()
                .any(|port| ports.allow(*port))
        );
    }
}
