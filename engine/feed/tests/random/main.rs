//! `decode(encode(m)) = m` for random messages of random templates, in both modes, and nothing that bytes can do to a decoder.
#![allow(clippy::unwrap_used)] // in a test

mod choices;
mod generated;
mod templates;
mod values;

use choices::Choices;
use guiju_feed::{Code, Decoder, Encoder, Mode, Program, Reset, Templates, narrow};
use proptest::prelude::{ProptestConfig, any, proptest};
use std::sync::Arc;

fn program(text: &str) -> Arc<Program> {
    let (templates, findings) = Templates::read(text);
    assert_eq!(findings, [], "{text}");
    Arc::new(Program::compile(&templates, Reset::Honour).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn messages_come_back(drawn in proptest::collection::vec(any::<u32>(), 0..1_000)) {
        let mut choices = Choices::new(&drawn);
        let file = templates::file(&mut choices);
        let program = program(&file.text);
        let mut records = narrow::Records::new(Arc::clone(&program));
        let mut encoder = Encoder::new(Arc::clone(&program));
        let mut strict = Decoder::new(Arc::clone(&program), Mode::Strict);
        let mut fast = Decoder::new(program, Mode::Fast);
        for _ in 0..12 {
            if choices.rarely(8) {
                encoder.reset();
                strict.reset();
                fast.reset();
            }
            let message = values::message(&mut choices, &file, 0);
            let mut bytes = Vec::new();
            match encoder.encode(&message, &mut bytes) {
                // What operators cannot say after the previous message: a difference from nothing, a shorter tail, another decimal.
                Err(fault) => {
                    let allowed = [Code::D6, Code::X7, Code::D3];
                    assert!(allowed.contains(&fault.code), "{fault}\n{message:?}\n{}", file.text);
                }
                Ok(()) => for decoder in [&mut strict, &mut fast] {
                    let decoded = decoder.decode(&bytes);
                    let (decoded, taken) = decoded.unwrap_or_else(|fault| panic!("{fault}\n{bytes:02x?}\n{message:?}\n{}", file.text));
                    assert_eq!(taken, bytes.len());
                    assert_eq!(decoded.to_message(), message, "{bytes:02x?}\n{}", file.text);
                    let mut narrowed = Vec::new();
                    narrow::put(&decoded, &mut narrowed).unwrap();
                    let (read, taken) = records.read(&narrowed).unwrap();
                    assert_eq!((read.to_message(), taken), (message.clone(), narrowed.len()));
                },
            }
        }
    }

    /// Whatever a datagram holds: a message or a reason.
    #[test]
    fn any_bytes_are_a_narrowed_record_or_not(
        drawn in proptest::collection::vec(any::<u32>(), 0..300),
        bytes in proptest::collection::vec(proptest::prop_oneof![any::<u8>(), 0u8..3], 0..200),
    ) {
        let file = templates::file(&mut Choices::new(&drawn));
        let program = program(&file.text);
        let mut records = narrow::Records::new(Arc::clone(&program));
        if let Ok((message, taken)) = records.read(&bytes) {
            assert!(taken <= bytes.len());
            // What was read is written, and read again, as it was.
            let mut narrowed = Vec::new();
            if narrow::put(&message, &mut narrowed).is_ok() {
                let (message, mut again) = (message.to_message(), narrow::Records::new(program));
                let (read, taken) = again.read(&narrowed).unwrap();
                assert_eq!((read.to_message(), taken), (message, narrowed.len()));
            }
        }
    }

    /// Whatever the bytes: an answer, the same number of bytes in both modes where strict mode has nothing to say, and no more values
    /// than the limit.
    #[test]
    fn any_bytes_get_an_answer(
        drawn in proptest::collection::vec(any::<u32>(), 0..300),
        bytes in proptest::collection::vec(proptest::prop_oneof![any::<u8>(), proptest::strategy::Just(0x80), proptest::strategy::Just(0xc3)], 0..200),
    ) {
        let file = templates::file(&mut Choices::new(&drawn));
        let program = program(&file.text);
        let mut strict = Decoder::new(Arc::clone(&program), Mode::Strict).limited_to(10_000);
        let mut fast = Decoder::new(program, Mode::Fast).limited_to(10_000);
        let mut rest = &bytes[..];
        while let (false, Ok((one, taken))) = (rest.is_empty(), strict.decode(rest)) {
            let (other, as_many) = fast.decode(rest).unwrap();
            assert_eq!((one.to_message(), taken), (other.to_message(), as_many));
            rest = &rest[taken..];
        }
        while let (false, Ok((message, taken))) = (rest.is_empty(), fast.decode(rest)) {
            message.write_json(&mut String::new());
            rest = &rest[taken..];
        }
    }
}
