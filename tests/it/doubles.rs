//! The relay and the scripted peer do what their plans say.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::support::relay::{Cut, Ending, Plan, Relay};
use crate::support::scripted::{Scripted, Step};

const GREETING: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n220 ready\r\n";

fn greeter() -> Scripted {
    Scripted::each(vec![Step::line(), Step::write(GREETING), Step::ReadToEnd])
}

/// Says a line, then takes one read after the other until the end, which is an error or not.
fn reads(address: std::net::SocketAddr) -> (Vec<Vec<u8>>, Option<ErrorKind>) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"hello\r\n").unwrap();
    let (mut all, mut buffer, mut seen) = (Vec::new(), [0; 1024], 0);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (all, None),
            Ok(count) => {
                all.push(buffer[..count].to_vec());
                seen += count;
                if seen == GREETING.len() {
                    stream.shutdown(std::net::Shutdown::Write).unwrap();
                }
            }
            Err(error) => return (all, Some(error.kind())),
        }
    }
}

#[test]
fn the_relay_counts_and_records() {
    let server = greeter();
    let relay = Relay::start(server.address(), Plan::default());
    let (all, error) = reads(relay.address());
    assert_eq!((all.concat().as_slice(), error), (GREETING, None));
    let connections = relay.connections();
    assert_eq!(connections.len(), 1);
    let seen = &connections[0];
    assert_eq!(
        (seen.up, seen.down, seen.flights),
        (7, GREETING.len() as u64, 2)
    );
    assert_eq!(
        (seen.first_up.as_slice(), seen.first_down.as_slice()),
        (&b"hello\r\n"[..], GREETING)
    );
    assert_eq!(server.received(), ["hello\r\n"]);
}

#[test]
fn the_relay_splits_at_every_offset() {
    let server = greeter();
    for at in 1..GREETING.len() {
        let relay = Relay::start(server.address(), Plan::split_at(&[at as u64]));
        let (all, _) = reads(relay.address());
        let (front, back) = GREETING.split_at(at);
        assert_eq!(all, [front, back], "split at {at}");
    }
}

#[test]
fn the_relay_coalesces() {
    let steps = Step::pieces(GREETING.chunks(5));
    let server = Scripted::each([vec![Step::line()], steps, vec![Step::ReadToEnd]].concat());
    let (all, _) = reads(server.address());
    assert_eq!(all, GREETING.chunks(5).collect::<Vec<_>>());
    let relay = Relay::start(server.address(), Plan::coalesced(GREETING.len()));
    assert_eq!(reads(relay.address()).0, [GREETING]);
}

#[test]
fn the_relay_cuts_so_many_times_and_no_more() {
    let server = greeter();
    for (ending, wanted) in [
        (Ending::Finish, None),
        (Ending::Reset, Some(ErrorKind::ConnectionReset)),
    ] {
        let relay = Relay::start(server.address(), Plan::cuts(2, 9, ending));
        for _ in 0..2 {
            let (all, error) = reads(relay.address());
            assert_eq!((all.concat().as_slice(), error), (&GREETING[..9], wanted));
        }
        assert_eq!(reads(relay.address()).0.concat(), GREETING);
        assert_eq!(
            (relay.cuts(), relay.down()),
            (2, 18 + GREETING.len() as u64)
        );
    }
}

#[test]
fn the_relay_cuts_one_connection_before_its_first_byte() {
    let server = greeter();
    let cut = Cut {
        after: 0,
        ending: Ending::Reset,
        times: usize::MAX,
        only: Some(1),
    };
    let relay = Relay::start(
        server.address(),
        Plan {
            cut: Some(cut),
            ..Plan::default()
        },
    );
    assert_eq!(reads(relay.address()).0.concat(), GREETING);
    assert_eq!(
        reads(relay.address()),
        (vec![], Some(ErrorKind::ConnectionReset))
    );
    assert_eq!(reads(relay.address()).0.concat(), GREETING);
}

#[test]
fn the_scripted_peer_plays_its_scripts_in_turn() {
    let server = Scripted::sequence(vec![
        vec![Step::line(), Step::write("closed"), Step::Close],
        vec![
            Step::Read(5),
            Step::write("reset"),
            Step::Settle,
            Step::Reset,
        ],
    ]);
    assert_eq!(reads(server.address()), (vec![b"closed".to_vec()], None));
    assert_eq!(
        reads(server.address()),
        (vec![b"reset".to_vec()], Some(ErrorKind::ConnectionReset))
    );
    assert!(
        reads_nothing(server.address()),
        "a connection without a script"
    );
    assert_eq!(server.connections(), 3);
    assert!(server.received_with("hello").starts_with("hello\r\nhello"));
}

fn reads_nothing(address: std::net::SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.read(&mut [0]).is_err()
}

#[test]
fn a_stalled_client_is_released_when_the_peer_is_dropped() {
    let server = Scripted::each(vec![Step::Stall]).must_be_called();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"anyone?").unwrap();
    server.received_with("anyone?");
    drop(server);
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
}

#[test]
#[should_panic(expected = "no one called the scripted peer")]
fn a_peer_that_must_be_called_says_when_it_was_not() {
    drop(Scripted::each(vec![Step::Close]).must_be_called());
}
