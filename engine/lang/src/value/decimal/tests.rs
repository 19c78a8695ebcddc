use super::{ParseDecimalError, *};
use proptest::prelude::*;

fn d(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn ty(precision: u8, scale: u8) -> DecimalType {
    DecimalType { precision, scale }
}

#[test]
fn reads_and_writes() {
    for text in
        ["0", "-0.05", "12.50", "99999999999999999999999999999999999999", "0.00000000000000000000000000000000000001"]
    {
        assert_eq!(d(text).to_string(), text);
    }
    for bad in ["", "-", ".", "1e5", "1,000", "１", "999999999999999999999999999999999999999", "--1"] {
        assert_eq!(bad.parse::<Decimal>(), Err(ParseDecimalError), "{bad}");
    }
}

#[test]
fn a_quotient_is_rounded_to_39_digits_first() {
    // 99e-38 / 200 = 0.495e-38: rounded at once it is 0; the 39th digit rounds to 5, and that rounds up.
    let a = Decimal { mantissa: 99, scale: 38 };
    assert_eq!(a.div(d("200"), ty(38, 38)), Ok(Decimal { mantissa: 1, scale: 38 }));
    assert_eq!(a.div(d("221"), ty(38, 38)), Ok(Decimal { mantissa: 0, scale: 38 }));
}

#[test]
fn products_of_more_than_76_digits_do_not_overflow_silently() {
    let nines = d("99999999999999999999999999999999999999");
    assert_eq!(nines.mul(nines, ty(38, 0)), Err(Failure::Overflow));
    assert_eq!(nines.div(d("0"), ty(38, 6)), Err(Failure::DivisionByZero));
    assert_eq!(nines.div(d("0.00000000000000000000000000000000000001"), ty(38, 6)), Err(Failure::Overflow));
    assert_eq!(nines.add(d("1"), ty(38, 0)), Err(Failure::Overflow));
}

proptest! {
    #[test]
    fn order_agrees_with_subtraction(a in -(10i128.pow(18))..10i128.pow(18), b in -(10i128.pow(18))..10i128.pow(18), s in 0u8..=18, t in 0u8..=18) {
        let scale = s.max(t);
        let exact = (a * 10i128.pow((scale - s).into())).cmp(&(b * 10i128.pow((scale - t).into())));
        prop_assert_eq!(compare(a, s, b, t), exact);
    }

    #[test]
    fn nearest_double_is_the_parsers(m in any::<i64>(), scale in 0u8..=38) {
        let x = Decimal { mantissa: m.into(), scale };
        prop_assert_eq!(x.to_f64(), x.to_string().parse::<f64>().expect("a number"));
    }

    #[test]
    fn doubles_round_as_their_shortest_digits(n in -10_000_000i64..10_000_000, scale in 0u8..=6) {
        let x = n as f64 / 1e6;
        let text: Decimal = format!("{x}").parse().expect("a decimal");
        prop_assert_eq!(Decimal::from_f64(x, ty(38, scale)), text.rescale(ty(38, scale)));
    }
}
