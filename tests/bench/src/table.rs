//! The table and the relation as Parquet files.

use crate::shape::{Column, chance, columns, key};
use arrow_array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use guiju_examples::random::Random;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Rows per batch; a batch's values depend on its number only.
const BATCH: usize = 50_000;
/// Nineteen of twenty customers have one of this many managers.
const MANAGERS: i64 = 5_000;

/// Writes `customers.parquet` and `rel.parquet` with `rows` customers.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, rows: usize) -> Result<(), String> {
    let columns = columns(include_str!("../columns.tsv"))?;
    let fields: Vec<Field> = columns.iter().map(|c| Field::new(&c.name, c.data_type(), true)).collect();
    let mut customers = Table::create(&folder.join("customers.parquet"), fields)?;
    let relation = ["cust_id", "mgr_id"].into_iter().zip([DataType::Int64, DataType::Int32]);
    let relation = relation.map(|(name, of)| Field::new(name, of, false)).collect();
    let mut managers = Table::create(&folder.join("rel.parquet"), relation)?;
    for (number, from) in (0..rows).step_by(BATCH).enumerate() {
        let size = BATCH.min(rows - from);
        let drawn = batch(&columns, number, from as u64, size)?;
        customers.put(drawn)?;
        managers.put(related(columns.len(), number, from as u64, size))?;
    }
    customers.close()?;
    managers.close()
}

/// One stream of random numbers per column and batch: a longer table begins like a shorter one.
fn stream(column: usize, batch: usize) -> Random {
    Random::new((column as u64) << 32 | batch as u64)
}

/// The customers of one batch.
fn batch(columns: &[Column], number: usize, from: u64, rows: usize) -> Result<Vec<ArrayRef>, String> {
    let mut drawn: Vec<ArrayRef> = Vec::with_capacity(columns.len());
    for (at, column) in columns.iter().enumerate() {
        let values = column.draw(&mut stream(at, number), from, rows, &drawn)?;
        drawn.push(values);
    }
    Ok(drawn)
}

fn related(of: usize, number: usize, from: u64, rows: usize) -> Vec<ArrayRef> {
    let mut dice = stream(of, number);
    let pairs = (from..from + rows as u64).filter_map(|row| {
        let manager = dice.between(1, MANAGERS) as i32;
        chance(&mut dice, 950).then(|| (key(row), manager))
    });
    let (customers, managers): (Vec<i64>, Vec<i32>) = pairs.unzip();
    vec![Arc::new(Int64Array::from(customers)), Arc::new(Int32Array::from(managers))]
}

/// A Parquet file in the making.
struct Table {
    schema: SchemaRef,
    writer: ArrowWriter<File>,
}

impl Table {
    fn create(path: &Path, fields: Vec<Field>) -> Result<Self, String> {
        let schema = Arc::new(Schema::new(fields));
        let file = File::create(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let level = ZstdLevel::try_new(1).map_err(|e| e.to_string())?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_max_row_group_row_count(Some(500_000))
            .build();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).map_err(|e| e.to_string())?;
        Ok(Self { schema, writer })
    }

    fn put(&mut self, columns: Vec<ArrayRef>) -> Result<(), String> {
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|e| e.to_string())?;
        self.writer.write(&batch).map_err(|e| e.to_string())
    }

    fn close(self) -> Result<(), String> {
        self.writer.close().map(drop).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn() -> (Vec<Column>, Vec<ArrayRef>) {
        let columns = columns(include_str!("../columns.tsv")).unwrap();
        let drawn = batch(&columns, 0, 0, 20_000).unwrap();
        (columns, drawn)
    }

    #[test]
    fn the_table_is_wide_and_repeats_itself() {
        let (columns, first) = drawn();
        assert_eq!(columns.len(), 111);
        assert_eq!(first, drawn().1);
        assert!(*first[2] != *batch(&columns, 1, 50_000, 20_000).unwrap()[2], "batches differ");
    }

    #[test]
    fn keys_are_unique_and_columns_vary() {
        let (columns, drawn) = drawn();
        let keys: std::collections::BTreeSet<i64> = (0..1_000_000).map(key).collect();
        assert_eq!(keys.len(), 1_000_000);
        for (column, values) in columns.iter().zip(&drawn) {
            let first = values.slice(0, 1);
            assert!((1..values.len()).any(|row| *values.slice(row, 1) != *first), "`{}` never changes", column.name);
        }
    }

    #[test]
    fn shares_stay_inside_their_whole() {
        let (columns, drawn) = drawn();
        let of = |name: &str| {
            let at = columns.iter().position(|c| c.name == name).unwrap();
            drawn[at].as_any().downcast_ref::<arrow_array::Decimal128Array>().unwrap().clone()
        };
        let (whole, part) = (of("total_asset"), of("stock_value"));
        assert!(whole.iter().zip(&part).all(|(w, p)| p <= w));
        assert!(whole.iter().flatten().any(|w| w > 50_000_000), "someone is rich");
    }

    #[test]
    fn a_line_that_says_nothing_is_refused() {
        assert!(columns("a\tpick\tx|y\t1").is_err());
        assert!(columns("a\tshare\tb\t0\t1").is_err());
        assert!(columns("a\tunheard_of").is_err());
    }
}
