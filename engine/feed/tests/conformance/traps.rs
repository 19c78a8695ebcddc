//! What decoders have got wrong.

use crate::{decoder, fault, first, is, map, next, program, shown};
use guiju_feed::{Code, Decoder, Mode, Program, Reset, Templates};
use std::sync::Arc;

/// The exponent's default may have no value; then the decimal is absent unless the bit is set. One public decoder refuses the template.
#[test]
fn a_bare_default_exponent() {
    let field = r#"<decimal name="F" presence="optional"><exponent><default/></exponent><mantissa><delta/></mantissa></decimal>"#;
    for mode in [Mode::Strict, Mode::Fast] {
        let mut d = decoder(field, mode);
        assert_eq!(shown(&mut d, &first("0", &[])), "{}");
        assert_eq!(shown(&mut d, &next("1", &[0xfe, 0x85])), r#"{"F":"5e-2"}"#);
        assert_eq!(shown(&mut d, &next("1", &[0x80])), "{}");
        assert_eq!(shown(&mut d, &next("1", &[0x81, 0x81])), r#"{"F":"6e0"}"#);
    }
}

/// The mantissa's bit is in the map only if the exponent is there: the field behind it must not take it.
#[test]
fn an_absent_decimal_leaves_its_mantissas_bit_to_others() {
    let fields = r#"<decimal name="F" presence="optional"><exponent><default/></exponent><mantissa><copy/></mantissa></decimal>
        <uInt32 name="G"><default value="7"/></uInt32>"#;
    let mut d = decoder(fields, Mode::Strict);
    assert_eq!(shown(&mut d, &first("01", &[0x89])), r#"{"G":9}"#);
    assert_eq!(shown(&mut d, &next("111", &[0x81, 0x85, 0x89])), r#"{"F":"5e0","G":9}"#);
    assert_eq!(shown(&mut d, &next("100", &[0x81])), r#"{"F":"5e0","G":7}"#);
}

#[test]
fn a_constant_exponent_and_a_constant_mantissa() {
    let fields = r#"<decimal name="F" presence="optional"><exponent><constant value="-2"/></exponent><mantissa><copy/></mantissa></decimal>
        <decimal name="G"><exponent><constant value="3"/></exponent><mantissa><constant value="-4"/></mantissa></decimal>"#;
    let mut d = decoder(fields, Mode::Strict);
    assert_eq!(shown(&mut d, &first("11", &[0x85])), r#"{"F":"5e-2","G":"-4e3"}"#);
    assert_eq!(shown(&mut d, &next("0", &[])), r#"{"G":"-4e3"}"#);
    assert_eq!(shown(&mut d, &next("10", &[])), r#"{"F":"5e-2","G":"-4e3"}"#);
}

/// A group has a map of its own only if something in it takes a bit, whatever the group's own presence.
#[test]
fn maps_of_groups() {
    let with = r#"<group name="G" presence="optional"><uInt32 name="A"><copy/></uInt32></group><uInt32 name="B"><copy/></uInt32>"#;
    let mut d = decoder(with, Mode::Strict);
    assert_eq!(shown(&mut d, &first("11", &[map("1"), 0x85, 0x86])), r#"{"G":{"A":5},"B":6}"#);
    assert_eq!(shown(&mut d, &next("10", &[map("0")])), r#"{"G":{"A":5},"B":6}"#);
    assert_eq!(shown(&mut d, &next("01", &[0x87])), r#"{"B":7}"#);
    // What an absent group would have changed is as it was.
    assert_eq!(shown(&mut d, &next("10", &[map("0")])), r#"{"G":{"A":5},"B":7}"#);
    let without = r#"<group name="G" presence="optional"><uInt32 name="A"><delta/></uInt32></group>"#;
    let mut d = decoder(without, Mode::Strict);
    assert_eq!(shown(&mut d, &first("1", &[0x85])), r#"{"G":{"A":5}}"#);
    assert_eq!(shown(&mut d, &next("0", &[])), "{}");
    let mandatory = r#"<group name="G"><uInt32 name="A"><default value="3"/></uInt32></group>"#;
    let mut d = decoder(mandatory, Mode::Strict);
    assert_eq!(shown(&mut d, &first("", &[map("0")])), r#"{"G":{"A":3}}"#);
}

/// An element has a map only if something in it takes a bit; a group inside it with a map of its own does not count.
#[test]
fn maps_of_elements() {
    let fields = r#"<sequence name="S"><group name="G"><uInt32 name="A"><copy/></uInt32></group></sequence>"#;
    let mut d = decoder(fields, Mode::Strict);
    assert_eq!(shown(&mut d, &first("", &[0x82, map("1"), 0x85, map("0")])), r#"{"S":[{"G":{"A":5}},{"G":{"A":5}}]}"#);
}

#[test]
fn lengths_have_operators_and_may_be_null() {
    let fields =
        r#"<sequence name="S" presence="optional"><length name="N"><copy/></length><uInt32 name="A"/></sequence>"#;
    let mut d = decoder(fields, Mode::Strict);
    assert_eq!(shown(&mut d, &first("1", &[0x83, 0x85, 0x86])), r#"{"S":[{"A":5},{"A":6}]}"#);
    assert_eq!(shown(&mut d, &next("0", &[0x81, 0x82])), r#"{"S":[{"A":1},{"A":2}]}"#);
    assert_eq!(shown(&mut d, &next("1", &[0x81])), r#"{"S":[]}"#);
    assert_eq!(shown(&mut d, &next("1", &[0x80])), "{}");
    let constant = r#"<sequence name="S"><length><constant value="2"/></length><uInt32 name="A"/></sequence>"#;
    assert_eq!(shown(&mut decoder(constant, Mode::Strict), &first("", &[0x81, 0x82])), r#"{"S":[{"A":1},{"A":2}]}"#);
}

/// Sequences in sequences: the elements of the inner ones lie between those of the outer one in the stream, not in memory.
#[test]
fn nested_sequences() {
    let fields = r#"<sequence name="S"><uInt32 name="A"/><sequence name="I"><uInt32 name="B"><increment value="1"/></uInt32></sequence></sequence>"#;
    let mut d = decoder(fields, Mode::Strict);
    let body = [0x82, 0x89, 0x82, map("0"), map("0"), 0x88, 0x81, map("1"), 0x80];
    assert_eq!(shown(&mut d, &first("", &body)), r#"{"S":[{"A":9,"I":[{"B":1},{"B":2}]},{"A":8,"I":[{"B":0}]}]}"#);
}

#[test]
fn a_needless_zero_byte_of_an_integer() {
    let mut d = decoder(r#"<uInt32 name="F"/>"#, Mode::Strict);
    is(&fault(&mut d, &first("", &[0x00, 0x85])), Code::R6, 2, "F");
    assert_eq!(shown(&mut decoder(r#"<uInt32 name="F"/>"#, Mode::Fast), &first("", &[0x00, 0x85])), r#"{"F":5}"#);
    let mut d = decoder(r#"<int32 name="F"/>"#, Mode::Strict);
    is(&fault(&mut d, &first("", &[0x7f, 0xfb])), Code::R6, 2, "F");
    // Not needless: the sign.
    assert_eq!(shown(&mut d, &next("", &[0x00, 0xc0])), r#"{"F":64}"#);
    assert_eq!(shown(&mut d, &next("", &[0x7f, 0xbf])), r#"{"F":-65}"#);
}

#[test]
fn integers_out_of_their_bounds() {
    for (kind, bytes) in [
        ("uInt8", &[0x02, 0x80][..]),
        ("uInt16", &[0x04, 0x00, 0x80]),
        ("uInt32", &[0x10, 0x00, 0x00, 0x00, 0x80]),
        ("uInt64", &[0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]),
        ("int8", &[0x01, 0x80]),
        ("int8", &[0x7e, 0xff]),
        ("int32", &[0x08, 0x00, 0x00, 0x00, 0x80]),
        ("int64", &[0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]),
    ] {
        for mode in [Mode::Strict, Mode::Fast] {
            let mut d = decoder(&format!("<{kind} name=\"F\"/>"), mode);
            is(&fault(&mut d, &first("", bytes)), Code::D2, 2, "F");
        }
    }
}

/// The difference of two 64-bit integers takes 65 bits.
#[test]
fn differences_wider_than_their_type() {
    let mut d = decoder(r#"<uInt64 name="F"><delta/></uInt64>"#, Mode::Strict);
    let up = [0x01, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0xff];
    let down = [0x7e, 0, 0, 0, 0, 0, 0, 0, 0, 0x81];
    assert_eq!(shown(&mut d, &first("", &up)), r#"{"F":18446744073709551615}"#);
    assert_eq!(shown(&mut d, &next("", &down)), r#"{"F":0}"#);
    is(&fault(&mut d, &next("", &[0xff])), Code::R4, 1, "F");
    let mut d = decoder(r#"<uInt32 name="F"><delta value="4294967295"/></uInt32>"#, Mode::Strict);
    assert_eq!(shown(&mut d, &first("", &[0x70, 0x00, 0x00, 0x00, 0x92])), r#"{"F":17}"#);
}

#[test]
fn a_tail_longer_than_its_base_replaces_it() {
    let mut d = decoder(r#"<string name="F"><tail value="ab"/></string>"#, Mode::Strict);
    assert_eq!(shown(&mut d, &first("1", &[0x78, 0x79, 0xfa])), r#"{"F":"xyz"}"#);
    assert_eq!(shown(&mut d, &next("1", &[0xe1])), r#"{"F":"xya"}"#);
    assert_eq!(shown(&mut d, &next("1", b"abcdefghij\xeb")), r#"{"F":"abcdefghijk"}"#);
    assert_eq!(shown(&mut d, &next("0", &[])), r#"{"F":"abcdefghijk"}"#);
    assert_eq!(shown(&mut d, &next("1", &[0x58, 0xd9])), r#"{"F":"abcdefghiXY"}"#);
}

#[test]
fn more_removed_than_there_is() {
    for removed in
        [&[0x85][..], &[0xfa], &[0x07, 0x7f, 0x7f, 0x7f, 0xff], &[0x08, 0, 0, 0, 0x80], &[0x78, 0, 0, 0, 0x80]]
    {
        let mut d = decoder(r#"<string name="F"><delta value="abcd"/></string>"#, Mode::Strict);
        is(&fault(&mut d, &first("", &[removed, &[0xe1]].concat())), Code::D7, 2, "F");
    }
    let mut d = decoder(r#"<string name="F"><delta value="abcd"/></string>"#, Mode::Strict);
    assert_eq!(shown(&mut d, &first("", &[0x84, 0xe1])), r#"{"F":"a"}"#);
    assert_eq!(shown(&mut d, &next("", &[0xfe, 0xe2])), r#"{"F":"b"}"#);
}

/// A difference may end in the middle of a character, as long as the sum does not.
#[test]
fn unicode_is_cut_anywhere() {
    let field = r#"<string charset="unicode" name="F"><delta/></string>"#;
    let mut d = decoder(field, Mode::Strict);
    assert_eq!(shown(&mut d, &first("", &[0x80, 0x83, 0xe9, 0xb1, 0xbc])), r#"{"F":"鱼"}"#);
    assert_eq!(shown(&mut d, &next("", &[0x81, 0x81, 0xbd])), r#"{"F":"鱽"}"#);
    is(&fault(&mut d, &next("", &[0x81, 0x80])), Code::R2, 3, "F");
    assert_eq!(shown(&mut decoder(field, Mode::Fast), &first("", &[0x80, 0x81, 0xe9])), "{\"F\":\"\u{fffd}\"}");
}

fn two(attributes: [&str; 2], fields: [&str; 2]) -> Decoder {
    let text = format!(
        "<templates><template name=\"A\" id=\"1\" {}>{}</template><template name=\"B\" id=\"2\" {}>{}</template></templates>",
        attributes[0], fields[0], attributes[1], fields[1]
    );
    crate::executor(program(&text), Mode::Strict)
}

const F: &str = r#"<uInt32 name="F"><copy/></uInt32>"#;

#[test]
fn dictionaries_are_shared_or_not() {
    let (a, b) = ([map("11"), 0x81, 0x85], [map("10"), 0x82]);
    for (attributes, shared) in [
        (["", ""], true),
        (["dictionary=\"global\"", ""], true),
        (["dictionary=\"mine\"", "dictionary=\"mine\""], true),
        (["dictionary=\"mine\"", "dictionary=\"yours\""], false),
        (["dictionary=\"template\"", "dictionary=\"template\""], false),
        (["ns=\"one\"", "ns=\"other\""], false),
        (["dictionary=\"type\"", "dictionary=\"type\""], true),
    ] {
        let mut d = two(attributes, [F, F]);
        assert_eq!(shown(&mut d, &a), r#"{"F":5}"#);
        if shared {
            assert_eq!(shown(&mut d, &b), r#"{"F":5}"#, "{attributes:?}");
        } else {
            is(&fault(&mut d, &b), Code::D5, 2, "F");
        }
    }
}

#[test]
fn the_type_dictionary_belongs_to_the_application_type() {
    let with = |name: &str| format!("<typeRef name=\"{name}\"/>{F}");
    let (a, b) = ([map("11"), 0x81, 0x85], [map("10"), 0x82]);
    let mut d = two(["dictionary=\"type\""; 2], [&with("X"), &with("X")]);
    assert_eq!(shown(&mut d, &a), r#"{"F":5}"#);
    assert_eq!(shown(&mut d, &b), r#"{"F":5}"#);
    let mut d = two(["dictionary=\"type\""; 2], [&with("X"), &with("Y")]);
    assert_eq!(shown(&mut d, &a), r#"{"F":5}"#);
    is(&fault(&mut d, &b), Code::D5, 2, "F");
}

#[test]
fn a_key_makes_fields_share_an_entry() {
    let fields = r#"<uInt32 name="F"><copy key="k"/></uInt32><uInt32 name="G"><increment key="k"/></uInt32>"#;
    let mut d = decoder(fields, Mode::Strict);
    assert_eq!(shown(&mut d, &first("10", &[0x85])), r#"{"F":5,"G":6}"#);
    assert_eq!(shown(&mut d, &next("00", &[])), r#"{"F":6,"G":7}"#);
}

/// `template` is the dictionary of the template that is current: inside a static reference the one referred to.
#[test]
fn static_references_change_the_current_template() {
    let text = r#"<templates>
        <template name="Inner" dictionary="template"><uInt32 name="F"><copy/></uInt32></template>
        <template name="A" id="1"><templateRef name="Inner"/></template>
        <template name="B" id="2" dictionary="template"><templateRef name="Inner"/><uInt32 name="G"/></template>
    </templates>"#;
    let mut d = crate::executor(program(text), Mode::Strict);
    assert_eq!(shown(&mut d, &[map("11"), 0x81, 0x85]), r#"{"F":5}"#);
    assert_eq!(shown(&mut d, &[map("10"), 0x82, 0x81]), r#"{"F":5,"G":1}"#);
}

/// A dynamic reference brings a map and an identifier; the identifier is copied like that of messages.
#[test]
fn dynamic_references() {
    let text = r#"<templates>
        <template name="Inner" id="2"><uInt32 name="F"><copy/></uInt32></template>
        <template name="Outer" id="1"><uInt32 name="N"/><templateRef/><templateRef/></template>
    </templates>"#;
    let mut d = crate::executor(program(text), Mode::Strict);
    let bytes = [map("1"), 0x81, 0x89, map("11"), 0x82, 0x85, map("00")];
    assert_eq!(shown(&mut d, &bytes), r#"{"N":9,"Inner":{"F":5},"Inner":{"F":5}}"#);
    is(&fault(&mut d, &[map("1"), 0x81, 0x89, map("1"), 0x83]), Code::D9, 4, "");
}

#[test]
fn reset_is_honoured_or_ignored() {
    let text = r#"<templates><template name="A" id="1" reset="Y"><uInt32 name="F"><copy value="1"/></uInt32></template>
        <template name="B" id="2" xmlns:scp="http://www.fixprotocol.org/ns/fast/scp/1.1" scp:reset="yes"><uInt32 name="G"/></template></templates>"#;
    let (templates, findings) = Templates::read(text);
    assert_eq!(findings, []);
    for (reset, wanted) in [(Reset::Honour, r#"{"F":1}"#), (Reset::Ignore, r#"{"F":5}"#)] {
        let mut d = crate::executor(Arc::new(Program::compile(&templates, reset).unwrap()), Mode::Strict);
        assert_eq!(shown(&mut d, &[map("11"), 0x81, 0x85]), r#"{"F":5}"#);
        // The identifier is not forgotten: it is what brought the reset.
        assert_eq!(shown(&mut d, &[map("00")]), wanted);
        assert_eq!(shown(&mut d, &[map("10"), 0x82, 0x80]), r#"{"G":0}"#);
    }
}

/// Seventy fields with a bit each, and then some.
#[test]
fn maps_of_more_than_sixty_four_bits() {
    let fields: String =
        (0..150).map(|at| format!("<uInt32 name=\"F{at}\" presence=\"optional\"><default/></uInt32>")).collect();
    for mode in [Mode::Strict, Mode::Fast] {
        for at in 0..150 {
            let mut d = decoder(&fields, mode);
            let bit = at + 1;
            let mut bytes = vec![0u8; bit / 7 + 1];
            bytes[0] |= 0x40;
            bytes[bit / 7] |= 0x40 >> (bit % 7);
            *bytes.last_mut().unwrap() |= 0x80;
            bytes.extend([0x81, 0x86]);
            assert_eq!(shown(&mut d, &bytes), format!("{{\"F{at}\":5}}"));
        }
    }
}

#[test]
fn nulls_of_every_kind_leave_what_follows_alone() {
    let fields = r#"<int64 name="A" presence="optional"/><string name="B" presence="optional"/><byteVector name="C" presence="optional"/>
        <decimal name="D" presence="optional"/><sequence name="E" presence="optional"><uInt32 name="X"/></sequence><uInt32 name="Z"/>"#;
    let mut d = decoder(fields, Mode::Strict);
    assert_eq!(shown(&mut d, &first("", &[0x80, 0x80, 0x80, 0x80, 0x80, 0x85])), r#"{"Z":5}"#);
}
