//! Whole files and captures to records.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test that cannot read its own files has failed; one that is skipped says so

use guiju_feed::frame::step;
use guiju_feed::reader::{Format, Framing, Reader, Record};
use guiju_feed::{Decoder, Mode, Program, Reset, Templates};
use std::sync::Arc;

fn decoder(text: &str) -> Decoder {
    let (templates, findings) = Templates::read(text);
    assert_eq!(findings, []);
    Decoder::new(Arc::new(Program::compile(&templates, Reset::Ignore).unwrap()), Mode::Strict)
}

/// Messages as lines, everything else as words; the input comes in pieces.
fn lines(format: Format, decoder: Decoder, bytes: &[u8], piece: usize) -> (Vec<String>, Reader) {
    read(Reader::new(format, decoder), bytes, piece)
}

fn read(mut reader: Reader, bytes: &[u8], piece: usize) -> (Vec<String>, Reader) {
    let mut seen = Vec::new();
    let mut note = |record: &Record<'_>| {
        let mut line = String::new();
        match record {
            Record::Message(message) => message.write_json(&mut line),
            Record::Skipped(skipped) => line = skipped.to_string(),
            other => line = format!("{other:?}"),
        }
        seen.push(line);
    };
    let mut pending = Vec::new();
    for part in bytes.chunks(piece) {
        pending.extend_from_slice(part);
        let done = reader.read(&pending, &mut note).unwrap();
        pending.drain(..done);
    }
    reader.finish(&pending, &mut note);
    (seen, reader)
}

const TICK: &str = r#"<template name="Tick" id="1"><uInt32 name="N"><increment/></uInt32></template>"#;

#[test]
fn framings() {
    let (one, two) = ([0xe0, 0x81, 0x85], [0x80]);
    let expected = [r#"{"Tick":{"N":5}}"#, r#"{"Tick":{"N":6}}"#];
    let behind = |head: &[u8]| [head, &one[..], &[head[0] + 1], &head[1..], &two[..]].concat();
    let none = [&one[..], &two[..]].concat();
    let lengths = [&[3, 0, 0, 0], &one[..], &[1, 0, 0, 0], &two[..]].concat();
    for piece in [1, 3, 100] {
        let read = |framing, bytes: &[u8]| lines(Format::Fast(framing), decoder(TICK), bytes, piece).0;
        assert_eq!(read(Framing::None, &none), expected);
        assert_eq!(read(Framing::Len32Le, &lengths), expected);
        assert_eq!(read(Framing::Seq32Le, &behind(&[9, 0, 0, 0])), expected);
        let unfinished = read(Framing::Len32Le, &lengths[..9]);
        assert_eq!(unfinished[1], "byte 7, channel None, sequence None: the data ends in the middle of a frame");
        // Nothing says where the next message begins.
        let broken = read(Framing::None, &[&[0xc0, 0x82], &none[..]].concat());
        assert!(broken.len() == 1 && broken[0].contains("D9"), "{broken:?}");
        // Behind a length the next one is found, and has its own state to lean on.
        let passed = read(Framing::Len32Le, &[&[2, 0, 0, 0, 0xc0, 0x82], &lengths[..]].concat());
        assert!(passed.len() == 3 && passed[1..] == expected, "{passed:?}");
    }
}

/// zlib's content without compression (RFC 1950, 1951): head, one stored block, Adler-32.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len() as u16;
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    [&[0x78, 0x01, 1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), bytes, &(b << 16 | a).to_be_bytes()]
        .concat()
}

#[test]
fn frames_in_envelopes() {
    let (one, two) = ([0xe0, 0x81, 0x85], [0x80]);
    let messages = [r#"{"Tick":{"N":5}}"#, r#"{"Tick":{"N":6}}"#];
    let put = |content: &[u8]| [b"VE", &(content.len() as u16).to_be_bytes()[..], content].concat();
    let reader =
        |text: &str| Reader::new(Format::Fast(Framing::None), decoder(TICK)).in_envelopes(Some(text.parse().unwrap()));
    let whole = [&one[..], &two[..]].concat();
    for piece in [1, 5, 100] {
        let plain = [put(&whole), put(b""), put(&whole)].concat();
        assert_eq!(read(reader("head=4,length=2:2be"), &plain, piece).0, [messages, messages].concat());
        // What cannot be unpacked, and what cannot be read, is left out to the end of its envelope.
        let packed = [put(&stored(&whole)), put(b"junk"), put(&stored(&[0xc0, 0x82])), put(&stored(&whole))].concat();
        let (seen, reader) = read(reader("head=4,length=2:2be,zlib"), &packed, piece);
        assert_eq!((&seen[..2], &seen[4..]), (&messages.map(str::to_owned)[..], &messages.map(str::to_owned)[..]));
        assert!(seen[2].contains("cannot be unpacked") && seen[3].contains("D9"), "{seen:?}");
        assert_eq!(reader.passed().next().unwrap().counts.messages, 4);
    }
    let (cut_off, _) = read(reader("head=4,length=2:2be"), &put(&whole)[..6], 100);
    assert_eq!(cut_off, ["byte 0, channel None, sequence None: the data ends in the middle of a frame"]);
}

/// An Ethernet frame with a UDP datagram in IPv4.
fn datagram(payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 12];
    bytes.extend([0x81, 0x00, 0, 7, 0x08, 0x00, 0x45, 0]);
    bytes.extend((28 + payload.len() as u16).to_be_bytes());
    bytes.extend([0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 239, 0, 0, 1, 0x10, 0, 0x20, 0]);
    bytes.extend((8 + payload.len() as u16).to_be_bytes());
    bytes.extend([0, 0]);
    bytes.extend(payload);
    bytes
}

#[test]
fn datagrams_of_a_pcapng_file() {
    let block = |kind: u32, body: &[u8]| {
        let length = (12 + body.len().next_multiple_of(4)) as u32;
        let mut bytes = [&kind.to_le_bytes()[..], &length.to_le_bytes(), body].concat();
        bytes.resize(length as usize - 4, 0);
        bytes.extend(length.to_le_bytes());
        bytes
    };
    let packet = |payload: &[u8]| {
        let frame = datagram(payload);
        let length = (frame.len() as u32).to_le_bytes();
        block(6, &[&[0; 12][..], &length, &length, &frame].concat())
    };
    let head = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let whole = [
        block(0x0a0d_0d0a, &head),
        block(1, &[1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 9, 0, 0, 0]),
        block(0xbad, b"something else"),
        packet(&[7, 0, 0, 0, 0xe0, 0x81, 0x85]),
        packet(&[9, 0, 0, 0, 0x80]),
    ]
    .concat();
    for piece in [1, 50, whole.len()] {
        let (seen, reader) = lines(Format::Fast(Framing::Seq32Le), decoder(TICK), &whole, piece);
        assert_eq!(seen, [r#"{"Tick":{"N":5}}"#, "Sequence(0, 9, Gap(1))", r#"{"Tick":{"N":6}}"#]);
        let passed: Vec<_> = reader.passed().collect();
        assert_eq!(passed[0].flow.unwrap().to_string(), "10.0.0.1:4096 > 239.0.0.1:8192");
        assert_eq!((passed.len(), passed[0].counts.messages, reader.packets()), (1, 2, (2, 0)));
    }
    assert!(
        Reader::new(Format::StepFast, decoder(TICK)).read(&[&whole[..32], &[0; 40]].concat(), &mut |_| {}).is_err()
    );
}

/// The capture of the data set: disorder, repetition, overlap, numbers that wrap, and packets of others.
#[test]
fn the_given_capture() {
    let Some(folder) = std::env::var_os("GUIJU_FEED_DATA").map(std::path::PathBuf::from) else {
        eprintln!("!!! SKIPPED: GUIJU_FEED_DATA names no folder of feed data");
        return;
    };
    let folder = folder.join("sse_synth");
    let templates = std::fs::read_to_string(folder.join("templates.xml")).unwrap();
    let unpacked =
        std::process::Command::new("gzip").arg("-dc").arg(folder.join("expected.jsonl.gz")).output().unwrap();
    let expected = String::from_utf8(unpacked.stdout).unwrap();
    let bytes = std::fs::read(folder.join("session.pcap")).unwrap();
    for piece in [bytes.len(), 1_000] {
        let (seen, reader) = lines(Format::StepFast, decoder(&templates), &bytes, piece);
        let messages: Vec<&String> = seen.iter().filter(|line| line.starts_with('{')).collect();
        assert_eq!(messages.len(), expected.lines().count());
        assert!(messages.into_iter().eq(expected.lines()));
        let other: Vec<&String> = seen.iter().filter(|line| !line.starts_with('{')).collect();
        let passed: Vec<_> = reader.passed().collect();
        assert_eq!(passed.len(), 1, "{other:?}");
        assert_eq!((passed[0].counts.skipped, other.len()), (0, 0), "{other:?}");
    }
}

#[test]
fn what_is_no_frame_is_told_once() {
    let mut bytes = b"nonsense ".to_vec();
    let raw = [0xe0, 0x81, 0x85];
    step::put(&step::Frame { kind: b"UA5803", sent: b"", category: Some(1), sequence: Some(1), raw: &raw }, &mut bytes);
    let (seen, _) = lines(Format::StepFast, decoder(TICK), &bytes, bytes.len());
    assert_eq!(seen, ["byte 0, channel None, sequence None: bytes that begin no frame", r#"{"Tick":{"N":5}}"#]);
}

/// A capture of two lines of one feed; each lacks what the other has, and both lack one.
#[test]
fn two_lines_are_one_feed() {
    let raw = [0xe0, 0x81, 0x85, 0x80];
    let frame = |sequence: u64| {
        let mut bytes = Vec::new();
        let sequence = Some(sequence);
        step::put(&step::Frame { kind: b"UA5803", sent: b"", category: Some(9), sequence, raw: &raw }, &mut bytes);
        bytes
    };
    let mut capture = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0];
    let mut sent = |line: u8, sequence: u64| {
        let mut packet = datagram(&frame(sequence));
        packet[37] = line;
        let length = (packet.len() as u32).to_le_bytes();
        capture.extend([[0; 8].as_slice(), &length, &length, &packet].concat());
    };
    // B is ahead with 8, repeats 9 on its own line, and nobody has 10.
    for (line, sequence) in [(1, 7), (2, 7), (2, 8), (1, 9), (2, 9), (2, 9), (1, 11), (1, 8), (2, 11)] {
        sent(line, sequence);
    }
    let each_alone = lines(Format::StepFast, decoder(TICK), &capture, capture.len()).0;
    assert_eq!(each_alone.iter().filter(|line| line.starts_with('{')).count(), 18, "{each_alone:?}");

    for piece in [capture.len(), 50] {
        let mut reader = Reader::new(Format::StepFast, decoder(TICK)).joined();
        let (mut messages, mut told, mut pending) = (0, Vec::new(), Vec::new());
        for part in capture.chunks(piece) {
            pending.extend_from_slice(part);
            let done = reader
                .read(&pending, &mut |record| match record {
                    Record::Message(_) => messages += 1,
                    other => told.push(format!("{other:?}")),
                })
                .unwrap();
            pending.drain(..done);
        }
        reader.finish(&pending, &mut |other| panic!("{other:?}"));
        assert_eq!(messages, 2 * 4, "7, 8, 9 and 11, two messages each");
        assert_eq!(told, ["Sequence(9, 11, Gap(1))"]);
        let (gaps, copies) = reader.together().unwrap();
        assert_eq!((gaps.channels().next().unwrap().1.missing, copies), (1, 2 * 5));
    }
}
