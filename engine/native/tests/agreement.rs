//! Machine code means what the tape means, in messages and in faults: random messages of random templates, whole and broken, any bytes,
//! and the data sets of the folder that `GUIJU_FEED_DATA` names.
#![cfg(target_arch = "x86_64")]
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test that cannot read its own files has failed; one that is skipped says so

#[path = "../../feed/tests/random/choices.rs"]
mod choices;
#[path = "../../feed/tests/random/templates.rs"]
mod templates;
#[path = "../../feed/tests/random/values.rs"]
mod values;

use choices::Choices;
use guiju_feed::{Decoder, Encoder, Fault, Message, Mode, Program, Reset, Templates, Value};
use proptest::prelude::{ProptestConfig, any, proptest};
use std::sync::Arc;

const MODES: [Mode; 2] = [Mode::Strict, Mode::Fast];

fn program(text: &str) -> Arc<Program> {
    let (templates, findings) = Templates::read(text);
    assert_eq!(findings, [], "{text}");
    Arc::new(Program::compile(&templates, Reset::Honour).unwrap())
}

/// The tape and machine code, for one mode.
fn pair(program: &Arc<Program>, mode: Mode) -> [Decoder; 2] {
    let native = guiju_native::compile(program, mode).unwrap().decoder();
    [Decoder::new(Arc::clone(program), mode), native].map(|decoder| decoder.limited_to(10_000))
}

/// What both say of the same bytes.
fn both(pair: &mut [Decoder; 2], bytes: &[u8]) -> [Result<(Message, usize), Fault>; 2] {
    pair.each_mut().map(|decoder| decoder.decode(bytes).map(|(message, taken)| (message.to_message(), taken)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_and_faults_are_the_same(
        drawn in proptest::collection::vec(any::<u32>(), 0..1_000),
        broken in proptest::collection::vec((any::<usize>(), any::<u8>()), 24),
    ) {
        let mut choices = Choices::new(&drawn);
        let file = templates::file(&mut choices);
        let program = program(&file.text);
        let mut encoder = Encoder::new(Arc::clone(&program));
        let mut pairs = MODES.map(|mode| pair(&program, mode));
        for (place, byte) in broken {
            if choices.rarely(8) {
                encoder.reset();
                pairs.iter_mut().flatten().for_each(Decoder::reset);
            }
            let message = values::message(&mut choices, &file, 0);
            let mut bytes = Vec::new();
            if encoder.encode(&message, &mut bytes).is_err() {
                continue;
            }
            let whole = !choices.rarely(3);
            if !whole {
                let place = place % bytes.len();
                bytes[place] = byte;
            }
            // Near the end of the input and far from it are different ways.
            if choices.rarely(2) {
                bytes.extend([0x81; 12]);
            }
            for pair in &mut pairs {
                let [tape, native] = both(pair, &bytes);
                assert_eq!(tape, native, "{bytes:02x?}\n{}", file.text);
            }
        }
    }

    #[test]
    fn any_bytes_get_the_same_answer(
        drawn in proptest::collection::vec(any::<u32>(), 0..300),
        bytes in proptest::collection::vec(proptest::prop_oneof![any::<u8>(), proptest::strategy::Just(0x80), proptest::strategy::Just(0xc3)], 0..200),
    ) {
        let file = templates::file(&mut Choices::new(&drawn));
        let program = program(&file.text);
        for mode in MODES {
            let mut pair = pair(&program, mode);
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let [tape, native] = both(&mut pair, rest);
                assert_eq!(tape, native, "{rest:02x?}\n{}", file.text);
                let Ok((_, taken)) = tape else { break };
                rest = &rest[taken..];
            }
        }
    }
}

/// Segments that would take the compiler too long: a message of many fields, and a sequence of such.
#[test]
fn what_is_too_long_stays_on_the_tape() {
    let field = |at: usize| format!(r#"<uInt32 name="F{at}"><copy/></uInt32>"#);
    let many: String = (0..1_100).map(field).collect();
    let text = format!(
        r#"<templates><template name="A" id="1">{many}</template><template name="B" id="2"><uInt32 name="N"/>
        <sequence name="S">{many}</sequence><string name="L"><copy/></string></template></templates>"#
    );
    let program = program(&text);
    let row =
        |at: u64| -> Vec<Option<Value>> { (0..1_100).map(|field| Some(Value::Unsigned(at + field / 7))).collect() };
    let mut encoder = Encoder::new(Arc::clone(&program));
    let mut pairs = MODES.map(|mode| pair(&program, mode));
    for at in 0..3 {
        let elements = Value::Sequence((0..at).map(row).collect());
        let outer = vec![Some(Value::Unsigned(at)), Some(elements), Some(Value::Text("a".into()))];
        for message in [Message { template: "A".into(), row: row(at) }, Message { template: "B".into(), row: outer }] {
            let mut bytes = Vec::new();
            encoder.encode(&message, &mut bytes).unwrap();
            for pair in &mut pairs {
                let [tape, native] = both(pair, &bytes);
                assert_eq!(tape, native);
                assert_eq!(native.unwrap().0, message);
            }
        }
    }
}

/// Of each folder the templates, the bodies behind their lengths, and whether every body starts from undefined dictionaries.
const SETS: [(&str, &str, bool); 2] = [
    ("mfast_perf/example.xml", "mfast_perf/complex30000.dat", false),
    ("sse_synth/templates.xml", "sse_synth/blocks.bin", true),
];

#[test]
fn data_sets_are_the_same() {
    let Some(folder) = std::env::var_os("GUIJU_FEED_DATA").map(std::path::PathBuf::from) else {
        return eprintln!("!!! SKIPPED: GUIJU_FEED_DATA names no folder of feed data");
    };
    for (templates, bodies, fresh) in SETS {
        let program = program(&std::fs::read_to_string(folder.join(templates)).unwrap());
        let bytes = std::fs::read(folder.join(bodies)).unwrap();
        for mode in MODES {
            let (mut pair, mut rest, mut count) = (pair(&program, mode), &bytes[..], 0);
            while let Some((length, after)) = rest.split_first_chunk::<4>() {
                let (mut body, after) = after.split_at(u32::from_le_bytes(*length) as usize);
                rest = after;
                if fresh {
                    pair.iter_mut().for_each(Decoder::reset);
                }
                while !body.is_empty() {
                    let [tape, native] = both(&mut pair, body);
                    assert_eq!(tape, native, "{bodies}, message {count}");
                    body = &body[tape.unwrap().1..];
                    count += 1;
                }
            }
            assert!(count > 8_000, "{bodies}");
        }
    }
}
