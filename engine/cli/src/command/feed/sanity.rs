//! What no sound feed says: crossed books, negative quantities, amounts that are not price times quantity.

use crate::output::Out;
use guiju::market::{Datum, Decimal, Decoded, Elements, Fields};
use serde_json::{Value, json};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Sanity {
    crossed: u64,
    negative: u64,
    amount: u64,
}

impl Sanity {
    pub(super) fn see(&mut self, message: &Decoded<'_>) {
        let fields = message.fields();
        self.crossed += u64::from(crossed(&fields));
        self.negative += negative(&fields);
        self.amount += u64::from(amount(&fields) == Some(false));
    }

    pub(super) const fn broken(&self) -> u64 {
        self.crossed + self.negative + self.amount
    }

    pub(super) fn json(&self) -> Value {
        json!({ "crossed_books": self.crossed, "negative_quantities": self.negative, "wrong_amounts": self.amount })
    }

    pub(super) fn say(&self, out: &Out) {
        out.say(format!(
            "{}: {}, {}: {}, {}: {}",
            out.pick("crossed books", "买卖盘交叉"),
            self.crossed,
            out.pick("negative quantities", "数量为负"),
            self.negative,
            out.pick("amounts that are not price times quantity", "金额不等于价格乘数量"),
            self.amount
        ));
    }
}

/// A number as a decimal.
fn number(datum: Option<Datum<'_>>) -> Option<Decimal> {
    match datum? {
        Datum::Unsigned(value) => Some(Decimal { mantissa: i64::try_from(value).ok()?, exponent: 0 }),
        Datum::Signed(value) => Some(Decimal { mantissa: value, exponent: 0 }),
        Datum::Decimal(value) => Some(value),
        _ => None,
    }
}

/// The price of the first level that has one.
fn best(fields: &Fields<'_>, levels: &str) -> Option<i64> {
    let Datum::Sequence(levels) = fields.named(levels)? else { return None };
    price(levels)
}

fn price(levels: Elements<'_>) -> Option<i64> {
    levels.iter().find_map(|level| number(level.named("Price")).map(|price| price.mantissa).filter(|price| *price > 0))
}

/// Whether the best bid is above the best offer; in call auctions both may be equal.
fn crossed(fields: &Fields<'_>) -> bool {
    matches!((best(fields, "BidLevels"), best(fields, "OfferLevels")), (Some(bid), Some(offer)) if bid > offer)
}

fn negative(fields: &Fields<'_>) -> u64 {
    fields
        .iter()
        .map(|(field, datum)| match datum {
            Some(Datum::Sequence(elements)) => elements.iter().map(|element| negative(&element)).sum(),
            Some(Datum::Group(group)) => negative(&group),
            datum => {
                let name = field.name.local.as_str();
                let quantity = name.contains("Qty") || name.contains("Volume") || name.ends_with("Size");
                u64::from(quantity && number(datum).is_some_and(|value| value.mantissa < 0))
            }
        })
        .sum()
}

/// Of a Shanghai trade: prices and quantities have three decimal places, amounts five; nothing of anything else.
fn amount(fields: &Fields<'_>) -> Option<bool> {
    let Datum::Text(b"T") = fields.named("Type")? else { return None };
    let [price, quantity, amount] =
        ["Price", "Qty", "TradeMoney"].map(|name| number(fields.named(name)).map(|value| i128::from(value.mantissa)));
    let product = price?.checked_mul(quantity?)?;
    Some(product == amount? * 10)
}
