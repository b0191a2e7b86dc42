//! What is known of servers by their greeting.

use super::Reply;

/// Servers that answer EPSV behind a RETR whose data still flows, when that has ended. Others
/// close the data channel of the running transfer then (pyftpdlib).
const TAKES_PORT_BEHIND: [&str; 3] = ["vsftpd", "pure-ftpd", "proftpd"];

/// Whether the server that greets so takes the next EPSV behind an unfinished transfer.
pub fn takes_port_behind(greeting: &Reply) -> bool {
    let words = greeting.text().to_ascii_lowercase();
    TAKES_PORT_BEHIND.iter().any(|name| words.contains(name))
}
