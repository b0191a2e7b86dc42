//! Where cloud machines and containers learn who they are, and get their credentials.

use std::sync::LazyLock;

use super::bypass::Dialect;
use super::{Bypass, Target};

/// The hosts that answer for the very machine that asks. A proxy would give its own machine's
/// credentials, or be asked for what is none of its business, so that nobody's list of proxies or
/// policies means them:
///
/// - `169.254.169.254`: EC2's instance metadata (and Azure's, Google's, OpenStack's)
/// - `169.254.170.2`: the credentials of an ECS task
/// - `169.254.170.23`: EKS Pod Identity
/// - `fd00:ec2::254`, `fd00:ec2::23`: the first and the third over IPv6
/// - `metadata.google.internal`: the name by which Google's libraries ask for the first
///
/// The addresses of AWS are those of its guides "Use the Instance Metadata Service", "Task IAM role"
/// and "How EKS Pod Identity works", of which the last asks for both to be in `no_proxy`.
pub const HOSTS: [&str; 6] = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "metadata.google.internal",
];

static RULES: LazyLock<Bypass> = LazyLock::new(|| Bypass::from_entries(HOSTS, Dialect::Settings).0);

/// Which of them the target is, at any port and however it is written.
pub fn host_of(target: &Target) -> Option<&'static str> {
    HOSTS.get(RULES.find(target)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_is_a_rule() {
        assert_eq!(RULES.rules().len(), HOSTS.len());
    }

    #[test]
    fn they_are_known_however_they_are_written() {
        for (url, expected) in [
            ("http://169.254.169.254/latest/api/token", Some(0)),
            ("https://169.254.169.254:8443/", Some(0)),
            ("http://0xa9fea9fe/", Some(0)),
            ("http://2852039166/", Some(0)),
            ("http://[::ffff:169.254.169.254]/", Some(0)),
            ("http://169.254.170.2/v2/credentials/id", Some(1)),
            ("http://169.254.170.23/v1/credentials", Some(2)),
            ("http://[fd00:ec2::254]/latest/", Some(3)),
            ("http://[fd00:0ec2:0:0::23]/v1/credentials", Some(4)),
            (
                "http://Metadata.Google.Internal./computeMetadata/v1/",
                Some(5),
            ),
            ("http://169.254.169.253/", None),
            ("http://169.254.170.22/", None),
            ("http://[fd00:ec2::253]/", None),
            ("http://google.internal/", None),
            ("http://metadata.google.internal.corp.test/", None),
            ("http://notmetadata.google.internal/", None),
        ] {
            let target = Target::parse(url).unwrap();
            let expected = expected.map(|index: usize| HOSTS[index]);
            assert_eq!(host_of(&target), expected, "{url}");
        }
    }
}
