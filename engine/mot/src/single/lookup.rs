//! A table in memory that rows are looked up in.

use super::SingleEvents;
use crate::relation::Relation;
use arrow_array::RecordBatch;
use guiju_core::StepError;
use guiju_eval::{Datum, StoredColumn};
use guiju_lang::{
    finding::Finding,
    hir::{ColumnRef, SourceId},
};

/// A source, its rows and where each key stands.
pub(super) struct Lookup {
    pub(super) source: SourceId,
    /// The column of the row at hand that holds the key.
    pub(super) own_key: usize,
    pub(super) relation: Relation,
    /// In the order of the source's used columns.
    columns: Vec<StoredColumn>,
    given: bool,
}

impl Lookup {
    pub(super) fn empty(source: SourceId, own_key: usize) -> Self {
        Self { source, own_key, relation: Relation::default(), columns: Vec::new(), given: false }
    }

    pub(super) fn position_of(&self, key: Datum<'_>) -> Option<u32> {
        self.relation.position_of(key)
    }

    pub(super) fn datum(&self, column: usize, row: u32) -> Datum<'_> {
        self.columns.get(column).map_or(Datum::Missing, |column| column.datum(row as usize))
    }
}

impl SingleEvents {
    /// The sources that rows are looked up in and that have not been given yet.
    pub fn wanted(&self) -> Vec<SourceId> {
        self.lookups.iter().filter(|lookup| !lookup.given).map(|lookup| lookup.source).collect()
    }

    /// Gives all rows of a source that is looked up: the columns of [`guiju_lang::hir::Source::used`], in that order. Says what
    /// somebody should know of them. A source that no rule looks up is not kept.
    pub fn give(&mut self, source: SourceId, batches: &[RecordBatch]) -> Result<Vec<Finding>, StepError> {
        let Some(lookup) = self.lookups.iter_mut().find(|lookup| lookup.source == source) else {
            return Ok(Vec::new());
        };
        let declared = &self.program.sources[source.0 as usize];
        let mut relation = Relation::default();
        for batch in batches {
            relation.push(batch);
        }
        let mut findings = Vec::new();
        if let Some(key) = declared.key.and_then(|key| declared.used.binary_search(&key).ok()) {
            relation.finish(key, true)?;
            findings.extend(relation.finding(declared));
        }
        lookup.columns.clear();
        if let Some(rows) = relation.rows() {
            for (array, &column) in rows.columns().iter().zip(&declared.used) {
                let ty = &declared.schema.columns[column as usize].typed.ty;
                let stored = StoredColumn::new(array, &ColumnRef { source, column }, ty);
                lookup.columns.push(stored.map_err(crate::emit::refused)?);
            }
        }
        lookup.relation = relation;
        lookup.given = true;
        Ok(findings)
    }
}
