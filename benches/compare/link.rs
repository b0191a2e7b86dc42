//! A long line between client and proxy: what goes in comes out half a round trip later.

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
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for near in listener.incoming().flatten() {
            let connected = Instant::now() + ROUND_TRIP;
            if let Ok(far) = TcpStream::connect(to) {
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                one_way(&near, &far, connected);
                one_way(&far, &near, connected);
            }
        }
    });
    address
}

/// Bytes, and when they arrive; no bytes are the end.
type Piece = (Instant, Vec<u8>);

fn one_way(from: &TcpStream, to: &TcpStream, not_before: Instant) {
    let (Ok(from), Ok(to)) = (from.try_clone(), to.try_clone()) else {
        return;
    };
    let (sender, receiver) = channel();
    thread::spawn(move || enter(from, not_before, &sender));
    thread::spawn(move || leave(to, &receiver));
}

fn enter(mut from: TcpStream, not_before: Instant, line: &Sender<Piece>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = from.read(&mut buffer).unwrap_or(0);
        let sent = Instant::now().max(not_before);
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
