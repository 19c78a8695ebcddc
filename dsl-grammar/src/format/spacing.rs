//! Whether a blank stands between two words of a line.

use crate::grammar::Rule;
use crate::keyword::Kw;

use super::words::{Word, declares, keyword};

pub(super) fn apart(left: &Word, right: &Word) -> bool {
    !(in_text(left, right) || left_joins(left, right) || right_joins(left, right))
}

/// Inside a text every blank is the author's.
fn in_text(left: &Word, right: &Word) -> bool {
    let inner = |word: &Word| {
        matches!(
            word.rule,
            Rule::chars | Rule::curly_chars | Rule::escape | Rule::slot_open | Rule::format | Rule::script_body
        )
    };
    let opens = |word: &Word| matches!(word.rule, Rule::straight | Rule::curly_open | Rule::curly_close);
    inner(left)
        || inner(right)
        || right.rule == Rule::slot_close
        || left.rule == Rule::slot_close
        || (opens(left) && opens(right))
        || [left, right].iter().any(|word| word.rule == Rule::colon && word.within == Rule::slot)
}

fn left_joins(left: &Word, right: &Word) -> bool {
    match left.rule {
        Rule::lparen | Rule::lbracket | Rule::dot | Rule::dots | Rule::neg => true,
        // `decimal(18,2)`
        Rule::comma => left.within == Rule::type_name,
        // `{ }` of an empty record or block.
        Rule::lbrace => right.rule == Rule::rbrace,
        // In Chinese a number follows these words at once.
        _ => {
            matches!(
                keyword(left),
                Some(Kw::WITHIN_NEXT | Kw::WITHIN_LAST | Kw::SEQ_WITHIN | Kw::EVERY | Kw::OVER | Kw::OVER_EACH)
            ) && !left.text.is_ascii()
                && right.text.starts_with(|c: char| c.is_ascii_digit())
        }
    }
}

fn right_joins(left: &Word, right: &Word) -> bool {
    match right.rule {
        Rule::rparen | Rule::rbracket | Rule::comma | Rule::dot | Rule::colon => true,
        Rule::dots => matches!(
            left.rule,
            Rule::number | Rule::date | Rule::time | Rule::timestamp | Rule::duration | Rule::ip | Rule::cidr
        ),
        // A call, a type's numbers and a function's parameters touch the name; a table's columns do not.
        Rule::lparen => match right.within {
            Rule::args | Rule::type_name => true,
            Rule::params => left.rule == Rule::name && left.within != Rule::table,
            _ => false,
        },
        Rule::Z_WITHIN | Rule::Z_ONCE => left.rule == Rule::duration,
        _ => false,
    }
}

/// A brace of a declaration's block, not of a record.
pub(super) fn is_block(word: &Word) -> bool {
    matches!(word.rule, Rule::lbrace | Rule::rbrace) && declares(word.within)
}
