//! A column's physical form never matters: dictionaries, narrow integers, offsets, empty batches, nothing but missing values.

use super::{columnar, frame, plan};
use crate::array_of;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array, NullArray, StringArray,
    new_null_array, types::Int32Type,
};
use arrow_schema::DataType;
use guiju_lang::{
    context::Incidents,
    golden::{Cells, context, expression},
    reference::evaluate,
    ty::{DecimalType, Type, Typed},
    value::{Decimal, Value},
};
use std::sync::Arc;

fn texts() -> Vec<Value> {
    let words = ["", "V0", "V3", "国债ETF", "a@corp.cn", "V3 ", "tech|gold", "199"];
    (0..131).map(|i| if i % 9 == 4 { Value::Missing } else { Value::text(words[i * 7 % words.len()]) }).collect()
}

/// The same texts as a plain column, a dictionary, a dictionary with a missing entry, and slices of larger columns.
fn text_forms(values: &[Value]) -> Vec<ArrayRef> {
    let as_option = |v: &Value| if let Value::Text(t) = v { Some(t.to_string()) } else { None };
    let plain: StringArray = values.iter().map(as_option).collect();
    let dictionary: DictionaryArray<Int32Type> = plain.iter().collect();
    // A missing text as a code of its own.
    let mut distinct: Vec<Option<String>> = values.iter().map(as_option).collect();
    distinct.sort();
    distinct.dedup();
    let codes: Int32Array =
        values.iter().map(|v| distinct.iter().position(|d| *d == as_option(v)).map(|i| i as i32)).collect();
    let inner = DictionaryArray::new(codes, Arc::new(distinct.into_iter().collect::<StringArray>()));
    let padded: StringArray = [Some("x".to_owned()), None, Some("V3".to_owned())]
        .into_iter()
        .chain(values.iter().map(as_option))
        .chain([None, Some("y".to_owned())])
        .collect();
    let padded_dictionary: DictionaryArray<Int32Type> = padded.iter().collect();
    vec![
        Arc::new(plain),
        Arc::new(dictionary),
        Arc::new(inner),
        Arc::new(padded.slice(3, values.len())),
        Arc::new(padded_dictionary.slice(3, values.len())),
    ]
}

#[test]
fn texts_in_dictionaries_and_slices_are_the_same_texts() {
    let cx = context();
    let columns = [Typed::new(Type::Text, true)];
    let values = texts();
    let conditions = [
        "t = \"V3\"",
        "t != \"V3\"",
        "t >= \"V3\"",
        "t in [\"V0\", \"V3\"]",
        "t not in [\"V0\", \"V3\"]",
        "t contains \"gold\"",
        "t starts with \"199\"",
        "t ends with \"@corp.cn\"",
        "t matches /^V\\d/",
        "t is missing",
        "length(t) > 2",
        "lower(t) = \"v3\"",
        "t < \"国\"",
    ];
    for text in conditions {
        let expr = expression(text, &[("t", &columns[0])]).unwrap_or_else(|e| panic!("{text}: {e}"));
        let plan = plan(&columns, &[&expr]);
        let expected: Vec<Value> = values
            .iter()
            .map(|v| evaluate(&expr, &Cells(std::slice::from_ref(v)), &cx, &mut Incidents::default()))
            .collect();
        assert!(expected.contains(&Value::Bool(true)) && expected.contains(&Value::Bool(false)), "{text}");
        for (form, array) in text_forms(&values).into_iter().enumerate() {
            let got = columnar(&plan, values.len(), &[array], &cx, &mut Incidents::default());
            assert_eq!(got, expected, "{text}, form {form}");
        }
    }
}

#[test]
fn numbers_of_every_width_and_offset_are_the_same_numbers() {
    let cx = context();
    let numbers: Vec<Option<i8>> =
        (0..97).map(|i| if i % 5 == 2 { None } else { Some((i * 3 % 41) as i8 - 20) }).collect();
    let wide = |pad: bool| -> Vec<Option<i64>> {
        let pads = if pad { vec![Some(99), None, Some(-99)] } else { vec![] };
        pads.into_iter().chain(numbers.iter().map(|n| n.map(i64::from))).collect()
    };
    let forms: Vec<ArrayRef> = vec![
        Arc::new(numbers.iter().copied().collect::<Int8Array>()),
        Arc::new(wide(false).into_iter().map(|n| n.map(|n| n as i16)).collect::<Int16Array>()),
        Arc::new(wide(false).into_iter().map(|n| n.map(|n| n as i32)).collect::<Int32Array>()),
        Arc::new(wide(false).into_iter().collect::<Int64Array>()),
        Arc::new(wide(true).into_iter().collect::<Int64Array>().slice(3, numbers.len())),
        Arc::new(wide(true).into_iter().map(|n| n.map(|n| n as i32)).collect::<Int32Array>().slice(3, numbers.len())),
    ];
    let columns = [Typed::new(Type::Integer, true)];
    for text in [
        "n > 3",
        "n = 7",
        "n != 7",
        "n between -5 and 5",
        "n in [1, 4, 9]",
        "n not in [1, 4, 9]",
        "n * 2 > 8.5",
        "n < 5000000000",
        "n > -9000000000 and n is not missing",
        "-n >= 2.5",
    ] {
        let expr = expression(text, &[("n", &columns[0])]).unwrap_or_else(|e| panic!("{text}: {e}"));
        let plan = plan(&columns, &[&expr]);
        let expected: Vec<Value> = numbers
            .iter()
            .map(|n| {
                let cell = n.map_or(Value::Missing, |n| Value::Integer(n.into()));
                evaluate(&expr, &Cells(&[cell]), &cx, &mut Incidents::default())
            })
            .collect();
        for (form, array) in forms.iter().enumerate() {
            let got = columnar(&plan, numbers.len(), std::slice::from_ref(array), &cx, &mut Incidents::default());
            assert_eq!(got, expected, "{text}, form {form}");
        }
    }
}

#[test]
fn decimals_of_every_width_are_the_same_decimals() {
    let cx = context();
    let ty = Type::Decimal(DecimalType { precision: 9, scale: 2 });
    let columns = [Typed::new(ty.clone(), true)];
    let values: Vec<Value> =
        (0..70)
            .map(|i| {
                if i % 6 == 1 { Value::Missing } else { Value::Decimal(Decimal { mantissa: i * 137 - 4000, scale: 2 }) }
            })
            .collect();
    let mantissas: Vec<Option<i128>> =
        values.iter().map(|v| if let Value::Decimal(d) = v { Some(d.mantissa) } else { None }).collect();
    let d32: arrow_array::Decimal32Array = mantissas.iter().map(|m| m.map(|m| m as i32)).collect();
    let d64: arrow_array::Decimal64Array = mantissas.iter().map(|m| m.map(|m| m as i64)).collect();
    let forms: Vec<ArrayRef> = vec![
        array_of(&ty, values.iter()),
        Arc::new(d32.with_precision_and_scale(9, 2).expect("fits")),
        Arc::new(d64.with_precision_and_scale(9, 2).expect("fits")),
    ];
    for text in [
        "x > 12.345",
        "x = 0.12",
        "x * 0.7 < 10",
        "x / 3 >= 1.1",
        "x + 1 != 2",
        "x - 0.001 <= x",
        "real(x) > 5",
        "x between -10 and 10.5",
    ] {
        let expr = expression(text, &[("x", &columns[0])]).unwrap_or_else(|e| panic!("{text}: {e}"));
        let plan = plan(&columns, &[&expr]);
        let expected: Vec<Value> = values
            .iter()
            .map(|v| evaluate(&expr, &Cells(std::slice::from_ref(v)), &cx, &mut Incidents::default()))
            .collect();
        for (form, array) in forms.iter().enumerate() {
            let got = columnar(&plan, values.len(), std::slice::from_ref(array), &cx, &mut Incidents::default());
            assert_eq!(got, expected, "{text}, form {form}");
        }
    }
}

#[test]
fn reals_that_are_no_numbers_are_missing() {
    let cx = context();
    let columns = [Typed::new(Type::Real, true)];
    let array: ArrayRef =
        Arc::new(Float64Array::from(vec![Some(1.0), Some(f64::NAN), Some(f64::INFINITY), None, Some(-0.0)]));
    for (text, expected) in [
        ("x is missing", [Some(false), Some(true), Some(true), Some(true), Some(false)]),
        ("x != 1", [Some(false), None, None, None, Some(true)]),
        ("x >= 0", [Some(true), None, None, None, Some(true)]),
    ] {
        let expr = expression(text, &[("x", &columns[0])]).expect("checked");
        let got = columnar(&plan(&columns, &[&expr]), 5, std::slice::from_ref(&array), &cx, &mut Incidents::default());
        assert_eq!(got, expected.map(Value::truth), "{text}");
    }
}

#[test]
fn empty_batches_and_columns_without_a_value() {
    let cx = context();
    let columns = [Typed::new(Type::Text, true), Typed::new(Type::Integer, true), Typed::new(Type::Date, true)];
    let scope = [("t", &columns[0]), ("n", &columns[1]), ("d", &columns[2])];
    for text in [
        "t = \"a\" and n > 3 or d within next 3d",
        "n is missing",
        "not (n > 3)",
        "age(d) > 60",
        "month_day(d) = 1122",
        "n / 0 > 1",
    ] {
        let expr = expression(text, &scope).unwrap_or_else(|e| panic!("{text}: {e}"));
        let plan = plan(&columns, &[&expr]);
        let missing =
            evaluate(&expr, &Cells(&[Value::Missing, Value::Missing, Value::Missing]), &cx, &mut Incidents::default());
        for rows in [0usize, 1, 64, 65] {
            let typed: Vec<ArrayRef> = vec![
                new_null_array(&DataType::Utf8, rows),
                new_null_array(&DataType::Int32, rows),
                new_null_array(&DataType::Date32, rows),
            ];
            let untyped: Vec<ArrayRef> = (0..3).map(|_| Arc::new(NullArray::new(rows)) as ArrayRef).collect();
            for arrays in [typed, untyped] {
                let mut incidents = Incidents::default();
                assert_eq!(columnar(&plan, rows, &arrays, &cx, &mut incidents), vec![missing.clone(); rows], "{text}");
                assert!(incidents.is_empty(), "{text}");
                let outputs = plan.evaluate(&frame(rows, &arrays), &cx, &mut incidents).expect("outputs");
                assert_eq!(outputs.truth(0).expect("a condition").len(), rows);
            }
        }
    }
}

#[test]
fn a_column_of_another_type_is_refused() {
    let cx = context();
    let columns = [Typed::new(Type::Integer, true)];
    let expr = expression("n > 3", &[("n", &columns[0])]).expect("checked");
    let plan = plan(&columns, &[&expr]);
    let mut incidents = Incidents::default();
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["4"]));
    let error = plan.run(&frame(1, &[texts]), &cx, &mut incidents).truth(0).expect_err("wrong type");
    assert!(matches!(error, crate::EvalError::WrongType { .. }));
    let error = plan.run(&frame(1, &[]), &cx, &mut incidents).truth(0).expect_err("no column");
    assert!(matches!(error, crate::EvalError::NoColumn { .. }));
    let short: ArrayRef = Arc::new(Int32Array::from(vec![1, 2]));
    let error = plan.run(&frame(3, &[short]), &cx, &mut incidents).truth(0).expect_err("short");
    assert!(matches!(error, crate::EvalError::WrongLength { .. }));
}
