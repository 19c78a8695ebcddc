//! Parquet between engines: which sources another engine can read from their own files, and a copy of those that it cannot.

use crate::{
    identity::SourceVersion,
    locate::{self, Format},
    problem,
    read::{Request, Scan, parquet_footer},
};
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, cast::AsArray, types::Time64MicrosecondType};
use arrow_schema::{DataType, Field, Schema as ArrowSchema, TimeUnit};
use guiju_lang::{
    finding::Finding,
    schema::Column,
    ty::{Type, Unit},
};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ArrowReaderMetadata},
    basic::Compression,
    file::properties::WriterProperties,
};
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
};

/// A source's own files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFiles {
    /// Each with the position of its first row in the whole source.
    pub files: Vec<(PathBuf, u64)>,
    /// All rows.
    pub rows: u64,
    /// What exactly they are.
    pub version: SourceVersion,
}

/// The source's files, if they are Parquet and every wanted column of every file means to any reader what it means to us: no
/// conversion, no unit, no zone to add, and nothing missing that is required.
pub fn own_files(request: &Request<'_>) -> Result<Option<OwnFiles>, Finding> {
    let (Some(schema), Some(columns)) = (request.schema, request.columns) else { return Ok(None) };
    if !request.connection.is_of_files() {
        return Ok(None);
    }
    let files = locate::locate(request.connection, request.object)?;
    if files.format != Format::Parquet {
        return Ok(None);
    }
    let wanted: Vec<&Column> = columns.iter().filter_map(|c| schema.columns.get(*c as usize)).collect();
    let mut own = OwnFiles { files: Vec::new(), rows: 0, version: SourceVersion::of(&files.paths)? };
    for path in files.paths {
        let (_, metadata) = parquet_footer(&path)?;
        if !wanted.iter().all(|column| is_plain(column, &metadata)) {
            return Ok(None);
        }
        let path = std::path::absolute(&path).map_err(|e| problem::file_unreadable(&path, &e))?;
        own.files.push((path, own.rows));
        own.rows += u64::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0);
    }
    Ok(Some(own))
}

/// A file that was changed while somebody read it.
pub fn changed(path: &Path) -> Finding {
    problem::changed_while_reading(path)
}

fn is_plain(column: &Column, file: &ArrowReaderMetadata) -> bool {
    let Ok(at) = file.schema().index_of(&column.name) else { return false };
    let field = file.schema().field(at);
    let same = match (field.data_type(), &column.typed.ty) {
        (DataType::Boolean, Type::Bool)
        | (DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64, Type::Integer)
        | (DataType::Float32 | DataType::Float64, Type::Real)
        | (DataType::Utf8, Type::Text)
        | (DataType::Date32, Type::Date)
        | (DataType::Timestamp(TimeUnit::Microsecond, Some(_)), Type::Timestamp) => true,
        (DataType::Decimal128(p, s), Type::Decimal(d)) => (*p, i16::from(*s)) == (d.precision, i16::from(d.scale)),
        _ => false,
    };
    same && column.typed.unit != Unit::Percent && (column.typed.nullable || !field.is_nullable() || is_full(at, file))
}

/// Whether the footer says that nothing is missing.
fn is_full(root: usize, file: &ArrowReaderMetadata) -> bool {
    let schema = file.metadata().file_metadata().schema_descr();
    let Some(leaf) = (0..schema.num_columns()).find(|leaf| schema.get_column_root_idx(*leaf) == root) else {
        return false;
    };
    file.metadata()
        .row_groups()
        .iter()
        .all(|group| group.column(leaf).statistics().and_then(|s| s.null_count_opt()) == Some(0))
}

/// Copies a scan into one Parquet file that every engine reads alike: times of day become microseconds. Gives the rows it has.
pub fn copy(scan: &mut Scan, to: &Path, interrupted: &dyn Fn() -> bool) -> Result<Option<u64>, Vec<Finding>> {
    let failed = |e: &dyn std::fmt::Display| vec![problem::cannot_write(to, &std::io::Error::other(e.to_string()))];
    let plain = |f: &Field| match f.data_type() {
        DataType::Time64(_) => Field::new(f.name(), DataType::Int64, f.is_nullable()),
        _ => f.clone(),
    };
    let fields: Vec<Field> = scan.schema().fields().iter().map(|f| plain(f)).collect();
    let schema = Arc::new(ArrowSchema::new(fields));
    let file = File::create(to).map_err(|e| failed(&e))?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties)).map_err(|e| failed(&e))?;
    let mut rows = 0;
    for batch in scan.by_ref() {
        if interrupted() {
            return Ok(None);
        }
        let batch = batch?.batch;
        rows += batch.num_rows() as u64;
        let columns: Vec<ArrayRef> = batch.columns().iter().map(micros).collect();
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|e| failed(&e))?;
        writer.write(&batch).map_err(|e| failed(&e))?;
    }
    writer.close().map_err(|e| failed(&e))?;
    Ok(Some(rows))
}

fn micros(column: &ArrayRef) -> ArrayRef {
    match column.as_primitive_opt::<Time64MicrosecondType>() {
        Some(times) => Arc::new(Int64Array::new(times.values().clone(), times.nulls().cloned())),
        None => Arc::clone(column),
    }
}
