//! What is decoded how: the wanted columns of every file, their conversions, and who decodes which.

use crate::{
    problem,
    read::{
        Context,
        cast::Cast,
        types::{dictionary, lang_type},
    },
};
use arrow_schema::{DataType, SchemaRef, TimeUnit};
use guiju_lang::{
    finding::Finding,
    ty::{Type, Unit},
};
use parquet::{
    arrow::arrow_reader::ArrowReaderMetadata,
    basic::{Encoding, PageType},
    file::metadata::{ColumnChunkMetaData, ParquetMetaData},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// One file, ready to be decoded.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    pub(super) metadata: Arc<ParquetMetaData>,
    pub(super) found: SchemaRef,
    /// For each delivered column its position in the file.
    pub(super) positions: Vec<usize>,
    /// For each row group, whether somebody wants its rows.
    pub(super) wanted: Vec<bool>,
}

/// A column as all threads treat it.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) required: bool,
    /// What the Parquet reader is told to deliver.
    pub(super) hint: DataType,
    pub(super) cast: Cast,
}

/// Finds the wanted columns in one file and compares them with what was checked.
pub(super) fn part(path: &Path, metadata: &ArrowReaderMetadata, context: &Context) -> Result<Part, Vec<Finding>> {
    let fields = metadata.schema().fields();
    let mut findings = Vec::new();
    let mut positions = Vec::new();
    if fields.len() > context.options.limits.columns {
        return Err(vec![problem::too_many_columns(path, fields.len() as u64, context.options.limits.columns as u64)]);
    }
    for column in &context.columns.columns {
        match fields.iter().position(|f| *f.name() == column.name) {
            Some(i) => {
                match (
                    lang_type(fields[i].data_type()),
                    Cast::plan(fields[i].data_type(), &column.typed, &context.connection.text.zone),
                ) {
                    (None, _) => findings.push(problem::column_unsupported(
                        path,
                        &column.name,
                        &fields[i].data_type().to_string(),
                    )),
                    (Some(ty), None) => {
                        findings.push(problem::column_type_changed(path, &column.name, &ty, &column.typed.ty));
                    }
                    _ => {}
                }
                positions.push(i);
            }
            None => {
                let near = problem::nearest(&column.name, fields.iter().map(|f| f.name().as_str()));
                findings.push(problem::column_absent(path, &column.name, near));
            }
        }
    }
    if findings.is_empty() {
        Ok(Part {
            path: path.to_owned(),
            metadata: Arc::clone(metadata.metadata()),
            found: Arc::clone(metadata.schema()),
            positions,
            wanted: vec![true; metadata.metadata().num_row_groups()],
        })
    } else {
        Err(findings)
    }
}

/// One plan per delivered column, the same for all files.
pub(super) fn plan(parts: &[Part], context: &Context) -> Result<Vec<Plan>, Vec<Finding>> {
    let mut plans = Vec::new();
    let Some(first) = parts.first() else { return Ok(plans) };
    for (i, column) in context.columns.columns.iter().enumerate() {
        let found = first.found.field(first.positions[i]).data_type();
        if let Some(other) = parts.iter().find(|p| p.found.field(p.positions[i]).data_type() != found) {
            let this = other.found.field(other.positions[i]).data_type();
            let (a, b) = (lang_type(this).unwrap_or(Type::Unknown), lang_type(found).unwrap_or(Type::Unknown));
            return Err(vec![problem::files_differ(&other.path, &first.path, &column.name, &a, &b)]);
        }
        let hint = match found {
            DataType::Utf8
                if parts.iter().all(|p| {
                    p.metadata.row_groups().iter().all(|g| all_dictionary(g.column(leaf(p, p.positions[i]))))
                }) =>
            {
                dictionary()
            }
            // INT96: read as microseconds, which reach further than nanoseconds.
            DataType::Timestamp(TimeUnit::Nanosecond, None) if int96(first, first.positions[i]) => {
                DataType::Timestamp(TimeUnit::Microsecond, None)
            }
            // Money stored as 64-bit integers stays so: half the bytes, and no widening that the executors would undo.
            DataType::Decimal128(p, s) if *p <= 18 && parts.iter().all(|part| whole(part, part.positions[i])) => {
                let narrow = DataType::Decimal64(*p, *s);
                if lang_type(&narrow).as_ref() == Some(&column.typed.ty) && column.typed.unit != Unit::Percent {
                    narrow
                } else {
                    found.clone()
                }
            }
            other => other.clone(),
        };
        let Some(cast) = Cast::plan(&hint, &column.typed, &context.connection.text.zone) else {
            return Err(vec![problem::column_unsupported(&first.path, &column.name, &hint.to_string())]);
        };
        let required = !column.typed.nullable;
        plans.push(Plan { name: column.name.clone(), ty: column.typed.ty.clone(), required, hint, cast });
    }
    Ok(plans)
}

/// The first leaf column of a root column; the wanted ones have exactly one.
pub(super) fn leaf(part: &Part, root: usize) -> usize {
    let schema = part.metadata.file_metadata().schema_descr();
    (0..schema.num_columns()).find(|l| schema.get_column_root_idx(*l) == root).unwrap_or(0)
}

/// Stored as an integer.
fn whole(part: &Part, root: usize) -> bool {
    use parquet::basic::Type::{INT32, INT64};
    let stored = part.metadata.file_metadata().schema_descr().column(leaf(part, root)).physical_type();
    stored == INT32 || stored == INT64
}

fn int96(part: &Part, root: usize) -> bool {
    part.metadata.file_metadata().schema_descr().column(leaf(part, root)).physical_type() == parquet::basic::Type::INT96
}

/// A dictionary from this size on that is also most of its chunk holds nearly as many values as there are rows: not worth looking up.
const LARGE_DICTIONARY: i64 = 64 << 10;

/// Whether every data page of a chunk points into its dictionary; writers fall back to plain values when it grows too large.
pub(super) fn all_dictionary(chunk: &ColumnChunkMetaData) -> bool {
    let dictionary = chunk.dictionary_page_offset().map_or(0, |at| chunk.data_page_offset() - at);
    if dictionary > LARGE_DICTIONARY && dictionary * 2 > chunk.compressed_size() {
        return false;
    }
    let is_dictionary = |e: Encoding| matches!(e, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
    if let Some(stats) = chunk.page_encoding_stats() {
        return stats
            .iter()
            .filter(|s| matches!(s.page_type, PageType::DATA_PAGE | PageType::DATA_PAGE_V2) && s.count > 0)
            .all(|s| is_dictionary(s.encoding));
    }
    match chunk.page_encoding_stats_mask() {
        Some(mask) => mask.is_only(Encoding::RLE_DICTIONARY) || mask.is_only(Encoding::PLAIN_DICTIONARY),
        None => false,
    }
}

/// Deals the columns out: the heaviest first, each to the thread with the least so far.
pub(super) fn deal(parts: &[Part], columns: usize, threads: usize) -> Vec<Vec<usize>> {
    let weight = |i: usize| -> i64 {
        parts
            .iter()
            .flat_map(|p| {
                p.metadata
                    .row_groups()
                    .iter()
                    .map(move |g| g.column(leaf(p, p.positions[i])).uncompressed_size() + 4 * g.num_rows())
            })
            .sum()
    };
    let mut weights: Vec<(i64, usize)> = (0..columns).map(|i| (weight(i), i)).collect();
    weights.sort_unstable_by(|a, b| b.cmp(a));
    let mut shares = vec![(0i64, Vec::new()); threads.min(columns).max(1)];
    for (weight, column) in weights {
        if let Some(least) = shares.iter_mut().min_by_key(|(w, _)| *w) {
            least.0 += weight;
            least.1.push(column);
        }
    }
    shares.into_iter().map(|(_, columns)| columns).collect()
}
