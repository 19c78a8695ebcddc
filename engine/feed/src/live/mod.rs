//! Feeds as they arrive and leave: UDP datagrams (multicast groups are joined), and the pace of a replay. The only part of this crate that
//! opens a socket or asks the time.

mod pace;
mod receive;
mod send;

pub use pace::Pace;
pub use receive::{Batch, Receiver};
pub use send::Sender;

/// What sockets are asked to hold, in bytes: a quarter of a second of a very busy feed, when nobody gets to run. Systems give less where
/// their limit is lower (Linux: `net.core.rmem_max`), unless the program may go beyond it (`CAP_NET_ADMIN`). Less is no error.
const BUFFER: usize = 1 << 26;

/// Makes room for what comes in.
fn room_in(socket: &std::net::UdpSocket) {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if rustix::net::sockopt::set_socket_recv_buffer_size_force(socket, BUFFER).is_ok() {
        return;
    }
    // What is too much is refused by some systems and cut down by others.
    #[cfg(unix)]
    halved(&|bytes| rustix::net::sockopt::set_socket_recv_buffer_size(socket, bytes).is_ok());
    #[cfg(not(unix))]
    let _ = socket;
}

/// Makes room for what goes out.
fn room_out(socket: &std::net::UdpSocket) {
    #[cfg(unix)]
    halved(&|bytes| rustix::net::sockopt::set_socket_send_buffer_size(socket, bytes).is_ok());
    #[cfg(not(unix))]
    let _ = socket;
}

/// Asks for less and less until something is given.
#[cfg(unix)]
fn halved(set: &dyn Fn(usize) -> bool) {
    let mut bytes = BUFFER;
    while bytes >= 1 << 18 && !set(bytes) {
        bytes /= 2;
    }
}
