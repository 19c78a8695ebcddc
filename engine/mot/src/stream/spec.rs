//! What a stream's rules want to be worked out, compiled.

use super::{
    layout::{LogShape, Needs, Shape},
    values::is_wide,
};
use crate::link::{as_text, compile};
use arrow_schema::Field;
use guiju_core::{
    Kept,
    id::{CellId, StreamSpec},
};
use guiju_eval::{Plan, Scripts, arrow_type};
use guiju_lang::{
    builtin::Builtin,
    canonical,
    finding::Finding,
    hir::{Expr, ExprKind, Figure, Program, SourceId},
    ty::Type,
};
use std::sync::Arc;

/// How a table of events is fed as a stream.
pub(crate) struct Stream {
    /// Where its state lives.
    pub(super) cell: CellId,
    /// The time column's position among the columns delivered.
    pub(super) time: usize,
    pub(super) lateness: i64,
    /// The key as text, then the operands.
    pub(super) plan: Plan,
    /// Digits after the point of what each log adds up.
    pub(super) scales: Vec<u8>,
    /// What is remembered of each key.
    pub(super) shape: Shape,
    pub(super) figures: Vec<FigureSpec>,
    /// Something asks what time it is: rows of different times are not decided together.
    pub(super) asks_time: bool,
}

/// A column of the rows.
pub(super) struct FigureSpec {
    pub(super) log: usize,
    pub(super) figure: Figure,
    pub(super) ty: Type,
    pub(super) field: Field,
}

impl Stream {
    /// For events over one source with one key, whose expressions these are.
    pub(crate) fn link<'a>(
        program: &Arc<Program>,
        scripts: &Arc<Scripts>,
        (rule, on): (usize, SourceId),
        key: &Expr,
        columns: &[u32],
        mut expressions: impl Iterator<Item = &'a Expr>,
    ) -> Result<Self, Vec<Finding>> {
        let source = &program.sources[on.0 as usize];
        let mut roots = vec![as_text(key.clone())];
        let (mut shape, mut figures, mut scales) = (Shape::default(), Vec::<FigureSpec>::new(), Vec::new());
        let mut operands: Vec<String> = Vec::new();
        for window in columns.iter().filter_map(|column| source.window(*column)) {
            let mut name = String::new();
            canonical::window_rows(&mut name, window, &program.sources);
            let log = shape.logs.iter().position(|other| other.name == name).unwrap_or_else(|| {
                let operand = window.operand.as_ref().map(|operand| {
                    let mut text = String::new();
                    canonical::expr(&mut text, operand, &program.sources);
                    operands.iter().position(|other| *other == text).unwrap_or_else(|| {
                        operands.push(text);
                        roots.push(operand.clone());
                        shape.wide.push(is_wide(&operand.typed.ty));
                        operands.len() - 1
                    })
                });
                scales.push(match window.operand.as_ref().map(|operand| &operand.typed.ty) {
                    Some(Type::Decimal(d)) => d.scale,
                    _ => 0,
                });
                shape.logs.push(LogShape { name, reach: window.reach, operand, needs: Needs::default() });
                shape.logs.len() - 1
            });
            shape.logs[log].needs.add(window.figure);
            let column = &source.schema.columns[window.column as usize];
            let field = Field::new(&column.name, arrow_type(&column.typed.ty), true);
            figures.push(FigureSpec { log, figure: window.figure, ty: column.typed.ty.clone(), field });
        }
        let asks_time = expressions.any(asks_time) || roots.iter().any(asks_time);
        let plan = compile(program, scripts, &roots)?;
        let time = source.time.and_then(|time| source.used.binary_search(&time).ok()).unwrap_or_default();
        let cell = cell(program, rule, on, key);
        Ok(Self { cell, time, lateness: source.lateness, plan, scales, shape, figures, asks_time })
    }
}

impl Stream {
    /// What is remembered, and what of it windows hold.
    pub(crate) fn kept(&self, rule: usize) -> Kept {
        Kept {
            id: self.cell,
            rule,
            role: "over",
            formerly: None,
            windows: Some(self.shape.logs.iter().map(|log| log.name.clone()).collect()),
        }
    }

    /// What the windows add up.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }
}

/// The identity of a stream's state: rules that look at one source by one key share it.
fn cell(program: &Program, rule: usize, on: SourceId, key: &Expr) -> CellId {
    let id = &program.rules[rule].head.id;
    let book = program.rulebooks.iter().find(|book| book.name == id.rulebook && book.tenant == id.tenant);
    let source = &program.sources[on.0 as usize];
    let time = source.time.and_then(|time| source.schema.columns.get(time as usize));
    let mut text = String::new();
    canonical::expr(&mut text, key, &program.sources);
    let world = book.map_or(("", None), |book| (book.zone.as_str(), book.calendar.as_deref()));
    let time_column = time.map_or("", |column| column.name.as_str());
    StreamSpec { tenant: &id.tenant, source: &source.name, time_column, key: &text, world, edition: 1 }.id()
}

/// Whether what it comes to depends on the time at which it is asked.
pub(crate) fn asks_time(expr: &Expr) -> bool {
    let mut asks = false;
    expr.walk(&mut |part| {
        asks |= match &part.kind {
            ExprKind::Now | ExprKind::Today | ExprKind::Within(..) => true,
            ExprKind::Call(function, arguments) => match function {
                Builtin::Age | Builtin::Anniversary => true,
                Builtin::Days | Builtin::Months => arguments.len() < 2,
                _ => false,
            },
            _ => false,
        };
    });
    asks
}
