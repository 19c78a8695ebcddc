//! Streams of frames: whole ones come through whatever stands between them.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test that cannot read its own files has failed; one that is skipped says so

use guiju_feed::frame::step::{self, Event, Frame, Stream};
use guiju_feed::frame::{Flaw, Seen};
use guiju_feed::{Code, Datum, Decimal, Decoder, Message, Mode, Program, Reset, Templates, Value, szse};
use proptest::prelude::{ProptestConfig, any, proptest};
use std::sync::Arc;

fn decoder(text: &str) -> Decoder {
    let (templates, findings) = Templates::read(text);
    assert_eq!(findings, []);
    Decoder::new(Arc::new(Program::compile(&templates, Reset::Honour).unwrap()), Mode::Strict)
}

/// The stream of the data set in pieces of every size: all messages, every frame's category, sequence and number of records.
#[test]
fn the_given_shanghai_stream() {
    let Some(folder) = std::env::var_os("GUIJU_FEED_DATA").map(std::path::PathBuf::from) else {
        eprintln!("!!! SKIPPED: GUIJU_FEED_DATA names no folder of feed data");
        return;
    };
    let folder = folder.join("sse_synth");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let bytes = std::fs::read(folder.join("step_stream.bin")).unwrap();
    let unpacked =
        std::process::Command::new("gzip").arg("-dc").arg(folder.join("expected.jsonl.gz")).output().unwrap();
    let unpacked = String::from_utf8(unpacked.stdout).unwrap();
    for piece in [bytes.len(), 1_448, 77] {
        let mut expected = unpacked.lines();
        let mut stream = Stream::new(decoder(&text("templates.xml")));
        let mut frames: Vec<(u64, u64, u64)> = Vec::new();
        let mut pending: Vec<u8> = Vec::new();
        for part in bytes.chunks(piece) {
            pending.extend_from_slice(part);
            let done = stream.read(&pending, &mut |event| match event {
                Event::Message(frame, _, message) => {
                    let mut line = String::new();
                    message.write_json(&mut line);
                    assert_eq!(Some(line.as_str()), expected.next());
                    let place = (frame.category.unwrap(), frame.sequence.unwrap());
                    match frames.last_mut() {
                        Some((category, sequence, records)) if (*category, *sequence) == place => *records += 1,
                        _ => frames.push((place.0, place.1, 1)),
                    }
                }
                other => panic!("{other:?}"),
            });
            pending.drain(..done);
        }
        assert!(pending.is_empty() && expected.next().is_none());
        let listed: Vec<(u64, u64, u64)> = text("frames.csv")
            .lines()
            .skip(1)
            .map(|line| {
                let cells: Vec<u64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
                (cells[0], cells[1], cells[2])
            })
            .collect();
        assert_eq!(frames, listed);
        assert_eq!(stream.counts().frames, listed.len() as u64);
    }
}

const TICK: &str = r#"<template name="Tick" id="1"><uInt32 name="N"><increment/></uInt32><string name="S"><copy/></string></template>"#;

fn frame(sequence: u64, raw: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    step::put(&Frame { kind: b"UA5803", sent: b"", category: Some(9), sequence: Some(sequence), raw }, &mut bytes);
    bytes
}

/// Two messages; the second leans on the first.
const RAW: &[u8] = &[0xf0, 0x81, 0x85, 0xc1, 0x80];

#[test]
fn a_bad_message_leaves_its_frame_and_no_other() {
    let mut stream = Stream::new(decoder(TICK));
    let bytes = [frame(1, RAW), frame(2, &[0xf0, 0x81, 0x85]), frame(4, RAW), frame(4, RAW), frame(3, RAW)].concat();
    let mut seen = Vec::new();
    let done = stream.read(&bytes, &mut |event| {
        seen.push(match event {
            Event::Message(frame, _, message) => {
                let Some(Datum::Unsigned(number)) = message.fields().named("N") else { panic!() };
                format!("{} N={number}", frame.sequence.unwrap())
            }
            Event::Sequence(frame, how) => format!("{} {how:?}", frame.sequence.unwrap()),
            Event::Skipped(what) => what.to_string(),
        });
    });
    assert_eq!(done, bytes.len());
    let bad = format!(
        "byte {}, channel Some(9), sequence Some(2): X1: byte 3, template `Tick`, field `S`: the input ends inside a message",
        frame(1, RAW).len()
    );
    let wanted = [
        "1 N=5",
        "1 N=6",
        &bad,
        "4 Gap(1)",
        "4 N=5",
        "4 N=6",
        "4 Duplicate",
        "4 N=5",
        "4 N=6",
        "3 Late",
        "3 N=5",
        "3 N=6",
    ];
    assert_eq!(seen, wanted);
    assert_eq!((stream.counts().frames, stream.counts().messages, stream.counts().skipped), (5, 8, 1));
}

/// A snapshot of one level with two orders, as bytes.
fn snapshot(orders: u32) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(20_260_114_093_000_000i64.to_be_bytes());
    body.extend(1011u16.to_be_bytes());
    body.extend(b"010300750  102 T0      ");
    body.extend([1_934_200i64, 7, 120_000, 23_210_400].iter().flat_map(|value| value.to_be_bytes()));
    body.extend(1u32.to_be_bytes());
    body.extend(b"0 ");
    body.extend([193_420_000i64, 50_000].iter().flat_map(|value| value.to_be_bytes()));
    body.extend(1u16.to_be_bytes());
    body.extend(2i64.to_be_bytes());
    body.extend(orders.to_be_bytes());
    body.extend([20_000i64, 30_000].iter().flat_map(|value| value.to_be_bytes()));
    body
}

fn shenzhen(kind: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    szse::put(&szse::Frame { kind, body }, &mut bytes);
    bytes
}

fn shown(bytes: &[u8]) -> Vec<String> {
    let mut stream = szse::Stream::new().unwrap();
    let mut seen = Vec::new();
    let done = stream.read(bytes, &mut |event| {
        seen.push(match event {
            szse::Event::Message(message) => {
                let mut line = String::new();
                message.write_json(&mut line);
                line
            }
            szse::Event::Sequence(channel, sequence, how) => format!("{channel} {sequence} {how:?}"),
            szse::Event::Skipped(what) => what.why.to_string(),
        });
    });
    assert_eq!(done, bytes.len());
    seen
}

#[test]
fn shenzhen_messages() {
    let order = |sequence: i64| {
        let mut body = Vec::new();
        body.extend(2011u16.to_be_bytes());
        body.extend(sequence.to_be_bytes());
        body.extend(b"011000001  102 ");
        body.extend([115_200i64, 10_000].iter().flat_map(|value| value.to_be_bytes()));
        body.push(b'1');
        body.extend(20_260_114_093_000_010i64.to_be_bytes());
        body.push(b'2');
        shenzhen(300_192, &body)
    };
    let bytes = [shenzhen(300_111, &snapshot(2)), shenzhen(3, &[]), order(7), order(9)].concat();
    assert_eq!(
        shown(&bytes),
        [
            r#"{"Snapshot":{"OrigTime":20260114093000000,"ChannelNo":1011,"MDStreamID":"010","SecurityID":"300750","SecurityIDSource":"102","TradingPhaseCode":"T0","PrevClosePx":"1934200e-4","NumTrades":7,"TotalVolumeTrade":"120000e-2","TotalValueTrade":"23210400e-4","MDEntries":[{"MDEntryType":"0","MDEntryPx":"193420000e-6","MDEntrySize":"50000e-2","MDPriceLevel":1,"NumberOfOrders":2,"Orders":[{"OrderQty":"20000e-2"},{"OrderQty":"30000e-2"}]}]}}"#,
            r#"{"Heartbeat":{}}"#,
            r#"{"Order":{"ChannelNo":2011,"ApplSeqNum":7,"MDStreamID":"011","SecurityID":"000001","SecurityIDSource":"102","Price":"115200e-4","OrderQty":"10000e-2","Side":"1","TransactTime":20260114093000010,"OrdType":"2"}}"#,
            "2011 9 Gap(1)",
            r#"{"Order":{"ChannelNo":2011,"ApplSeqNum":9,"MDStreamID":"011","SecurityID":"000001","SecurityIDSource":"102","Price":"115200e-4","OrderQty":"10000e-2","Side":"1","TransactTime":20260114093000010,"OrdType":"2"}}"#,
        ]
    );
}

/// Every message of some bytes, encoded again.
fn again(bytes: &[u8]) -> Vec<u8> {
    let (mut stream, encoder, mut written) = (szse::Stream::new().unwrap(), szse::Encoder::new().unwrap(), Vec::new());
    stream.read(bytes, &mut |event| {
        if let szse::Event::Message(message) = event {
            encoder.encode(&message.to_message(), &mut written).unwrap();
        }
    });
    written
}

#[test]
fn shenzhen_messages_are_written_as_they_were_read() {
    let bytes = [shenzhen(300_111, &snapshot(2)), shenzhen(3, &[])].concat();
    assert_eq!(again(&bytes), bytes);

    let (encoder, mut written) = (szse::Encoder::new().unwrap(), b"before".to_vec());
    let mut refused = |template: &str, row: Vec<Option<Value>>| {
        let fault = encoder.encode(&Message { template: template.to_owned(), row }, &mut written).unwrap_err();
        assert_eq!(written, b"before", "nothing of it is appended");
        (fault.code, fault.field)
    };
    let unsigned = |value| Some(Value::Unsigned(value));
    assert_eq!(refused("Nothing", vec![]), (Code::D8, String::new()));
    assert_eq!(refused("Heartbeat", vec![None]), (Code::X8, String::new()));
    let heartbeat = |channel, last| vec![channel, last, unsigned(0)];
    assert_eq!(refused("ChannelHeartbeat", heartbeat(unsigned(1), None)), (Code::X6, "ApplLastSeqNum".to_owned()));
    assert_eq!(
        refused("ChannelHeartbeat", heartbeat(unsigned(1 << 16), unsigned(1))),
        (Code::R4, "ChannelNo".to_owned())
    );
    let text = |text: &str| Some(Value::Text(text.to_owned()));
    let price = |mantissa, exponent| Some(Value::Decimal(Decimal { mantissa, exponent }));
    let order = |security, price| {
        let one = || unsigned(1);
        vec![one(), one(), text("011"), text(security), text("102"), price, one(), text("1"), one(), text("2")]
    };
    for (row, code, field) in [
        (order("123456789", price(1, 0)), Code::X2, "SecurityID"),
        (order("12 ", price(1, 0)), Code::D11, "SecurityID"),
        (order("平安", price(1, 0)), Code::R3, "SecurityID"),
        (order("000001", price(12_345, -5)), Code::R1, "Price"),
        (order("000001", text("dear")), Code::D11, "Price"),
    ] {
        assert_eq!(refused("Order", row), (code, field.to_owned()));
    }
}

#[test]
fn shenzhen_bodies_that_do_not_fit() {
    let heartbeat = shenzhen(3, &[]);
    let flaws = |bad: Vec<u8>| {
        let seen = shown(&[bad, heartbeat.clone()].concat());
        assert_eq!(seen.last().unwrap(), r#"{"Heartbeat":{}}"#);
        seen[0].clone()
    };
    assert_eq!(flaws(shenzhen(300_111, &snapshot(1))), Flaw::Body.en());
    assert_eq!(flaws(shenzhen(300_111, &snapshot(3))), Flaw::Body.en());
    assert_eq!(flaws(shenzhen(300_111, &snapshot(u32::MAX))), Flaw::Body.en());
    assert_eq!(flaws(shenzhen(390_013, b"unknown to us")), Flaw::Type.en());
    assert_eq!(flaws(b"nothing of the kind".to_vec()), Flaw::NoStart.en());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any body that is read is written as it was, blanks behind texts included.
    #[test]
    fn what_is_read_of_shenzhen_is_written(kind in 0usize..8, body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let kinds = [3, 300_111, 300_191, 300_192, 300_611, 309_011, 309_111, 390_095];
        let fixed = [0, 69, 66, 51, 69, 69, 69, 12];
        // Texts are printable, and there are few elements.
        let mut body: Vec<u8> = body.into_iter().chain(std::iter::repeat(0)).map(|byte| byte & 0x5f | 0x20).take(fixed[kind]).collect();
        if let (69, Some(count)) = (fixed[kind], body.get_mut(65..69)) {
            count.fill(0);
        }
        let bytes = shenzhen(kinds[kind], &body);
        proptest::prop_assert_eq!(again(&bytes), bytes);
    }

    /// Good frames between arbitrary bytes: every good one comes through that the bytes before it do not swallow with a start of their own.
    #[test]
    fn garbage_between_step_frames(garbage in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..60), 1..8)) {
        let mut bytes = Vec::new();
        for (at, part) in garbage.iter().enumerate() {
            bytes.extend_from_slice(part);
            bytes.extend(frame(at as u64, RAW));
        }
        let mut sequences = Vec::new();
        let done = Stream::new(decoder(TICK)).read(&bytes, &mut |event| match event {
            Event::Message(frame, _, _) => sequences.extend(frame.sequence),
            Event::Sequence(_, how) => assert!(matches!(how, Seen::Next), "{how:?}"),
            Event::Skipped(_) => {}
        });
        assert_eq!(done, bytes.len());
        sequences.dedup();
        assert_eq!(sequences.len(), garbage.len());
    }

    /// A changed byte costs at most its own frame.
    #[test]
    fn a_changed_byte_in_a_shenzhen_stream(at in 0usize..10_000, by in 1u8..=255) {
        let mut bytes: Vec<u8> = (0..6).flat_map(|_| shenzhen(300_111, &snapshot(2))).collect();
        let length = bytes.len() / 6;
        let at = at % (5 * length);
        bytes[at] ^= by;
        let mut stream = szse::Stream::new().unwrap();
        let mut messages = 0;
        stream.read(&bytes, &mut |event| messages += usize::from(matches!(event, szse::Event::Message(_))));
        // A length that became too large may wait for more.
        assert!(messages >= 5 || (4..8).contains(&(at % length)), "byte {at}: {messages}");
    }
}
