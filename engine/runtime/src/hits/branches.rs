//! A rule's condition taken apart, and what is asked of each row.

use super::{Branch, Counted, Hits, Sample, count::Counts, shown};
use guiju_lang::{
    context::Context,
    hir::{ColumnRef, Expr, ExprKind, Program, SourceId},
};

/// Conditions inside conditions are told to this depth.
const DEPTH: u8 = 3;

/// What is asked about one rule.
pub(super) struct Question {
    pub(super) rule: usize,
    pub(super) cx: Context,
    /// Its condition needs nothing but the row.
    pub(super) simple: bool,
    /// Columns of the source that the condition reads, sorted.
    pub(super) columns: Vec<u32>,
    pub(super) hits: Hits,
    /// For each branch, whether it needs nothing but the row.
    told: Vec<bool>,
    in_full: bool,
}

impl Question {
    pub(super) fn of(program: &Program, rule: usize, source: SourceId, cx: Context, in_full: bool) -> Self {
        let mut branches = Vec::new();
        let mut told = Vec::new();
        let mut columns = Vec::new();
        let mut simple = true;
        if let Some(when) = condition(program, rule) {
            simple = of_row(when, program, source);
            apart(when, 0, &mut |part, depth| {
                if !in_full {
                    return;
                }
                branches.push(Branch { place: part.place, depth, alone: None, left: None });
                told.push(of_row(part, program, source));
            });
            when.walk(&mut |part| {
                if let ExprKind::Column(ColumnRef { source: of, column }) = &part.kind
                    && *of == source
                {
                    columns.push(*column);
                }
            });
        }
        columns.sort_unstable();
        columns.dedup();
        let schema = &program.sources[source.0 as usize].schema;
        let hits = Hits {
            rule: program.rules[rule].head.id.clone(),
            count: 0,
            counted: Counted::Rows,
            branches,
            columns: columns.iter().filter_map(|at| Some(schema.columns.get(*at as usize)?.name.clone())).collect(),
            samples: Vec::new(),
        };
        Self { rule, cx, simple, columns, hits, told, in_full }
    }

    /// Puts the counts of its rows in.
    pub(super) fn answer(&mut self, counts: Counts) {
        let told = self.hits.branches.iter_mut().zip(&self.told).filter(|(_, told)| **told);
        for ((branch, _), (alone, left)) in told.zip(counts.branches) {
            branch.alone = Some(alone);
            branch.left = left;
        }
        if !self.simple {
            return;
        }
        self.hits.count = counts.rows;
        self.hits.samples = counts
            .samples
            .into_iter()
            .map(|(_, values)| Sample {
                key: values.first().map_or_else(String::new, |key| shown(key, &self.cx)),
                values: values.iter().skip(1).map(|value| shown(value, &self.cx)).collect(),
            })
            .collect();
    }
}

impl Question {
    /// The conditions that need nothing but the row, outermost first, with how many others each is inside of.
    pub(super) fn parts<'a>(&self, program: &'a Program, source: SourceId) -> Vec<(&'a Expr, u8)> {
        let mut all = Vec::new();
        if let Some(when) = condition(program, self.rule).filter(|_| self.in_full) {
            apart(when, 0, &mut |part, depth| all.push((part, depth)));
        }
        all.retain(|(part, _)| of_row(part, program, source));
        all
    }
}

/// What a rule waits for.
pub(super) fn condition(program: &Program, rule: usize) -> Option<&Expr> {
    program.rules.get(rule)?.body.expressions().into_iter().find(|(role, _)| *role == "when").map(|(_, expr)| expr)
}

fn apart<'a>(expr: &'a Expr, depth: u8, visit: &mut dyn FnMut(&'a Expr, u8)) {
    match &expr.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) if depth < DEPTH => {
            for part in parts {
                visit(part, depth);
                if matches!(part.kind, ExprKind::And(_) | ExprKind::Or(_)) {
                    apart(part, depth + 1, visit);
                }
            }
        }
        _ if depth == 0 => visit(expr, 0),
        _ => {}
    }
}

/// It needs nothing but a row of this source.
pub(super) fn of_row(expr: &Expr, program: &Program, source: SourceId) -> bool {
    let declared = &program.sources[source.0 as usize];
    let mut simple = true;
    expr.walk(&mut |part| match &part.kind {
        ExprKind::Column(column) => simple &= column.source == source && declared.window(column.column).is_none(),
        ExprKind::InTop(_) => simple = false,
        _ => {}
    });
    simple
}

/// The columns that the questions read: the key, if there is one, and the conditions' own; sorted.
pub(super) fn columns(program: &Program, source: SourceId, questions: &[Question]) -> Vec<u32> {
    let mut all: Vec<u32> = questions.iter().flat_map(|question| question.columns.iter().copied()).collect();
    all.extend(program.sources[source.0 as usize].key);
    all.sort_unstable();
    all.dedup();
    all
}
