//! Tests.

use crate::ast::{
    Expect, ExpectRoute, ExpectRows, Expr, ExprKind, Given, Literal, Name, Part, Property, Test, TestStep,
};
use crate::grammar::{Pair, Rule};
use crate::keyword::{self, Kw, of_rule};
use crate::parse::{Reader, levels};
use crate::problem::ProblemKind;
use crate::recover;

impl Reader<'_> {
    pub(crate) fn test(&self, pair: Pair<'_>, doc: Option<String>) -> Option<Test> {
        let span = self.span(&pair);
        let (mut title, mut steps) = (None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::title => title = self.plain(part),
                Rule::test_bad => self.report_all(recover::clause(self.text, self.span(&part), Kw::TEST)),
                Rule::stop => self.stop(&part),
                Rule::missing_close | Rule::late_brace => self.braces(&part, Kw::TEST),
                _ => {
                    let step = self.step(part);
                    steps.extend(step.filter(|_| !self.take_spoilt()));
                }
            }
        }
        Some(Test { title: title?, doc, steps, span })
    }

    pub(crate) fn step(&self, pair: Pair<'_>) -> Option<TestStep> {
        Some(match pair.as_rule() {
            Rule::given_clock => self.given_clock(pair)?,
            Rule::given_records => TestStep::Given(self.given_records(pair)?),
            Rule::given_rows => TestStep::Given(self.given_rows(pair)?),
            Rule::after => {
                let span = self.span(&pair);
                let time = pair.into_inner().find(|part| part.as_rule() == Rule::duration)?;
                TestStep::After(Expr { kind: self.literal(&time), span: self.span(&time) }, span)
            }
            Rule::expect | Rule::expect_it => TestStep::Expect(self.expect(pair)?),
            Rule::for_any => self.for_any(pair)?,
            Rule::expect_rows => TestStep::ExpectRows(self.expect_rows(pair)?),
            Rule::expect_route => TestStep::ExpectRoute(self.expect_route(pair)?),
            Rule::expect_nothing => self.expect_nothing(pair),
            _ => return None,
        })
    }

    fn given_clock(&self, pair: Pair<'_>) -> Option<TestStep> {
        let (mut word, mut value) = (Kw::TODAY, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::W_NOW | Rule::NOW => word = Kw::W_NOW,
                Rule::word_colon => self.report_replace(self.span(&part), ProblemKind::ColonAfterWord { word }, " "),
                Rule::scalar => value = Some(Expr { span: self.span(&part), kind: self.scalar(part) }),
                _ => {}
            }
        }
        Some(TestStep::Clock(word, value?))
    }

    fn given_records(&self, pair: Pair<'_>) -> Option<Given> {
        let span = self.span(&pair);
        let (mut source, mut rows) = (Vec::new(), Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::path => source = self.path(part),
                Rule::record => rows.push(self.record(part)),
                _ => {}
            }
        }
        Some(Given { source, rows, span })
    }

    fn given_rows(&self, pair: Pair<'_>) -> Option<Given> {
        let span = self.span(&pair);
        let (mut source, mut columns, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::path => source = self.path(part),
                Rule::header => columns = self.path(part),
                Rule::values => rows.push(self.values(part, &columns)),
                _ => {}
            }
        }
        Some(Given { source, rows, span })
    }

    fn values(&self, pair: Pair<'_>, columns: &[Name]) -> Vec<(Name, Expr)> {
        let span = self.span(&pair);
        let values: Vec<Expr> = pair
            .into_inner()
            .filter(|part| part.as_rule() == Rule::value)
            .filter_map(|part| {
                let span = self.span(&part);
                match part.into_inner().next() {
                    Some(inner) if inner.as_rule() == Rule::arith => self.expr(inner),
                    // An empty cell is a missing value.
                    _ => Some(Expr { kind: ExprKind::Literal(Literal::Missing), span }),
                }
            })
            .collect();
        if values.len() != columns.len() {
            let kind = ProblemKind::RowLength { wanted: columns.len(), found: values.len() };
            self.report(span, kind, Vec::new());
        }
        columns.iter().cloned().zip(values).collect()
    }

    fn expect(&self, pair: Pair<'_>) -> Option<Expect> {
        let span = self.span(&pair);
        let (mut rule, mut key, mut with) = (Vec::new(), None, Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::path => rule = self.path(part),
                Rule::arith => key = self.expr(part),
                Rule::property => with.extend(self.property(part)),
                _ => {}
            }
        }
        Some(Expect { kind: Kw::EVENT, rule, key, with, span })
    }

    fn for_any(&self, pair: Pair<'_>) -> Option<TestStep> {
        let span = self.span(&pair);
        let (mut source, mut with) = (Vec::new(), None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::path => source = self.path(part),
                Rule::expr => with = self.expr(part),
                _ => {}
            }
        }
        Some(TestStep::ForAny { source, with, span })
    }

    fn expect_rows(&self, pair: Pair<'_>) -> Option<ExpectRows> {
        let span = self.span(&pair);
        let (mut rule, mut columns, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::path => rule = self.path(part),
                Rule::header => columns = self.path(part),
                Rule::values => rows.push(self.values(part, &columns)),
                _ => {}
            }
        }
        Some(ExpectRows { kind: Kw::EVENT, rule, columns, rows, span })
    }

    fn expect_route(&self, pair: Pair<'_>) -> Option<ExpectRoute> {
        let span = self.span(&pair);
        let (mut route, mut ends, mut via, mut none) = (Vec::new(), None, Vec::new(), false);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::NO_ROUTE => none = true,
                Rule::path => route = self.path(part),
                Rule::title => via.push(self.plain(part)?),
                Rule::route_ends => {
                    let mut titles = part.into_inner().filter(|part| part.as_rule() == Rule::title);
                    ends = Some([self.plain(titles.next()?)?, self.plain(titles.next()?)?]);
                }
                _ => {}
            }
        }
        Some(ExpectRoute { route, ends, via, none, span })
    }

    fn property(&self, pair: Pair<'_>) -> Option<Property> {
        let (mut name, mut value) = (None, None);
        for part in pair.into_inner() {
            match (part.as_rule(), of_rule(part.as_rule())) {
                (_, Some(kw)) => value = Some(Part::Word(kw, self.span(&part))),
                (Rule::property_name, _) => name = Some(self.name(&part)),
                (Rule::expr, _) => {
                    let level = name.as_ref().and_then(word_of) == Some(Kw::PRIORITY);
                    value = self.expr(part).map(|expr| if level { levels(expr) } else { expr }).map(lone_text);
                }
                (Rule::word_colon, _) => {
                    let word = name.as_ref().and_then(word_of).unwrap_or(Kw::WITH);
                    self.report_replace(self.span(&part), ProblemKind::ColonAfterWord { word }, " ");
                }
                _ => {}
            }
        }
        let name = name?;
        let word = word_of(&name);
        Some(Property { name, word, value: value? })
    }

    fn expect_nothing(&self, pair: Pair<'_>) -> TestStep {
        let span = self.span(&pair);
        let (mut rule, mut key) = (Vec::new(), None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::path => rule = self.path(part),
                Rule::arith => key = self.expr(part),
                _ => {}
            }
        }
        TestStep::ExpectNothing { rule, key, span }
    }
}

/// A text alone is a text with slots, as in the clause it is compared with.
fn lone_text(expr: Expr) -> Part {
    match expr.kind {
        ExprKind::Text(text) => Part::Text(text),
        _ => Part::Expr(expr),
    }
}

fn word_of(name: &Name) -> Option<Kw> {
    keyword::clauses("event").find(|entry| entry.is(&name.text)).map(|entry| entry.kw)
}
