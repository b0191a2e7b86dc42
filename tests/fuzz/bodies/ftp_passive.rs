//! The ports in the answers to PASV and EPSV.

use outbound::proto::ftp::passive::{epsv_port, pasv_port};

pub const WORDS: &[&str] = &[
    "Entering Passive Mode (",
    "127,0,0,1,",
    "195,149",
    ").",
    "(|||",
    "|)",
    "50211",
    "|1|",
    "::1",
    ",",
    " ",
    "0",
    "65535",
    "65536",
];

/// A port is one, and words before the numbers do not change it. What such an answer is made for
/// is read again.
pub fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for (found, with_words) in [
        (pasv_port(&text), pasv_port(&format!("Mode {text}"))),
        (epsv_port(&text), epsv_port(&format!("Mode {text}"))),
    ] {
        assert_ne!(found, Some(0));
        assert_eq!(found, with_words, "{text:?}");
    }
    let [a, b, c, d, high, low, ..] = *bytes else {
        return;
    };
    let port = u16::from_be_bytes([high, low]);
    let wanted = (port != 0).then_some(port);
    assert_eq!(
        pasv_port(&format!("({a},{b},{c},{d},{high},{low})")),
        wanted
    );
    assert_eq!(epsv_port(&format!("(|||{port}|)")), wanted);
}
