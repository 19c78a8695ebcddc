//! Exact decimals inside scripts: a type of its own with the language's arithmetic. Integers mix with decimals; floats do not,
//! as that would lose digits silently.

use guiju_lang::{
    ty::DecimalType,
    value::{
        Decimal,
        decimal::{self, Failure},
    },
};
use rhai::{Engine, EvalAltResult, INT, Position};
use std::cmp::Ordering;

type Outcome<T> = Result<T, Box<EvalAltResult>>;

/// The narrowest type of a number, which decides the result's type as it does in rulebooks.
fn narrowest(d: Decimal) -> DecimalType {
    DecimalType { precision: d.precision(), scale: d.scale }
}

fn fail(what: &str) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorArithmetic(what.to_owned(), Position::NONE))
}

fn settle(result: Result<Decimal, Failure>) -> Outcome<Decimal> {
    result.map_err(|failure| match failure {
        Failure::DivisionByZero => fail("division by zero"),
        Failure::Overflow => fail("decimal overflow"),
    })
}

fn add(a: Decimal, b: Decimal) -> Outcome<Decimal> {
    settle(a.add(b, narrowest(a).arithmetic(guiju_lang::hir::ArithOp::Add, narrowest(b))))
}

fn sub(a: Decimal, b: Decimal) -> Outcome<Decimal> {
    settle(a.sub(b, narrowest(a).arithmetic(guiju_lang::hir::ArithOp::Sub, narrowest(b))))
}

fn mul(a: Decimal, b: Decimal) -> Outcome<Decimal> {
    settle(a.mul(b, narrowest(a).arithmetic(guiju_lang::hir::ArithOp::Mul, narrowest(b))))
}

fn div(a: Decimal, b: Decimal) -> Outcome<Decimal> {
    settle(a.div(b, narrowest(a).arithmetic(guiju_lang::hir::ArithOp::Div, narrowest(b))))
}

fn parse(text: &str) -> Outcome<Decimal> {
    text.trim().parse().map_err(|_| fail("not a decimal number of at most 38 digits"))
}

/// HALF_UP to a number of digits after the point.
fn round(d: Decimal, scale: INT) -> Outcome<Decimal> {
    let scale = u8::try_from(scale.clamp(0, 38)).unwrap_or(0);
    let rounded = decimal::rescale(d.mantissa, d.scale, DecimalType { precision: 38, scale });
    rounded.map(|mantissa| Decimal { mantissa, scale }).ok_or_else(|| fail("decimal overflow"))
}

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Decimal>("decimal")
        .register_fn("decimal", parse)
        .register_fn("decimal", |n: INT| Decimal::from(n))
        .register_fn("to_string", |d: &mut Decimal| d.to_string())
        .register_fn("to_float", |d: &mut Decimal| d.to_f64())
        .register_fn("to_int", |d: &mut Decimal| d.to_i64().ok_or_else(|| fail("decimal overflow")))
        .register_fn("abs", |d: &mut Decimal| Decimal { mantissa: d.mantissa.abs(), scale: d.scale })
        .register_fn("round", |d: &mut Decimal, scale: INT| round(*d, scale))
        .register_fn("-", |d: Decimal| Decimal { mantissa: -d.mantissa, scale: d.scale });
    type Operation = fn(Decimal, Decimal) -> Outcome<Decimal>;
    let operations: [(&str, Operation); 4] = [("+", add), ("-", sub), ("*", mul), ("/", div)];
    for (name, op) in operations {
        engine
            .register_fn(name, op)
            .register_fn(name, move |a: Decimal, b: INT| op(a, Decimal::from(b)))
            .register_fn(name, move |a: INT, b: Decimal| op(Decimal::from(a), b));
    }
    type Test = fn(Ordering) -> bool;
    let tests: [(&str, Test); 6] = [
        ("==", Ordering::is_eq),
        ("!=", Ordering::is_ne),
        ("<", Ordering::is_lt),
        ("<=", Ordering::is_le),
        (">", Ordering::is_gt),
        (">=", Ordering::is_ge),
    ];
    for (name, test) in tests {
        engine
            .register_fn(name, move |a: Decimal, b: Decimal| test(a.compare(b)))
            .register_fn(name, move |a: Decimal, b: INT| test(a.compare(Decimal::from(b))))
            .register_fn(name, move |a: INT, b: Decimal| test(Decimal::from(a).compare(b)));
    }
}
