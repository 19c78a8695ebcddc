//! Fewer columns for fewer rules.

use super::{Expr, ExprKind, Program, SourceId};
use std::collections::BTreeSet;

impl Program {
    /// The program as it is, but of every table only the columns that the rules at these positions read have to be delivered.
    ///
    /// Streams keep all of theirs: the figures over their windows are worked out for everybody.
    #[must_use]
    pub fn narrowed(&self, rules: &[usize]) -> Self {
        let mut read: BTreeSet<(SourceId, u32)> = BTreeSet::new();
        for rule in rules.iter().filter_map(|&position| self.rules.get(position)) {
            let mut own = BTreeSet::new();
            let mut look = |expr: &Expr| {
                expr.walk(&mut |part| {
                    if let ExprKind::Column(column) = &part.kind {
                        own.insert((column.source, column.column));
                    }
                });
            };
            for (_, expr) in rule.body.expressions() {
                look(expr);
            }
            for population in &rule.head.populations {
                look(&population.operand);
                population.per.iter().for_each(&mut look);
            }
            // What one row of a table finds its row of another by is written nowhere.
            let sources: BTreeSet<SourceId> = own.iter().map(|(source, _)| *source).collect();
            for &on in &sources {
                let found_by = |&of: &SourceId| if of == on { None } else { self.lookup(on, of) };
                own.extend(sources.iter().filter_map(found_by).map(|(column, _)| (on, column)));
            }
            read.append(&mut own);
        }
        let mut narrowed = self.clone();
        for (at, source) in (0..).map(SourceId).zip(&mut narrowed.sources) {
            if source.windows.is_empty() {
                let (key, time) = (source.key, source.time);
                source
                    .used
                    .retain(|column| read.contains(&(at, *column)) || key == Some(*column) || time == Some(*column));
            }
        }
        narrowed
    }
}
