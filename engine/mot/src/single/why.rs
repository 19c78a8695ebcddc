//! The inputs that made a decision, for the step that explains: the very rows, as batches of one.

use super::SingleEvents;
use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema};
use guiju_core::{CellTable, CellValue, StepError, id::CellId};
use guiju_eval::{Datum, RowView, array_of, arrow_type};
use guiju_lang::{
    context::{Context, Incidents},
    hir::SourceId,
};
use std::sync::Arc;

impl SingleEvents {
    /// The rows that a row's decisions read: of every source that is looked up the one that its key leads to, if there is one,
    /// then the row itself.
    pub fn inputs<R: RowView + ?Sized>(&self, row: &R) -> Result<Vec<(SourceId, RecordBatch)>, StepError> {
        let mut inputs = Vec::with_capacity(self.lookups.len() + 1);
        for lookup in &self.lookups {
            if let Some(rows) = lookup.relation.rows() {
                let position = lookup.position_of(row.datum(lookup.own_key));
                let found = position.map_or_else(|| rows.slice(0, 0), |at| rows.slice(at as usize, 1));
                inputs.push((lookup.source, found));
            }
        }
        inputs.push((self.on, self.row(row)?));
        Ok(inputs)
    }

    /// A row as a connector delivers it.
    fn row<R: RowView + ?Sized>(&self, row: &R) -> Result<RecordBatch, StepError> {
        let declared = &self.program.sources[self.on.0 as usize];
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        for &at in &declared.used {
            let column = &declared.schema.columns[at as usize];
            let ty = &column.typed.ty;
            fields.push(Field::new(&column.name, arrow_type(ty), true));
            // A double that is no number is missing to the language.
            let datum = match row.datum(at as usize) {
                Datum::Real(x) if !x.is_finite() => Datum::Missing,
                datum => datum,
            };
            columns.push(array_of(ty, std::iter::once(&datum.value(ty))));
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }

    /// The row's key, and what the rule's cool-down remembered of it when its last effect was then.
    pub fn remembered<R: RowView + ?Sized>(
        &self,
        rule: usize,
        row: &R,
        cx: &Context,
        last: Option<i64>,
    ) -> (String, Option<(CellId, CellTable)>) {
        let (mut key, mut once) = (String::new(), String::new());
        let Some(member) = self.members.iter().find(|member| member.rule == rule) else { return (key, None) };
        let mut state = self.state(cx.clone());
        state.turn += 1;
        let view = super::Joined { events: self, row, positions: &state.positions, turn: state.turn };
        let at = self.plan.at(&mut state.row, &view);
        let mut incidents = Incidents::default();
        at.write(member.payload + super::Root::Key as usize, &mut key, &mut incidents);
        let has_key = at.write(member.payload + super::Root::Once as usize, &mut once, &mut incidents);
        let cell = member.once.map(|(cell, _)| cell).filter(|_| has_key);
        let table = cell.zip(last).map(|(cell, last)| {
            let mut table = CellTable::new();
            table.load(&once, CellValue::Time(last));
            (cell, table)
        });
        (key, table)
    }
}
