//! A long line between client and proxy: what goes in comes out half a round trip later.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The time there and back.
pub const ROUND_TRIP: Duration = Duration::from_millis(50);

/// Starts a line to `to` and gives the address of its near end. It lives as long as this process.
///
/// Connecting takes a round trip on a real line and none on loopback, so what a client sends
/// within the first round trip counts as sent at its end.
pub fn start(to: SocketAddr) -> SocketAddr {
    start_with(to, usize::MAX)
}

/// [`start`], with at most `window` bytes on their way on each connection: what the far end's window
/// lets a sender have unconfirmed.
pub fn start_with(to: SocketAddr, window: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let connected = Instant::now() + ROUND_TRIP;
            if let Ok(far) = TcpStream::connect(to) {
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                one_way(&near, &far, connected, window);
                one_way(&far, &near, connected, window);
            }
        }
    });
    address
}

/// Bytes, and when they arrive; no bytes are the end.
type Piece = (Instant, Vec<u8>);

fn one_way(from: &TcpStream, to: &TcpStream, not_before: Instant, window: usize) {
    let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else {
        return;
    };
    let (sender, receiver) = channel();
    thread::spawn(move || enter(from, not_before, window, &sender));
    thread::spawn(move || leave(to, &receiver));
}

fn enter(mut from: TcpStream, not_before: Instant, window: usize, line: &Sender<Piece>) {
    let mut buffer = vec![0; 64 << 10];
    // What is not confirmed yet, and when it will be.
    let (mut away, mut under_way) = (VecDeque::<(Instant, usize)>::new(), 0);
    loop {
        while let Some((confirmed, bytes)) = away.front().copied() {
            let now = Instant::now();
            if confirmed > now && under_way < window {
                break;
            }
            thread::sleep(confirmed.saturating_duration_since(now));
            away.pop_front();
            under_way -= bytes;
        }
        let count = from.read(&mut buffer).unwrap_or(0);
        let sent = Instant::now().max(not_before);
        if window < usize::MAX {
            away.push_back((sent + ROUND_TRIP, count));
            under_way += count;
        }
        let piece = (sent + ROUND_TRIP / 2, buffer[..count].to_vec());
        if line.send(piece).is_err() || count == 0 {
            return;
        }
    }
}

fn leave(mut to: TcpStream, line: &Receiver<Piece>) {
    while let Ok((at, bytes)) = line.recv() {
        thread::sleep(at.saturating_duration_since(Instant::now()));
        if bytes.is_empty() || to.write_all(&bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}
