//! Datagrams out.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Sends datagrams to one address, and counts them.
#[derive(Debug)]
pub struct Sender {
    socket: UdpSocket,
    to: SocketAddr,
    datagrams: u64,
    bytes: u64,
    failed: Option<io::Error>,
}

impl Sender {
    /// To an address, or a multicast group: its datagrams stay in the network they are sent to (a time to live of 1).
    ///
    /// # Errors
    /// What the system says.
    pub fn new(to: SocketAddr) -> io::Result<Self> {
        let any = if to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
        let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
        super::room_out(&socket);
        Ok(Self { socket, to, datagrams: 0, bytes: 0, failed: None })
    }

    /// Sends; after the first failure nothing more.
    pub fn send(&mut self, bytes: &[u8]) {
        if self.failed.is_some() || bytes.is_empty() {
            return;
        }
        match self.socket.send_to(bytes, self.to) {
            Ok(_) => {
                self.datagrams += 1;
                self.bytes += bytes.len() as u64;
            }
            Err(error) => self.failed = Some(error),
        }
    }

    /// Whether sending has failed.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// How many datagrams went, and their bytes.
    ///
    /// # Errors
    /// Why not all of them did.
    pub fn sent(self) -> io::Result<(u64, u64)> {
        self.failed.map_or(Ok((self.datagrams, self.bytes)), Err)
    }
}
