use super::{display, display_typed, plain, write_value};
use crate::{
    context::Context,
    finding::Lang,
    golden,
    hir::SlotFormat,
    time::Zone,
    ty::{Type, Typed, Unit},
    value::{Duration, Value},
};

fn decimal(text: &str) -> Value {
    Value::Decimal(text.parse().expect("a decimal"))
}

fn slot(value: &Value, format: &SlotFormat) -> String {
    let mut out = String::new();
    write_value(&mut out, value, format, &golden::context());
    out
}

fn number(grouping: bool, min_integer: u8, min_fraction: u8, max_fraction: u8, percent: bool) -> SlotFormat {
    SlotFormat::Number { grouping, min_integer, min_fraction, max_fraction, percent }
}

fn scaled(power: u8, suffix: &str) -> SlotFormat {
    SlotFormat::Scaled { power, suffix: suffix.into() }
}

#[test]
fn numbers_in_slots_round_half_up() {
    // `#,##0.00`
    let money = number(true, 1, 2, 2, false);
    assert_eq!(slot(&decimal("1234567.895"), &money), "1,234,567.90");
    assert_eq!(slot(&decimal("-1234567.895"), &money), "-1,234,567.90");
    assert_eq!(slot(&decimal("-0.004"), &money), "0.00");
    assert_eq!(slot(&decimal("0.005"), &money), "0.01");
    assert_eq!(slot(&Value::Integer(999), &money), "999.00");
    assert_eq!(slot(&Value::Integer(i64::MIN), &money), "-9,223,372,036,854,775,808.00");
    assert_eq!(slot(&Value::Real(1234.5), &money), "1,234.50");
    // `0.##`
    assert_eq!(slot(&decimal("3.10"), &number(false, 1, 0, 2, false)), "3.1");
    assert_eq!(slot(&decimal("3.00"), &number(false, 1, 0, 2, false)), "3");
    // `000`
    assert_eq!(slot(&Value::Integer(7), &number(false, 3, 0, 0, false)), "007");
    // `0.0%`
    let percent = number(false, 1, 1, 1, true);
    assert_eq!(slot(&decimal("0.1255"), &percent), "12.6%");
    assert_eq!(slot(&decimal("1"), &percent), "100.0%");
    assert_eq!(slot(&Value::Integer(2), &percent), "200.0%");
    assert_eq!(slot(&Value::Missing, &money), "");
    assert_eq!(
        slot(&decimal("99999999999999999999999999999999999999"), &number(false, 1, 2, 2, false)),
        "99999999999999999999999999999999999999.00"
    );
}

#[test]
fn amounts_in_wan_and_yi() {
    assert_eq!(slot(&decimal("602345.00"), &scaled(4, "万元")), "60.23万元");
    assert_eq!(slot(&decimal("600000.00"), &scaled(4, "万元")), "60万元");
    assert_eq!(slot(&Value::Integer(150_000_000), &scaled(8, "亿元")), "1.5亿元");
    assert_eq!(slot(&decimal("12.345"), &scaled(0, "元")), "12.35元");
    assert_eq!(slot(&Value::Integer(-49), &scaled(4, "万")), "0万");
    assert_eq!(slot(&Value::Integer(-50), &scaled(4, "万")), "-0.01万");
    assert_eq!(slot(&decimal("0.00000000000000000000000000000000000001"), &scaled(8, "亿")), "0亿");
}

#[test]
fn dates_and_times_in_slots() {
    let cx = golden::context();
    let time = |f: &str| SlotFormat::Time(f.into());
    assert_eq!(slot(&Value::Date(cx.today), &time("%m月%d日")), "11月22日");
    assert_eq!(slot(&Value::Date(cx.today - 17), &time("%Y/%-m/%-d %y %j|%e|%d")), "2026/11/5 26 309| 5|05");
    assert_eq!(slot(&Value::Timestamp(cx.now), &time("%H:%M:%S %%")), "09:30:00 %");
    assert_eq!(slot(&Value::Time(34_215_000_000), &time("%H时%M分")), "09时30分");
    assert_eq!(slot(&Value::Date(cx.today), &time("100% %Q %")), "100% %Q %");
    assert_eq!(slot(&Value::Date(cx.today), &SlotFormat::Plain), "2026-11-22");
    assert_eq!(plain(&Value::Timestamp(cx.now + 1_500_000), &cx), "2026-11-22 09:30:01.5");
    assert_eq!(plain(&Value::Timestamp(cx.now), &Context::new(0, Zone::utc(), None)), "2026-11-22 01:30");
}

#[test]
fn for_people_short_and_exact() {
    let zone = golden::context().zone;
    let zh = |v: Value| display(&v, Lang::Zh, &zone);
    let en = |v: Value| display(&v, Lang::En, &zone);
    assert_eq!(zh(Value::Integer(480_000)), "48万");
    assert_eq!(en(Value::Integer(480_000)), "480,000");
    assert_eq!(zh(decimal("480000.00")), "48万");
    assert_eq!(zh(decimal("481200.00")), "48.12万");
    assert_eq!(zh(decimal("480123.00")), "480,123");
    assert_eq!(zh(decimal("480000.50")), "480,000.5");
    assert_eq!(zh(Value::Integer(150_000_000)), "1.5亿");
    assert_eq!(zh(Value::Integer(-20_000)), "-2万");
    assert_eq!(zh(Value::Integer(123_450_000)), "12345万");
    assert_eq!(zh(Value::Integer(2026)), "2026");
    assert_eq!(en(decimal("12.50")), "12.5");
    assert_eq!(en(Value::Integer(0)), "0");
    assert_eq!(zh(Value::Missing), "空");
    assert_eq!(en(Value::Bool(true)), "true");
    assert_eq!(zh(Value::Duration(Duration::TradingDays(3))), "3个交易日");
    assert_eq!(en(Value::Duration(Duration::Months(24))), "2 years");
    assert_eq!(zh(Value::List([Value::text("V5"), Value::text("V6")].into())), "V5、V6");
}

#[test]
fn units_stand_behind_the_number() {
    let zone = golden::context().zone;
    let show = |v: &Value, unit: Unit, language| {
        display_typed(v, &Typed { ty: Type::Integer, unit, nullable: true }, language, &zone)
    };
    let cny = || Unit::Money("CNY".into());
    assert_eq!(show(&Value::Integer(480_000), cny(), Lang::Zh), "48万元");
    assert_eq!(show(&Value::Integer(480_000), cny(), Lang::En), "480,000 CNY");
    assert_eq!(show(&decimal("0.125"), Unit::Percent, Lang::En), "12.5%");
    assert_eq!(show(&Value::Integer(300), Unit::Shares, Lang::Zh), "300股");
    assert_eq!(show(&Value::Integer(6), Unit::Other("dB".into()), Lang::En), "6dB");
    assert_eq!(show(&Value::Missing, cny(), Lang::Zh), "空");
}
