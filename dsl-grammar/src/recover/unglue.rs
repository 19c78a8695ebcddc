//! `余额大于50万` is one name to the grammar, since Han next to Han never splits. Whoever knows the columns can ask for
//! the cut that was probably meant.

use crate::keyword::Kw;

/// Keywords that stand between operands. `到`, `的`, `近`, `每`, `空` begin too many names to be cut at.
pub(super) const OPERATORS: [Kw; 15] = [
    Kw::AND,
    Kw::OR,
    Kw::IN,
    Kw::NOT_IN,
    Kw::IS_MISSING,
    Kw::IS_NOT_MISSING,
    Kw::OR_ELSE,
    Kw::BETWEEN,
    Kw::WITHIN_NEXT,
    Kw::WITHIN_LAST,
    Kw::CONTAINS,
    Kw::STARTS_WITH,
    Kw::ENDS_WITH,
    Kw::MATCHES,
    Kw::IN_TOP,
];

/// Comparisons in words, which are signs to the grammar.
const COMPARISONS: [&str; 13] = [
    "大于等于",
    "小于等于",
    "不等于",
    "不小于",
    "不大于",
    "不低于",
    "不高于",
    "不超过",
    "大于",
    "小于",
    "等于",
    "高于",
    "低于",
];

/// A piece of a name that was written without blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unglued {
    /// What may be a name.
    Name(String),
    /// A keyword or a comparison in words.
    Word(String),
    /// What starts with a digit: a number with its unit.
    Literal(String),
}

impl Unglued {
    /// The piece's text.
    pub fn text(&self) -> &str {
        let (Self::Name(text) | Self::Word(text) | Self::Literal(text)) = self;
        text
    }
}

/// Cuts a Chinese name at the operators inside it, longest first; none if there is no operator in it. A caller offers
/// the pieces, with blanks between, only if it knows every name among them.
///
/// ```
/// let pieces = guiju_grammar::unglue("余额大于50万且到期日").unwrap();
/// let texts: Vec<&str> = pieces.iter().map(|piece| piece.text()).collect();
/// assert_eq!(texts, ["余额", "大于", "50万", "且", "到期日"]);
/// assert_eq!(guiju_grammar::unglue("余额"), None);
/// ```
pub fn unglue(name: &str) -> Option<Vec<Unglued>> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(c) = name.get(at..).and_then(|rest| rest.chars().next()) {
        match operator(&name[at..]) {
            Some(word) => {
                pieces.extend(operand(&name[from..at]));
                pieces.push(Unglued::Word(word.to_owned()));
                at += word.len();
                from = at;
            }
            None => at += c.len_utf8(),
        }
    }
    pieces.extend(operand(&name[from..]));
    let cut = pieces.iter().any(|piece| matches!(piece, Unglued::Word(_)));
    (cut && pieces.len() > 1).then_some(pieces)
}

fn operand(text: &str) -> Option<Unglued> {
    let digit = text.starts_with(|c: char| c.is_ascii_digit());
    let piece = if digit { Unglued::Literal(text.into()) } else { Unglued::Name(text.into()) };
    (!text.is_empty()).then_some(piece)
}

fn operator(rest: &str) -> Option<&'static str> {
    let words = OPERATORS.iter().map(|kw| kw.zh()).chain(COMPARISONS);
    words.filter(|word| rest.starts_with(word)).max_by_key(|word| word.len())
}
