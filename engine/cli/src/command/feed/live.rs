//! A feed that arrives: datagrams at an address or of a multicast group, or a stream from whoever sends one.

use super::problem;
use crate::interrupt;
use guiju::{
    lang::finding::Finding,
    market::{
        live::{Batch, Receiver},
        reader::{Reader, Record},
    },
};
use std::{
    io::{ErrorKind, Read},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

/// How long nobody hears that it is over.
const PIECE: Duration = Duration::from_millis(100);
/// Bytes read at once.
const BYTES: usize = 1 << 18;
/// A sender that is not there yet is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a feed arrives.
pub(super) enum Live {
    Udp(SocketAddr),
    Tcp(SocketAddr),
}

impl Live {
    /// `udp://239.1.1.1:5000`, `tcp://10.0.0.1:5000`; nothing if it is no such address.
    pub(super) fn of(text: &str) -> Result<Option<Self>, Finding> {
        let Some((scheme, address)) = text.split_once("://") else { return Ok(None) };
        let Ok(address) = address.parse() else { return Err(problem::address(text)) };
        match scheme {
            "udp" => Ok(Some(Self::Udp(address))),
            "tcp" => Ok(Some(Self::Tcp(address))),
            _ => Err(problem::address(text)),
        }
    }

    /// Reads until it ends, nothing comes for `idle`, or somebody interrupts, which is an end like any other.
    pub(super) fn read(
        &self,
        reader: Reader,
        idle: Option<Duration>,
        each: &mut dyn FnMut(&Record<'_>),
    ) -> Result<(Reader, bool), Finding> {
        let read = match self {
            Self::Udp(at) => datagrams(*at, reader, idle, each),
            Self::Tcp(at) => stream(*at, reader, idle, each),
        };
        read.map(|reader| (reader, false))
    }
}

/// Since when nothing has come.
struct Silence {
    since: Instant,
    most: Option<Duration>,
}

impl Silence {
    fn new(most: Option<Duration>) -> Self {
        Self { since: Instant::now(), most }
    }

    fn heard(&mut self) {
        self.since = Instant::now();
    }

    fn over(&self) -> bool {
        interrupt::requested() || self.most.is_some_and(|most| self.since.elapsed() >= most)
    }
}

fn datagrams(
    at: SocketAddr,
    mut reader: Reader,
    idle: Option<Duration>,
    each: &mut dyn FnMut(&Record<'_>),
) -> Result<Reader, Finding> {
    let broken = |error: std::io::Error| problem::unreadable(format!("udp://{at}").as_ref(), &error);
    let receiver = Receiver::new(at).map_err(broken)?;
    let mut batch = Batch::default();
    let mut silence = Silence::new(idle);
    while !silence.over() {
        if receiver.take(&mut batch, PIECE).map_err(broken)? {
            for (from, bytes) in batch.iter() {
                reader.datagram(receiver.flow(from), bytes, each);
            }
            silence.heard();
        }
    }
    reader.finish(&[], each);
    Ok(reader)
}

fn stream(
    at: SocketAddr,
    mut reader: Reader,
    idle: Option<Duration>,
    each: &mut dyn FnMut(&Record<'_>),
) -> Result<Reader, Finding> {
    let name = format!("tcp://{at}");
    let broken = |error: std::io::Error| problem::unreadable(name.as_ref(), &error);
    let mut from = connected(at).map_err(broken)?;
    from.set_read_timeout(Some(PIECE)).map_err(broken)?;
    let mut silence = Silence::new(idle);
    let (mut pending, mut piece) = (Vec::new(), vec![0; BYTES]);
    while !silence.over() {
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(taken) => {
                pending.extend_from_slice(&piece[..taken]);
                let done =
                    reader.read(&pending, each).map_err(|error| problem::broken_capture(name.as_ref(), &error))?;
                pending.drain(..done);
                silence.heard();
            }
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(error) => return Err(broken(error)),
        }
    }
    reader.finish(&pending, each);
    Ok(reader)
}

fn connected(at: SocketAddr) -> std::io::Result<TcpStream> {
    let began = Instant::now();
    loop {
        match TcpStream::connect(at) {
            Err(error)
                if error.kind() == ErrorKind::ConnectionRefused
                    && began.elapsed() < PATIENCE
                    && !interrupt::requested() =>
            {
                std::thread::sleep(PIECE);
            }
            done => return done,
        }
    }
}
