//! Questions over the snapshot, changed: `in top 6%` for `in top 5%`, the other end.

use super::{Said, Texts, number_changed, words};
use crate::{
    hir::{Amount, End, Expr, Population},
    value::Decimal,
};
use guiju_grammar::keyword::Kw;

/// The population that `asked` (an `in top`) is about, with one thing changed.
pub fn populations(asked: &Expr, population: &Population, texts: &dyn Texts) -> Vec<(Said, Population)> {
    let text = texts.slice(asked.written);
    let after = words::end_in(asked, &population.operand);
    let said = |kind, to: Option<String>| Some(Said { kind, at: asked.written, from: text.to_owned(), to: to? });
    let mut all = Vec::new();
    for up in [true, false] {
        if let (Some(amount), Some(said)) =
            (stepped(population.amount, up), said("constant", number_changed(text, after, up)))
        {
            all.push((said, Population { amount, ..population.clone() }));
        }
    }
    let (from, to, end) = match population.end {
        End::Top => (Kw::IN_TOP, Kw::IN_BOTTOM, End::Bottom),
        End::Bottom => (Kw::IN_BOTTOM, Kw::IN_TOP, End::Top),
    };
    let to = texts.word(asked.written.file, to);
    if let Some(said) = said("word", words::word_replaced(text, &population.operand, asked, from, to)) {
        all.push((said, Population { end, ..population.clone() }));
    }
    all
}

/// One more or one in a hundred more. A share finer than that is left alone: its text would not move by the same.
fn stepped(amount: Amount, up: bool) -> Option<Amount> {
    match amount {
        Amount::Count(n) => {
            let n = if up { n.checked_add(1)? } else { n.checked_sub(1)? };
            (n > 0).then_some(Amount::Count(n))
        }
        Amount::Share(Decimal { mantissa, scale: 2 }) => {
            let mantissa = if up { mantissa + 1 } else { mantissa - 1 };
            (1..100).contains(&mantissa).then_some(Amount::Share(Decimal { mantissa, scale: 2 }))
        }
        Amount::Share(_) => None,
    }
}
