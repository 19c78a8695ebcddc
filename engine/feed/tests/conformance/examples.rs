//! Appendix 3: its examples of operators, with the values and bytes that it gives.

use crate::{decoder, first, next, shown};
use guiju_feed::Mode;

/// Messages in order; the first one has the template's identifier.
#[track_caller]
fn all(field: &str, messages: &[(&str, &[u8], &str)]) {
    for mode in [Mode::Strict, Mode::Fast] {
        let mut decoder = decoder(field, mode);
        for (at, (bits, body, wanted)) in messages.iter().enumerate() {
            let bytes = if at == 0 { first(bits, body) } else { next(bits, body) };
            assert_eq!(shown(&mut decoder, &bytes), *wanted, "message {at}, {mode:?}");
        }
    }
}

#[test]
fn decimals() {
    all(
        r#"<decimal id="1" presence="mandatory" name="V"/>"#,
        &[
            ("", &[0x82, 0x39, 0x45, 0xa3], r#"{"V":"942755e2"}"#),
            ("", &[0x81, 0x04, 0x3f, 0x34, 0xde], r#"{"V":"9427550e1"}"#),
            ("", &[0xfe, 0x39, 0x45, 0xa3], r#"{"V":"942755e-2"}"#),
        ],
    );
    all(
        r#"<decimal id="1" presence="optional" name="V"/>"#,
        &[
            ("", &[0x83, 0x39, 0x45, 0xa3], r#"{"V":"942755e2"}"#),
            ("", &[0xfe, 0x46, 0x3a, 0xdd], r#"{"V":"-942755e-2"}"#),
            ("", &[0xfd, 0x7f, 0x3f, 0xff], r#"{"V":"-8193e-3"}"#),
        ],
    );
}

#[test]
fn an_optional_decimal_with_one_operator_takes_one_bit() {
    all(
        r#"<decimal id="1" presence="optional" name="V"><copy/></decimal>"#,
        &[("1", &[0xfe, 0x39, 0x45, 0xa3], r#"{"V":"942755e-2"}"#), ("0", &[], r#"{"V":"942755e-2"}"#)],
    );
}

#[test]
fn an_optional_decimal_with_two_operators() {
    all(
        r#"<decimal id="1" presence="optional" name="V"><exponent><copy/></exponent><mantissa><delta/></mantissa></decimal>"#,
        &[("1", &[0xfe, 0x39, 0x45, 0xa3], r#"{"V":"942755e-2"}"#), ("0", &[0xfb], r#"{"V":"942750e-2"}"#)],
    );
}

#[test]
fn copy_of_a_string() {
    all(
        r#"<string id="1" presence="mandatory" name="Flag"><copy/></string>"#,
        &[
            ("1", &[0x43, 0x4d, 0xc5], r#"{"Flag":"CME"}"#),
            ("0", &[], r#"{"Flag":"CME"}"#),
            ("1", &[0x49, 0x53, 0xc5], r#"{"Flag":"ISE"}"#),
        ],
    );
    all(
        r#"<string id="1" presence="optional" name="Flag"><copy/></string>"#,
        &[("1", &[0x80], "{}"), ("0", &[], "{}"), ("1", &[0x43, 0x4d, 0xc5], r#"{"Flag":"CME"}"#)],
    );
}

#[test]
fn increment_of_an_integer() {
    all(
        r#"<uInt32 id="1" presence="mandatory" name="Flag"><increment value="1"/></uInt32>"#,
        &[
            ("0", &[], r#"{"Flag":1}"#),
            ("0", &[], r#"{"Flag":2}"#),
            ("1", &[0x84], r#"{"Flag":4}"#),
            ("0", &[], r#"{"Flag":5}"#),
        ],
    );
}

#[test]
fn delta_of_an_integer() {
    all(
        r#"<int32 id="1" presence="mandatory" name="Price"><delta/></int32>"#,
        &[
            ("", &[0x39, 0x45, 0xa3], r#"{"Price":942755}"#),
            ("", &[0xfb], r#"{"Price":942750}"#),
            ("", &[0xfb], r#"{"Price":942745}"#),
            ("", &[0x80], r#"{"Price":942745}"#),
        ],
    );
}

#[test]
fn delta_of_a_decimal_with_initial_value() {
    // 12000 is normalised to 12e3.
    all(
        r#"<decimal id="1" presence="mandatory" name="Price"><delta value="12000"/></decimal>"#,
        &[
            ("", &[0xfe, 0x09, 0xae], r#"{"Price":"1210e1"}"#),
            ("", &[0x80, 0x85], r#"{"Price":"1215e1"}"#),
            ("", &[0x80, 0x85], r#"{"Price":"1220e1"}"#),
        ],
    );
}

#[test]
fn delta_of_a_string() {
    all(
        r#"<string id="1" presence="mandatory" name="Security"><delta/></string>"#,
        &[
            ("", &[0x80, 0x47, 0x45, 0x48, 0xb6], r#"{"Security":"GEH6"}"#),
            ("", &[0x82, 0x4d, 0xb6], r#"{"Security":"GEM6"}"#),
            ("", &[0xfd, 0x45, 0xd3], r#"{"Security":"ESM6"}"#),
            ("", &[0xff, 0x52, 0xd3], r#"{"Security":"RSESM6"}"#),
        ],
    );
}

#[test]
fn a_decimal_whose_parts_are_both_copied_takes_two_bits() {
    all(
        r#"<decimal id="1" presence="optional" name="V"><exponent><copy/></exponent><mantissa><copy/></mantissa></decimal>"#,
        &[
            ("11", &[0xfe, 0x39, 0x45, 0xa3], r#"{"V":"942755e-2"}"#),
            ("00", &[], r#"{"V":"942755e-2"}"#),
            ("10", &[0x82], r#"{"V":"942755e1"}"#),
            // A null exponent: the mantissa has no bit, and keeps its previous value.
            ("1", &[0x80], "{}"),
            ("10", &[0xfe], r#"{"V":"942755e-2"}"#),
        ],
    );
}
