//! Figures over windows of a stream: `sum(outflow) over 1d`.

use super::constant;
use crate::{
    builtin::{Argument, Builtin},
    check::scope::{Checker, On, Scope},
    finding::{Arg, Finding, codes::names as codes},
    hir::{ColumnRef, Expr, ExprKind as H, Figure, LONGEST_WINDOW, Reach, SourceId, Window},
    schema::Column,
    time::DAY,
    ty::{DecimalType, Type, Typed, Unit},
    value::Value,
};
use guiju_grammar::ast::{self, Span};

/// What `over` can follow, for messages.
const FIGURES: &str = "sum, count, avg, min, max, distinct, first, last";

impl Checker<'_, '_> {
    /// A figure over a window: a column of the stream that the rule's kind works out.
    pub(super) fn windowed(
        &mut self,
        scope: &mut Scope,
        figure: Option<Figure>,
        name: &str,
        args: &[ast::Expr],
        over: Option<&ast::Over>,
        span: Span,
    ) -> Expr {
        let Some(figure) = figure else {
            let finding = Finding::new(codes::WINDOW_FIGURE, scope.at(span)).name("name", name);
            return self.fail(scope, finding.arg("known", Arg::Plain(FIGURES.to_owned())));
        };
        let (Some(over), On::Source(source), Some(key)) = (over, scope.on, scope.stream.clone()) else {
            // Whose row it is may not be known, and was reported.
            let unknown = scope.on == On::Unknown || scope.no_stream || scope.lenient || scope.failed;
            return match unknown {
                true => self.poison(scope, span),
                false => self.fail(scope, Finding::new(codes::WINDOW_UNAVAILABLE, scope.at(span))),
            };
        };
        let Some(reach) = self.reach(scope, over) else { return self.poison(scope, span) };
        let Some(operand) = self.operand(scope, figure, name, args, span) else { return self.poison(scope, span) };
        let typed = match &operand {
            Some(operand) => match typed(figure, &operand.typed) {
                Ok(typed) => typed,
                Err(expected) => {
                    let at = args.first().map_or(span, |arg| arg.span);
                    if operand.typed.ty == Type::Unknown {
                        return self.poison(scope, span);
                    }
                    let finding = Finding::new(codes::WINDOW_OPERAND, scope.at(at)).name("name", name);
                    let finding = finding.arg("expected", Arg::Word(expected));
                    return self.fail(scope, finding.arg("found", Arg::Type(operand.typed.ty.clone())));
                }
            },
            None => Typed::new(Type::Integer, false),
        };
        let window = Window { column: 0, key, figure, operand, reach };
        let written = self.text_of(scope, span).split_whitespace().collect::<Vec<_>>().join(" ");
        let column = self.window_column(source, window, written, typed.clone());
        let nullable = typed.nullable && !scope.facts.contains(&column);
        self.make(scope, span, H::Column(column), Typed { nullable, ..typed })
    }

    /// The window's rows; `None` if they cannot be said, which is reported.
    fn reach(&mut self, scope: &mut Scope, over: &ast::Over) -> Option<Reach> {
        let value = self.value(scope, &over.span);
        let exact = match constant(&value) {
            Some(Value::Duration(duration)) => duration.exact().filter(|n| (1..=LONGEST_WINDOW).contains(n)),
            _ => None,
        };
        if exact.is_none() && !scope.failed {
            self.report(scope, Finding::new(codes::WINDOW_SPAN, scope.at(over.span.span)));
        }
        match exact? {
            span if !over.each => Some(Reach::Last(span)),
            span if DAY % span == 0 => Some(Reach::Each(span)),
            _ => {
                self.report(scope, Finding::new(codes::WINDOW_EACH, scope.at(over.span.span)));
                None
            }
        }
    }

    /// What the figure is of: an expression over one row of the stream. `Some(None)`: rows are counted.
    #[allow(clippy::option_option)]
    fn operand(
        &mut self,
        scope: &mut Scope,
        figure: Figure,
        name: &str,
        args: &[ast::Expr],
        span: Span,
    ) -> Option<Option<Expr>> {
        let arg = match args {
            [] if figure == Figure::Count => return Some(None),
            [arg] => arg,
            _ => {
                let count = |n: usize| Arg::Count(i64::try_from(n).unwrap_or(i64::MAX));
                let finding = Finding::new(codes::WRONG_ARGUMENT_COUNT, scope.at(span)).name("name", name);
                self.report(scope, finding.arg("expected", count(1)).arg("found", count(args.len())));
                return None;
            }
        };
        // What is known of the row at hand is not known of the window's other rows; and there are no windows of windows.
        let facts = std::mem::take(&mut scope.facts);
        let stream = scope.stream.take();
        let populations = scope.populations.take();
        let operand = self.value(scope, arg);
        (scope.facts, scope.stream, scope.populations) = (facts, stream, populations);
        (!scope.failed).then_some(Some(operand))
    }

    /// The column of this window; equal windows of all rules are one.
    fn window_column(&mut self, on: SourceId, window: Window, written: String, typed: Typed) -> ColumnRef {
        let canonical = |window: &Window, sources| {
            let mut out = String::new();
            crate::canonical::window(&mut out, window, sources);
            out
        };
        let sources = &self.declared.sources;
        let text = canonical(&window, sources);
        let known = sources[on.0 as usize].windows.iter().find(|known| canonical(known, sources) == text);
        if let Some(known) = known {
            return ColumnRef { source: on, column: known.column };
        }
        let source = &mut self.declared.sources[on.0 as usize];
        let column = source.schema.columns.len() as u32;
        source.schema.columns.push(Column { name: written, typed });
        source.windows.push(Window { column, ..window });
        ColumnRef { source: on, column }
    }
}

/// The figure's type, or the word for what its operand must be. Sums are exact: floating order would break replay.
fn typed(figure: Figure, operand: &Typed) -> Result<Typed, &'static str> {
    let whole = matches!(operand.ty, Type::Integer | Type::Decimal(_) | Type::Date | Type::Timestamp);
    let same = |ty: Type| Typed { ty, unit: operand.unit.clone(), nullable: true };
    match (figure, &operand.ty) {
        (Figure::Count, Type::Duration | Type::List(_) | Type::Record(_)) => Err("wanted.scalar"),
        (Figure::Count, _) => Ok(Typed::new(Type::Integer, false)),
        (Figure::Distinct, _) if whole || matches!(operand.ty, Type::Text | Type::Bool) => {
            Ok(Typed { ty: Type::Integer, unit: Unit::None, nullable: false })
        }
        (Figure::Distinct, _) => Err("wanted.countable"),
        (Figure::Sum, Type::Integer) => Ok(same(Type::Integer)),
        // As Spark's `sum`.
        (Figure::Sum, Type::Decimal(d)) => {
            let precision = (d.precision + 10).min(38);
            Ok(same(Type::Decimal(DecimalType { precision, scale: d.scale })))
        }
        (Figure::Avg, Type::Integer | Type::Decimal(_)) => {
            let argument = Argument { typed: operand, constant: None };
            let mean = Builtin::Average.result(&[argument, argument]).map_err(|_| "wanted.exact")?;
            Ok(same(mean.ty))
        }
        (Figure::Sum | Figure::Avg, _) => Err("wanted.exact"),
        (Figure::Min | Figure::Max | Figure::First | Figure::Last, _) if whole => Ok(same(operand.ty.clone())),
        _ => Err("wanted.ordered"),
    }
}
