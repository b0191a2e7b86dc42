//! Sizes as people write them.

/// Bytes: a number, with a fraction if need be, and one of `k`, `M`, `G`, `T`, `P` (either case, each
/// 1024 times the one before) or `B`.
///
/// # Errors
/// What is wrong with it.
pub fn parse(written: &str) -> Result<u64, Fault> {
    let digits = written.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let power = match written[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return Err(Fault::Unit),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let number = |digits: &str| match digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true if digits.is_empty() => Some(0),
        // More digits than a size can have.
        true if digits.len() <= 18 => digits.parse::<u128>().ok(),
        _ => None,
    };
    let (Some(units), Some(parts), 1..) = (number(whole), number(part), whole.len() + part.len())
    else {
        return Err(Fault::Form);
    };
    let unit = 1024u128.pow(power);
    let divisor = 10u128.pow(u32::try_from(part.len()).unwrap_or(0));
    let bytes = units * unit + parts * unit / divisor;
    u64::try_from(bytes).map_err(|_| Fault::TooLarge)
}

/// What is wrong with what should be a size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The letters at its end.
    #[error("has a unit that is none of k, M, G, T, P")]
    Unit,
    /// It is no number.
    #[error("is none")]
    Form,
    /// It has more than 64 bits.
    #[error("is too large")]
    TooLarge,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_to_the_byte() {
        for (written, bytes) in [
            ("0", 0),
            ("500k", 500 << 10),
            ("1.5G", 3 << 29),
            ("2m", 2 << 20),
            (".5k", 512),
            ("10b", 10),
        ] {
            assert_eq!(parse(written), Ok(bytes), "{written}");
        }
        for (written, fault) in [
            ("", Fault::Form),
            ("-1", Fault::Form),
            ("1 M", Fault::Form),
            ("1X", Fault::Unit),
            ("999999P", Fault::TooLarge),
        ] {
            assert_eq!(parse(written), Err(fault), "{written}");
        }
    }
}
