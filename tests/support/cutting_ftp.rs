//! An FTP server that breaks off, for proxies that fetch from it: real servers do so too seldom.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How it behaves.
#[derive(Clone)]
pub struct Manners {
    /// The file.
    pub file: Vec<u8>,
    /// Whether it knows SIZE and says a length in its 150.
    pub size: bool,
    /// How many transfers end in the middle.
    pub cuts: usize,
    /// The reply behind a cut; none: the control channel closes too.
    pub behind: Option<&'static str>,
}

/// The running server; it ends with the test process.
pub struct CuttingFtp {
    address: SocketAddr,
    transfers: Arc<AtomicUsize>,
}

impl CuttingFtp {
    /// Starts one.
    pub fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let transfers = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&transfers);
        std::thread::spawn(move || {
            for control in listener.incoming().flatten() {
                let (manners, counted) = (manners.clone(), Arc::clone(&counted));
                std::thread::spawn(move || serve(control, &manners, &counted));
            }
        });
        Self { address, transfers }
    }

    /// `ftp://127.0.0.1:PORT` with the path.
    pub fn url(&self, path: &str) -> String {
        format!("ftp://{}{path}", self.address)
    }

    /// How many transfers began.
    pub fn transfers(&self) -> usize {
        self.transfers.load(Ordering::SeqCst)
    }
}

/// Serves one control channel until the client leaves.
fn serve(mut control: TcpStream, manners: &Manners, transfers: &AtomicUsize) -> Option<()> {
    let mut lines = BufReader::new(control.try_clone().ok()?).lines();
    let mut data = None;
    writeln!(control, "220 ready\r").ok()?;
    while let Some(Ok(line)) = lines.next() {
        let length = manners.file.len();
        let reply = match line.split(' ').next().unwrap_or_default() {
            "USER" => "331 password?".to_owned(),
            "PASS" => "230 in".to_owned(),
            "TYPE" => "200 so it is".to_owned(),
            "SIZE" if manners.size => format!("213 {length}"),
            "MDTM" if manners.size => "213 20200101000000".to_owned(),
            "EPSV" | "PASV" => {
                let listener = TcpListener::bind("127.0.0.1:0").ok()?;
                let port = listener.local_addr().ok()?.port();
                data = Some(listener);
                match line.as_str() {
                    "PASV" => format!("227 here (127,0,0,1,{},{})", port / 256, port % 256),
                    _ => format!("229 here (|||{port}|)"),
                }
            }
            "CWD" => "550 no such folder".to_owned(),
            "RETR" => {
                let cut = transfers.fetch_add(1, Ordering::SeqCst) < manners.cuts;
                let (mut stream, _) = data.take()?.accept().ok()?;
                let told = match manners.size {
                    true => format!("150 coming ({length} bytes)\r"),
                    false => "150 coming\r".to_owned(),
                };
                writeln!(control, "{told}").ok()?;
                let sent = if cut { length / 2 } else { length };
                let _ = stream.write_all(&manners.file[..sent]);
                drop(stream);
                match (cut, manners.behind) {
                    (false, _) => "226 done".to_owned(),
                    (true, Some(reply)) => reply.to_owned(),
                    (true, None) => return None,
                }
            }
            "QUIT" => return None,
            _ => "500 what?".to_owned(),
        };
        writeln!(control, "{reply}\r").ok()?;
    }
    Some(())
}
