//! Rust generated from some random templates, fixed ones, and from our reconstruction of Shanghai's: it is what the writer writes
//! (`GUIJU_BLESS=1` writes it anew), and it means what the tape means, in messages and in faults.

macro_rules! written {
    ($($name:ident)+) => {$(
        #[rustfmt::skip] // as it was written
        #[allow(unreachable_pub, clippy::unreadable_literal)] // likewise: programs that include such a file may show it
        mod $name;
    )+};
}
written! { first second third }

use super::program;
use crate::choices::Choices;
use crate::{templates, values};
use guiju_feed::generated::{Generated, SSE_LEVEL2};
use guiju_feed::{Decoder, Encoder, Mode};
use proptest::prelude::{ProptestConfig, any, proptest};
use std::sync::Arc;

const ALL: [(&str, &Generated); 3] =
    [("first", &first::GENERATED), ("second", &second::GENERATED), ("third", &third::GENERATED)];

/// Of files with sequences in groups, long presence maps, references, and most steps.
const SEEDS: [u32; 3] = [77, 88, 156];

/// The file of templates that a module was generated from.
fn file(at: usize) -> templates::File {
    let mut state = SEEDS[at];
    let drawn: Vec<u32> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.rotate_left(16)
    })
    .take(1_000)
    .collect();
    templates::file(&mut Choices::new(&drawn))
}

#[test]
fn the_files_are_what_is_written() {
    let written = |path: String, source: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        if std::env::var_os("GUIJU_BLESS").is_some() {
            std::fs::write(&path, source).unwrap();
        }
        assert!(std::fs::read_to_string(&path).unwrap() == source, "{}: GUIJU_BLESS=1 writes it", path.display());
    };
    for (at, (name, _)) in ALL.iter().enumerate() {
        written(format!("tests/random/generated/{name}.rs"), &program(&file(at).text).to_rust());
    }
    written("src/generated/sse_level2.rs".into(), &program(guiju_feed::SSE_LEVEL2).to_rust());
}

#[test]
fn other_templates_are_refused() {
    let decoder = |text| Decoder::new(program(text), Mode::Fast);
    assert!(decoder(guiju_feed::SSE_LEVEL2).generated(&SSE_LEVEL2).is_ok());
    assert!(decoder(r#"<template name="A" id="1"/>"#).generated(&SSE_LEVEL2).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_rust_means_the_same(
        at in 0..ALL.len(),
        drawn in proptest::collection::vec(any::<u32>(), 0..1_000),
        broken in proptest::collection::vec((any::<usize>(), any::<u8>()), 12),
    ) {
        let file = file(at);
        let program = program(&file.text);
        let mut choices = Choices::new(&drawn);
        let mut encoder = Encoder::new(Arc::clone(&program));
        let decoder = |mode| Decoder::new(Arc::clone(&program), mode).limited_to(10_000);
        let mut pairs = [Mode::Strict, Mode::Fast].map(|mode| (decoder(mode), decoder(mode).generated(ALL[at].1).unwrap()));
        for (place, byte) in broken {
            let message = values::message(&mut choices, &file, 0);
            let mut bytes = Vec::new();
            if encoder.encode(&message, &mut bytes).is_err() {
                continue;
            }
            if choices.rarely(3) {
                let place = place % bytes.len();
                bytes[place] = byte;
            }
            for (tape, generated) in &mut pairs {
                let [one, other] = [tape, generated]
                    .map(|decoder| decoder.decode(&bytes).map(|(message, taken)| (message.to_message(), taken)));
                assert_eq!(one, other, "{bytes:02x?}\n{}", file.text);
            }
        }
    }
}
