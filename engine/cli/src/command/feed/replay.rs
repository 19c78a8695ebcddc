//! `guiju feed replay`: a capture's payloads as datagrams, at the pace of the capture or faster.

use super::{Ended, problem};
use crate::{Exit, args::feed::Replay, interrupt, output::Out, progress::Bar};
use guiju::{
    feed::{Progress, Watch},
    market::transport::{Assembly, Capture, Delivered, Packet, Payload, payload},
};
use serde_json::json;
use std::{
    fs::File,
    io::Read,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

/// Bytes read at once.
const PIECE: usize = 1 << 20;
/// Streams are cut into datagrams that Ethernet carries whole.
const DATAGRAM: usize = 1_400;

/// Where datagrams go, and how many went.
struct Sender {
    socket: UdpSocket,
    to: SocketAddr,
    datagrams: u64,
    bytes: u64,
    failed: Option<std::io::Error>,
}

impl Sender {
    fn send(&mut self, bytes: &[u8]) {
        if self.failed.is_none() && !bytes.is_empty() {
            match self.socket.send_to(bytes, self.to) {
                Ok(_) => {
                    self.datagrams += 1;
                    self.bytes += bytes.len() as u64;
                }
                Err(error) => self.failed = Some(error),
            }
        }
    }
}

/// The capture's pace.
struct Pace {
    speed: f64,
    began: Option<(Instant, u64)>,
}

impl Pace {
    /// Waits until a packet of this time is due; waits are short, so that Ctrl-C is heard.
    fn wait(&mut self, time: u64) {
        let (start, first) = *self.began.get_or_insert((Instant::now(), time));
        if self.speed <= 0.0 {
            return;
        }
        let due = start + Duration::from_secs_f64(time.saturating_sub(first) as f64 / 1e9 / self.speed);
        while let Some(left) = due.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            if interrupt::requested() {
                return;
            }
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
    }
}

pub(super) fn run(args: &Replay, out: &Out) -> Result<Exit, Ended> {
    let failed = |finding| (vec![finding], Exit::Failed);
    let unreadable = |error: std::io::Error| failed(problem::unreadable(&args.file, &error));
    let unsent = |error: std::io::Error| failed(problem::unwritable(&args.to.to_string(), &error));
    let mut file = File::open(&args.file).map_err(unreadable)?;
    let total_bytes = file.metadata().map(|data| data.len()).unwrap_or_default();
    let any = if args.to.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).map_err(unsent)?;
    let mut sender = Sender { socket, to: args.to, datagrams: 0, bytes: 0, failed: None };
    let mut pace = Pace { speed: args.speed, began: None };
    let (mut capture, mut assembly) = (Capture::default(), Assembly::default());
    let mut bar = Bar::new(out);
    let source = args.file.display().to_string();
    let (mut pending, mut bytes) = (Vec::new(), 0);
    let start = Instant::now();
    while !interrupt::requested() && sender.failed.is_none() {
        let taken = file.by_ref().take(PIECE as u64).read_to_end(&mut pending).map_err(unreadable)?;
        if taken == 0 {
            break;
        }
        bytes += taken as u64;
        let done = capture
            .read(&pending, &mut |packet| {
                if !interrupt::requested() {
                    pace.wait(packet.time);
                    one(packet, &mut assembly, &mut sender);
                }
            })
            .map_err(|broken| failed(problem::broken_capture(&args.file, &broken)))?;
        pending.drain(..done);
        bar.progress(&Progress { source: &source, rows: 0, bytes, total_bytes });
    }
    assembly.finish(&mut |_, delivered| datagrams(delivered, &mut sender));
    bar.finish();
    if let Some(error) = sender.failed {
        return Err(unsent(error));
    }
    let seconds = start.elapsed().as_secs_f64();
    out.document(&json!({
        "ok": true, "datagrams": sender.datagrams, "bytes": sender.bytes, "seconds": seconds,
    }));
    let texts = (out.pick("datagrams", "个数据报"), out.pick("bytes", "字节"), out.pick("seconds", "秒"));
    out.say(format!("{} {}, {} {}, {seconds:.3} {}", sender.datagrams, texts.0, sender.bytes, texts.1, texts.2));
    Ok(if interrupt::requested() { Exit::Interrupted } else { Exit::Well })
}

/// A packet's payload: a datagram as it is; of streams what is next in order.
fn one(packet: &Packet<'_>, assembly: &mut Assembly, sender: &mut Sender) {
    match payload(packet.link, packet.bytes) {
        Some(Payload::Udp(_, bytes)) => sender.send(bytes),
        Some(Payload::Tcp(flow, segment)) => {
            assembly.take(flow, &segment, &mut |delivered| datagrams(delivered, sender));
        }
        None => {}
    }
}

fn datagrams(delivered: Delivered<'_>, sender: &mut Sender) {
    if let Delivered::Bytes(bytes) = delivered {
        bytes.chunks(DATAGRAM).for_each(|bytes| sender.send(bytes));
    }
}
