//! Decision tables without reading row after row: the bit vectors of Lakshman and Stiliadis, "High-speed policy-based packet
//! forwarding using efficient multi-dimensional range matching", SIGCOMM 1998. Each column is searched once for the segment that
//! the value lies in; each segment knows the rows that hold there; the rows that all columns know are the answer.

mod index;
mod search;

use crate::vector::{Data, Vector, whole_of};
use arrow_array::StringArray;
use guiju_lang::{
    hir::{Expr, ExprKind, Policy, Table},
    table::Axis,
    ty::Type,
    value::{Value, compare},
};
use index::Index;
pub(crate) use search::Key;
use search::Search;
use std::cmp::Ordering;

/// Columns whose segments fit on the stack.
const ON_STACK: usize = 16;
/// No output: missing.
const NOTHING: u32 = u32::MAX;

/// A table whose cells and outputs are constants.
#[derive(Debug, Clone)]
pub(crate) struct Decider {
    columns: Vec<Search>,
    index: Index,
    how: How,
    /// By row: which output.
    said: Vec<u32>,
    otherwise: Option<u32>,
    /// Different from one another, and none is missing.
    outputs: Vec<Value>,
    /// The outputs' numbers, if they are whole.
    wholes: Vec<i128>,
    texts: StringArray,
}

#[derive(Debug, Clone, PartialEq)]
enum How {
    First,
    Count,
    Sum,
    /// The output that stands first in this order (by output).
    Best(Vec<u32>),
}

/// What a table says of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Said {
    Nothing,
    /// An output, by its position.
    Output(u32),
    /// A sum or a count.
    Number(i128),
}

impl Decider {
    /// Of a table whose rows say `outputs` (by row, `otherwise` last if there is one); `None` if it can fail for some input, or
    /// depends on more than its columns.
    pub(crate) fn new(table: &Table, outputs: &[Value], ty: &Type) -> Option<Self> {
        if table.is_computed() {
            return None;
        }
        let (mut distinct, mut said): (Vec<Value>, Vec<u32>) = (Vec::new(), Vec::new());
        let mut known = std::collections::HashMap::new();
        for output in outputs {
            said.push(if output.is_missing() {
                NOTHING
            } else {
                *known.entry(format!("{output:?}")).or_insert_with(|| {
                    distinct.push(output.clone());
                    u32::try_from(distinct.len() - 1).unwrap_or(NOTHING)
                })
            });
        }
        let otherwise = if table.otherwise.is_some() { said.pop() } else { None };
        let wholes: Vec<i128> = distinct.iter().filter_map(whole_of).collect();
        let how = match table.policy {
            Policy::First => How::First,
            Policy::Count => How::Count,
            Policy::Sum => {
                // Whatever rows hold together, their sum must fit.
                let of = |id: &u32| distinct.get(*id as usize).and_then(whole_of);
                let most = said
                    .iter()
                    .chain(&otherwise)
                    .filter_map(of)
                    .try_fold(0i128, |sum, n| sum.checked_add(n.checked_abs()?))?;
                let fits = match ty {
                    Type::Integer => i64::try_from(most).is_ok(),
                    Type::Decimal(d) => most.unsigned_abs() < guiju_lang::value::decimal::pow10(d.precision),
                    _ => false,
                };
                if !fits || wholes.len() < distinct.len() {
                    return None;
                }
                How::Sum
            }
            Policy::Min | Policy::Max => {
                let mut order: Vec<u32> = (0..u32::try_from(distinct.len()).ok()?).collect();
                let by = |a: &u32, b: &u32| {
                    compare(&distinct[*a as usize], &distinct[*b as usize]).unwrap_or(Ordering::Equal)
                };
                order.sort_by(|a, b| if table.policy == Policy::Min { by(a, b) } else { by(b, a) });
                let mut places = vec![0; order.len()];
                for (place, id) in (0u32..).zip(order) {
                    places[id as usize] = place;
                }
                How::Best(places)
            }
            Policy::Unique | Policy::Any | Policy::All => return None,
        };
        let cells = |i: usize| table.rows.iter().filter_map(move |row| row.cells.get(i));
        let axes: Vec<Axis> =
            table.inputs.iter().enumerate().map(|(i, input)| Axis::new(&input.typed, cells(i))).collect();
        let columns = axes.iter().zip(&table.inputs).map(|(axis, input)| Search::new(axis, &input.typed.ty)).collect();
        let texts = distinct.iter().map(|v| if let Value::Text(t) = v { Some(&**t) } else { None }).collect();
        let index = Index::new(&axes, table)?;
        Some(Self { columns, index, how, said, otherwise, outputs: distinct, wholes, texts })
    }

    /// The outputs as written constants; `None` if one is computed.
    pub(crate) fn constants(table: &Table) -> Option<Vec<Value>> {
        let constant = |e: &Expr| if let ExprKind::Literal(v) = &e.kind { Some(v.clone()) } else { None };
        table.all_rows().map(|row| constant(&row.output)).collect()
    }

    /// An output's value.
    pub(crate) fn output(&self, id: u32) -> Option<&Value> {
        self.outputs.get(id as usize)
    }

    /// What it says of inputs, one for each column.
    pub(crate) fn decide<'k>(&self, mut input: impl FnMut(usize) -> Key<'k>) -> Said {
        let (mut near, mut far) = ([0u32; ON_STACK], Vec::new());
        let segments = if self.columns.len() <= ON_STACK {
            &mut near[..self.columns.len()]
        } else {
            far.resize(self.columns.len(), 0);
            &mut far[..]
        };
        for (i, (segment, column)) in segments.iter_mut().zip(&self.columns).enumerate() {
            *segment = column.segment(&input(i));
        }
        self.of_segments(segments)
    }

    fn of_segments(&self, segments: &[u32]) -> Said {
        let said = |row: u32| self.said.get(row as usize).copied().unwrap_or(NOTHING);
        let output = |id: u32| if id == NOTHING { Said::Nothing } else { Said::Output(id) };
        match &self.how {
            How::First => {
                let mut first = self.otherwise.unwrap_or(NOTHING);
                self.index.each(segments, |row| {
                    first = said(row);
                    false
                });
                output(first)
            }
            How::Count => {
                let mut count: i128 = 0;
                self.index.each(segments, |_| {
                    count += 1;
                    true
                });
                Said::Number(if count == 0 { i128::from(self.otherwise.is_some()) } else { count })
            }
            How::Sum => {
                let (mut sum, mut held, mut any) = (0i128, false, false);
                self.index.each(segments, |row| {
                    held = true;
                    if let Some(n) = self.wholes.get(said(row) as usize) {
                        sum += n;
                        any = true;
                    }
                    true
                });
                match (held, any, self.otherwise) {
                    (true, true, _) => Said::Number(sum),
                    (true, false, _) | (false, _, None) => Said::Nothing,
                    (false, _, Some(id)) => output(id),
                }
            }
            How::Best(places) => {
                let (mut best, mut held) = (NOTHING, false);
                self.index.each(segments, |row| {
                    held = true;
                    let id = said(row);
                    let place = |id: u32| places.get(id as usize).copied().unwrap_or(NOTHING);
                    if place(id) < place(best) {
                        best = id;
                    }
                    true
                });
                output(if held { best } else { self.otherwise.unwrap_or(NOTHING) })
            }
        }
    }

    /// All rows of a batch; `inputs` and their types in the columns' order.
    pub(crate) fn decide_all(&self, inputs: &[(&Vector, &Type)], len: usize, ty: &Type) -> Vector {
        let columns: Vec<Vec<u32>> =
            self.columns.iter().zip(inputs).map(|(search, (vector, ty))| search.segments(vector, ty, len)).collect();
        let mut segments = vec![0; columns.len()];
        let mut all = Vec::with_capacity(len);
        for row in 0..len {
            for (segment, column) in segments.iter_mut().zip(&columns) {
                *segment = column.get(row).copied().unwrap_or(0);
            }
            all.push(self.of_segments(&segments));
        }
        self.vector(&all, ty)
    }

    fn vector(&self, said: &[Said], ty: &Type) -> Vector {
        let len = said.len();
        if *ty == Type::Text {
            let code = |s: &Said| if let Said::Output(id) = s { i32::try_from(*id).unwrap_or(0) } else { 0 };
            let valid = crate::mask::Mask::collect(len, |row| said[row] != Said::Nothing);
            let valid = (valid.count() < len).then_some(valid);
            return Vector { data: Data::Codes(said.iter().map(code).collect(), self.texts.clone()), valid, len };
        }
        let value = |s: &Said| match s {
            Said::Nothing => Value::Missing,
            Said::Output(id) => self.output(*id).cloned().unwrap_or(Value::Missing),
            Said::Number(n) => crate::vector::from_whole(*n, ty),
        };
        Vector::from_values(said.iter().map(value).collect(), ty)
    }
}
