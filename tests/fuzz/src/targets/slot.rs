//! Any value is written in any format of a text's slot.

use crate::Target;
use guiju_lang::context::Context;
use guiju_lang::hir::SlotFormat;
use guiju_lang::render::{display, plain, write_value};
use guiju_lang::time::Zone;
use guiju_lang::value::{Decimal, Duration, Value};

pub(super) const TARGET: Target = Target {
    name: "slot",
    files: &[],
    examples: &[
        "\x02\x02\x05\0\x02\x04\x15\x01\x69\x7d\x74\x10\x22\x11\0\0\0\0\0\0\0",
        "\x07\x01\0\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08%Y年%m月%d日 %H:%M:%S %-m %-d %y %j %e %% %Q %",
        "\x05\x03\x08\0\0\0\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f万元",
    ],
    longest: 256,
    run,
};

/// Six bytes of choices, eight of a number, the rest is text.
fn run(bytes: &[u8]) {
    let Some((&[kind, form, a, b, c, d], rest)) = bytes.split_first_chunk::<6>() else { return };
    let Some((number, rest)) = rest.split_first_chunk::<8>() else { return };
    let number = i64::from_le_bytes(*number);
    let words = String::from_utf8_lossy(rest);
    let value = match kind % 10 {
        0 => Value::Missing,
        1 => Value::Integer(number),
        2 => Value::Decimal(Decimal { mantissa: i128::from(number) * i128::from(number), scale: d % 39 }),
        3 => Value::real(f64::from_bits(number as u64)),
        4 => Value::text(&words),
        5 => Value::Date(number as i32),
        6 => Value::Time(number.rem_euclid(86_400_000_000)),
        7 => Value::Timestamp(number),
        8 => Value::Duration(
            [Duration::Micros(number), Duration::Days(number), Duration::Months(number)][usize::from(a % 3)],
        ),
        _ => Value::Bool(number > 0),
    };
    let format = match form % 4 {
        0 => SlotFormat::Plain,
        1 => SlotFormat::Time(words.as_ref().into()),
        2 => SlotFormat::Number {
            grouping: a % 2 == 0,
            min_integer: b % 40,
            min_fraction: c.min(d) % 40,
            max_fraction: c.max(d) % 40,
            percent: a % 3 == 0,
        },
        _ => SlotFormat::Scaled { power: [0, 4, 8][usize::from(a % 3)], suffix: words.as_ref().into() },
    };
    let zone = Zone::named("Asia/Shanghai").unwrap_or_else(|_| Zone::utc());
    let cx = Context::new(number, zone.clone(), None);
    let mut out = String::from("前");
    write_value(&mut out, &value, &format, &cx);
    assert!(out.starts_with('前'), "a slot only adds");
    plain(&value, &cx);
    for language in [guiju_lang::finding::Lang::En, guiju_lang::finding::Lang::Zh] {
        display(&value, language, &zone);
    }
}
