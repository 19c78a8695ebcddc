//! One named test for each operator × type × presence × initial value. Each type has two samples, and the bytes they are.

use crate::{decoder, fault, first, is, next, shown};
use guiju_feed::{Code, Mode};

struct Sample {
    /// As a template writes it.
    text: &'static str,
    json: &'static str,
    plain: &'static [u8],
    nullable: &'static [u8],
}

struct Kind {
    element: &'static str,
    attributes: &'static str,
    a: Sample,
    b: Sample,
}

const fn sample(text: &'static str, json: &'static str, plain: &'static [u8], nullable: &'static [u8]) -> Sample {
    Sample { text, json, plain, nullable }
}

const fn kind(element: &'static str, attributes: &'static str, a: Sample, b: Sample) -> Kind {
    Kind { element, attributes, a, b }
}

const SMALL: Sample = sample("5", "5", &[0x85], &[0x86]);
const MINUS: Sample = sample("-3", "-3", &[0xfd], &[0xfd]);

const UINT8: Kind = kind("uInt8", "", SMALL, sample("255", "255", &[0x01, 0xff], &[0x02, 0x80]));
const UINT16: Kind = kind("uInt16", "", SMALL, sample("65535", "65535", &[0x03, 0x7f, 0xff], &[0x04, 0x00, 0x80]));
const UINT32: Kind = kind(
    "uInt32",
    "",
    SMALL,
    sample("4294967295", "4294967295", &[0x0f, 0x7f, 0x7f, 0x7f, 0xff], &[0x10, 0x00, 0x00, 0x00, 0x80]),
);
const UINT64: Kind = kind(
    "uInt64",
    "",
    SMALL,
    sample(
        "18446744073709551615",
        "18446744073709551615",
        &[0x01, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0xff],
        &[0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80],
    ),
);
const INT8: Kind = kind("int8", "", MINUS, sample("127", "127", &[0x00, 0xff], &[0x01, 0x80]));
const INT16: Kind = kind("int16", "", MINUS, sample("-32768", "-32768", &[0x7e, 0x00, 0x80], &[0x7e, 0x00, 0x80]));
const INT32: Kind = kind(
    "int32",
    "",
    MINUS,
    sample("2147483647", "2147483647", &[0x07, 0x7f, 0x7f, 0x7f, 0xff], &[0x08, 0x00, 0x00, 0x00, 0x80]),
);
const INT64: Kind = kind(
    "int64",
    "",
    MINUS,
    sample(
        "9223372036854775807",
        "9223372036854775807",
        &[0x00, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0xff],
        &[0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80],
    ),
);
const DECIMAL: Kind = kind(
    "decimal",
    "",
    sample("9427.55", "\"942755e-2\"", &[0xfe, 0x39, 0x45, 0xa3], &[0xfe, 0x39, 0x45, 0xa3]),
    sample("-100", "\"-1e2\"", &[0x82, 0xff], &[0x83, 0xff]),
);
const ASCII: Kind = kind(
    "string",
    "",
    sample("CME", "\"CME\"", &[0x43, 0x4d, 0xc5], &[0x43, 0x4d, 0xc5]),
    sample("", "\"\"", &[0x80], &[0x00, 0x80]),
);
const LONG_ASCII: Kind = kind(
    "string",
    "charset=\"ascii\"",
    sample("ABCDEFGHIJ", "\"ABCDEFGHIJ\"", b"ABCDEFGHI\xca", b"ABCDEFGHI\xca"),
    sample("abcdefghijk", "\"abcdefghijk\"", b"abcdefghij\xeb", b"abcdefghij\xeb"),
);
const UNICODE: Kind = kind(
    "string",
    "charset=\"unicode\"",
    sample("鱼", "\"鱼\"", &[0x83, 0xe9, 0xb1, 0xbc], &[0x84, 0xe9, 0xb1, 0xbc]),
    sample("", "\"\"", &[0x80], &[0x81]),
);
const BYTES: Kind = kind(
    "byteVector",
    "",
    sample("c0ffee", "\"c0ffee\"", &[0x83, 0xc0, 0xff, 0xee], &[0x84, 0xc0, 0xff, 0xee]),
    sample(
        "000102030405060708",
        "\"000102030405060708\"",
        b"\x89\0\x01\x02\x03\x04\x05\x06\x07\x08",
        b"\x8a\0\x01\x02\x03\x04\x05\x06\x07\x08",
    ),
);

/// A message's field.
fn has(sample: &Sample) -> String {
    format!("{{\"F\":{}}}", sample.json)
}

const ABSENT: &str = "{}";

impl Kind {
    /// A decoder of a message that is this one field, in each mode.
    fn each(&self, presence: &str, operator: &str, check: impl Fn(guiju_feed::Decoder)) {
        let Self { element, attributes, .. } = self;
        let field = format!("<{element} name=\"F\" {attributes} presence=\"{presence}\">{operator}</{element}>");
        for mode in [Mode::Strict, Mode::Fast] {
            check(decoder(&field, mode));
        }
    }

    fn operator(&self, name: &str) -> String {
        format!("<{name} value=\"{}\"/>", self.a.text)
    }
}

fn none_mandatory(k: &Kind) {
    k.each("mandatory", "", |mut d| {
        assert_eq!(shown(&mut d, &first("", k.a.plain)), has(&k.a));
        assert_eq!(shown(&mut d, &next("", k.b.plain)), has(&k.b));
    });
}

fn none_optional(k: &Kind) {
    k.each("optional", "", |mut d| {
        assert_eq!(shown(&mut d, &first("", k.a.nullable)), has(&k.a));
        assert_eq!(shown(&mut d, &next("", &[0x80])), ABSENT);
        assert_eq!(shown(&mut d, &next("", k.b.nullable)), has(&k.b));
    });
}

fn constant_mandatory(k: &Kind) {
    k.each("mandatory", &k.operator("constant"), |mut d| {
        assert_eq!(shown(&mut d, &first("", &[])), has(&k.a));
    });
}

fn constant_optional(k: &Kind) {
    k.each("optional", &k.operator("constant"), |mut d| {
        assert_eq!(shown(&mut d, &first("1", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), ABSENT);
    });
}

fn default_mandatory(k: &Kind) {
    k.each("mandatory", &k.operator("default"), |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("1", k.b.plain)), has(&k.b));
        assert_eq!(shown(&mut d, &next("0", &[])), has(&k.a));
    });
}

fn default_optional(k: &Kind) {
    k.each("optional", &k.operator("default"), |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("1", &[0x80])), ABSENT);
        assert_eq!(shown(&mut d, &next("1", k.b.nullable)), has(&k.b));
        assert_eq!(shown(&mut d, &next("0", &[])), has(&k.a));
    });
}

fn default_optional_without_value(k: &Kind) {
    k.each("optional", "<default/>", |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), ABSENT);
        assert_eq!(shown(&mut d, &next("1", k.a.nullable)), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), ABSENT);
    });
}

fn copy_mandatory(k: &Kind) {
    k.each("mandatory", "<copy/>", |mut d| {
        is(&fault(&mut d, &first("0", &[])), Code::D5, 2, "F");
        assert_eq!(shown(&mut d, &next("1", k.a.plain)), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("1", k.b.plain)), has(&k.b));
        assert_eq!(shown(&mut d, &next("0", &[])), has(&k.b));
        d.reset();
        is(&fault(&mut d, &first("0", &[])), Code::D5, 2, "F");
    });
}

fn copy_mandatory_with_value(k: &Kind) {
    k.each("mandatory", &k.operator("copy"), |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("1", k.b.plain)), has(&k.b));
        assert_eq!(shown(&mut d, &next("0", &[])), has(&k.b));
    });
}

fn copy_optional(k: &Kind) {
    k.each("optional", "<copy/>", |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), ABSENT);
        assert_eq!(shown(&mut d, &next("0", &[])), ABSENT);
        assert_eq!(shown(&mut d, &next("1", k.b.nullable)), has(&k.b));
        assert_eq!(shown(&mut d, &next("0", &[])), has(&k.b));
        assert_eq!(shown(&mut d, &next("1", &[0x80])), ABSENT);
        assert_eq!(shown(&mut d, &next("0", &[])), ABSENT);
    });
}

fn copy_optional_with_value(k: &Kind) {
    k.each("optional", &k.operator("copy"), |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("1", &[0x80])), ABSENT);
        // Empty is not undefined: the initial value does not come back.
        assert_eq!(shown(&mut d, &next("0", &[])), ABSENT);
        assert_eq!(shown(&mut d, &next("1", k.b.nullable)), has(&k.b));
    });
}

/// Of integers: `a` and the value behind it.
fn increment_mandatory(k: &Kind, after: &str) {
    k.each("mandatory", "<increment/>", |mut d| {
        is(&fault(&mut d, &first("0", &[])), Code::D5, 2, "F");
        assert_eq!(shown(&mut d, &next("1", k.a.plain)), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), format!("{{\"F\":{after}}}"));
    });
}

fn increment_mandatory_with_value(k: &Kind, after: &str) {
    k.each("mandatory", &k.operator("increment"), |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), format!("{{\"F\":{after}}}"));
        assert_eq!(shown(&mut d, &next("1", k.b.plain)), has(&k.b));
    });
}

fn increment_optional(k: &Kind, after: &str) {
    k.each("optional", "<increment/>", |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), ABSENT);
        assert_eq!(shown(&mut d, &next("1", k.a.nullable)), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), format!("{{\"F\":{after}}}"));
        assert_eq!(shown(&mut d, &next("1", &[0x80])), ABSENT);
        assert_eq!(shown(&mut d, &next("0", &[])), ABSENT);
    });
}

fn increment_optional_with_value(k: &Kind, after: &str) {
    k.each("optional", &k.operator("increment"), |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), format!("{{\"F\":{after}}}"));
    });
}

/// After the largest comes the smallest (section 6.3.6).
fn increment_wraps(k: &Kind, largest: &Sample, smallest: &str) {
    k.each("mandatory", "<increment/>", |mut d| {
        assert_eq!(shown(&mut d, &first("1", largest.plain)), has(largest));
        assert_eq!(shown(&mut d, &next("0", &[])), format!("{{\"F\":{smallest}}}"));
    });
}

/// Of integers: a difference of two, twice; the initial value is `a`.
fn delta_mandatory(k: &Kind, sums: [&str; 2]) {
    k.each("mandatory", "<delta/>", |mut d| {
        assert_eq!(shown(&mut d, &first("", &[0x82])), "{\"F\":2}");
        assert_eq!(shown(&mut d, &next("", &[0x82])), "{\"F\":4}");
    });
    k.each("mandatory", &k.operator("delta"), |mut d| {
        assert_eq!(shown(&mut d, &first("", &[0x82])), format!("{{\"F\":{}}}", sums[0]));
        assert_eq!(shown(&mut d, &next("", &[0x82])), format!("{{\"F\":{}}}", sums[1]));
    });
}

fn delta_optional(k: &Kind, sums: [&str; 2]) {
    k.each("optional", &k.operator("delta"), |mut d| {
        assert_eq!(shown(&mut d, &first("", &[0x80])), ABSENT);
        assert_eq!(shown(&mut d, &next("", &[0x83])), format!("{{\"F\":{}}}", sums[0]));
        // Null leaves the previous value as it is.
        assert_eq!(shown(&mut d, &next("", &[0x80])), ABSENT);
        assert_eq!(shown(&mut d, &next("", &[0x83])), format!("{{\"F\":{}}}", sums[1]));
    });
}

macro_rules! cells {
    ($($name:ident $kind:ident;)*) => { $(mod $name {
        #[test] fn none_mandatory() { super::none_mandatory(&super::$kind); }
        #[test] fn none_optional() { super::none_optional(&super::$kind); }
        #[test] fn constant_mandatory() { super::constant_mandatory(&super::$kind); }
        #[test] fn constant_optional() { super::constant_optional(&super::$kind); }
        #[test] fn default_mandatory() { super::default_mandatory(&super::$kind); }
        #[test] fn default_optional() { super::default_optional(&super::$kind); }
        #[test] fn default_optional_without_value() { super::default_optional_without_value(&super::$kind); }
        #[test] fn copy_mandatory() { super::copy_mandatory(&super::$kind); }
        #[test] fn copy_mandatory_with_value() { super::copy_mandatory_with_value(&super::$kind); }
        #[test] fn copy_optional() { super::copy_optional(&super::$kind); }
        #[test] fn copy_optional_with_value() { super::copy_optional_with_value(&super::$kind); }
    })* };
}

macro_rules! integers {
    ($($name:ident $kind:ident after $after:literal sums $sums:expr;)*) => { $(mod $name {
        #[test] fn increment_mandatory() { super::increment_mandatory(&super::$kind, $after); }
        #[test] fn increment_mandatory_with_value() { super::increment_mandatory_with_value(&super::$kind, $after); }
        #[test] fn increment_optional() { super::increment_optional(&super::$kind, $after); }
        #[test] fn increment_optional_with_value() { super::increment_optional_with_value(&super::$kind, $after); }
        #[test] fn delta_mandatory() { super::delta_mandatory(&super::$kind, $sums); }
        #[test] fn delta_optional() { super::delta_optional(&super::$kind, $sums); }
    })* };
}

cells! {
    uint8 UINT8; uint16 UINT16; uint32 UINT32; uint64 UINT64;
    int8 INT8; int16 INT16; int32 INT32; int64 INT64;
    decimal DECIMAL; ascii ASCII; long_ascii LONG_ASCII; unicode UNICODE; bytes BYTES;
}

integers! {
    uint8_steps UINT8 after "6" sums ["7", "9"];
    uint16_steps UINT16 after "6" sums ["7", "9"];
    uint32_steps UINT32 after "6" sums ["7", "9"];
    uint64_steps UINT64 after "6" sums ["7", "9"];
    int8_steps INT8 after "-2" sums ["-1", "1"];
    int16_steps INT16 after "-2" sums ["-1", "1"];
    int32_steps INT32 after "-2" sums ["-1", "1"];
    int64_steps INT64 after "-2" sums ["-1", "1"];
}

#[test]
fn unsigned_increments_wrap() {
    [UINT8, UINT16, UINT32, UINT64].iter().for_each(|k| increment_wraps(k, &k.b, "0"));
}

#[test]
fn signed_increments_wrap() {
    increment_wraps(&INT8, &INT8.b, "-128");
    increment_wraps(&INT32, &INT32.b, "-2147483648");
    increment_wraps(&INT64, &INT64.b, "-9223372036854775808");
}

/// The samples of a text type as a tail or a difference has them: whole.
fn tail(k: &Kind) {
    k.each("mandatory", "<tail/>", |mut d| {
        is(&fault(&mut d, &first("0", &[])), Code::D6, 2, "F");
        assert_eq!(shown(&mut d, &next("1", k.a.plain)), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), has(&k.a));
    });
    k.each("optional", "<tail/>", |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), ABSENT);
        assert_eq!(shown(&mut d, &next("1", k.a.nullable)), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("1", &[0x80])), ABSENT);
        assert_eq!(shown(&mut d, &next("0", &[])), ABSENT);
        // After empty the base is the initial value, here none.
        assert_eq!(shown(&mut d, &next("1", k.a.nullable)), has(&k.a));
    });
    k.each("optional", &k.operator("tail"), |mut d| {
        assert_eq!(shown(&mut d, &first("0", &[])), has(&k.a));
        assert_eq!(shown(&mut d, &next("0", &[])), has(&k.a));
        // As long as the base: all of it is replaced.
        assert_eq!(shown(&mut d, &next("1", k.a.nullable)), has(&k.a));
    });
}

fn delta(k: &Kind) {
    k.each("mandatory", "<delta/>", |mut d| {
        assert_eq!(shown(&mut d, &first("", &[&[0x80], k.a.plain].concat())), has(&k.a));
        let empty: &[u8] = &[0x80];
        assert_eq!(shown(&mut d, &next("", &[&[0x80], empty].concat())), has(&k.a));
        is(&fault(&mut d, &next("", &[0x3f, 0xff, 0x80])), Code::D7, 1, "F");
    });
    k.each("optional", &k.operator("delta"), |mut d| {
        assert_eq!(shown(&mut d, &first("", &[0x80])), ABSENT);
        assert_eq!(shown(&mut d, &next("", &[0x81, 0x80])), has(&k.a));
        assert_eq!(shown(&mut d, &next("", &[0x80])), ABSENT);
        assert_eq!(shown(&mut d, &next("", &[0x81, 0x80])), has(&k.a));
    });
}

#[test]
fn ascii_tail() {
    tail(&ASCII);
    tail(&LONG_ASCII);
}

#[test]
fn unicode_tail() {
    tail(&UNICODE);
}

#[test]
fn bytes_tail() {
    tail(&BYTES);
}

#[test]
fn ascii_delta() {
    delta(&ASCII);
    delta(&LONG_ASCII);
}

#[test]
fn unicode_delta() {
    delta(&UNICODE);
}

#[test]
fn bytes_delta() {
    delta(&BYTES);
}

#[test]
fn decimal_delta() {
    DECIMAL.each("mandatory", "<delta/>", |mut d| {
        assert_eq!(shown(&mut d, &first("", &[0xfe, 0x39, 0x45, 0xa3])), "{\"F\":\"942755e-2\"}");
        assert_eq!(shown(&mut d, &next("", &[0x80, 0xfc])), "{\"F\":\"942751e-2\"}");
    });
    DECIMAL.each("optional", "<delta/>", |mut d| {
        assert_eq!(shown(&mut d, &first("", &[0x80])), ABSENT);
        assert_eq!(shown(&mut d, &next("", &[0xfe, 0x39, 0x45, 0xa3])), "{\"F\":\"942755e-2\"}");
        assert_eq!(shown(&mut d, &next("", &[0x81, 0xfc])), "{\"F\":\"942751e-2\"}");
    });
}
