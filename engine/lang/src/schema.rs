//! What `lang` knows of a source's columns, and who tells it.

use crate::{ty::Typed, value::Value};
use std::sync::Arc;

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

/// What can be said of a column's values without reading all of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ColumnFacts {
    /// Rows of the table.
    pub rows: u64,
    /// How many of them have no value.
    pub missing: Option<u64>,
    /// The smallest value, or one below it.
    pub low: Option<Value>,
    /// The largest value, or one above it.
    pub high: Option<Value>,
    /// Every text that occurs, in order, if they are few.
    pub values: Option<Vec<Arc<str>>>,
}

/// Tells the checker a source's schema. The facade's provider asks connectors; tests give tables of constants.
pub trait SchemaProvider {
    /// The columns of `object` (`table "customers"`) behind `connection`; `Ok(None)` when nothing is bound to that name, in which
    /// case the rulebook's `column` lines must say everything. `Err` when the source is bound but cannot be read: the finding says why.
    fn schema(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, crate::finding::Finding>;
    /// The same of what passes by (`topic "trades"`): some of what came last are enough.
    ///
    /// # Errors
    /// As for [`schema`](Self::schema).
    fn passing(&self, connection: &str, object: Option<&str>) -> Result<Option<Schema>, crate::finding::Finding> {
        self.schema(connection, object)
    }
    /// What the messages of a feed hold, and what is wrong with its template file; `None` where nobody knows feeds.
    fn messages(&self, _form: &crate::market::Form) -> Option<crate::market::Messages> {
        None
    }
    /// The names in the records of a plant behind `connection`; `Ok(None)` when nothing is bound to that name.
    ///
    /// # Errors
    /// What keeps the records from being read, and all that is wrong with them.
    fn plant(
        &self,
        _connection: &str,
        _object: Option<&str>,
    ) -> Result<Option<crate::plant::Plant>, Vec<crate::finding::Finding>> {
        Ok(None)
    }
    /// Whether something is bound to that name, but so that it cannot be used: that was reported, and its columns are anybody's guess.
    fn refused(&self, _connection: &str) -> bool {
        false
    }
    /// Whether those types are only guessed from texts (CSV, JSON lines): then a `column` line may say any other.
    fn guessed(&self, _connection: &str, _object: Option<&str>) -> bool {
        false
    }
    /// What is known of some columns' values, in their order; `None`, or nothing at all, where that would take long.
    fn facts(&self, _connection: &str, _object: Option<&str>, _columns: &[&str]) -> Vec<Option<ColumnFacts>> {
        Vec::new()
    }
}

/// Knows nothing: sources need `column` lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSchemas;

impl SchemaProvider for NoSchemas {
    fn schema(&self, _: &str, _: Option<&str>) -> Result<Option<Schema>, crate::finding::Finding> {
        Ok(None)
    }
}

/// A name as a rulebook writes it: in backticks where it would be read as something else.
pub fn spelled(name: &str) -> std::borrow::Cow<'_, str> {
    let mut chars = name.chars();
    let plain =
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_') && chars.all(|c| c.is_alphanumeric() || c == '_');
    if plain && guiju_grammar::keyword::reserved(name).is_none() { name.into() } else { format!("`{name}`").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_go_in_backticks() {
        let cases = [
            ("total_asset", "total_asset"),
            ("余额", "余额"),
            ("and", "`and`"),
            ("7d", "`7d`"),
            ("a b", "`a b`"),
            ("priority", "priority"),
        ];
        for (name, want) in cases {
            assert_eq!(spelled(name), want);
        }
    }
}
