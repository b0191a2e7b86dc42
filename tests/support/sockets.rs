//! Questions to the kernel about loopback sockets, and the only place where tests wait.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use socket2::{Domain, Socket as Bound, Type};

/// Asks until there is an answer; `None` after about 30 seconds.
///
/// For what cannot be awaited: a foreign process that starts up, a log that it writes.
pub fn until<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    for _ in 0..6000 {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// A loopback port that is free now, for a server to listen at, and that no other caller in this
/// process was given. Where a port is to refuse, [`Closed`] keeps it.
pub fn free_port() -> u16 {
    static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);
    loop {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
        let port = listener.local_addr().expect("its address").port();
        if GIVEN.lock().expect("the ports given").insert(port) {
            return port;
        }
    }
}

/// A loopback port that refuses every connection for as long as this lives: it is bound, so that
/// nobody else gets it, and nobody listens at it.
pub struct Closed {
    address: SocketAddr,
    _bound: Bound,
}

impl Closed {
    /// Takes a free port.
    pub fn new() -> Self {
        let bound = Bound::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        bound.bind(&any.into()).expect("a free loopback port");
        let address = bound.local_addr().expect("its address").as_socket();
        Self {
            address: address.expect("an IPv4 address"),
            _bound: bound,
        }
    }

    /// Where nobody listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// One IPv4 socket as `/proc/net/tcp` shows it.
pub struct Socket {
    /// Local end.
    pub local: SocketAddr,
    /// Remote end.
    pub remote: SocketAddr,
    /// Whether it is in the LISTEN state.
    pub listens: bool,
    /// Bytes written and not yet acknowledged.
    pub unacknowledged: u64,
    /// Bytes received and not yet read by the program.
    pub unread: u64,
    /// What `/proc/PID/fd` links to, as `socket:[inode]`.
    pub inode: String,
}

/// The IPv4 sockets of this machine.
pub fn sockets() -> Vec<Socket> {
    let table = std::fs::read_to_string("/proc/net/tcp").expect("/proc/net/tcp");
    table.lines().skip(1).filter_map(socket).collect()
}

fn socket(line: &str) -> Option<Socket> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let (unacknowledged, unread) = fields.get(4)?.split_once(':')?;
    Some(Socket {
        local: address(fields.get(1)?)?,
        remote: address(fields.get(2)?)?,
        listens: *fields.get(3)? == "0A",
        unacknowledged: u64::from_str_radix(unacknowledged, 16).ok()?,
        unread: u64::from_str_radix(unread, 16).ok()?,
        inode: (*fields.get(9)?).to_owned(),
    })
}

/// `0100007F:0CEA` is 127.0.0.1:3306: the address in host order, the port in network order.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let ip = u32::from_str_radix(ip, 16).ok()?.to_ne_bytes();
    Some((ip, u16::from_str_radix(port, 16).ok()?).into())
}

/// Whether the process itself listens on that loopback port (not another that snatched it).
pub fn process_listens(process: u32, port: u16) -> bool {
    let wanted: Vec<String> = sockets()
        .into_iter()
        .filter(|socket| socket.listens && socket.local.port() == port)
        .map(|socket| format!("socket:[{}]", socket.inode))
        .collect();
    let Ok(files) = std::fs::read_dir(format!("/proc/{process}/fd")) else {
        return false;
    };
    files
        .flatten()
        .filter_map(|file| std::fs::read_link(file.path()).ok())
        .any(|link| {
            wanted
                .iter()
                .any(|inode| link.as_os_str() == inode.as_str())
        })
}

/// Whether all that `from` wrote to `to` was read by the program at `to`.
///
/// A socket that has gone holds nothing back.
pub fn drained(from: SocketAddr, to: SocketAddr) -> bool {
    sockets().iter().all(|socket| {
        let sender = socket.local == from && socket.remote == to;
        let receiver = socket.local == to && socket.remote == from;
        !(sender && socket.unacknowledged > 0 || receiver && socket.unread > 0)
    })
}
