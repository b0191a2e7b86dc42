//! Hosts and ports as regular expressions that POSIX (tinyproxy) and Perl's kind (Apache, haproxy)
//! read alike, and that need no escaping in a configuration: a dot is `[.]`.

use super::need::{By, Need, Ports};
use crate::base::Host;

/// What the request line of a need has to match: `^data[.]example:443$` for CONNECT, and the
/// beginning of the URL for a request in absolute form.
pub(super) fn url(need: &Need) -> String {
    let host = host(&need.host);
    match &need.by {
        By::Connect => format!("^{host}:{}$", ports(&need.ports)),
        By::Request { scheme, .. } => {
            format!("^{scheme}://{host}{}/", url_port(scheme, &need.ports))
        }
    }
}

/// The port of a URL, which may leave the default out.
pub(super) fn url_port(scheme: &str, all: &[Ports]) -> String {
    let default = match scheme {
        "ftp" => 21,
        _ => 80,
    };
    let is_default = |one: &Ports| one.first <= default && default <= one.last;
    let port = format!(":{}", ports(all));
    match all.iter().any(is_default) {
        true => format!("({port})?"),
        false => port,
    }
}

/// A host.
pub(super) fn host(host: &Host) -> String {
    match host {
        Host::Ipv6(address) => format!("\\[{address}\\]"),
        other => other.to_string().replace('.', "[.]"),
    }
}

/// One of these ports, as decimal numbers without leading zeros.
pub(super) fn ports(all: &[Ports]) -> String {
    let each: Vec<String> = all.iter().flat_map(|one| range(*one)).collect();
    match &each[..] {
        [one] => one.clone(),
        many => format!("({})", many.join("|")),
    }
}

/// The alternatives for the numbers of a range: it is cut where a digit runs full.
fn range(ports: Ports) -> Vec<String> {
    let (mut low, high) = (u32::from(ports.first), u32::from(ports.last));
    let mut all = Vec::new();
    while low <= high {
        // The largest block of numbers that begins here, is within, and has one length.
        let mut size = 1;
        while low % (size * 10) == 0 && low > 0 && low + size * 10 - 1 <= high {
            size *= 10;
        }
        let digit = low / size % 10;
        let room = (high + 1 - low) / size;
        let count = room.min(10 - digit);
        all.push(block(low, size, digit, count));
        low += size * count;
    }
    all
}

/// `count` blocks of `size` numbers each, the first of which begins at `low` with `digit`.
fn block(low: u32, size: u32, digit: u32, count: u32) -> String {
    let mut text = match low / size / 10 {
        0 => String::new(),
        before => before.to_string(),
    };
    text += &match count {
        1 => digit.to_string(),
        _ => format!("[{digit}-{}]", digit + count - 1),
    };
    text + &match size.ilog10() {
        0 => String::new(),
        1 => "[0-9]".to_owned(),
        zeros => format!("[0-9]{{{zeros}}}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_where_a_digit_runs_full() {
        let shown = |first, last| range(Ports { first, last }).join("|");
        assert_eq!(shown(443, 443), "443");
        assert_eq!(shown(50000, 50100), "500[0-9]{2}|50100");
        assert_eq!(
            shown(1024, 65535),
            "102[4-9]|10[3-9][0-9]|1[1-9][0-9]{2}|[2-9][0-9]{3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|\
             65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]"
        );
    }

    /// Whether an alternative is for the number: digit by digit, as a regular expression has it.
    fn matches(alternative: &str, number: u32) -> bool {
        let number = number.to_string();
        let mut digits = number.bytes();
        let mut rest = alternative;
        while let Some(first) = rest.bytes().next() {
            let (low, high) = match rest.strip_prefix('[') {
                None => {
                    rest = &rest[1..];
                    (first, first)
                }
                Some(class) => {
                    rest = &class[4..];
                    (class.as_bytes()[0], class.as_bytes()[2])
                }
            };
            let mut times = 1;
            if let Some(count) = rest.strip_prefix('{') {
                times = count[..1].parse().unwrap();
                rest = &count[2..];
            }
            for _ in 0..times {
                if !digits.next().is_some_and(|d| (low..=high).contains(&d)) {
                    return false;
                }
            }
        }
        digits.next().is_none()
    }

    #[test]
    fn every_port_of_a_range_and_no_other() {
        let ranges = [
            (1, 65535),
            (1, 9),
            (7, 13),
            (99, 100),
            (100, 999),
            (443, 8443),
            (990, 1024),
            (1024, 65535),
            (49152, 65535),
            (50000, 50099),
            (65535, 65535),
        ];
        for (first, last) in ranges {
            let all = range(Ports { first, last });
            for port in 0..=70000_u32 {
                let is_in = (u32::from(first)..=u32::from(last)).contains(&port);
                let found = all.iter().filter(|one| matches(one, port)).count();
                assert_eq!(found, usize::from(is_in), "{first}-{last}: {port}: {all:?}");
            }
        }
    }
}
