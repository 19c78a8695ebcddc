//! Templates, decoders and messages of the corpus, for whatever executor the test is about.

use crate::executor;
use guiju_feed::{Code, Decoder, Fault, Finding, Mode, Program, Reset, Templates};
use std::sync::Arc;

/// The templates of a text, all without fault.
#[track_caller]
pub(crate) fn program(text: &str) -> Arc<Program> {
    let (templates, findings) = Templates::read(text);
    assert_eq!(findings, [], "{text}");
    Arc::new(Program::compile(&templates, Reset::Honour).unwrap())
}

/// A template `T` with identifier 1 around instructions.
pub(crate) fn template(instructions: &str) -> String {
    format!("<template name=\"T\" id=\"1\">{instructions}</template>")
}

/// A decoder of one template around instructions.
#[track_caller]
pub(crate) fn decoder(instructions: &str, mode: Mode) -> Decoder {
    executor(program(&template(instructions)), mode)
}

/// A whole message as JSON, without the template's name around it; every byte must be used.
#[track_caller]
pub(crate) fn shown(decoder: &mut Decoder, bytes: &[u8]) -> String {
    let (message, taken) = decoder.decode(bytes).unwrap();
    assert_eq!(taken, bytes.len(), "{bytes:02x?}");
    let mut line = String::new();
    message.write_json(&mut line);
    let start = line.find(':').unwrap() + 1;
    line[start..line.len() - 1].to_owned()
}

/// What is wrong with a message.
#[track_caller]
pub(crate) fn fault(decoder: &mut Decoder, bytes: &[u8]) -> Fault {
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
pub(crate) fn finding(text: &str) -> Finding {
    let (_, findings) = Templates::read(text);
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings.into_iter().next().unwrap()
}

/// A presence map of one byte: bits from the highest, the template's identifier's first.
pub(crate) fn map(bits: &str) -> u8 {
    bits.bytes().zip((0..7).rev()).fold(0x80, |map, (bit, at)| map | u8::from(bit == b'1') << at)
}

/// The first message of a template with identifier 1: a map whose first bit is set, the identifier, and the rest.
pub(crate) fn first(bits: &str, body: &[u8]) -> Vec<u8> {
    [&[map(&format!("1{bits}")), 0x81], body].concat()
}

/// A later message: the identifier is left out.
pub(crate) fn next(bits: &str, body: &[u8]) -> Vec<u8> {
    [&[map(&format!("0{bits}"))], body].concat()
}

#[track_caller]
pub(crate) fn is(fault: &Fault, code: Code, position: usize, field: &str) {
    assert_eq!((fault.code, fault.position, fault.field.as_str()), (code, position, field));
}
