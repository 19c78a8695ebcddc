//! Texts and their slots.

use crate::ast::{ExprKind, Plain, Segment, Span, Text};
use crate::grammar::{Pair, Rule};
use crate::parse::Reader;
use crate::problem::{Edit, ProblemKind};
use crate::recover;

impl Reader<'_> {
    /// A text, half-open or closed, or one in single quotes.
    pub(crate) fn text(&self, pair: Pair<'_>) -> Text {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        if rule == Rule::single_quoted {
            return self.single_quoted(&pair, span);
        }
        if pair.as_str().contains('\n') {
            // Only a slot's expression can have carried on below.
            self.report(span, ProblemKind::MissingQuote, Vec::new());
            self.spoil();
        }
        let mut segments = Vec::with_capacity(1);
        let mut literal = String::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::slot => {
                    if !literal.is_empty() {
                        segments.push(Segment::Literal(std::mem::take(&mut literal)));
                    }
                    segments.extend(self.slot(part));
                }
                _ => self.characters(&part, &mut literal),
            }
        }
        if !literal.is_empty() {
            segments.push(Segment::Literal(literal));
        }
        if rule == Rule::open_text {
            let end = Span { start: span.end, end: span.end };
            let close = if self.text[span.range()].starts_with('“') { "”" } else { "\"" };
            let first = Span { start: span.start, end: span.start + self.first_len(span) };
            let joined = recover::rest_below(self.text, span, close);
            let fix = joined.unwrap_or_else(|| Edit { span: end, text: close.into() });
            self.report(first, ProblemKind::MissingQuote, vec![fix]);
            self.spoil();
        }
        Text { segments, span }
    }

    fn first_len(&self, span: Span) -> u32 {
        self.text[span.range()].chars().next().map_or(0, |c| c.len_utf8() as u32)
    }

    fn single_quoted(&self, pair: &Pair<'_>, span: Span) -> Text {
        let mut chars = pair.as_str().chars();
        chars.next();
        chars.next_back();
        let inner = chars.as_str();
        self.report_replace(span, ProblemKind::SingleQuotes, format!("\"{inner}\""));
        Text { segments: vec![Segment::Literal(inner.into())], span }
    }

    fn characters(&self, part: &Pair<'_>, literal: &mut String) {
        let text = part.as_str();
        match part.as_rule() {
            Rule::chars | Rule::curly_chars => literal.push_str(text),
            Rule::escape => literal.push(match text {
                "\\n" => '\n',
                "\\t" => '\t',
                "{{" => '{',
                "}}" => '}',
                other => other.chars().last().unwrap_or('\\'),
            }),
            Rule::bad_escape => {
                let found = text.to_owned();
                self.report_replace(self.span(part), ProblemKind::UnknownEscape { found }, format!("\\{text}"));
                literal.push_str(text);
            }
            Rule::wide_brace => {
                let meant = if text == "｛" { "{" } else { "}" };
                self.report_replace(self.span(part), ProblemKind::WideBrace, meant);
                self.spoil();
            }
            Rule::lone_brace => self.report_replace(self.span(part), ProblemKind::LoneBrace, "}}"),
            Rule::bad_slot => {
                self.report_all(recover::slot(self.text, self.span(part)));
                self.spoil();
            }
            _ => {}
        }
    }

    fn slot(&self, pair: Pair<'_>) -> Option<Segment> {
        let span = self.span(&pair);
        let (mut expr, mut format) = (None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::expr => expr = self.expr(part),
                Rule::format => format = Some(Plain { text: part.as_str().trim().into(), span: self.span(&part) }),
                _ => {}
            }
        }
        let expr = expr?;
        let constant = match &expr.kind {
            ExprKind::Literal(_) => true,
            ExprKind::Text(text) => text.segments.iter().all(|part| matches!(part, Segment::Literal(_))),
            _ => false,
        };
        if constant {
            self.report(span, ProblemKind::ConstantSlot, Vec::new());
        }
        Some(Segment::Slot { expr, format, span })
    }
}
