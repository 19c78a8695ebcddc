//! Frames of narrowed records: what goes in comes out, what is lost is known, what is foreign is said.
#![allow(clippy::unwrap_used)] // in a test

use guiju_feed::frame::{Cut, Flaw, Seen};
use guiju_feed::narrow::{Event, HEAD, Packer, Stream, Wrong, cut};
use guiju_feed::{Decoder, Encoder, Message, Mode, Program, Reset, Templates, Value};
use std::sync::Arc;

const TEMPLATES: &str = r#"<templates><template name="Tick" id="1"><uInt64 name="N"><increment/></uInt64><string name="S"><copy/></string>
    <sequence name="Levels"><decimal name="Price"><delta/></decimal><string name="Who" presence="optional"/></sequence>
    </template></templates>"#;

fn program(text: &str) -> Arc<Program> {
    Arc::new(Program::compile(&Templates::read(text).0, Reset::Ignore).unwrap())
}

fn ticks(count: u64, text: &str) -> Vec<Message> {
    let tick = |at: u64| {
        let price = Value::Decimal(guiju_feed::Decimal { mantissa: 12_345 + at.cast_signed(), exponent: -2 });
        let who = at.is_multiple_of(2).then(|| Value::Text("who is longer than a cell".into()));
        let row = vec![
            Some(Value::Unsigned(at)),
            Some(Value::Text(text.into())),
            Some(Value::Sequence(vec![vec![Some(price), who]; (at % 4) as usize])),
        ];
        Message { template: "Tick".into(), row }
    };
    (0..count).map(tick).collect()
}

/// Frames of at most so many bytes, and one at the end that has none.
fn frames(messages: &[Message], limit: usize) -> Vec<Vec<u8>> {
    let program = program(TEMPLATES);
    let (mut encoder, mut decoder) =
        (Encoder::new(Arc::clone(&program)), Decoder::new(Arc::clone(&program), Mode::Strict));
    let (mut packer, mut sent) = (Packer::new(&program, limit), Vec::new());
    for message in messages {
        let mut bytes = Vec::new();
        encoder.encode(message, &mut bytes).unwrap();
        packer.put(&decoder.decode(&bytes).unwrap().0, &mut |frame| sent.push(frame.to_vec())).unwrap();
    }
    packer.beat(&mut |frame| sent.push(frame.to_vec()));
    assert_eq!(packer.packed(), messages.len() as u64);
    sent
}

fn told(stream: &mut Stream, bytes: &[u8]) -> (Vec<Message>, Vec<String>) {
    let (mut messages, mut other) = (Vec::new(), Vec::new());
    let done = stream.read(bytes, &mut |event| match event {
        Event::Message(_, message) => messages.push(message.to_message()),
        Event::Sequence(number, seen) => other.push(format!("{number} {seen:?}")),
        Event::Skipped(skipped) => other.push(skipped.to_string()),
    });
    assert_eq!(done, bytes.len());
    (messages, other)
}

#[test]
fn messages_come_back_in_frames_of_any_length() {
    let messages = ticks(50, "600519");
    for limit in [0, 200, 1_400, usize::MAX] {
        let frames = frames(&messages, limit);
        assert!(frames.iter().all(|frame| limit < 200 || frame.len() <= limit), "{limit}");
        assert_eq!(frames.len() == 51, limit == 0, "one each where there is room for none");
        let mut stream = Stream::new([program(TEMPLATES)]);
        assert_eq!(told(&mut stream, &frames.concat()), (messages.clone(), vec![]), "{limit}");
        assert_eq!(stream.counts().messages, 50);
        let frame = &frames[0];
        for end in 0..frame.len() {
            assert_eq!(cut(&frame[..end]), Cut::More, "{end} bytes");
        }
        let Cut::Frame(taken, length) = cut(frame) else { panic!("{frame:02x?}") };
        assert_eq!((taken.first, length, taken.records.len()), (1, frame.len(), frame.len() - HEAD));
    }
}

#[test]
fn what_is_lost_is_known_and_what_is_foreign_is_said() {
    let messages = ticks(12, "600519");
    let frames = frames(&messages, 0);
    let mut stream = Stream::new([program(TEMPLATES)]);
    // 3 and 4 are lost, 2 comes again, 6 late; the frame without records tells of 12.
    let order = [0, 1, 4, 1, 6, 5, 7, 8, 9, 10, 12];
    let bytes = order.map(|at| frames[at].clone()).concat();
    let (seen, other) = told(&mut stream, &bytes);
    assert_eq!(seen.len(), order.len() - 1);
    let how = |number: u64, seen: Seen| format!("{number} {seen:?}");
    let expected = [how(5, Seen::Gap(2)), how(2, Seen::Late), how(7, Seen::Gap(1)), how(6, Seen::Late)];
    assert_eq!(other[..4], expected);
    assert_eq!(other[4..], [how(13, Seen::Gap(1))]);
    let (_, channel) = stream.gaps().channels().next().unwrap();
    assert_eq!((channel.last, channel.missing, channel.late), (12, 4, 2));

    let one = &frames[0];
    let changed = |at: usize, to: u8| {
        let mut bytes = one.clone();
        bytes[at] = to;
        bytes.extend_from_slice(&frames[1]);
        told(&mut Stream::new([program(TEMPLATES)]), &bytes)
    };
    for (at, to, flaw) in [
        (0, b'X', Flaw::NoStart),
        (4, 3, Flaw::Length),
        (8, one[8] ^ 1, Flaw::Program),
        (HEAD, 9, Flaw::Record),
        (HEAD + 2, 0xff, Flaw::Record),
        (6, 2, Flaw::Record),
    ] {
        let (messages, other) = changed(at, to);
        assert!(other.iter().any(|said| said.ends_with(flaw.en())), "byte {at}: {other:?}");
        assert_eq!(messages.last(), Some(&ticks(2, "600519")[1]), "byte {at}: the next frame is read");
    }
}

#[test]
fn a_record_longer_than_a_datagram_is_refused_and_takes_nothing_with_it() {
    let program = program(TEMPLATES);
    let (mut encoder, mut decoder) =
        (Encoder::new(Arc::clone(&program)), Decoder::new(Arc::clone(&program), Mode::Strict));
    let mut packer = Packer::new(&program, 1_400);
    let mut sent = Vec::new();
    for (text, fits) in [("short", true), (&"x".repeat(65_400), true), (&"x".repeat(65_600), false), ("short", true)] {
        let mut bytes = Vec::new();
        encoder.reset();
        decoder.reset();
        encoder.encode(&ticks(1, text)[0], &mut bytes).unwrap();
        let done = packer.put(&decoder.decode(&bytes).unwrap().0, &mut |frame| sent.push(frame.to_vec()));
        assert_eq!(done, if fits { Ok(()) } else { Err(Wrong::Long) });
    }
    packer.flush(&mut |frame| sent.push(frame.to_vec()));
    let (messages, other) = told(&mut Stream::new([program]), &sent.concat());
    assert_eq!((messages.len(), other, sent.len()), (3, vec![], 3));
}
