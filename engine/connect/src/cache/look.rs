//! Reading: the files of all columns side by side, nothing copied.

use super::{Extent, Shelf};
use crate::{
    problem,
    read::{Scan, SourceBatch, Step},
};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::{ArrowError, Field, SchemaRef};
use guiju_lang::schema::Schema;
use std::{path::PathBuf, sync::Arc};

/// A column's stream.
struct Column {
    decoder: StreamDecoder,
    rest: Buffer,
}

struct Side {
    schema: SchemaRef,
    columns: Vec<Column>,
    extents: std::vec::IntoIter<Extent>,
    folder: PathBuf,
}

/// A scan over the kept columns; nothing if one of them is not there.
pub(super) fn scan(shelf: Shelf, columns: Schema) -> Option<Scan> {
    let extents: Vec<Extent> = serde_json::from_slice(&std::fs::read(shelf.rows()).ok()?).ok()?;
    let mut streams = Vec::with_capacity(columns.columns.len());
    let mut fields = Vec::with_capacity(columns.columns.len());
    for column in &columns.columns {
        let bytes = guiju_mapped::immutable(&shelf.column(column)).ok()?;
        let mut column = Column { decoder: StreamDecoder::new(), rest: Buffer::from(bytes) };
        fields.push(column.field().ok()??);
        streams.push(column);
    }
    let rows = extents.iter().map(|extent| u64::from(extent.rows)).sum();
    let schema = Arc::new(arrow_schema::Schema::new(fields));
    let side =
        Side { schema: Arc::clone(&schema), columns: streams, extents: extents.into_iter(), folder: shelf.folder };
    Some(Scan::kept(schema, columns, shelf.version, rows, Box::new(side)))
}

impl Column {
    /// The stream's first message is its schema.
    fn field(&mut self) -> Result<Option<Field>, ArrowError> {
        let mut copy = self.rest.clone();
        let mut decoder = StreamDecoder::new();
        while decoder.schema().is_none() && !copy.is_empty() {
            decoder.decode(&mut copy)?;
        }
        Ok(decoder.schema().and_then(|schema| schema.fields().first().map(|field| field.as_ref().clone())))
    }

    fn next(&mut self) -> Result<Option<ArrayRef>, ArrowError> {
        while !self.rest.is_empty() {
            if let Some(batch) = self.decoder.decode(&mut self.rest)? {
                return Ok(batch.columns().first().cloned());
            }
        }
        Ok(None)
    }
}

impl Iterator for Side {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let extent = self.extents.next()?;
        Some(self.batch(extent).map_err(|reason| vec![problem::cache_broken(&self.folder, &reason)]))
    }
}

impl Side {
    fn batch(&mut self, extent: Extent) -> Result<SourceBatch, String> {
        let mut columns = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            let array = column.next().map_err(|e| e.to_string())?.ok_or("it ends early")?;
            columns.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(extent.rows as usize));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options);
        let Extent { first_row, file, row_in_file, .. } = extent;
        Ok(SourceBatch { batch: batch.map_err(|e| e.to_string())?, first_row, file, row_in_file })
    }
}
