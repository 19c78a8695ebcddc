//! What `lang` knows of a source's columns, and who tells it.

use crate::ty::Typed;

/// The columns of a source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Schema {
    /// In order.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Column {
    /// As the source spells it.
    pub name: String,
    /// What it holds.
    pub typed: Typed,
}

impl Schema {
    /// The column's position.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }
}

/// Tells the checker a source's schema. The facade's provider asks connectors; tests give tables of constants.
pub trait SchemaProvider {
    /// The columns of `object` (`table "customers"`) behind `connection`; `Ok(None)` when nothing is bound to that name, in which
    /// case the rulebook's `column` lines must say everything. `Err` when the source is bound but cannot be read: the finding says why.
    fn schema(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, crate::finding::Finding>;
}

/// Knows nothing: sources need `column` lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSchemas;

impl SchemaProvider for NoSchemas {
    fn schema(&self, _: &str, _: Option<&str>) -> Result<Option<Schema>, crate::finding::Finding> {
        Ok(None)
    }
}
