//! Clauses: a word, and what follows it in the order written.

use crate::ast::{Clause, Expr, Part, Span};
use crate::grammar::{Pair, Rule};
use crate::keyword::{Kw, Tier, of_rule};
use crate::parse::{Reader, levels};
use crate::problem::ProblemKind;
use crate::recover;

impl Reader<'_> {
    /// A part of a block: a clause that could be read, one that could not, or the block's end.
    pub(crate) fn clause_or_problem(&self, part: Pair<'_>, kind: Kw, clauses: &mut Vec<Clause>) {
        match part.as_rule() {
            Rule::event_clause
            | Rule::rulebook_clause
            | Rule::source_clause
            | Rule::sink_clause
            | Rule::feed_clause
            | Rule::route_clause => {
                let before = self.take_spoilt();
                let clause = self.clause(part);
                // A clause with an unreadable part is dropped: its meaning would be another one.
                let spoilt = self.take_spoilt();
                clauses.extend(clause.filter(|_| !spoilt));
                if before || spoilt {
                    self.spoil();
                }
            }
            Rule::event_bad
            | Rule::rulebook_bad
            | Rule::source_bad
            | Rule::sink_bad
            | Rule::feed_bad
            | Rule::route_bad => {
                self.report_all(recover::clause(self.text, self.span(&part), kind));
            }
            Rule::stop => self.stop(&part),
            _ => self.braces(&part, kind),
        }
    }

    /// Reads a line of a block only for what is wrong with it.
    pub(crate) fn line(&self, part: Pair<'_>) {
        match part.as_rule() {
            Rule::event_clause
            | Rule::rulebook_clause
            | Rule::source_clause
            | Rule::sink_clause
            | Rule::feed_clause
            | Rule::route_clause => {
                let _ = self.clause(part);
            }
            Rule::row => {
                let _ = self.row(part);
            }
            Rule::given_clock
            | Rule::given_records
            | Rule::given_rows
            | Rule::expect
            | Rule::expect_rows
            | Rule::expect_it
            | Rule::expect_route
            | Rule::for_any
            | Rule::expect_nothing
            | Rule::after => {
                let _ = self.step(part);
            }
            Rule::stop => self.stop(&part),
            _ => {}
        }
    }

    pub(crate) fn stop(&self, part: &Pair<'_>) {
        self.report_replace(self.span(part), ProblemKind::StopAtLineEnd, "");
    }

    fn clause(&self, pair: Pair<'_>) -> Option<Clause> {
        let span = self.span(&pair);
        let mut word: Option<(Kw, Span)> = None;
        let mut parts = Vec::with_capacity(2);
        for part in pair.into_inner() {
            let place = self.span(&part);
            match (of_rule(part.as_rule()), word) {
                (Some(kw), None) => word = Some((kw, place)),
                // A closing particle says nothing that the words before it did not.
                (Some(kw), Some(_)) if kw.tier() == Tier::Closing => {}
                (Some(kw), Some(_)) => parts.push(Part::Word(kw, place)),
                (None, Some((word, _))) if part.as_rule() == Rule::word_colon => {
                    self.report_replace(place, ProblemKind::ColonAfterWord { word }, " ");
                }
                (None, Some((Kw::PRIORITY, _))) => parts.extend(self.part(part).map(|part| match part {
                    Part::Expr(expr) => Part::Expr(levels(expr)),
                    other => other,
                })),
                (None, _) => parts.extend(self.part(part)),
            }
        }
        let (word, word_span) = word?;
        Some(Clause { word, word_span, parts, block: None, span })
    }

    /// What a clause says: an expression or a text.
    pub(crate) fn part(&self, pair: Pair<'_>) -> Option<Part> {
        let span = self.span(&pair);
        Some(match pair.as_rule() {
            Rule::text | Rule::open_text | Rule::single_quoted => Part::Text(self.text(pair)),
            Rule::title => Part::Text(self.text(pair.into_inner().next()?)),
            Rule::expr | Rule::arith => Part::Expr(self.expr(pair)?),
            Rule::ref_ => Part::Expr(Expr { kind: self.reference(pair.into_inner().next()?), span }),
            Rule::duration | Rule::number => Part::Expr(Expr { kind: self.literal(&pair), span }),
            _ => return None,
        })
    }
}
