//! Once its buffers have grown, a decoder allocates nothing: not for sequences, long text, tails, groups, nor for messages in messages.
#![allow(clippy::unwrap_used)] // in a test

use guiju_feed::{Decoder, Encoder, Message, Mode, Program, Reset, Templates, Value};
use std::sync::Arc;

const TEMPLATES: &str = r#"<templates>
    <template name="Inner" id="2"><string name="L"><copy/></string></template>
    <template name="T" id="1">
        <uInt64 name="N"><increment/></uInt64><string name="S"><delta/></string><string name="U" charset="unicode"><tail/></string>
        <sequence name="E"><decimal name="P"><exponent><default value="-2"/></exponent><mantissa><delta/></mantissa></decimal>
            <sequence name="Q"><byteVector name="B"/></sequence></sequence>
        <group name="G" presence="optional"><int32 name="I"><copy/></int32></group>
        <templateRef/>
    </template></templates>"#;

fn message(at: u64) -> Message {
    let text = |text: String| Some(Value::Text(text));
    let price = guiju_feed::Decimal { mantissa: 100 + at.cast_signed() % 7, exponent: -2 };
    let queue = vec![vec![Some(Value::Bytes(vec![1; 20]))]; (at % 3) as usize];
    let inner = Message { template: "Inner".into(), row: vec![text("a text of more than eight bytes".into())] };
    let element = vec![Some(Value::Decimal(price)), Some(Value::Sequence(queue))];
    Message {
        template: "T".into(),
        row: vec![
            Some(Value::Unsigned(at)),
            text(format!("changing text {at:05}")),
            text(format!("鱼和熊掌{:05}", at % 5)),
            Some(Value::Sequence(vec![element; (at % 4) as usize])),
            at.is_multiple_of(2).then(|| Value::Group(vec![Some(Value::Signed(3))])),
            Some(Value::Message(Box::new(inner))),
        ],
    }
}

#[test]
fn a_grown_decoder_allocates_nothing() {
    let (templates, findings) = Templates::read(TEMPLATES);
    assert_eq!(findings, []);
    let program = Arc::new(Program::compile(&templates, Reset::Honour).unwrap());
    let mut encoder = Encoder::new(Arc::clone(&program));
    let bodies: Vec<Vec<u8>> = (0..200)
        .map(|at| {
            let mut bytes = Vec::new();
            encoder.encode(&message(at), &mut bytes).unwrap();
            bytes
        })
        .collect();
    for mode in [Mode::Strict, Mode::Fast] {
        let mut decoder = Decoder::new(Arc::clone(&program), mode);
        let mut pass = || {
            decoder.reset();
            bodies.iter().filter(|body| decoder.decode(body).is_ok_and(|(_, taken)| taken == body.len())).count()
        };
        assert_eq!(pass(), bodies.len());
        let mut decoded = 0;
        let counted = allocation_counter::measure(|| decoded = pass());
        assert_eq!((decoded, counted.count_total), (bodies.len(), 0), "{mode:?}");
    }
}
