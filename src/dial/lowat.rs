//! The one system call that this crate makes by itself.

use std::io;

use tokio::net::TcpStream;

/// From how many waiting bytes on a reader of `socket` is woken (SO_RCVLOWAT, socket(7)). It never
/// keeps bytes back from a reader that asks, and the end of the stream always wakes. Lowering it
/// wakes the reader at once when that many are there.
///
/// # Errors
/// The system refuses it.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub(super) fn set(socket: &TcpStream, bytes: libc::c_int) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    // No crate gives this option a safe face (socket2, rustix and nix do not have it).
    // SAFETY: the descriptor is open as long as `socket` is borrowed; the pointer is to a value
    // that outlives the call, and the length is that value's.
    let answer = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVLOWAT,
            (&raw const bytes).cast(),
            size_of_val(&bytes) as libc::socklen_t,
        )
    };
    match answer {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Elsewhere every byte wakes.
#[cfg(not(target_os = "linux"))]
pub(super) fn set(_: &TcpStream, _: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
