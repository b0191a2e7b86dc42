//! Happy eyeballs (RFC 8305): several addresses, started one after the other, the first to answer
//! wins.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::sleep;

/// RFC 8305 section 5, "Connection Attempt Delay".
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// What addresses said, in the order in which they failed.
pub(super) type Failures = Vec<(SocketAddr, io::Error)>;

/// Connects to the first address that answers. A refusal starts the next address at once, silence
/// starts it after [`ATTEMPT_DELAY`] while the slow one stays in the race.
/// `None` when all have failed; `failures` has what each said, also of a call that was dropped.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    failures: &mut Failures,
) -> Option<(TcpStream, SocketAddr)> {
    let mut waiting = interleaved(addresses).into_iter();
    let mut racing = FuturesUnordered::new();
    let attempt = |address: SocketAddr| async move { (address, TcpStream::connect(address).await) };
    racing.extend(waiting.next().map(attempt));
    loop {
        tokio::select! {
            biased;
            finished = racing.next() => match finished {
                Some((address, Ok(socket))) => return Some((socket, address)),
                Some((address, Err(cause))) => {
                    failures.push((address, cause));
                    racing.extend(waiting.next().map(attempt));
                }
                None => return None,
            },
            () = sleep(ATTEMPT_DELAY), if waiting.len() > 0 => {
                racing.extend(waiting.next().map(attempt));
            }
        }
    }
}

/// The addresses with the two families by turns, the first one's family first (RFC 8305 section
/// 4).
fn interleaved(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let Some(first) = addresses.first() else {
        return Vec::new();
    };
    let (same, other): (Vec<SocketAddr>, Vec<SocketAddr>) = addresses
        .iter()
        .partition(|address| address.is_ipv4() == first.is_ipv4());
    let mut mixed = Vec::with_capacity(addresses.len());
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    loop {
        match (same.next(), other.next()) {
            (None, None) => return mixed,
            (a, b) => mixed.extend(a.into_iter().chain(b)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |list: &[&str]| -> Vec<SocketAddr> {
            list.iter().map(|text| text.parse().unwrap()).collect()
        };
        let given = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "1.1.1.2:1"]);
        let mixed = parse(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "[::3]:1"]);
        assert_eq!(interleaved(&given), mixed);
        assert!(interleaved(&[]).is_empty());
    }

    #[tokio::test]
    async fn a_refusal_goes_on_to_the_next_address() {
        let closed = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
        let refused = closed.local_addr().unwrap();
        drop(closed);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let mut failures = Failures::new();
        let (_, address) = connect(&[refused, open], &mut failures).await.unwrap();
        assert_eq!(address, open);
        let none = connect(&[refused, refused], &mut failures).await;
        assert!(none.is_none());
        assert_eq!(failures.len(), 3);
    }
}
