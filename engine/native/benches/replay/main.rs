//! What a replay sustains over loopback: `cargo xtask bench-replay`, or `cargo bench -p guiju-native --bench replay`.
//!
//! A session of five streams, 42 Mbit/s together (four of ticks, one of snapshots, encoded by our encoder, STEP frames numbered throughout),
//! is sent at its pace, at ten and at forty times it over UDP, and at forty times it over TCP; another thread receives, checks, and decodes
//! every message with machine code in strict mode. Then a trading day of four hours goes over TCP as fast as possible, while memory is
//! watched. Whatever is lost, broken or left out is counted, and then the benchmark fails. `--smoke` does the same for moments only; a word
//! (`-- 'udp 40'`) picks runs by their name, `--seconds N` says how long those are that have a pace.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)] // it prints, and a benchmark without its data has failed

mod session;
#[allow(dead_code)] // what fastlib needs
#[path = "../decode/sets.rs"]
mod sets;

use guiju_feed::live::{Batch, Pace, Receiver, Sender};
use guiju_feed::reader::{Format, Reader, Record};
use guiju_feed::{Decoder, Mode};
use session::{STREAMS, Session};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A trading day, in seconds.
const DAY: u64 = 4 * 3_600;
/// More memory than this, in bytes, is not flat.
const FLAT: u64 = 64 << 20;
/// Nothing more comes.
const SILENCE: Duration = Duration::from_secs(2);

/// What went, or what came.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Count {
    frames: u64,
    messages: u64,
    bytes: u64,
    /// Numbers that never came, or frames that could not be read.
    missing: u64,
}

fn main() {
    // Only `cargo bench` asks for measurements; tests of all targets merely build this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let smoke = std::env::args().any(|argument| argument == "--smoke");
    let given = std::env::args().skip_while(|argument| argument != "--seconds").nth(1);
    let given = given.and_then(|seconds| seconds.parse().ok());
    let seconds = |exact: u64| if smoke { 1 } else { given.unwrap_or(exact) };
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| argument.contains("udp") || argument.contains("tcp"))
        .unwrap_or_default();
    let mut well = true;
    let mut only = |name: &str, run: &dyn Fn() -> bool| well &= !name.contains(&wanted) || run();
    for (name, speed, seconds) in
        [("udp 1", 1.0, seconds(5)), ("udp 10", 10.0, seconds(60)), ("udp 40", 40.0, seconds(180))]
    {
        only(name, &|| over_udp(speed, seconds));
    }
    only("tcp 40", &|| over_tcp(Some(40.0), seconds(60) * 40));
    only("tcp day", &|| over_tcp(None, if smoke { 60 } else { DAY }));
    assert!(well, "what was received is not what was sent, or memory grew");
}

/// Sends so much of a session; how much, how long it took, and how far it ever was behind.
fn send(speed: f64, session_seconds: u64, out: &mut dyn FnMut(usize, &[u8])) -> (Count, Duration, Duration) {
    let (mut session, mut pace, mut sent) = (Session::new(), Pace::new(speed), Count::default());
    let start = Instant::now();
    while session.time() < session_seconds * 1_000_000_000 {
        pace.wait(session.time(), &|| false);
        let (stream, frame, messages) = session.next();
        sent.frames += 1;
        sent.messages += messages;
        sent.bytes += frame.len() as u64;
        out(stream, frame);
    }
    (sent, start.elapsed(), pace.behind())
}

fn decoder() -> Decoder {
    guiju_native::compile(&session::program(), Mode::Strict).unwrap().decoder()
}

fn see(record: &Record<'_>, count: &mut Count) {
    match record {
        Record::Message(_) => count.messages += 1,
        Record::Sequence(..) => {}
        Record::Skipped(_) | Record::Lost(..) => count.missing += 1,
    }
}

fn passed(reader: &Reader, mut count: Count) -> Count {
    for passed in reader.passed() {
        count.frames += passed.counts.frames;
        count.missing += passed.gaps.channels().map(|(_, channel)| channel.missing).sum::<u64>();
    }
    count
}

fn over_udp(speed: f64, seconds: u64) -> bool {
    let receiver = Receiver::new("127.0.0.1:0".parse().unwrap()).unwrap();
    let (at, over) = (receiver.at(), Arc::new(AtomicBool::new(false)));
    let ended = Arc::clone(&over);
    let received = std::thread::spawn(move || {
        let mut reader = Reader::new(Format::StepFast, decoder());
        let (mut batch, mut count) = (Batch::default(), Count::default());
        // The sender has ended and nothing is on its way.
        let mut heard = Instant::now();
        while !ended.load(Ordering::Relaxed) || heard.elapsed() < SILENCE {
            if receiver.take(&mut batch, Duration::from_millis(50)).unwrap() {
                for (from, bytes) in batch.iter() {
                    count.bytes += bytes.len() as u64;
                    reader.datagram(receiver.flow(from), bytes, &mut |record| see(record, &mut count));
                }
                heard = Instant::now();
            }
        }
        passed(&reader, count)
    });
    let mut senders: Vec<Sender> = (0..STREAMS).map(|_| Sender::new(at).unwrap()).collect();
    let (sent, took, behind) =
        send(speed, (seconds as f64 * speed) as u64, &mut |stream, frame| senders[stream].send(frame));
    for sender in senders {
        sender.sent().unwrap();
    }
    over.store(true, Ordering::Relaxed);
    told(&format!("UDP, {speed} times"), sent, received.join().unwrap(), took, behind)
}

fn over_tcp(speed: Option<f64>, session_seconds: u64) -> bool {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let received = Arc::new(Mutex::new(Count::default()));
    let receivers: Vec<_> = (0..STREAMS)
        .map(|_| {
            let received = Arc::clone(&received);
            std::thread::spawn(move || receive(at, &received))
        })
        .collect();
    let mut streams: Vec<TcpStream> = (0..STREAMS).map(|_| listener.accept().unwrap().0).collect();
    let memory = Memory::watched();
    let (sent, took, behind) = send(speed.unwrap_or(0.0), session_seconds, &mut |stream, frame| {
        streams[stream].write_all(frame).unwrap();
    });
    drop(streams);
    receivers.into_iter().for_each(|receiver| receiver.join().unwrap());
    let name = match speed {
        Some(speed) => format!("TCP, {speed} times"),
        None => format!("TCP, {:.1} hours as fast as possible", session_seconds as f64 / 3_600.0),
    };
    let received = *received.lock().unwrap();
    told(&name, sent, received, took, behind) & memory.told()
}

fn receive(at: SocketAddr, all: &Mutex<Count>) {
    let mut from = TcpStream::connect(at).unwrap();
    let mut reader = Reader::new(Format::StepFast, decoder());
    let (mut count, mut pending, mut piece) = (Count::default(), Vec::new(), vec![0; 1 << 16]);
    loop {
        let taken = from.read(&mut piece).unwrap();
        if taken == 0 {
            break;
        }
        count.bytes += taken as u64;
        pending.extend_from_slice(&piece[..taken]);
        let done = reader.read(&pending, &mut |record| see(record, &mut count)).unwrap();
        pending.drain(..done);
    }
    reader.finish(&pending, &mut |record| see(record, &mut count));
    let count = passed(&reader, count);
    let mut all = all.lock().unwrap();
    all.frames += count.frames;
    all.messages += count.messages;
    all.bytes += count.bytes;
    all.missing += count.missing;
}

fn told(what: &str, sent: Count, received: Count, took: Duration, behind: Duration) -> bool {
    let seconds = took.as_secs_f64();
    println!(
        "{what}: {:.0} Mbit/s for {seconds:.1} s, {:.2} M messages/s; {} frames, {} messages; lost {}; at most {behind:.1?} behind",
        sent.bytes as f64 * 8.0 / 1e6 / seconds,
        sent.messages as f64 / 1e6 / seconds,
        sent.frames,
        sent.messages,
        sent.messages - received.messages.min(sent.messages),
    );
    if sent != received {
        println!("    sent {sent:?}\n    received {received:?}");
    }
    sent == received
}

/// Memory in use, looked at ten times a second.
struct Memory {
    over: Arc<AtomicBool>,
    watch: std::thread::JoinHandle<Vec<u64>>,
}

impl Memory {
    fn watched() -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let watch = std::thread::spawn(move || {
            let mut seen = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                seen.extend(resident());
                std::thread::sleep(Duration::from_millis(100));
            }
            seen
        });
        Self { over, watch }
    }

    /// From a tenth of the time on it must not have grown.
    fn told(self) -> bool {
        self.over.store(true, Ordering::Relaxed);
        let seen = self.watch.join().unwrap();
        let (Some(early), Some(most)) = (seen.get(seen.len() / 10), seen.iter().max()) else {
            println!("    memory is not told here");
            return true;
        };
        let mib = |bytes: &u64| *bytes as f64 / f64::from(1 << 20);
        println!("    memory: {:.1} MiB after a tenth of it, {:.1} MiB at most", mib(early), mib(most));
        *most <= early + FLAT
    }
}

/// Bytes in memory, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
}
