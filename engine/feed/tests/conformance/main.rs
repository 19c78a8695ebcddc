//! The specification, cell by cell: what bytes mean for every operator, type, presence and nullability, the examples of its appendix,
//! every error it names, and what decoders have historically got wrong. Section numbers are those of FAST 1.1 (2006-12-20).
#![allow(clippy::unwrap_used)] // in a test

mod cells;
mod errors;
mod examples;
mod traps;

use guiju_feed::{Code, Decoder, Fault, Finding, Mode, Program, Reset, Templates};
use std::sync::Arc;

/// The templates of a text, all without fault.
#[track_caller]
fn program(text: &str) -> Arc<Program> {
    let (templates, findings) = Templates::read(text);
    assert_eq!(findings, [], "{text}");
    Arc::new(Program::compile(&templates, Reset::Honour).unwrap())
}

/// A template `T` with identifier 1 around instructions.
fn template(instructions: &str) -> String {
    format!("<template name=\"T\" id=\"1\">{instructions}</template>")
}

/// A decoder of one template around instructions.
#[track_caller]
fn decoder(instructions: &str, mode: Mode) -> Decoder {
    Decoder::new(program(&template(instructions)), mode)
}

/// A whole message as JSON, without the template's name around it; every byte must be used.
#[track_caller]
fn shown(decoder: &mut Decoder, bytes: &[u8]) -> String {
    let (message, taken) = decoder.decode(bytes).unwrap();
    assert_eq!(taken, bytes.len(), "{bytes:02x?}");
    let mut line = String::new();
    message.write_json(&mut line);
    let start = line.find(':').unwrap() + 1;
    line[start..line.len() - 1].to_owned()
}

/// What is wrong with a message.
#[track_caller]
fn fault(decoder: &mut Decoder, bytes: &[u8]) -> Fault {
    match decoder.decode(bytes) {
        Err(fault) => fault,
        Ok((message, _)) => {
            let mut line = String::new();
            message.write_json(&mut line);
            panic!("decoded {bytes:02x?} as {line}");
        }
    }
}

/// The one thing wrong with a template.
#[track_caller]
fn finding(text: &str) -> Finding {
    let (_, findings) = Templates::read(text);
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.into_iter().next().unwrap()
}

/// A presence map of one byte: bits from the highest, the template's identifier's first.
fn map(bits: &str) -> u8 {
    bits.bytes().zip((0..7).rev()).fold(0x80, |map, (bit, at)| map | u8::from(bit == b'1') << at)
}

/// The first message of a template with identifier 1: a map whose first bit is set, the identifier, and the rest.
fn first(bits: &str, body: &[u8]) -> Vec<u8> {
    [&[map(&format!("1{bits}")), 0x81], body].concat()
}

/// A later message: the identifier is left out.
fn next(bits: &str, body: &[u8]) -> Vec<u8> {
    [&[map(&format!("0{bits}"))], body].concat()
}

#[track_caller]
fn is(fault: &Fault, code: Code, position: usize, field: &str) {
    assert_eq!((fault.code, fault.position, fault.field.as_str()), (code, position, field));
}
