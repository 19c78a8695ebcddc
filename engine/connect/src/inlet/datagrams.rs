//! Datagrams of a feed as a stream: one partition, whose offset counts those that were taken ever.
//!
//! Nobody can be asked for a datagram again. What has come and was not yet taken is bounded; when there is no more room, what comes is
//! dropped, counted, and shown by `guiju status`. A process that is killed loses what it had not taken.
//!
//! Several sources may read one address: there is one socket for all of them.

use super::{Address, Backlog, Bell, Chunk, Data, Inlet, MOST_BYTES, MOST_MESSAGES, Message, Opening, Settled, Taken};
use crate::{config::Listen, problem};
use guiju_lang::{finding::Finding, market::Format};
use std::{
    collections::{BTreeMap, VecDeque},
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

/// Everybody's datagrams.
const PARTITION: &str = "udp";
/// No datagram is longer.
const LONGEST: usize = 1 << 16;
/// Bytes that wait for one source.
const MOST_WAITING: usize = 64 << 20;
/// Between two looks whether anybody still wants datagrams.
const LOOK: Duration = Duration::from_millis(200);

type Queues = Arc<Mutex<Vec<Weak<Queue>>>>;

/// Who listens where; a socket goes when nobody wants its datagrams any more.
static SOCKETS: Mutex<BTreeMap<(SocketAddr, Option<Ipv4Addr>), Queues>> = Mutex::new(BTreeMap::new());

/// What waits for one source.
struct Queue {
    ready: Mutex<Ready>,
    bell: Bell,
}

#[derive(Default)]
struct Ready {
    datagrams: VecDeque<Arc<[u8]>>,
    bytes: usize,
    dropped: u64,
    closed: bool,
}

struct Datagrams {
    queue: Arc<Queue>,
    /// Offset of the last that was given, once it is known what was taken.
    last: Option<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn open(opening: &Opening<'_>) -> Result<Box<dyn Inlet>, Finding> {
    let connection = opening.connection;
    // Messages that lean on those before them do not come in datagrams one can miss; an address is one line.
    let alone = connection.feed.as_ref().is_some_and(|feed| feed.form.format != Format::Fast && !feed.form.joined);
    let (Some(listen), true) = (&connection.listen, alone) else {
        return Err(problem::cannot_read_here(&connection.name, connection.kind.word()));
    };
    let queue = Arc::new(Queue { ready: Mutex::default(), bell: opening.bell.clone() });
    subscribe(listen, &queue).map_err(|error| problem::cannot_listen(&connection.name, &listen.at, &error))?;
    Ok(Box::new(Datagrams { queue, last: None }))
}

/// Adds a queue to those of an address, where a thread listens, from now on at the latest.
fn subscribe(listen: &Listen, queue: &Arc<Queue>) -> io::Result<()> {
    let at: SocketAddr = listen.at.parse().map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut sockets = lock(&SOCKETS);
    let place = (at, listen.interface);
    if let Some(queues) = sockets.get(&place) {
        lock(queues).push(Arc::downgrade(queue));
        return Ok(());
    }
    let socket = UdpSocket::bind(at)?;
    match at.ip() {
        IpAddr::V4(group) if group.is_multicast() => {
            socket.join_multicast_v4(&group, &listen.interface.unwrap_or(Ipv4Addr::UNSPECIFIED))?;
        }
        IpAddr::V6(group) if group.is_multicast() => socket.join_multicast_v6(&group, 0)?,
        _ => {}
    }
    socket.set_read_timeout(Some(LOOK))?;
    let queues: Queues = Arc::new(Mutex::new(vec![Arc::downgrade(queue)]));
    let theirs = Arc::clone(&queues);
    std::thread::Builder::new().name("guiju-udp".to_owned()).spawn(move || receive(&socket, &theirs, place))?;
    sockets.insert(place, queues);
    Ok(())
}

fn receive(socket: &UdpSocket, queues: &Queues, place: (SocketAddr, Option<Ipv4Addr>)) {
    let mut buffer = vec![0; LONGEST];
    loop {
        match socket.recv(&mut buffer) {
            Ok(length) => {
                let datagram: Arc<[u8]> = Arc::from(&buffer[..length]);
                lock(queues).iter().filter_map(Weak::upgrade).for_each(|queue| queue.put(&datagram));
                continue;
            }
            // Nothing came for a while.
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(_) => std::thread::sleep(LOOK),
        }
        let mut sockets = lock(&SOCKETS);
        let mut all = lock(queues);
        all.retain(|queue| queue.strong_count() > 0);
        if all.is_empty() {
            sockets.remove(&place);
            return;
        }
    }
}

impl Queue {
    fn put(&self, datagram: &Arc<[u8]>) {
        let mut ready = lock(&self.ready);
        if ready.closed {
            return;
        }
        if ready.bytes + datagram.len() > MOST_WAITING {
            ready.dropped += 1;
            return;
        }
        ready.bytes += datagram.len();
        ready.datagrams.push_back(Arc::clone(datagram));
        drop(ready);
        self.bell.ring();
    }
}

impl Inlet for Datagrams {
    fn next(&mut self, taken: &Taken) -> Result<Option<Chunk>, Vec<Finding>> {
        let last = self.last.get_or_insert_with(|| taken.get(PARTITION).copied().unwrap_or(0));
        let mut ready = lock(&self.queue.ready);
        let (mut messages, mut bytes) = (Vec::new(), 0);
        while messages.len() < MOST_MESSAGES
            && bytes < MOST_BYTES
            && let Some(datagram) = ready.datagrams.pop_front()
        {
            bytes += datagram.len();
            *last += 1;
            messages.push(Message { offset: *last, body: datagram.to_vec() });
        }
        ready.bytes -= bytes;
        let address = Address { partition: PARTITION.to_owned(), offset: *last };
        Ok((!messages.is_empty()).then_some(Chunk { address, data: Data::Messages(messages) }))
    }

    fn settle(&mut self, _: &Address, _: Settled<'_>) {}

    fn waits(&self) -> bool {
        !lock(&self.queue.ready).datagrams.is_empty()
    }

    fn backlog(&self, _: &Taken) -> Backlog {
        let ready = lock(&self.queue.ready);
        let dropped = (ready.dropped > 0).then(|| format!("{PARTITION}: -{}", ready.dropped));
        let count = ready.datagrams.len() as u64;
        Backlog { count, bytes: ready.bytes as u64, refused: dropped.into_iter().collect() }
    }

    fn close(&mut self) {
        lock(&self.queue.ready).closed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_dropped_and_counted() {
        let queue = Arc::new(Queue { ready: Mutex::default(), bell: Bell::default() });
        let datagram: Arc<[u8]> = Arc::from(vec![7; 40_000]);
        for _ in 0..2_000 {
            queue.put(&datagram);
        }
        let mut inlet = Datagrams { queue: Arc::clone(&queue), last: None };
        let room = (MOST_WAITING / datagram.len()) as u64;
        let backlog = inlet.backlog(&Taken::new());
        assert_eq!((backlog.count, &*backlog.refused), (room, &[format!("udp: -{}", 2_000 - room)][..]));
        // Offsets go on behind what was taken; a chunk is bounded.
        let taken = Taken::from([(PARTITION.to_owned(), 10)]);
        let chunk = inlet.next(&taken).unwrap().unwrap();
        let Data::Messages(messages) = chunk.data else { panic!("messages") };
        assert_eq!((messages[0].offset, chunk.address.offset), (11, 10 + messages.len() as u64));
        assert!(messages.len() * datagram.len() < MOST_BYTES + datagram.len());
        inlet.close();
        let before = inlet.backlog(&taken).count;
        queue.put(&datagram);
        assert_eq!(inlet.backlog(&taken).count, before, "nothing more is accepted");
    }
}
