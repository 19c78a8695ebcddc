//! How a column's values are drawn: one line of `columns.tsv`.

use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Float64Array, Int32Array, Int64Array, StringArray,
};
use arrow_schema::DataType;
use guiju_examples::random::Random;
use std::sync::Arc;

/// 22 November 2026, in days since 1970: the day the table describes.
const TODAY: i64 = 20_779;

/// A column.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    /// Every customer's own number.
    Key,
    /// The key as text.
    Code,
    /// A prefix and some digits.
    Digits { prefix: String, digits: usize, missing: i64 },
    /// Two words.
    Words(Vec<String>, Vec<String>),
    /// One of a list, by cumulated weight.
    Pick { words: Vec<String>, weights: Vec<i64>, missing: i64 },
    /// Whole numbers, all alike or with a likely middle.
    Whole { low: i64, high: i64, bell: bool, missing: i64 },
    /// A date, in days from the table's day.
    Date { low: i64, high: i64, missing: i64 },
    /// A date so many days ago.
    Ago { mean: i64, most: i64, missing: i64 },
    /// A count with this mean, in thousandths.
    Count { mean: i64, zero: i64 },
    /// Money: up to 2^`doublings` times ten yuan.
    Money { doublings: i64, zero: i64, missing: i64 },
    /// Money: a share, in thousandths, of an earlier money column.
    Share { of: usize, low: i64, high: i64 },
    /// A real number with so many digits.
    Real { digits: i64, low: i64, high: i64, bell: bool, missing: i64 },
    /// Yes in so many of a thousand.
    Flag(i64),
}

/// The columns of a table description.
///
/// # Errors
/// The first line that cannot be understood.
pub fn columns(text: &str) -> Result<Vec<Column>, String> {
    let mut columns: Vec<Column> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let mut cells = line.split('\t');
        let (Some(name), Some(kind)) = (cells.next(), cells.next()) else {
            return Err(format!("no shape in `{line}`"));
        };
        let rest: Vec<&str> = cells.collect();
        let shape = shape(kind, &rest, &columns).ok_or_else(|| format!("cannot read `{line}`"))?;
        columns.push(Column { name: name.to_owned(), shape });
    }
    Ok(columns)
}

fn shape(kind: &str, rest: &[&str], before: &[Column]) -> Option<Shape> {
    let number = |at: usize| rest.get(at)?.parse::<i64>().ok();
    let list = |at: usize| Some(rest.get(at)?.split('|').map(str::to_owned).collect::<Vec<_>>());
    Some(match kind {
        "key" => Shape::Key,
        "code" => Shape::Code,
        "digits" => {
            Shape::Digits { prefix: (*rest.first()?).to_owned(), digits: number(1)? as usize, missing: number(2)? }
        }
        "words" => Shape::Words(list(0)?, list(1)?),
        "pick" => {
            let words = list(0)?;
            let each = match *rest.get(1)? {
                "even" => vec![1; words.len()],
                "falling" => (0..words.len() as i64).map(|rank| 100_000 / (rank + 2)).collect(),
                weights => weights.split('|').map(|w| w.parse().ok()).collect::<Option<Vec<i64>>>()?,
            };
            let weights: Vec<i64> = each
                .iter()
                .scan(0, |sum, weight| {
                    *sum += weight;
                    Some(*sum)
                })
                .collect();
            (weights.len() == words.len()).then_some(Shape::Pick { words, weights, missing: number(2)? })?
        }
        "whole" | "bell" => {
            Shape::Whole { low: number(0)?, high: number(1)?, bell: kind == "bell", missing: number(2)? }
        }
        "date" => Shape::Date { low: number(0)?, high: number(1)?, missing: number(2)? },
        "ago" => Shape::Ago { mean: number(0)?, most: number(1)?, missing: number(2)? },
        "count" => Shape::Count { mean: number(0)?, zero: number(1)? },
        "money" => Shape::Money { doublings: number(0)?, zero: number(1)?, missing: number(2)? },
        "share" => {
            let of = before.iter().position(|column| Some(&column.name.as_str()) == rest.first())?;
            Shape::Share { of, low: number(1)?, high: number(2)? }
        }
        "real" | "bell_real" => Shape::Real {
            digits: number(0)?,
            low: number(1)?,
            high: number(2)?,
            bell: kind == "bell_real",
            missing: number(3)?,
        },
        "flag" => Shape::Flag(number(0)?),
        _ => return None,
    })
}

/// True in `share` of a thousand cases.
pub(crate) fn chance(dice: &mut Random, share: i64) -> bool {
    share > 0 && dice.between(1, 1000) <= share
}

/// Between both, the middle more likely than the ends.
fn middling(dice: &mut Random, low: i64, high: i64) -> i64 {
    (dice.between(low, high) + dice.between(low, high) + dice.between(low, high)).div_euclid(3)
}

/// Half of them below seven tenths of `mean`, each further doubling half as likely.
fn falling(dice: &mut Random, mean: i64) -> i64 {
    let halvings = i64::from(dice.bits().leading_zeros().min(40));
    (halvings * 1000 + dice.between(0, 999)) * mean / 1443
}

/// The number of the customer in a row: spread over ten digits, no two alike.
#[must_use]
pub fn key(row: u64) -> i64 {
    1_000_000_000 + ((row * 2_654_435_761) % (1 << 32)) as i64
}

impl Column {
    /// Its type.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        match self.shape {
            Shape::Key => DataType::Int64,
            Shape::Code | Shape::Digits { .. } | Shape::Words(..) | Shape::Pick { .. } => DataType::Utf8,
            Shape::Whole { .. } | Shape::Count { .. } => DataType::Int32,
            Shape::Date { .. } | Shape::Ago { .. } => DataType::Date32,
            Shape::Money { .. } | Shape::Share { .. } => DataType::Decimal128(18, 2),
            Shape::Real { .. } => DataType::Float64,
            Shape::Flag(_) => DataType::Boolean,
        }
    }

    /// Its values for the rows from `from` on; `before` are the columns to its left.
    ///
    /// # Errors
    /// When money does not fit its type.
    pub fn draw(&self, dice: &mut Random, from: u64, rows: usize, before: &[ArrayRef]) -> Result<ArrayRef, String> {
        let numbers = from..from + rows as u64;
        let some = |dice: &mut Random, missing: i64| !chance(dice, missing);
        let values: ArrayRef = match &self.shape {
            Shape::Key => Arc::new(Int64Array::from_iter_values(numbers.map(key))),
            Shape::Code => Arc::new(StringArray::from_iter_values(numbers.map(|row| format!("C{:010}", key(row))))),
            Shape::Digits { prefix, digits, missing } => {
                let most = 10i64.pow(*digits as u32) - 1;
                let value = |dice: &mut Random| format!("{prefix}{:0digits$}", dice.between(0, most));
                Arc::new(StringArray::from_iter(numbers.map(|_| some(dice, *missing).then(|| value(dice)))))
            }
            Shape::Words(one, two) => {
                let word = |dice: &mut Random, of: &[String]| of[dice.between(0, of.len() as i64 - 1) as usize].clone();
                Arc::new(StringArray::from_iter_values(
                    numbers.map(|_| format!("{} {}", word(dice, one), word(dice, two))),
                ))
            }
            Shape::Pick { words, weights, missing } => {
                let all = weights.last().copied().unwrap_or(1);
                let mut word = |_| {
                    let drawn = dice.between(1, all);
                    let at = weights.partition_point(|sum| *sum < drawn);
                    some(dice, *missing).then(|| words.get(at).map_or("", String::as_str))
                };
                Arc::new(StringArray::from_iter(numbers.map(&mut word)))
            }
            Shape::Whole { low, high, bell, missing } => {
                let value =
                    |dice: &mut Random| if *bell { middling(dice, *low, *high) } else { dice.between(*low, *high) };
                Arc::new(Int32Array::from_iter(numbers.map(|_| some(dice, *missing).then(|| value(dice) as i32))))
            }
            Shape::Date { low, high, missing } => {
                let value = |dice: &mut Random| (TODAY + dice.between(*low, *high)) as i32;
                Arc::new(Date32Array::from_iter(numbers.map(|_| some(dice, *missing).then(|| value(dice)))))
            }
            Shape::Ago { mean, most, missing } => {
                let value = |dice: &mut Random| (TODAY - falling(dice, *mean).min(*most)) as i32;
                Arc::new(Date32Array::from_iter(numbers.map(|_| some(dice, *missing).then(|| value(dice)))))
            }
            Shape::Count { mean, zero } => {
                let value = |dice: &mut Random| {
                    if chance(dice, *zero) { 0 } else { (falling(dice, *mean) + dice.between(0, 999)) / 1000 }
                };
                Arc::new(Int32Array::from_iter_values(numbers.map(|_| value(dice) as i32)))
            }
            Shape::Money { doublings, zero, missing } => {
                let value = |dice: &mut Random| {
                    if chance(dice, *zero) {
                        0
                    } else {
                        i128::from(dice.between(1000, 1999)) << middling(dice, 0, *doublings)
                    }
                };
                money(numbers.map(|_| some(dice, *missing).then(|| value(dice))))?
            }
            Shape::Share { of, low, high } => {
                let whole = before.get(*of).and_then(|column| column.as_any().downcast_ref::<Decimal128Array>());
                let whole = whole.ok_or_else(|| format!("`{}` is a share of a column that is not money", self.name))?;
                money(whole.iter().map(|value| value.map(|v| v * i128::from(dice.between(*low, *high)) / 1000)))?
            }
            Shape::Real { digits, low, high, bell, missing } => {
                let scale = 10i64.pow(*digits as u32) as f64;
                let value =
                    |dice: &mut Random| if *bell { middling(dice, *low, *high) } else { dice.between(*low, *high) };
                Arc::new(Float64Array::from_iter(
                    numbers.map(|_| some(dice, *missing).then(|| value(dice) as f64 / scale)),
                ))
            }
            Shape::Flag(share) => Arc::new(BooleanArray::from_iter(numbers.map(|_| Some(chance(dice, *share))))),
        };
        Ok(values)
    }
}

fn money(cents: impl Iterator<Item = Option<i128>>) -> Result<ArrayRef, String> {
    let array = cents.collect::<Decimal128Array>().with_precision_and_scale(18, 2).map_err(|e| e.to_string())?;
    Ok(Arc::new(array))
}
