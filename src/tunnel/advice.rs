//! What to ask the proxy's administrator for, when the proxy refuses a CONNECT.

use crate::base::{Answer, Scheme, Target};

/// The advice for a refused CONNECT to `target`: one line that says what is refused, then the
/// line to add for the proxies that are common.
pub fn refused(target: &Target, answer: &Answer) -> String {
    let port = target.port();
    let (why, apache, squid) = match (target.scheme(), port) {
        (Scheme::Ftp | Scheme::Ftps, 1024..) => (
            format!(
                "the proxy refuses CONNECT to port {port}; passive FTP needs CONNECT to ports 1024-65535"
            ),
            "AllowConnect 20 21 443 1024-65535".to_owned(),
            format!(
                "acl ftp_data port 1025-65535; acl ftp_site dstdomain {}; http_access allow CONNECT ftp_site ftp_data",
                target.host()
            ),
        ),
        (Scheme::Ftp | Scheme::Ftps, _) => (
            format!(
                "the proxy refuses CONNECT to {target}; FTP needs CONNECT to port {port}, and to ports 1024-65535 for its data"
            ),
            "AllowConnect 20 21 443 1024-65535".to_owned(),
            format!(
                "acl ftp_control port {port}; acl ftp_site dstdomain {}; http_access allow CONNECT ftp_site ftp_control",
                target.host()
            ),
        ),
        _ => (
            format!("ask the proxy's administrator to allow CONNECT to {target}"),
            format!(
                "AllowConnect {}",
                if port == 443 {
                    "443".to_owned()
                } else {
                    format!("443 {port}")
                }
            ),
            format!(
                "acl SSL_ports port {port}; acl site dstdomain {}; http_access allow CONNECT site SSL_ports",
                target.host()
            ),
        ),
    };
    let apache = format!("\n  apache   {apache}");
    let squid = format!("\n  squid    {squid}");
    // Where the answer tells the product, the other one's line would only confuse.
    let told = format!(
        "{} {}",
        answer.server.as_deref().unwrap_or_default(),
        answer.via.as_deref().unwrap_or_default()
    )
    .to_ascii_lowercase();
    match (told.contains("squid"), told.contains("apache")) {
        (true, false) => why + &squid,
        (false, true) => why + &apache,
        _ => why + &apache + &squid,
    }
}
