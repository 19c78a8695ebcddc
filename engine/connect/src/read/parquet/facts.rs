//! What a file says of its columns besides their values: statistics in the footer, and dictionary pages.

use super::{footer, plan::all_dictionary};
use crate::facts::{FEW, further};
use arrow_array::{
    Array, ArrayRef,
    cast::AsArray,
    types::{Date32Type, Decimal128Type, Float64Type, Int32Type, Int64Type},
};
use arrow_schema::DataType;
use guiju_lang::{
    schema::ColumnFacts,
    value::{Decimal, Value},
};
use parquet::{
    arrow::arrow_reader::statistics::StatisticsConverter,
    basic::{Encoding, Type as Physical},
    column::page::{Page, PageReader},
    file::{
        metadata::{ColumnChunkMetaData, ParquetMetaData},
        serialized_reader::SerializedPageReader,
    },
};
use std::{cmp::Ordering, collections::BTreeSet, fs::File, path::Path, sync::Arc};

/// A dictionary larger than this does not hold a few short words.
const LARGE: i64 = 64 << 10;
/// Row groups whose dictionaries are opened.
const MOST_GROUPS: usize = 16;

/// Facts of some columns; `None` if the file cannot be opened, or for a column that it does not have.
pub(crate) fn facts_of(path: &Path, columns: &[&str]) -> Option<Vec<Option<ColumnFacts>>> {
    let (file, metadata) = footer::load(path).ok()?;
    let file = Arc::new(file);
    let parquet = Arc::clone(metadata.metadata());
    let of = |name: &&str| {
        let schema = parquet.file_metadata().schema_descr();
        let converter = StatisticsConverter::try_new(name, metadata.schema(), schema).ok()?;
        let leaf = converter.parquet_column_index()?;
        let groups = parquet.row_groups();
        let rows = groups.iter().map(|g| u64::try_from(g.num_rows()).unwrap_or(0)).sum();
        // A footer that does not count missing values must not be read as saying there are none.
        let converter = converter.with_missing_null_counts_as_zero(false);
        let counts = converter.row_group_null_counts(groups).ok();
        let missing = counts.filter(|c| c.null_count() == 0).map(|c| c.iter().flatten().sum());
        let ends = |values: parquet::errors::Result<ArrayRef>, which| all(&values.ok()?, which);
        Some(ColumnFacts {
            rows,
            missing,
            low: ends(converter.row_group_mins(groups), Ordering::Less),
            high: ends(converter.row_group_maxes(groups), Ordering::Greater),
            values: values(&file, &parquet, leaf),
        })
    };
    Some(columns.iter().map(of).collect())
}

/// The smallest or largest of the row groups' values, if each says one.
fn all(values: &ArrayRef, which: Ordering) -> Option<Value> {
    let mut end = Some(Value::Missing);
    for i in 0..values.len() {
        if values.is_null(i) {
            return None;
        }
        end = further(end, Some(value(values, i)?), which);
    }
    end.filter(|v| !v.is_missing())
}

pub(super) fn value(values: &ArrayRef, i: usize) -> Option<Value> {
    Some(match values.data_type() {
        DataType::Int32 => Value::Integer(values.as_primitive::<Int32Type>().value(i).into()),
        DataType::Int64 => Value::Integer(values.as_primitive::<Int64Type>().value(i)),
        DataType::Float64 => Value::real(values.as_primitive::<Float64Type>().value(i)),
        DataType::Date32 => Value::Date(values.as_primitive::<Date32Type>().value(i)),
        DataType::Decimal128(_, scale) => {
            let mantissa = values.as_primitive::<Decimal128Type>().value(i);
            Value::Decimal(Decimal::new(mantissa, u8::try_from(*scale).ok()?)?)
        }
        _ => return None,
    })
}

/// Every text of a column that all row groups keep in small dictionaries.
fn values(file: &Arc<File>, metadata: &ParquetMetaData, leaf: usize) -> Option<Vec<Arc<str>>> {
    let groups = metadata.row_groups();
    if groups.len() > MOST_GROUPS {
        return None;
    }
    let mut all: BTreeSet<Arc<str>> = BTreeSet::new();
    for group in groups {
        let chunk = group.column(leaf);
        let size = chunk.data_page_offset() - chunk.dictionary_page_offset()?;
        if chunk.column_type() != Physical::BYTE_ARRAY || size > LARGE || !all_dictionary(chunk) {
            return None;
        }
        dictionary(file, chunk, usize::try_from(group.num_rows()).ok()?, &mut all)?;
        if all.len() > FEW {
            return None;
        }
    }
    Some(all.into_iter().collect())
}

/// The texts of a chunk's dictionary page: each its length in four bytes, then the bytes.
fn dictionary(file: &Arc<File>, chunk: &ColumnChunkMetaData, rows: usize, out: &mut BTreeSet<Arc<str>>) -> Option<()> {
    let mut pages = SerializedPageReader::new(Arc::clone(file), chunk, rows, None).ok()?;
    let Page::DictionaryPage { buf, encoding: Encoding::PLAIN | Encoding::PLAIN_DICTIONARY, num_values, .. } =
        pages.get_next_page().ok()??
    else {
        return None;
    };
    let mut rest: &[u8] = &buf;
    for _ in 0..num_values {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (text, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        out.insert(std::str::from_utf8(text).ok()?.into());
        if out.len() > FEW {
            return None;
        }
        rest = after;
    }
    Some(())
}
