//! Datagrams in. A thread does nothing but take them from the system, so that the system's small buffer is empty whatever the reader does;
//! they wait in memory, up to a limit. What is beyond it the system drops, and numbers tell.

use crate::transport::Flow;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Datagrams that wait for their reader, in bytes.
const MOST_WAITING: usize = 1 << 28;
/// The longest datagram, in bytes.
const LONGEST: usize = 1 << 16;
/// How long nobody hears that it is over.
const PIECE: Duration = Duration::from_millis(50);

/// Datagrams in the order in which they came.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    ends: Vec<(SocketAddr, usize)>,
}

impl Batch {
    /// Each with its sender.
    pub fn iter(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |(from, end)| {
            let bytes = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            (*from, bytes)
        })
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<(Batch, Option<io::Error>)>,
    some: Condvar,
    over: AtomicBool,
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, (Batch, Option<io::Error>)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Receives datagrams at one address.
#[derive(Debug)]
pub struct Receiver {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    at: SocketAddr,
}

impl Receiver {
    /// At an address of this machine, or of a multicast group, which is joined on the interface of the system's choice.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(at: SocketAddr) -> io::Result<Self> {
        // A group's own address keeps out what others send to the same port; not every system can be bound to one.
        let bound = match at.ip() {
            ip if cfg!(unix) || !ip.is_multicast() => ip,
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let socket = UdpSocket::bind(SocketAddr::new(bound, at.port()))?;
        match at.ip() {
            IpAddr::V4(group) if group.is_multicast() => socket.join_multicast_v4(&group, &Ipv4Addr::UNSPECIFIED)?,
            IpAddr::V6(group) if group.is_multicast() => socket.join_multicast_v6(&group, 0)?,
            _ => {}
        }
        super::room_in(&socket);
        socket.set_read_timeout(Some(PIECE))?;
        let at = SocketAddr::new(at.ip(), socket.local_addr()?.port());
        let shared = Arc::<Shared>::default();
        let theirs = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("feed-receive".into()).spawn(move || receive(&socket, &theirs))?;
        Ok(Self { shared, thread: Some(thread), at })
    }

    /// Where it receives: the port that the system chose, if none was given.
    #[must_use]
    pub const fn at(&self) -> SocketAddr {
        self.at
    }

    /// What a datagram's flow is.
    #[must_use]
    pub const fn flow(&self, from: SocketAddr) -> Flow {
        Flow { from, to: self.at }
    }

    /// Everything that has come since the last time, waiting for it so long at most; whether there is any. `batch` is used again.
    ///
    /// # Errors
    /// What the system said instead of a datagram, when all before it were handed out.
    pub fn take(&self, batch: &mut Batch, wait: Duration) -> io::Result<bool> {
        batch.clear();
        let nothing = |waiting: &mut (Batch, Option<io::Error>)| waiting.0.ends.is_empty() && waiting.1.is_none();
        let waiting = self.shared.some.wait_timeout_while(self.shared.waiting(), wait, nothing);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner).0;
        if waiting.0.ends.is_empty() {
            return waiting.1.take().map_or(Ok(false), Err);
        }
        std::mem::swap(&mut waiting.0, batch);
        Ok(true)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}

fn receive(socket: &UdpSocket, shared: &Shared) {
    let mut datagram = vec![0; LONGEST];
    while !shared.over.load(Ordering::Relaxed) {
        match socket.recv_from(&mut datagram) {
            Ok((length, from)) => loop {
                let mut waiting = shared.waiting();
                let batch = &mut waiting.0;
                if batch.bytes.len() + length <= MOST_WAITING {
                    let first = batch.ends.is_empty();
                    batch.bytes.extend_from_slice(&datagram[..length]);
                    let end = batch.bytes.len();
                    batch.ends.push((from, end));
                    drop(waiting);
                    if first {
                        shared.some.notify_one();
                    }
                    break;
                }
                drop(waiting);
                if shared.over.load(Ordering::Relaxed) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(1));
            },
            // Nothing came for a while; or a datagram of ours found nobody, which is not this socket's affair.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock
                        | io::ErrorKind::TimedOut
                        | io::ErrorKind::Interrupted
                        | io::ErrorKind::ConnectionRefused
                        | io::ErrorKind::ConnectionReset
                ) => {}
            Err(error) => {
                shared.waiting().1 = Some(error);
                shared.some.notify_one();
                return;
            }
        }
    }
}
