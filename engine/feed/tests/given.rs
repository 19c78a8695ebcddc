//! Data sets with decodings that other decoders agree on: the folder that `GUIJU_FEED_DATA` names, with `mfast_perf` (30,001 messages of
//! a public benchmark, each behind its length) and `sse_synth` (Shanghai Level-2 as we reconstruct it). Skipped, and said, without it.
#![allow(clippy::unwrap_used, clippy::print_stderr)] // a test that cannot read its own files has failed; one that is skipped says so

use guiju_feed::{Decoder, Mode, Program, Reset, Templates};
use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

fn folder() -> Option<PathBuf> {
    let found = std::env::var_os("GUIJU_FEED_DATA").map(PathBuf::from);
    if found.is_none() {
        eprintln!("!!! SKIPPED: GUIJU_FEED_DATA names no folder of feed data");
    }
    found
}

/// The text of a gzip file.
fn lines(file: &Path) -> Vec<String> {
    let output = Command::new("gzip").arg("-dc").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", file.display());
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn program(file: &Path, reset: Reset) -> Arc<Program> {
    let (templates, findings) = Templates::read(&std::fs::read_to_string(file).unwrap());
    assert_eq!(findings, []);
    Arc::new(Program::compile(&templates, reset).unwrap())
}

/// Bodies behind their length in four bytes, the lowest first.
fn bodies(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (body, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        rest = after;
        Some(body)
    })
}

fn json(decoder: &mut Decoder, body: &[u8]) -> (String, usize) {
    let (message, taken) = decoder.decode(body).unwrap();
    let mut line = String::new();
    message.write_json(&mut line);
    (line, taken)
}

#[test]
fn messages_of_the_public_benchmark() {
    let Some(folder) = folder().map(|folder| folder.join("mfast_perf")) else { return };
    let expected = lines(&folder.join("expected.jsonl.gz"));
    let data = std::fs::read(folder.join("complex30000.dat")).unwrap();
    for mode in [Mode::Strict, Mode::Fast] {
        let mut decoder = Decoder::new(program(&folder.join("example.xml"), Reset::Ignore), mode);
        let mut count = 0;
        for body in bodies(&data) {
            let (line, taken) = json(&mut decoder, body);
            assert_eq!(taken, body.len(), "message {count}");
            assert_eq!(line, expected[count], "message {count}");
            count += 1;
        }
        assert_eq!(count, expected.len());
    }
}

/// Every frame's body starts from undefined dictionaries and may hold several messages.
#[test]
fn bodies_of_shanghai_frames() {
    let Some(folder) = folder().map(|folder| folder.join("sse_synth")) else { return };
    let expected = lines(&folder.join("expected.jsonl.gz"));
    let data = std::fs::read(folder.join("blocks.bin")).unwrap();
    for (mode, generated) in [Mode::Strict, Mode::Fast].into_iter().flat_map(|mode| [(mode, false), (mode, true)]) {
        let mut decoder = Decoder::new(program(&folder.join("templates.xml"), Reset::Honour), mode);
        if generated {
            decoder = decoder.generated(&guiju_feed::generated::SSE_LEVEL2).unwrap();
        }
        let mut count = 0;
        for mut body in bodies(&data) {
            decoder.reset();
            while !body.is_empty() {
                let (line, taken) = json(&mut decoder, body);
                assert_eq!(line, expected[count], "message {count}");
                body = &body[taken..];
                count += 1;
            }
        }
        assert_eq!(count, expected.len());
    }
}
