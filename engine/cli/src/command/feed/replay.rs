//! `guiju feed replay`: a capture's payloads as datagrams, or its messages as narrowed records, at the pace of the capture or faster.

use super::{Ended, decode, encode, input::LeftOut, live::Live, problem};
use crate::{
    Exit,
    args::feed::{FeedFormat, Replay, Shape},
    interrupt,
    output::Out,
    progress::Bar,
};
use guiju::{
    feed::{Progress, Watch},
    market::{
        Decoder, Mode,
        live::{Pace, Sender},
        narrow::Packer,
        reader::{Reader, Record},
        szse,
        transport::{Assembly, Capture, Delivered, Packet, Payload, payload},
    },
};
use serde_json::json;
use std::{fs::File, io::Read, net::SocketAddr, time::Instant};

/// Bytes read at once.
const PIECE: usize = 1 << 20;
/// Streams are cut into datagrams that Ethernet carries whole; frames of records are such.
const DATAGRAM: usize = 1_400;
/// What says that nothing more comes is sent so often, since nothing tells of it when it is lost.
const FAREWELLS: usize = 3;

pub(super) fn run(args: &Replay, out: &Out) -> Result<Exit, Ended> {
    let failed = |finding| (vec![finding], Exit::Failed);
    let unreadable = |error: std::io::Error| failed(problem::unreadable(&args.file, &error));
    let unsent = |error: std::io::Error| failed(problem::unwritable(&args.to, &error));
    let to = address(&args.to)?;
    let mut work =
        if args.narrow { Work::Narrow(Box::new(Narrow::new(args, out)?)) } else { Work::Raw(Assembly::default()) };
    let mut file = File::open(&args.file).map_err(unreadable)?;
    let total_bytes = file.metadata().map(|data| data.len()).unwrap_or_default();
    let mut sender = Sender::new(to).map_err(unsent)?;
    let mut pace = Pace::new(args.speed);
    let mut capture = Capture::default();
    let mut bar = Bar::new(out);
    let source = args.file.display().to_string();
    let (mut pending, mut bytes) = (Vec::new(), 0);
    let start = Instant::now();
    while !interrupt::requested() && !sender.has_failed() {
        let taken = file.by_ref().take(PIECE as u64).read_to_end(&mut pending).map_err(unreadable)?;
        if taken == 0 {
            break;
        }
        bytes += taken as u64;
        let done = capture
            .read(&pending, &mut |packet| {
                pace.wait(packet.time, &interrupt::requested);
                if !interrupt::requested() {
                    work.packet(packet, &mut sender);
                }
            })
            .map_err(|broken| failed(problem::broken_capture(&args.file, &broken)))?;
        pending.drain(..done);
        bar.progress(&Progress { source: &source, rows: 0, bytes, total_bytes });
    }
    let (messages, left_out) = work.finish(&mut sender);
    bar.finish();
    let (datagrams, sent) = sender.sent().map_err(unsent)?;
    let (seconds, behind) = (start.elapsed().as_secs_f64(), pace.behind().as_secs_f64());
    out.document(&json!({
        "ok": left_out.count == 0, "datagrams": datagrams, "bytes": sent, "messages": messages, "seconds": seconds,
        "behind": behind,
    }));
    let texts = (out.pick("datagrams", "个数据报"), out.pick("bytes", "字节"), out.pick("seconds", "秒"));
    out.say(format!("{datagrams} {}, {sent} {}, {seconds:.3} {}", texts.0, texts.1, texts.2));
    if let Some(messages) = messages {
        out.say(format!("{messages} {}", out.pick("messages", "条消息")));
    }
    decode::tell(&left_out, out);
    Ok(match interrupt::requested() {
        true => Exit::Interrupted,
        false if left_out.count > 0 => Exit::Failed,
        false => Exit::Well,
    })
}

/// `udp://239.1.1.1:5000`, or without its beginning.
fn address(text: &str) -> Result<SocketAddr, Ended> {
    let wrong = || (vec![problem::address(text)], Exit::Usage);
    match Live::of(text) {
        Ok(Some(Live::Udp(address))) => Ok(address),
        Ok(None) => text.parse().map_err(|_| wrong()),
        Ok(Some(Live::Tcp(_))) | Err(_) => Err(wrong()),
    }
}

/// What is done with packets.
enum Work {
    /// Their payloads are sent: datagrams as they are, of streams what is next in order.
    Raw(Assembly),
    Narrow(Box<Narrow>),
}

/// Messages on their way into frames of records.
struct Narrow {
    reader: Reader,
    packer: Packer,
    left_out: LeftOut,
}

impl Work {
    fn packet(&mut self, packet: &Packet<'_>, sender: &mut Sender) {
        match self {
            Self::Raw(assembly) => match payload(packet.link, packet.bytes) {
                Some(Payload::Udp(_, bytes)) => sender.send(bytes),
                Some(Payload::Tcp(flow, segment)) => {
                    assembly.take(flow, &segment, &mut |delivered| datagrams(delivered, sender));
                }
                None => {}
            },
            Self::Narrow(narrow) => {
                let Narrow { reader, packer, left_out } = &mut **narrow;
                reader.packet(packet, &mut |record| record_of(record, packer, left_out, sender));
                // Nobody waits for the next packet.
                packer.flush(&mut |frame| sender.send(frame));
            }
        }
    }

    /// What is still to be sent; how many messages there were, and what of them was left out.
    fn finish(self, sender: &mut Sender) -> (Option<u64>, LeftOut) {
        match self {
            Self::Raw(mut assembly) => {
                assembly.finish(&mut |_, delivered| datagrams(delivered, sender));
                (None, LeftOut::default())
            }
            Self::Narrow(narrow) => {
                let Narrow { mut reader, mut packer, mut left_out } = *narrow;
                reader.finish(&[], &mut |record| record_of(record, &mut packer, &mut left_out, sender));
                (0..FAREWELLS).for_each(|_| packer.beat(&mut |frame| sender.send(frame)));
                (Some(packer.packed()), left_out)
            }
        }
    }
}

fn record_of(record: &Record<'_>, packer: &mut Packer, left_out: &mut LeftOut, sender: &mut Sender) {
    left_out.note(record);
    let Record::Message(message) = record else { return };
    if let Err(wrong) = packer.put(message, &mut |frame| sender.send(frame)) {
        left_out.say(problem::record(message.template(), wrong));
    }
}

fn datagrams(delivered: Delivered<'_>, sender: &mut Sender) {
    if let Delivered::Bytes(bytes) = delivered {
        bytes.chunks(DATAGRAM).for_each(|bytes| sender.send(bytes));
    }
}

impl Narrow {
    fn new(args: &Replay, out: &Out) -> Result<Self, Ended> {
        // The command line asks for it.
        let format = args.format.unwrap_or(FeedFormat::StepFast);
        let Replay { templates, framing, reset, .. } = args;
        let shape = Shape { templates: templates.clone(), format, framing: *framing, reset: *reset };
        let program = shape.program(out)?;
        let packer = match format {
            FeedFormat::Szse => Packer::new(encode::tables(szse::Encoder::new())?.program(), DATAGRAM),
            _ => Packer::new(&program, DATAGRAM),
        };
        let reader = Reader::new(shape.format(), Decoder::new(program, Mode::Strict));
        let reader = if args.joined { reader.joined() } else { reader };
        Ok(Self { reader, packer, left_out: LeftOut::default() })
    }
}
