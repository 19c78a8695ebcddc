//! What was expected where reading stopped, in a few of people's words: pest names rules, and too many of them.

use std::collections::BTreeSet;

use pest::error::{Error, ErrorVariant};

use crate::ast::Span;
use crate::grammar::Rule;
use crate::keyword::{Kw, Tier, of_rule};
use crate::problem::{Edit, Problem, ProblemKind, Wanted};

use super::patterns;
use super::slice::{Slice, first_word};

/// The most that a message lists.
const FEW: usize = 4;

pub(crate) fn expected(text: &str, span: Span, stop: usize, error: &Error<Rule>) -> Problem {
    let positives = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { .. } => &[],
    };
    at(text, span, stop, wanted(positives))
}

/// What was expected, or what is missing between two operands.
pub(crate) fn or_between(slice: &Slice<'_>, error: &Error<Rule>) -> Problem {
    let problem = expected(slice.text, slice.span, slice.stop, error);
    match problem.kind {
        ProblemKind::SpanOfTime { .. } => problem,
        _ => patterns::missing_between(slice).unwrap_or(problem),
    }
}

/// `wanted`, found what stands at `stop`.
pub(crate) fn at(text: &str, span: Span, stop: usize, wanted: Vec<Wanted>) -> Problem {
    let stop = stop.clamp(span.start as usize, span.end as usize);
    let line = text[stop..span.end as usize].find(['\n', '\r']).map_or(span.end as usize, |len| stop + len);
    let rest = Span::new(stop, line);
    let blank = text[rest.range()].trim_start_matches(crate::parse::blank);
    let (place, found) = match blank.starts_with(['#', '＃']) || blank.is_empty() {
        true => (Span::new(stop, stop), ""),
        false => first_word(text, rest),
    };
    if wanted == [Wanted::Duration] && !found.is_empty() {
        let chinese = text[span.range()].trim_start().starts_with(|c: char| !c.is_ascii());
        // What streams are measured in is short.
        let short = [Kw::FOR, Kw::LATENESS, Kw::IDLE].iter().any(|kw| kw.entry().is(first_word(text, span).1));
        let meant = span_of_time(found, chinese, short);
        let fix = meant.iter().map(|meant| Edit { span: place, text: meant.clone() }).collect();
        return Problem { span: place, kind: ProblemKind::SpanOfTime { found: found.into(), meant }, fix };
    }
    Problem { span: place, kind: ProblemKind::Expected { wanted, found: found.into() }, fix: Vec::new() }
}

/// `3`, `week`, `a_week`: the span that was probably meant. A number without a unit counts days, or minutes.
fn span_of_time(found: &str, chinese: bool, short: bool) -> Option<String> {
    const SPANS: [(&[&str], &str); 7] = [
        (&["day", "一天"], "1d"),
        (&["week", "一周", "一个星期", "上周"], "7d"),
        (&["fortnight", "两周"], "14d"),
        (&["month", "一个月", "上个月"], "1 month"),
        (&["quarter", "一个季度"], "3 months"),
        (&["year", "一年"], "1 year"),
        (&["hour", "一小时", "一个小时"], "1h"),
    ];
    if found.bytes().all(|b| b.is_ascii_digit()) {
        let unit = match (short, chinese) {
            (true, true) => "分钟",
            (true, false) => "m",
            (false, true) => "天",
            (false, false) => "d",
        };
        return Some(format!("{found}{unit}"));
    }
    let bare = found.trim_end_matches('内');
    let meant = SPANS.iter().find(|(words, _)| words.iter().any(|word| word.eq_ignore_ascii_case(bare)));
    meant.map(|(_, meant)| (*meant).into())
}

fn wanted(positives: &[Rule]) -> Vec<Wanted> {
    let mut set: BTreeSet<Wanted> = positives.iter().filter_map(|&rule| of(rule)).collect();
    let operands =
        [Wanted::Name, Wanted::Text, Wanted::Number, Wanted::Sign("("), Wanted::Sign("{"), Wanted::Sign("[")];
    if operands[..3].iter().filter(|wanted| set.contains(wanted)).count() > 1 {
        set.insert(Wanted::Value);
    }
    if set.contains(&Wanted::Value) {
        // A value may be any of these.
        set.retain(|wanted| !operands.contains(wanted) && !matches!(wanted, Wanted::Duration | Wanted::List));
    }
    if set.contains(&Wanted::Operator) {
        set.insert(Wanted::EndOfLine);
        set.remove(&Wanted::Duration);
    }
    if set.contains(&Wanted::EndOfLine) {
        // Few conditions go on like this.
        set.retain(|wanted| !matches!(wanted, Wanted::Word(Kw::SEQ_THEN | Kw::SEQ_WITHOUT)));
    }
    if set.iter().any(|wanted| matches!(wanted, Wanted::Word(_) | Wanted::Operator)) {
        // Any name could go on as a call.
        set.remove(&Wanted::Sign("("));
    }
    // What a phrase cannot do without is said alone.
    for needed in [Wanted::Word(Kw::THEN), Wanted::Word(Kw::ELSE), Wanted::Word(Kw::BY)] {
        let optional = needed == Wanted::Word(Kw::BY) && !set.contains(&Wanted::Word(Kw::PER));
        if set.contains(&needed) && !optional {
            return vec![needed];
        }
    }
    set.into_iter().take(FEW).collect()
}

fn of(rule: Rule) -> Option<Wanted> {
    if let Some(kw) = of_rule(rule) {
        // The reserved ones between operands are operators, but those that close a phrase are wanted by name.
        let closes = matches!(rule, Rule::THEN | Rule::ELSE | Rule::BETWEEN_AND | Rule::BY | Rule::PER);
        return match kw.tier() {
            Tier::Reserved if matches!(rule, Rule::NOT | Rule::IF) => Some(Wanted::Value),
            Tier::Reserved if !closes => Some(Wanted::Operator),
            Tier::Closing => None,
            _ => Some(Wanted::Word(kw)),
        };
    }
    Some(match rule {
        Rule::expr
        | Rule::arith
        | Rule::scalar
        | Rule::paren
        | Rule::reference
        | Rule::record
        | Rule::value
        | Rule::dots
        | Rule::neg
        | Rule::if_then => Wanted::Value,
        Rule::text | Rule::title => Wanted::Text,
        Rule::name | Rule::path | Rule::ref_ | Rule::param | Rule::property | Rule::groups => Wanted::Name,
        Rule::number | Rule::integer => Wanted::Number,
        Rule::duration => Wanted::Duration,
        Rule::list => Wanted::List,
        Rule::regex => Wanted::Pattern,
        Rule::type_name => Wanted::Type,
        Rule::eq | Rule::ne | Rule::lt | Rule::le | Rule::gt | Rule::ge => Wanted::Operator,
        Rule::plus | Rule::minus | Rule::star | Rule::slash => Wanted::Operator,
        Rule::is_missing | Rule::within | Rule::in_top | Rule::in_set | Rule::between | Rule::matches => {
            Wanted::Operator
        }
        Rule::lparen | Rule::params => Wanted::Sign("("),
        Rule::rparen => Wanted::Sign(")"),
        Rule::rbracket => Wanted::Sign("]"),
        Rule::lbrace => Wanted::Sign("{"),
        Rule::rbrace => Wanted::Sign("}"),
        Rule::comma => Wanted::Sign(","),
        Rule::colon => Wanted::Sign(":"),
        Rule::assign | Rule::let_sign => Wanted::Sign("="),
        Rule::arrow => Wanted::Sign("->"),
        Rule::bar => Wanted::Sign("|"),
        Rule::EOI => Wanted::EndOfLine,
        _ => return None,
    })
}
