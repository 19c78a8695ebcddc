//! Row groups that nobody wants, by their statistics.

use super::{
    facts::value,
    plan::{Part, leaf},
};
use crate::read::PartBounds;
use arrow_array::Array;
use guiju_lang::{schema::Schema, ty::Unit, value::Value};
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;

impl Part {
    /// Leaves out the row groups that `wanted` does not want.
    pub(super) fn leave_out(&mut self, columns: &Schema, wanted: &dyn Fn(&PartBounds) -> bool) {
        for group in 0..self.metadata.num_row_groups() {
            let bounds: Vec<_> = (0..columns.columns.len()).map(|column| self.bounds(columns, column, group)).collect();
            self.wanted[group] = wanted(&bounds);
        }
    }

    /// Rows of the row groups that are read.
    pub(super) fn wanted_rows(&self) -> i64 {
        let groups = self.metadata.row_groups().iter().zip(&self.wanted);
        groups.filter(|(_, wanted)| **wanted).map(|(group, _)| group.num_rows()).sum()
    }

    fn bounds(&self, columns: &Schema, column: usize, group: usize) -> Option<(Value, Value)> {
        // Stored percents are a hundred times what they mean.
        let declared = columns.columns.get(column).filter(|column| column.typed.unit != Unit::Percent)?;
        let group = self.metadata.row_group(group);
        // The old form compared some types by other rules than theirs.
        let statistics = group.column(leaf(self, self.positions[column])).statistics()?;
        if statistics.is_min_max_deprecated() {
            return None;
        }
        let schema = self.metadata.file_metadata().schema_descr();
        let converter = StatisticsConverter::try_new(&declared.name, &self.found, schema).ok()?;
        let end = |values: parquet::errors::Result<arrow_array::ArrayRef>| {
            let values = values.ok().filter(|values| values.len() == 1 && values.is_valid(0))?;
            value(&values, 0).filter(|value| !value.is_missing())
        };
        Some((end(converter.row_group_mins([group]))?, end(converter.row_group_maxes([group]))?))
    }
}
