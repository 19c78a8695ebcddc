//! Every error that the specification names, with where it is; and ours.

use crate::{decoder, fault, finding, first, is, map, next, program, shown, template};
use guiju_feed::{Code, Decimal, Encoder, Message, Mode, Program, Reset, Templates, Type, Value};
use std::sync::Arc;

#[test]
fn all_twenty_six_are_named_in_two_languages() {
    let specified = Code::ALL.iter().filter(|code| !code.name().starts_with('X'));
    let names: Vec<&str> = specified.map(|code| code.name()).collect();
    let wanted = (1..=5)
        .map(|n| format!("S{n}"))
        .chain((1..=12).map(|n| format!("D{n}")))
        .chain((1..=9).map(|n| format!("R{n}")));
    assert_eq!(names, wanted.collect::<Vec<_>>());
    assert!(Code::ALL.iter().all(|code| !code.en().is_empty() && !code.zh().is_ascii()));
}

#[track_caller]
fn wrong(text: &str, code: Code, line: u32, column: u32) {
    let found = finding(text);
    assert_eq!((found.code, found.line, found.column), (code, line, column), "{found}");
}

#[test]
fn s1_what_is_not_a_template_file() {
    wrong("<templates><template name=\"T\">", Code::S1, 1, 1);
    wrong("<rules/>", Code::S1, 1, 1);
    wrong("<templates>\n  <field/></templates>", Code::S1, 2, 3);
    wrong("<template name=\"T\">\n  <uint32 name=\"F\"/></template>", Code::S1, 2, 3);
    wrong("<template name=\"T\">\n  <uInt32 name=\"F\" presense=\"optional\"/></template>", Code::S1, 2, 20);
    wrong("<template name=\"T\"><uInt32 name=\"F\" presence=\"maybe\"/></template>", Code::S1, 1, 37);
    wrong("<template name=\"T\"><uInt32/></template>", Code::S1, 1, 20);
    wrong("<template/>", Code::S1, 1, 1);
    wrong("<template name=\"T\"><uInt32 name=\"F\"><copy/><delta/></uInt32></template>", Code::S1, 1, 44);
    wrong("<template name=\"T\"><uInt32 name=\"F\"><copied/></uInt32></template>", Code::S1, 1, 37);
    wrong("<template name=\"T\">words</template>", Code::S1, 1, 20);
    wrong("<template name=\"T\" reset=\"sometimes\"/>", Code::S1, 1, 1);
    wrong("<template name=\"T\"><string name=\"F\" charset=\"gbk\"/></template>", Code::S1, 1, 37);
    wrong("<x:template xmlns:x=\"urn:else\" name=\"T\"/>", Code::S1, 1, 1);
}

#[test]
fn s2_an_operator_that_does_not_apply() {
    wrong(&template("<string name=\"F\"><increment/></string>"), Code::S2, 1, 44);
    wrong(&template("<uInt32 name=\"F\"><tail/></uInt32>"), Code::S2, 1, 44);
    wrong(&template("<decimal name=\"F\"><tail/></decimal>"), Code::S2, 1, 45);
    wrong(&template("<sequence name=\"S\"><length><tail/></length></sequence>"), Code::S2, 1, 54);
}

#[test]
fn s3_an_initial_value_of_another_type() {
    for (kind, value) in [
        ("uInt32", "-1"),
        ("uInt32", "4294967296"),
        ("uInt32", ""),
        ("int8", "128"),
        ("decimal", "1."),
        ("decimal", "99999999999999999999"),
        ("byteVector", "abc"),
        ("string", "鱼"),
    ] {
        let found = finding(&template(&format!("<{kind} name=\"F\"><copy value=\"{value}\"/></{kind}>")));
        assert_eq!((found.code, found.detail.as_str()), (Code::S3, value));
    }
}

#[test]
fn s4_and_s5_a_value_is_missing() {
    wrong(&template("<uInt32 name=\"F\"><constant/></uInt32>"), Code::S4, 1, 44);
    wrong(&template("<uInt32 name=\"F\"><default/></uInt32>"), Code::S5, 1, 44);
    wrong(
        &template("<decimal name=\"F\" presence=\"optional\"><mantissa><default/></mantissa></decimal>"),
        Code::S5,
        1,
        75,
    );
}

#[test]
fn a_faulty_template_leaves_the_others_alone() {
    let text = "<templates><template name=\"A\" id=\"1\"><string name=\"F\"><increment/></string></template>
        <template name=\"B\" id=\"2\"><uInt32 name=\"F\"/></template><template name=\"C\" id=\"2\"/></templates>";
    let (templates, findings) = Templates::read(text);
    assert_eq!(templates.names().map(|name| name.local.as_str()).collect::<Vec<_>>(), ["B"]);
    let found: Vec<_> = findings.iter().map(|finding| (finding.code, finding.line)).collect();
    assert_eq!(found, [(Code::S2, 1), (Code::X4, 2)]);
    assert_eq!(findings[0].template.as_deref(), Some("A"));
}

#[test]
fn comments_foreign_parts_and_any_identifier_are_fine() {
    let text = "<?xml version=\"1.0\"?><!-- ours -->
        <t:template xmlns:t=\"http://www.fixprotocol.org/ns/fast/td/1.1\" xmlns:x=\"urn:else\" name=\"T\" id=\"1\" x:note=\"?\">
        <x:anything><y/></x:anything><!-- here, too -->
        <t:uInt32 name=\"F\" id=\"一\"/></t:template>";
    let mut d = crate::executor(program(text), Mode::Strict);
    assert_eq!(shown(&mut d, &first("", &[0x85])), r#"{"F":5}"#);
    // An identifier that is no number can only be referred to by name.
    let (templates, findings) = Templates::read("<template name=\"T\" id=\"first\"/>");
    assert_eq!((templates.names().count(), findings.len()), (1, 0));
}

#[test]
fn d4_an_entry_of_another_type() {
    let fields =
        r#"<uInt32 name="F"><copy key="k"/></uInt32><string name="G" presence="optional"><copy key="k"/></string>"#;
    let mut d = decoder(fields, Mode::Strict);
    is(&fault(&mut d, &first("11", &[0x85, 0xc1])), Code::D4, 3, "G");
}

#[test]
fn d5_no_template_identifier_yet() {
    let mut d = decoder("<uInt32 name=\"F\"/>", Mode::Fast);
    is(&fault(&mut d, &next("", &[0x85])), Code::D5, 1, "");
}

#[test]
fn d6_an_empty_previous_value() {
    let fields =
        r#"<uInt32 name="F" presence="optional"><copy key="k"/></uInt32><uInt32 name="G"><copy key="k"/></uInt32>"#;
    is(&fault(&mut decoder(fields, Mode::Strict), &first("00", &[])), Code::D6, 2, "G");
    let fields =
        r#"<uInt32 name="F" presence="optional"><copy key="k"/></uInt32><uInt32 name="G"><delta key="k"/></uInt32>"#;
    is(&fault(&mut decoder(fields, Mode::Strict), &first("0", &[0x81])), Code::D6, 2, "G");
}

/// The specification gives this code, not `D6`, where the previous value of a mandatory tail is empty (section 6.3.8).
#[test]
fn d7_an_empty_previous_value_of_a_tail() {
    let fields =
        r#"<string name="F" presence="optional"><tail key="k"/></string><string name="G"><tail key="k"/></string>"#;
    is(&fault(&mut decoder(fields, Mode::Strict), &first("00", &[])), Code::D7, 2, "G");
}

#[test]
fn d8_and_d9_no_such_template() {
    let mut d = decoder("<uInt32 name=\"F\"/><templateRef name=\"Other\"/>", Mode::Strict);
    is(&fault(&mut d, &first("", &[0x85])), Code::D8, 3, "Other");
    is(&fault(&mut d, &[map("1"), 0x82]), Code::D9, 1, "");
    is(&fault(&mut d, &[map("1"), 0x01, 0, 0, 0, 0x80]), Code::D9, 1, "");
}

#[test]
fn d12_a_block_of_nothing() {
    let mut d = decoder("<uInt32 name=\"F\"/>", Mode::Strict);
    let mut seen = 0;
    // The length may be overlong.
    assert_eq!(d.block(&[0x00, 0x85, map("1"), 0x81, 0x85, map("0"), 0x86, 0x99], &mut |_| seen += 1), Ok(7));
    assert_eq!(seen, 2);
    assert_eq!(d.block(&[0x80], &mut |_| {}).unwrap_err().code, Code::D12);
    assert_eq!(d.block(&[0x85, 1], &mut |_| {}).unwrap_err().code, Code::X1);
    let fault = d.block(&[0x82, map("0"), 0x05], &mut |_| {}).unwrap_err();
    is(&fault, Code::X1, 2, "F");
}

#[test]
fn r1_an_exponent_out_of_range() {
    let mut d = decoder("<decimal name=\"F\"/>", Mode::Fast);
    is(&fault(&mut d, &first("", &[0x00, 0xc0, 0x81])), Code::R1, 2, "F");
    assert_eq!(shown(&mut d, &next("", &[0xbf, 0x81])), r#"{"F":"1e63"}"#);
    let mut d = decoder(r#"<decimal name="F"><delta value="1"/></decimal>"#, Mode::Fast);
    let most = [0x80, 0x00, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0xff];
    is(&fault(&mut d, &first("", &most)), Code::R1, 2, "F");
}

#[test]
fn r7_to_r9_in_strict_mode_only() {
    let fields = r#"<string name="F"><copy value="a"/></string>"#;
    let seven = [0x40, 0x80, 0x81];
    let eight = [0x40, 0x81, 0x81];
    let padding = [map("1000001"), 0x81];
    let nine = first("1", &[0x00, 0xe2]);
    is(&fault(&mut decoder(fields, Mode::Strict), &seven), Code::R7, 0, "");
    is(&fault(&mut decoder(fields, Mode::Strict), &eight), Code::R8, 3, "");
    is(&fault(&mut decoder(fields, Mode::Strict), &padding), Code::R8, 2, "");
    is(&fault(&mut decoder(fields, Mode::Strict), &nine), Code::R9, 2, "F");
    for (bytes, wanted) in [(&seven[..], "a"), (&eight, "a"), (&padding, "a"), (&nine, "b")] {
        assert_eq!(shown(&mut decoder(fields, Mode::Fast), bytes), format!("{{\"F\":\"{wanted}\"}}"));
    }
}

#[test]
fn x1_an_end_inside_a_message() {
    let fields = r#"<uInt32 name="A"/><string name="B"/><byteVector name="C"/><sequence name="S"><decimal name="D"><copy/></decimal></sequence>"#;
    let whole = first("", &[0x01, 0x85, 0x41, 0xc2, 0x82, 1, 2, 0x82, map("1"), 0x81, 0x85, map("0")]);
    shown(&mut decoder(fields, Mode::Strict), &whole);
    for length in 0..whole.len() {
        for mode in [Mode::Strict, Mode::Fast] {
            assert_eq!(fault(&mut decoder(fields, mode), &whole[..length]).code, Code::X1, "{length} bytes");
        }
    }
}

#[test]
fn x2_limits() {
    let fields = r#"<sequence name="S"><uInt32 name="A"><constant value="1"/></uInt32></sequence>"#;
    let mut d = decoder(fields, Mode::Fast);
    is(&fault(&mut d, &first("", &[0x0f, 0x7f, 0x7f, 0x7f, 0xff])), Code::X2, 7, "S");
    let mut d = decoder(fields, Mode::Fast).limited_to(100);
    is(&fault(&mut d, &first("", &[0xe4])), Code::X2, 3, "S");
    // A template that contains itself in the stream.
    let text = "<template name=\"T\" id=\"1\"><templateRef/></template>";
    let mut d = crate::executor(program(text), Mode::Fast);
    assert_eq!(fault(&mut d, &[&[map("1"), 0x81][..], &[0x80; 10_000]].concat()).code, Code::X2);
    // Static references that double at every step.
    let doubling: String = (0..40)
        .map(|at| {
            format!(
                "<template name=\"T{at}\"><templateRef name=\"T{0}\"/><templateRef name=\"T{0}\"/></template>",
                at + 1
            )
        })
        .collect();
    let text = format!("<templates>{doubling}<template name=\"T40\"><uInt32 name=\"F\"/></template></templates>");
    let (templates, _) = Templates::read(&text);
    assert_eq!(Program::compile(&templates, Reset::Honour).unwrap_err().code, Code::X2);
    let deep = format!("{}{}", "<group name=\"G\">".repeat(100), "</group>".repeat(100));
    assert_eq!(finding(&template(&deep)).code, Code::X2);
}

#[test]
fn x3_a_circle() {
    let text = r#"<templates><template name="A"><templateRef name="B"/></template><template name="B"><templateRef name="A"/></template></templates>"#;
    let (templates, _) = Templates::read(text);
    assert_eq!(Program::compile(&templates, Reset::Honour).unwrap_err().code, Code::X3);
}

/// What the encoder says to one value in one field; nothing is appended then.
#[track_caller]
fn refused(field: &str, value: Option<Value>) -> (Code, String) {
    let mut encoder = Encoder::new(program(&template(field)));
    let mut bytes = vec![7];
    let fault = encoder.encode(&Message { template: "T".into(), row: vec![value] }, &mut bytes).unwrap_err();
    assert_eq!(bytes, [7]);
    (fault.code, fault.field)
}

#[test]
fn what_the_encoder_refuses() {
    let at_f = |code| (code, "F".to_owned());
    let decimal = |mantissa, exponent| Some(Value::Decimal(Decimal { mantissa, exponent }));
    let tenths = r#"<decimal name="F"><exponent><constant value="-1"/></exponent><mantissa/></decimal>"#;
    assert_eq!(refused(tenths, decimal(125, -2)), at_f(Code::D3));
    assert_eq!(refused(r#"<decimal name="F"/>"#, decimal(1, 64)), at_f(Code::R1));
    assert_eq!(refused(r#"<uInt32 name="F"/>"#, Some(Value::Sequence(vec![]))), at_f(Code::D1));
    assert_eq!(refused(r#"<sequence name="F"/>"#, Some(Value::Unsigned(1))), at_f(Code::D1));
    assert_eq!(refused(r#"<uInt32 name="F"/>"#, Some(Value::Bytes(vec![1]))), at_f(Code::D10));
    assert_eq!(refused(r#"<uInt32 name="F"/>"#, Some(Value::Text("x".into()))), at_f(Code::D11));
    assert_eq!(refused(r#"<string name="F"/>"#, Some(Value::Text("鱼".into()))), at_f(Code::R3));
    assert_eq!(refused(r#"<uInt32 name="F"/>"#, Some(Value::Signed(-1))), at_f(Code::R4));
    assert_eq!(refused(r#"<uInt32 name="F"/>"#, decimal(5, -1)), at_f(Code::R5));
    assert_eq!(refused(r#"<uInt32 name="F"><constant value="1"/></uInt32>"#, Some(Value::Unsigned(2))), at_f(Code::X5));
    assert_eq!(refused(r#"<uInt32 name="F"/>"#, None), at_f(Code::X6));
    assert_eq!(
        refused(r#"<string name="F"><tail value="abc"/></string>"#, Some(Value::Text("x".into()))),
        at_f(Code::X7)
    );
    let mut encoder = Encoder::new(program(&template("<uInt32 name=\"F\"/>")));
    let message = |template: &str, row| Message { template: template.into(), row };
    assert_eq!(encoder.encode(&message("T", vec![]), &mut Vec::new()).unwrap_err().code, Code::X8);
    assert_eq!(encoder.encode(&message("U", vec![]), &mut Vec::new()).unwrap_err().code, Code::D8);
}

#[test]
fn conversions_of_applications() {
    assert_eq!(Value::Bytes(vec![1]).converted(Type::Decimal), Err(Code::D10));
    assert_eq!(Value::Group(vec![]).converted(Type::Ascii), Err(Code::D1));
}

#[test]
fn a_decoder_goes_on_after_a_fault() {
    let program = program(&template(r#"<uInt32 name="F"><increment value="1"/></uInt32><string name="G"/>"#));
    let mut d = crate::executor(Arc::clone(&program), Mode::Strict);
    assert_eq!(fault(&mut d, &first("0", &[0x41])).code, Code::X1);
    d.reset();
    assert_eq!(shown(&mut d, &first("0", &[0xc1])), r#"{"F":1,"G":"A"}"#);
}
