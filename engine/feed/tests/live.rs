//! What is sent over loopback arrives: five streams of frames at their pace, and the same as narrowed records.
#![allow(clippy::unwrap_used)] // in a test

use guiju_feed::frame::step::{self, Frame};
use guiju_feed::live::{Batch, Pace, Receiver, Sender};
use guiju_feed::narrow::Packer;
use guiju_feed::reader::{Format, Reader, Record};
use guiju_feed::{Decoder, Encoder, Message, Mode, Program, Reset, Templates, Value};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

const TICK: &str = r#"<template name="Tick" id="1"><uInt64 name="N"><increment/></uInt64><string name="S"><copy/></string></template>"#;
const STREAMS: u64 = 5;
const FRAMES: u64 = 100;
const TICKS: u64 = 50;
/// Nanoseconds between frames: about 42 Mbit/s.
const APART: u64 = 50_000;

fn program() -> Arc<Program> {
    Arc::new(Program::compile(&Templates::read(TICK).0, Reset::Ignore).unwrap())
}

/// A frame of ticks.
fn frame(encoder: &mut Encoder, category: u64, sequence: u64) -> Vec<u8> {
    let (mut raw, mut bytes) = (Vec::new(), Vec::new());
    encoder.reset();
    for at in 0..TICKS {
        let row = vec![Some(Value::Unsigned(sequence * TICKS + at)), Some(Value::Text(format!("60{category}{at:03}")))];
        encoder.encode(&Message { template: "Tick".into(), row }, &mut raw).unwrap();
    }
    let (category, sequence) = (Some(category), Some(sequence));
    step::put(&Frame { kind: b"UA5803", sent: b"", category, sequence, raw: &raw }, &mut bytes);
    bytes
}

/// Everything that comes until there are so many messages, and what was missing on the way.
fn receive(receiver: &Receiver, format: Format, messages: u64) -> (u64, Vec<String>, u64) {
    let mut reader = Reader::new(format, Decoder::new(program(), Mode::Strict));
    let (mut batch, mut seen, mut other) = (Batch::default(), 0, Vec::new());
    let began = Instant::now();
    while seen < messages && began.elapsed() < Duration::from_secs(60) {
        if receiver.take(&mut batch, Duration::from_millis(100)).unwrap() {
            for (from, bytes) in batch.iter() {
                reader.datagram(receiver.flow(from), bytes, &mut |record| match record {
                    Record::Message(_) => seen += 1,
                    record => other.push(format!("{record:?}")),
                });
            }
        }
    }
    (seen, other, reader.passed().map(|passed| passed.counts.frames).sum())
}

#[test]
fn five_streams_at_their_pace() {
    let receiver = Receiver::new("127.0.0.1:0".parse().unwrap()).unwrap();
    let at = receiver.at();
    let sending = std::thread::spawn(move || {
        let mut senders: Vec<Sender> = (0..STREAMS).map(|_| Sender::new(at).unwrap()).collect();
        let (mut encoder, mut pace) = (Encoder::new(program()), Pace::new(1.0));
        for number in 0..STREAMS * FRAMES {
            let (stream, sequence) = (number % STREAMS, number / STREAMS + 1);
            pace.wait(number * APART, &|| false);
            senders[stream as usize].send(&frame(&mut encoder, stream, sequence));
        }
        senders.into_iter().map(|sender| sender.sent().unwrap().0).sum::<u64>()
    });
    let (seen, other, frames) = receive(&receiver, Format::StepFast, STREAMS * FRAMES * TICKS);
    assert_eq!(sending.join().unwrap(), STREAMS * FRAMES);
    assert_eq!((seen, frames, other), (STREAMS * FRAMES * TICKS, STREAMS * FRAMES, vec![]));
}

#[test]
fn narrowed_records_to_a_group() {
    // Where the system joins no group (a machine without a network), the same to an address of its own.
    let group: SocketAddr = "239.255.42.42:0".parse().unwrap();
    let receiver = Receiver::new(group).or_else(|error| {
        eprintln!("!!! no multicast here: {error}");
        Receiver::new("127.0.0.1:0".parse().unwrap())
    });
    let receiver = receiver.unwrap();
    let at = receiver.at();
    let mut sender = Sender::new(at).unwrap();
    let (mut encoder, mut decoder, mut packer) =
        (Encoder::new(program()), Decoder::new(program(), Mode::Strict), Packer::new(&program(), 1_400));
    for number in 0..500u64 {
        let (row, mut bytes) = (vec![Some(Value::Unsigned(number)), Some(Value::Text("600519".into()))], Vec::new());
        encoder.encode(&Message { template: "Tick".into(), row }, &mut bytes).unwrap();
        packer.put(&decoder.decode(&bytes).unwrap().0, &mut |frame| sender.send(frame)).unwrap();
    }
    packer.beat(&mut |frame| sender.send(frame));
    if sender.has_failed() && matches!(at.ip(), IpAddr::V4(ip) if ip.is_multicast()) {
        eprintln!("!!! SKIPPED: multicast can be joined here, but not sent: {}", sender.sent().unwrap_err());
        return;
    }
    let datagrams = sender.sent().unwrap().0;
    assert!(datagrams < 20, "{datagrams} datagrams");
    let (seen, other, _) = receive(&receiver, Format::Narrow, 500);
    assert_eq!((seen, other), (500, vec![]));
}
