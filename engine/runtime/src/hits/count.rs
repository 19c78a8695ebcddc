//! Counting over the batches of a table, on all processors.

use super::{
    SAMPLES,
    branches::{Question, condition},
};
use crate::feed::step_finding;
use arrow_array::RecordBatch;
use arrow_buffer::BooleanBuffer;
use guiju_connect::read::{Scan, SourceBatch};
use guiju_core::StepError;
use guiju_eval::{Columns, EvalError, Plan, Root, Scripts, value_at};
use guiju_lang::{
    context::Incidents,
    finding::{Arg, At, Finding, codes},
    hir::{ColumnRef, ExprKind, Program, SourceId},
    value::Value,
};
use std::{
    num::NonZero,
    sync::{Arc, Mutex, PoisonError},
};

/// What was counted for one rule.
#[derive(Default, Clone)]
pub(super) struct Counts {
    /// Rows that it finds.
    pub(super) rows: u64,
    /// By itself, and together with what stands before it; for the branches that need nothing but the row.
    pub(super) branches: Vec<(u64, Option<u64>)>,
    /// Position in the source; key and values.
    pub(super) samples: Vec<(u64, Vec<Value>)>,
}

/// What was counted for all of them.
pub(super) struct All {
    pub(super) rows: u64,
    pub(super) rules: Vec<Counts>,
}

/// One rule's conditions, compiled.
struct Compiled<'a> {
    question: &'a Question,
    /// The condition, if it needs nothing but the row.
    when: Option<usize>,
    /// The branches that need nothing but the row: root, and whether it is joined by the outermost `and`.
    branches: Vec<(usize, bool)>,
}

pub(super) fn all(
    program: &Program,
    source: SourceId,
    columns: &[u32],
    questions: &[Question],
    scan: Scan,
) -> Result<All, Vec<Finding>> {
    let scripts = Arc::new(Scripts::compile(program)?);
    let mut roots: Vec<Root<'_>> = Vec::new();
    let mut compiled = Vec::with_capacity(questions.len());
    let mut root = |expr| {
        roots.push(Root::from(expr));
        roots.len() - 1
    };
    for question in questions {
        let when = condition(program, question.rule);
        let joined = when.is_some_and(|when| matches!(when.kind, ExprKind::And(_)));
        let told = question.parts(program, source);
        compiled.push(Compiled {
            question,
            when: when.filter(|_| question.simple).map(&mut root),
            branches: told.into_iter().map(|(part, depth)| (root(part), joined && depth == 0)).collect(),
        });
    }
    let plan = Plan::compile(program, &scripts, &roots).map_err(|error| {
        let finding = Finding::new(codes::kinds::NOT_EXECUTABLE, At::Nowhere);
        vec![finding.arg("reason", Arg::Plain(error.to_string()))]
    })?;
    let key = program.sources[source.0 as usize].key;
    let counter = Counter { plan: &plan, source, columns, key, rules: &compiled };
    let scan = Mutex::new(scan);
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    let parts = std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(|| counter.work(&scan))).collect();
        let mut parts = vec![counter.work(&scan)];
        for other in others {
            match other.join() {
                Ok(part) => parts.push(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        parts
    });
    let mut sum = All { rows: 0, rules: compiled.iter().map(Compiled::nothing).collect() };
    for part in parts {
        let part = part?;
        sum.rows += part.rows;
        for (sum, part) in sum.rules.iter_mut().zip(part.rules) {
            sum.add(part);
        }
    }
    Ok(sum)
}

impl Compiled<'_> {
    fn nothing(&self) -> Counts {
        let branches = self.branches.iter().map(|(_, joined)| (0, joined.then_some(0))).collect();
        Counts { branches, ..Counts::default() }
    }
}

impl Counts {
    fn add(&mut self, part: Self) {
        self.rows += part.rows;
        for ((alone, left), (more, more_left)) in self.branches.iter_mut().zip(part.branches) {
            *alone += more;
            *left = left.zip(more_left).map(|(a, b)| a + b);
        }
        self.samples.extend(part.samples);
        self.samples.sort_unstable_by_key(|(row, _)| *row);
        self.samples.truncate(SAMPLES);
    }
}

struct Counter<'a> {
    plan: &'a Plan,
    source: SourceId,
    /// The columns of every batch.
    columns: &'a [u32],
    key: Option<u32>,
    rules: &'a [Compiled<'a>],
}

impl Counter<'_> {
    /// Takes batches until there are none.
    fn work(&self, scan: &Mutex<Scan>) -> Result<All, Vec<Finding>> {
        let mut sum = All { rows: 0, rules: self.rules.iter().map(Compiled::nothing).collect() };
        loop {
            let next = scan.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(batch) = next else { return Ok(sum) };
            let batch = batch?;
            sum.rows += batch.batch.num_rows() as u64;
            let refused = |error: EvalError| vec![step_finding(StepError::Evaluation(error.to_string()))];
            self.batch(&batch, &mut sum.rules).map_err(refused)?;
        }
    }

    fn batch(&self, batch: &SourceBatch, sums: &mut [Counts]) -> Result<(), EvalError> {
        let mut frame = Columns::new(batch.batch.num_rows());
        for (column, array) in self.columns.iter().zip(batch.batch.columns()) {
            frame.insert(ColumnRef { source: self.source, column: *column }, Arc::clone(array));
        }
        let mut incidents = Incidents::default();
        // The rules of one call see the same sky.
        let Some(cx) = self.rules.first().map(|rule| &rule.question.cx) else { return Ok(()) };
        let mut run = self.plan.run(&frame, cx, &mut incidents);
        for (rule, sum) in self.rules.iter().zip(sums) {
            if let Some(when) = rule.when {
                let rows = run.truth(when)?;
                sum.rows += rows.count_set_bits() as u64;
                // Batches come in order to each worker: once it has enough, later ones have nothing earlier.
                let lacking = SAMPLES.saturating_sub(sum.samples.len());
                for row in rows.set_indices().take(lacking) {
                    sum.samples.push((batch.first_row + row as u64, self.values(&batch.batch, rule.question, row)));
                }
            }
            let mut before: Option<BooleanBuffer> = None;
            for ((root, joined), (alone, left)) in rule.branches.iter().zip(&mut sum.branches) {
                let rows = run.truth(*root)?;
                *alone += rows.count_set_bits() as u64;
                if *joined {
                    let together = before.as_ref().map_or_else(|| rows.clone(), |before| before & &rows);
                    *left = left.map(|left| left + together.count_set_bits() as u64);
                    before = Some(together);
                }
            }
        }
        Ok(())
    }

    /// The key, then the values of the rule's columns.
    fn values(&self, batch: &RecordBatch, question: &Question, row: usize) -> Vec<Value> {
        let value = |column: &u32| {
            let at = self.columns.binary_search(column).ok();
            at.map_or(Value::Missing, |at| value_at(batch.column(at), row))
        };
        let key = self.key.as_ref().map_or(Value::Missing, value);
        std::iter::once(key).chain(question.columns.iter().map(value)).collect()
    }
}
