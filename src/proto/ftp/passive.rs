//! The port in the answers to PASV and EPSV.
//!
//! Only the port is taken. The address in a 227 is often one of the server's private network, and
//! a hostile server could name somebody else's ("FTP bounce" turned round): the data channel
//! always goes to the host of the control channel.

use std::net::Ipv4Addr;

/// The port of a 227 (RFC 959, RFC 1123 section 4.1.2.6: the digits must be searched for, their
/// surroundings are not fixed).
pub fn pasv_port(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    (0..bytes.len())
        .filter(|&at| at == 0 || !bytes[at - 1].is_ascii_digit() && bytes[at - 1] != b',')
        .find_map(|at| six_numbers(&bytes[at..]))
        .map(|[.., high, low]| u16::from_be_bytes([high, low]))
        .filter(|port| *port != 0)
}

/// The address of a 227, which is not followed: for remarks alone.
pub fn pasv_address(text: &str) -> Option<Ipv4Addr> {
    let bytes = text.as_bytes();
    let mut numbers = (0..bytes.len())
        .filter(|&at| at == 0 || !bytes[at - 1].is_ascii_digit() && bytes[at - 1] != b',')
        .filter_map(|at| six_numbers(&bytes[at..]));
    numbers
        .next()
        .map(|[a, b, c, d, ..]| Ipv4Addr::new(a, b, c, d))
}

fn six_numbers(mut bytes: &[u8]) -> Option<[u8; 6]> {
    let mut numbers = [0; 6];
    for (at, number) in numbers.iter_mut().enumerate() {
        if at > 0 {
            bytes = bytes.trim_ascii_start().strip_prefix(b",")?;
            bytes = bytes.trim_ascii_start();
        }
        let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
        let (digits, rest) = bytes.split_at(digits);
        *number = std::str::from_utf8(digits).ok()?.parse().ok()?;
        bytes = rest;
    }
    // A seventh number: this is some other list.
    (!bytes.starts_with(b",")).then_some(numbers)
}

/// The port of a 229: `(<d><d><d><port><d>)` with any delimiter (RFC 2428 section 3). Servers
/// that fill in protocol and address, or leave out the parentheses, are understood too.
pub fn epsv_port(text: &str) -> Option<u16> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find_map(|at| delimited_port(&bytes[at..]))
}

fn delimited_port(bytes: &[u8]) -> Option<u16> {
    let (&delimiter, rest) = bytes.split_first()?;
    if !delimiter.is_ascii_punctuation() || matches!(delimiter, b'(' | b')') {
        return None;
    }
    let mut fields = rest.splitn(4, |b| *b == delimiter);
    let (protocol, address, port) = (fields.next()?, fields.next()?, fields.next()?);
    // Without a closing delimiter these are no fields.
    fields.next()?;
    let address_like = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':');
    if !protocol.iter().all(u8::is_ascii_digit) || !address.iter().all(address_like) {
        return None;
    }
    if port.is_empty() || !port.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let port: u16 = std::str::from_utf8(port).ok()?.parse().ok()?;
    (port != 0).then_some(port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_227() {
        for (text, address) in [
            (
                "Entering Passive Mode (10,0,0,5,195,149).",
                Some([10, 0, 0, 5]),
            ),
            ("192,0,2,1,4,51", Some([192, 0, 2, 1])),
            ("none here", None),
        ] {
            assert_eq!(pasv_address(text), address.map(Ipv4Addr::from), "{text}");
        }
    }

    #[test]
    fn ports_of_227() {
        #[rustfmt::skip]
        let table: &[(&str, &str, Option<u16>)] = &[
            ("RFC 959", "Entering Passive Mode. 192,0,2,1,4,51", Some(1075)),
            ("vsftpd", "Entering Passive Mode (10,0,0,5,195,149).", Some(50069)),
            ("proftpd", "Entering Passive Mode (127,0,0,1,130,53).", Some(33333)),
            ("pure-ftpd", "Entering Passive Mode (127,0,0,1,200,1)", Some(51201)),
            ("Microsoft", "Entering Passive Mode (10,1,1,1,8,0).", Some(2048)),
            ("RFC 1123: no parentheses", "=127,0,0,1,4,51", Some(1075)),
            ("curl lib/ftp.c", "Data transfer will passively listen to 127,0,0,1,4,51", Some(1075)),
            ("curl lib/ftp.c", "Entering passive mode. 127,0,0,1,4,51", Some(1075)),
            ("spaces", "Entering Passive Mode ( 127, 0 , 0, 1, 4 ,51 )", Some(1075)),
            ("digits before", "Mode 2 for user 7 (127,0,0,1,4,51) 9", Some(1075)),
            ("leading zeros", "(127,000,000,001,004,051)", Some(1075)),
            ("port 0", "(127,0,0,1,0,0)", None),
            ("number above 255", "(127,0,0,1,256,1)", None),
            ("number above 255 must not be cut", "(1127,0,0,1,4,51)", None),
            ("five numbers", "(127,0,0,1,4)", None),
            ("seven numbers", "(127,0,0,1,4,51,6)", None),
            ("empty", "", None),
            ("a 229's text", "Entering Extended Passive Mode (|||51234|)", None),
        ];
        for (source, text, port) in table {
            assert_eq!(pasv_port(text), *port, "{source}: {text}");
        }
    }

    #[test]
    fn ports_of_229() {
        #[rustfmt::skip]
        let table: &[(&str, &str, Option<u16>)] = &[
            ("RFC 2428 section 3", "Entering Extended Passive Mode (|||6446|)", Some(6446)),
            ("vsftpd", "Entering Extended Passive Mode (|||50211|)", Some(50211)),
            ("pure-ftpd", "Extended Passive mode OK (|||33333|)", Some(33333)),
            ("RFC 2428: other delimiter", "(!!!6446!)", Some(6446)),
            ("RFC 2428: other delimiter", "(:::6446:)", Some(6446)),
            ("curl test 238", "Entering Passiv Mode (|||1234|)", Some(1234)),
            ("no parentheses", "Entering Extended Passive Mode |||6446|", Some(6446)),
            ("filled in", "Entering Extended Passive Mode (|1|127.0.0.1|6446|)", Some(6446)),
            ("filled in, IPv6", "Entering Extended Passive Mode (|2|::1|6446|)", Some(6446)),
            ("dots before", "Entering ... mode (|||6446|)", Some(6446)),
            ("curl test 1233: nonsense", "Entering Passive Mode (|||)", None),
            ("port 0", "(|||0|)", None),
            ("port too big", "(|||65536|)", None),
            ("not closed", "(|||6446)", None),
            ("digits as delimiters", "(1116446 1)", None),
            ("empty", "", None),
        ];
        for (source, text, port) in table {
            assert_eq!(epsv_port(text), *port, "{source}: {text}");
        }
    }
}
