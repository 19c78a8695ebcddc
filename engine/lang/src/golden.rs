//! Golden vectors (input, expression, expected) in one table that every executor runs, and random expressions on which every
//! executor must agree with the reference. For tests only.

pub mod arbitrary;
pub mod build;
mod literal;
mod parse;
mod spark;
mod table;
#[cfg(test)]
mod tests;

pub use parse::expression;

use crate::{
    calendar::{Calendar, CalendarFacts},
    context::{Context, Incident, Incidents},
    hir::{ColumnRef, Expr, ScriptId},
    reference::Row,
    time::{Civil, Zone},
    ty::{Type, Typed},
    value::Value,
};
use std::sync::Arc;

/// One line of the table.
#[derive(Debug, Clone)]
pub struct Vector {
    /// Unique: file and line.
    pub name: String,
    /// What it is about.
    pub topic: String,
    /// The expression as the table has it.
    pub text: String,
    /// The same, checked. Columns are of source 0.
    pub expr: Expr,
    /// Types of the row's columns.
    pub columns: Vec<Typed>,
    /// The row.
    pub row: Vec<Value>,
    /// What comes out, exactly (a decimal with its scale).
    pub expected: Value,
    /// Its type; equals `expr.typed.ty`.
    pub expected_type: Type,
    /// What is counted once on the way.
    pub incident: Option<Incident>,
}

/// A row that is just its cells.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a>(pub &'a [Value]);

impl Row for Cells<'_> {
    fn column(&self, column: &ColumnRef) -> Value {
        usize::try_from(column.column).ok().and_then(|i| self.0.get(i)).cloned().unwrap_or(Value::Missing)
    }
    fn population(&self, _: u32) -> Value {
        Value::Missing
    }
    fn script(&self, _: ScriptId, _: &[Value], _: &mut Incidents) -> Value {
        Value::Missing
    }
}

/// All vectors: Spark's, each with its operands as columns and as constants, and ours.
///
/// # Panics
/// If a table cannot be read: it is part of this crate, so that is a failed test.
pub fn vectors() -> Vec<Vector> {
    let mut all = spark::vectors();
    all.extend(table::vectors());
    all
}

/// 2026-11-22 09:30 in Asia/Shanghai with the Shanghai Stock Exchange's calendar of 2026: what the vectors are evaluated in.
///
/// # Panics
/// Never, with the zone data compiled in.
pub fn context() -> Context {
    let day = |month, day| Civil { year: 2026, month, day }.days();
    let calendar = Calendar::new(CalendarFacts {
        name: "sse".into(),
        zone: "Asia/Shanghai".into(),
        from: day(1, 1),
        to: day(12, 31),
        weekend: vec![6, 7],
        holidays: HOLIDAYS_2026.iter().map(|&(m, d)| day(m, d)).collect(),
        sessions: vec![],
    })
    .expect("a calendar");
    let zone = Zone::named("Asia/Shanghai").expect("a zone");
    let now = zone.instant(day(11, 22), 9 * 3_600_000_000 + 30 * 60_000_000).expect("an instant");
    Context::new(now, zone, Some(Arc::new(calendar)))
}

/// Weekdays of 2026 without trading in Shanghai.
const HOLIDAYS_2026: [(u8, u8); 19] = [
    (1, 1),
    (1, 2),
    (2, 16),
    (2, 17),
    (2, 18),
    (2, 19),
    (2, 20),
    (2, 23),
    (4, 6),
    (5, 1),
    (5, 4),
    (5, 5),
    (6, 19),
    (9, 25),
    (10, 1),
    (10, 2),
    (10, 5),
    (10, 6),
    (10, 7),
];
